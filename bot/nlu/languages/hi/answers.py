"""Hindi answer words in both scripts; `languages/en/answers.py` explains each kind."""

from __future__ import annotations

ANSWERS: dict[str, str] = {
    "YES": """
haan|han|haa|ha|haanji|hanji|haan ji|han ji|ji haan|ji han|ji ha|haan haan|ji|jee|hn|haanj|हाँ
हां|हा|जी हाँ|जी हां|हाँ जी|हां जी|जी|हांजी|bilkul haan
""",
    "OK": """
theek hai|thik hai|theek h|thik h|theek|thik|tik hai|thik he|sahi hai|sahi|accha|acha|achha
accha hai|acha hai|badhiya|badiya|chalega|chalo|chal|manzoor|manzoor hai|achha hai|perfect hai
ok hai|done hai|ठीक है|ठीक|सही है|सही|अच्छा|अच्छा है|बढ़िया|चलेगा|मंज़ूर|मंजूर है|चलो
""",
    "EMPH": """
bilkul|bilkul bhi|zaroor|jaroor|zarur|jarur|pakka|beshak|sach mein|sachmuch|ekdum|ek dum|kabhi
बिल्कुल|बिलकुल|बिल्कुल भी|बिलकुल भी|ज़रूर|पक्का|बेशक|एकदम|कभी
""",
    "NOT": """
nahi|nahin|nhi|nai|nahii|naheen|nahi ji|mat|na|naa|nako|nahi hai|kabhi nahi|nahi nahi|नहीं|नही
नहि|मत|ना|न|जी नहीं|जी नही|नहीं जी|ji nahi|ji nahin|nahin ji|ji bilkul nahi|ji bilkul nahin
जी बिल्कुल नहीं|जी बिलकुल नहीं
""",
    "AGREE": """
kyun nahi|kyu nahi|kyon nahi|kyo nahi|kyun nahin|koi problem nahi|koi dikkat nahi
koi dikkat nahin|koi pareshani nahi|koi problem nahin|koi aitraaz nahi|kyun na|क्यों नहीं
क्यूं नहीं|कोई दिक्कत नहीं|कोई परेशानी नहीं|कोई समस्या नहीं|क्यों न|कोई प्रॉब्लम नहीं
""",
    "REFUSE": """
rehne do|rahne do|rehne dijiye|rahne dijiye|rehne de|waise hi rehne do|abhi nahi|abhi nahin
aaj nahi|chhodo|chodo|jaane do|jane do|hargiz nahi|hargiz|zaroorat nahi|zarurat nahi
jarurat nahi|koi zaroorat nahi|us din nahi|ye nahi|yeh nahi|wo nahi|nahi shukriya|kabhi bhi nahi
रहने दो|रहने दीजिए|अभी नहीं|आज नहीं|छोड़ो|जाने दो|हरगिज़ नहीं|ज़रूरत नहीं|कोई ज़रूरत नहीं
यह नहीं|ये नहीं|उस दिन नहीं
""",
    "DO": """
kar do|kardo|kar dijiye|kardijiye|kar dena|kar de|karo|karna|karna hai|karna chahta|kijiye
kar dein|kar lo|kar lijiye|kar sakte ho|kar sakte hain|ho jaye|kariye|karwa do|kar den|कर दो
कर दीजिए|कर दीजिये|करो|करना|करना है|कीजिए|कीजिये|कर दें|कर लो|कर देना|कर लीजिए|करिए|kar do na
karo na|kar dijiye na|कर दो ना|कर दो न|करें
""",
    "DO_cancel": """
cancel|cancel karo|cancel kar do|cancel kardo|cancel kar dijiye|cancel kijiye|cancel karna
cancel karna hai|radd|radd karo|radd kar do|radd kar dijiye|hata do|cancel kar dein
cancel karwa do|cancel kar|कैंसल|कैंसिल|रद्द|कैंसल कर दो|रद्द कर दो|रद्द कर दीजिए|हटा दो|केंसल
cancel karo na|cancel kar do na|radd kar do na|कैंसल कर दो ना|रद्द कर दो ना
""",
    "DO_move": """
badal do|badlo|badal dijiye|badalna|badal|shift|shift kar do|change kar do|move kar do
shift karo|change karo|बदल दो|बदलो|बदल दीजिए|बदलना|शिफ्ट|बदल
""",
    "DO_book": """
book|book karo|book kar do|book kar dijiye|booking kar do|pakka kar do|reserve kar do|le lo|बुक
बुक कर दो|बुक कर दीजिए|बुक करो|पक्का कर दो
""",
    "DO_approve": "manzoor|manzoor hai|approve karo|approve kar do|मंज़ूर|मंजूर है|स्वीकार",
    "KEEP": """
rakho|rakh lo|rakhna|rakhiye|rakhna hai|waise hi|aise hi|jaisa hai|रखो|रखना|रखिए|वैसे ही|ऐसे ही
जैसा है
""",
    "COME": """
main aaunga|main aaungi|aaunga|aaungi|aa raha hoon|aa rahi hoon|aa jaunga|aa jaungi|मैं आऊंगा
मैं आऊंगी|आऊंगा|आऊंगी|आ रहा हूँ|आ रही हूँ
""",
    "CONFIRM": "confirm kar do|confirm karo|कन्फर्म",
    "HEDGE": """
shayad|pata nahi|pata nahin|maloom nahi|malum nahi|lagta hai|mujhe lagta hai|ho sakta hai|agar
pakka nahi|dekhte hain|dekhta hoon|dekhti hoon|sochta hoon|sochti hoon|soch ke|koi baat nahi
koi baat nahin|nahi to|nahi toh|warna|ya|ya phir|tabhi|jab tak|bas agar|sirf agar|mushkil hai
sure nahi|sure nahi hoon|kuch nahi|koi nahi|शायद|पता नहीं|मालूम नहीं|लगता है|मुझे लगता है
हो सकता है|अगर|पक्का नहीं|देखते हैं|कोई बात नहीं|नहीं तो|वरना|या|कुछ नहीं
""",
    "UNWANTED": """
nahi chahiye|nahin chahiye|nhi chahiye|ab nahi chahiye|zaroorat nahi rahi|nahi chahie|नहीं चाहिए
अब नहीं चाहिए
""",
    "CANT": """
nahi kar sakta|nahi kar sakti|nahi kar paunga|nahi aa sakta|nahi aa sakti|nahi aa paunga
nahi aa paungi|nahi aaunga|nahi aaungi|nahi ho payega|नहीं कर सकता|नहीं कर सकती|नहीं आ सकता
नहीं आ सकती|नहीं आ पाऊंगा|नहीं आ पाऊंगी|नहीं आऊंगा
""",
    "LATER": """
baad mein|baad me|bad me|bad mein|phir kabhi|fir kabhi|kal|parso|thodi der mein|thodi der
thodi der baad|pehle|phir|fir|dobara|बाद में|फिर कभी|कल|परसों|थोड़ी देर में|पहले|फिर
""",
    "BUT": "par|lekin|magar|parantu|sirf|bas|पर|लेकिन|मगर|परंतु|सिर्फ",
    "FIX": """
matlab|mera matlab|maaf karna|maaf kijiye|asal mein|balki|मतलब|मेरा मतलब|माफ़ करना|माफ कीजिए
असल में|बल्कि
""",
    "WAIT": """
ruko|rukiye|ruk|ek minute|ek min|ek second|thehro|रुको|रुकिए|एक मिनट|ठहरो|galti se
""",
    "ASK": """
kya|kitna|kitne|kitni|kab|kahan|kaun|kaise|kyun|kyu|kitna lagega|क्या|कितना|कितने|कब|कहाँ|कौन
कैसे|क्यों
""",
    "FILL": """
please|plz|shukriya|dhanyavad|dhanyavaad|namaste|namaskar|bhai|bhaiya|yaar|didi|sir|madam|meri
mera|mere|main|mai|mujhe|ko|ka|ki|ke|hai|hain|h|ho|hoon|to|toh|hi|bhi|ab|abhi|aaj|ye|yeh|wo|woh
appointment|booking|aap|hum|ji aap|chahta|chahti|chahte|chahta hoon|chahti hoon|purana
purana time|usi time|usi samay|se|mein|aur|is|iska|isko|usko|ise|कृपया|प्लीज़|प्लीज|शुक्रिया
धन्यवाद|नमस्ते|भाई|यार|मेरी|मेरा|मेरे|मैं|मुझे|को|का|की|के|है|हैं|हो|हूँ|तो|ही|भी|अब|अभी|आज
बुकिंग|अपॉइंटमेंट|अपॉइंटमेन्ट|यह|ये|वह|वो|आप|हम|चाहता|चाहती|चाहते|उसी समय|से|में|और|इसे|इसको
पुराना
""",
}
