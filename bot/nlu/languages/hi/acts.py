"""Hindi patterns for acts in both scripts; see `patterns.py` for their syntax."""

from __future__ import annotations

MACROS: dict[str, str] = {
    "visit": """
अपॉइंटमेंट अपाइंटमेंट अपॉइन्टमेंट बुकिंग स्लॉट मुलाकात appointment apointment
appt booking
slot bukin
""",
    "bookv": """
बुक शेड्यूल फिक्स book schedule fix reserve
""",
    "do": """
करना करनी करने करो कर करें कीजिए करवाना करवानी करा करानी करवा लेना लेनी चाहिए दो दीजिए दे
दें है सकते
सकता सकती मिलेगा मिलेगी मिल karna karni karne karo kar karein kijiye karwana karwani kara
karwa lena
leni chahiye do dijiye de den hai sakte sakta sakti milega milegi mil karvana karvani chahie
""",
    "who": """
डॉक्टर डाक्टर दांत सैलून पार्लर नाई हेयरड्रेसर थेरेपिस्ट क्लिनिक क्लीनिक डेंटिस्ट विशेषज्ञ
doctor dentist
salon saloon parlour parlor naai hairdresser therapist clinic specialist barber stylist
""",
    "cancelv": "कैंसिल कैंसल रद्द cancel cancil radd",
    "movev": """
बदलना बदलनी बदल बदलो बदलवाना शिफ्ट रीशेड्यूल badalna badalni badal badlo shift reschedule
change
""",
    "kin": """
बेटे बेटा बेटी पति पत्नी बीवी मां माँ मम्मी पिता पापा भाई बहन दोस्त दादी दादा बच्चे beta
bete beti pati patni
biwi maa mummy pitaji papa bhai behen behan dost dadi dada bachche wife husband son daughter
""",
    "time": "समय टाइम देर बजे time samay der baje minute दिन",
    "day": """
सोमवार मंगलवार बुधवार गुरुवार शुक्रवार शनिवार रविवार कल परसों somvar somwar mangalvar mangalwar
budhvar budhwar guruvar guruwar shukravar shukrawar shanivar shaniwar ravivar raviwar kal parso
monday tuesday wednesday thursday friday saturday sunday
""",
    "please": "दो दीजिए do dijiye den दें lo लो",
    "q": "क्या kya कहां कहाँ kahan kaha कब kab कितना कितने कितनी kitna kitne kitni कौन kaun kon",
    "good": """
ठीक सही अच्छा अच्छी बढ़िया बढिया परफेक्ट theek thik sahi achha accha acha badhiya perfect
theek-hai ok
""",
}

ACTS: dict[str, str] = {
    "_aside": """
मौसम|mausam
मेरा|mera कैलेंडर|calendar
""",
    "_errand": """
टैक्सी|ओला|उबर|taxi|ola|uber
""",
    "_done": """
बस|bas इतना|itna
बस|bas $
और कुछ नहीं
aur kuch nahi
""",
    "yes": """
^ जी|ji|jee $
^ जी|ji हां|हाँ|haan|han|ha|bilkul|बिल्कुल
^ हां|हाँ|बिल्कुल|बिलकुल|ज़रूर|जरूर|पक्का|ओके
^ haan|han|haa|ha|haanji|hanji|bilkul|zaroor
^ jarur|zarur|pakka|ok|okay|k|hn|hmm|haji|yes|सहमत|कन्फर्म|confirm|चलेगा|chalega|done|डन
^ ठीक|सही|अच्छा|बढ़िया|theek|thik|tik|sahi|badhiya|achha|accha|acha|perfect|परफेक्ट|ओके
यही|वही|सब|yahi|wahi|sab @good|chahiye|चाहिए|rakho|रखो|hai
@good है|hai|rahega|रहेगा|h
^ कर|kar दो|दीजिए|do|dijiye|लो|lo $
^ बुक|book|कन्फर्म|confirm कर|kar दो|दीजिए|do|dijiye|लो $
^ हो|ho जाएगा|jayega|jaega !nahi|नहीं|kya|क्या
कोई|koi दिक्कत|बात|dikkat|baat|problem|issue नहीं|nahi|nahin
मंजूर|manzoor
ये|यह|ye|yeh|yahi|sab|सब चलेगा|chalega
""",
    "no": """
^ नहीं|नही|ना|न|मत|nahi|nahin|nai|na|naa|nhi|nope|no|mat|nahee
^ जी|ji नहीं|nahi|nahin
गलत|galat|ghalat
@good|चाहिए|chahiye|चलेगा|chalega|होगा|hoga|ऐसा नहीं|नही|nahi|nahin|nhi
अभी|abhi|आज|aaj नहीं|नही|nahi|nahin
मत|mat करो|करना|karo|karna|karna
""",
    "_no": """
@movev
बल्कि|balki|रुको|ruko|रुकिए|rukiye|sorry|सॉरी|actually
असल|asal में|mein
की|ki जगह|jagah
के|ke बजाय|bajay
""",
    "thanks": """
धन्यवाद|शुक्रिया|थैंक्स|थैंक|आभार|dhanyavad|dhanyawad|dhanyavaad|shukriya|thanks|thank|thanku|thnx
""",
    "bye": """
अलविदा|बाय|alvida|bye|tata|टाटा
फिर|phir|fir मिलेंगे|milenge|milte
^ बस|bas इतना|itna
शुभ रात्रि
""",
    "greet": """
नमस्ते|नमस्कार|प्रणाम|हैलो|हेलो|सलाम|namaste|namaskar|pranam|hello|hey|salaam|salam|helo
^ hi|हाय
सुप्रभात
राम|ram राम|ram
""",
    "book": """
@bookv * @do
@visit * @do
समय|टाइम|time|samay|जगह * मिल|mil|चाहिए|chahiye|खाली|khali
मुझे|mujhe|हमें|hame|humein ** @visit
कटवाना|कटवाने|कटवानी|katwana|katwane|katwani|katvana|करवाना|करवानी|करवाने|karwana|karwani|karwane
मिल|mil|मिलेगा|milega|खाली|khali|free|available * सकता|sakta|कोई|koi|क्या|kya|है|hai
आना|आऊं|आ|aana|aau|aa|aaun * चाहता|चाहती|सकता|सकती|chahta|chahti|sakta|sakti|हूं|hoon|hu|hai|है
दिखाना|dikhana है|hai|चाहता|chahta
अपॉइंटमेंट|appointment|apointment
""",
    "find": """
ढूंढ|ढूंढना|खोज|ढूंढो|dhundh|dhoondh|dhundo|dhundna|dhoondo|khoj
@who * चाहिए|chahiye|ढूंढ|बताओ|bataiye|batao|बताइए|dhundh
""",
    "_see": """
@who * दिखाना|जाना|मिलना|dikhana|jana|milna
""",
    "_area": """
पास|आसपास|नजदीक|paas|aaspaas|nazdeek|najdik|nearby
""",
    "_pick": """
यह|यही|वही|ये|yeh|ye|yahi|wahi वाला|वाली|wala|wali
""",
    "_else": """
और|दूसरा|दूसरी|कोई|aur|dusra|dusri|doosra|koi @who
""",
    "move": """
^ move|बदलें|badlo|badle $
@movev * है|hai|चाहता|चाहती|chahta|chahti|सकते|sakte|करना|karna|हो|ho
@visit|मेरा|मेरी|mera|meri * @movev
मेरी|मेरा|meri|mera ** @day * कर|kar @please
मेरी|मेरा|meri|mera ** बजे|baje कर|kar @please
आगे|पीछे|aage|peeche|pichhe कर|बढ़ा|kar|badha
टाल|taal
""",
    "_alter": """
kar|कर do|दो|dijiye|दीजिए|den|sakte|सकते
ki|की|ke|के jagah|जगह|bajay|बजाय
badal|बदल do|दो|dijiye|दीजिए|kar|कर
""",
    "ask_status": """
confirm|कन्फर्म|कंफर्म|book|बुक|pakka|पक्का hua|हुआ|hai|है|ho|हो kya|क्या|gaya|गया|gayi|गई
kya|क्या * confirm|कन्फर्म|book|बुक|pakka|पक्का hai|है|hua|हुआ|ho|हो
""",
    "_moveit": """
से|se @day * कर|kar @please
से|se * बजे|baje पर|par|pe? कर|kar @please
इसे|इसको|उसे|ise|isko|use|usko ** @movev
@movev दो|do|दीजिए|dijiye|लो|lo|कर|kar
""",
    "_cant": """
नहीं|nahi|nahin|nhi आ|aa|aana पाऊंगा|पाऊंगी|सकता|सकती|paunga|paungi|sakta|sakti|रहा|raha|रही|rahi
नहीं|nahi|nahin|nhi आ|aa|पहुंच|pahunch पाएंगे|payenge|paenge|पाऊँगा|पाऊँगी|saku|sakunga|sakungi
नहीं|nahi|nahin|nhi आऊंगा|आऊंगी|आऊँगा|आऊँगी|aaunga|aaungi
आ|aa नहीं|nahi|nahin|nhi पाऊंगा|पाऊंगी|सकता|सकती|paunga|paungi|sakta|sakti
आना|aana मुश्किल|mushkil
""",
    "cancel": """
@cancelv
""",
    "cancel_all": """
सब|सारे|सारी|सभी|sab|sare|saare|sari|sabhi ** @cancelv
@cancelv ** सब|सारे|सभी|sab|sare|sabhi
""",
    "my_bookings": """
मेरी|मेरे|मेरा|meri|mere|mera अगली|अगला|सारी|agli|agla|saari|next? @visit|बुकिंग्स
मेरी|मेरे|मेरा|meri|mere|mera अगली|अगला|सारी|agli|agla|saari|next? bookings|appointments
""",
    "ask_price": """
कितने|कितना|कितनी|kitne|kitna|kitni !@time * पैसे|पैसा|खर्च|रुपये|का|में|की|paise
कितने|कितना|कितनी|kitne|kitna|kitni !@time * paisa|kharch|rupaye|ka|mein|lagega|lagenge|लगेंगे|लगेगा
दाम|कीमत|रेट|फीस|चार्ज|प्राइस|खर्चा|daam|keemat|kimat|rate|fees|fee|charge|price|kharcha|cost
""",
    "ask_address": """
पता|एड्रेस|लोकेशन|address|adress|location !है|hai|hoga
कहां|कहाँ|kahan|kaha|kidhar|किधर है|हैं|हो|पर|hain|hai|ho|par|pe|h|located|aana|आना|आएं|aaun
कैसे|kaise|kese * पहुंचे|पहुंचें|आएं|आना|pahunche|pahuche|aana|aaye|aaun|जाएं
किधर|kidhar
""",
    "ask_hours": """
कब|कितने|कितनी|kab|kitne|kitni * खुलता|खुलती|खुलते|खुला|बंद|खुले
कब|कितने|कितनी|kab|kitne|kitni * khulta|khulti|khulte|khula|band|khule
खुला|खुली|खुले|खुलता|बंद * है|हो|रहता|रहेगा|होता|hai|ho|rehta|rahega|hota|रहते
khula|khuli|khule|khulta|band * है|हो|रहता|रहेगा|होता|hai|ho|rehta|rahega|hota|रहते
टाइमिंग|timing|timings|टाइमिंग्स
^ समय|samay $
काम|kaam के|ke घंटे|ghante
""",
    "ask_phone": """
फोन|फ़ोन|मोबाइल|कॉन्टैक्ट|व्हाट्सएप|phone|fone|mobile|contact|whatsapp
संपर्क|sampark
आपका|aapka|apka|उनका|unka नंबर|number
""",
    "ask_rating": """
रेटिंग|रिव्यू|समीक्षा|rating|review|reviews
कैसा|कैसी|kaisa|kaisi है|hai
""",
    "ask_duration": """
कितना|कितनी|कितने|kitna|kitni|kitne समय|टाइम|देर|वक्त|मिनट|घंटे|samay|time|der|waqt|minute|ghante
""",
    "ask_who": """
कौन|किसके|किस|kaun|kon|kiske
""",
    "ask_parking": """
पार्किंग|parking
गाड़ी|gaadi|gadi|car * खड़ी|पार्क|khadi|park|लगा
""",
    "ask_payment": """
पेमेंट|भुगतान|कार्ड|कैश|यूपीआई|payment|bhugtan|card|cash|upi|paytm|gpay|phonepe|नकद|nakad
""",
    "ask_preparation": """
क्या|kya * लाना|लाऊं|लेकर|तैयारी|lana|laun|leke|lekar|taiyari|tayari
तैयारी|taiyari|tayari
""",
    "ask_offers": """
क्या|kya * करते|देते|करती|होता|होती|karte|dete|hota|hoti|milta|मिलता
यूनिसेक्स|unisex
""",
    "late": """
देर|देरी|लेट|late|der|deri * हो|से|होगी|हूं|ho|se|hogi|hoon|hu|आऊंगा|aaunga
लेट|late
जाम|jam|ट्रैफिक|traffic में|mein|me
""",
    "human": """
इंसान|आदमी|insaan|insan|aadmi|agent|एजेंट|operator|मैनेजर|manager
किसी|kisi से|se बात|baat
बात|baat करनी|करना|कराओ|karni|karna|karao|karwa|karwao
कॉल|call करो|कीजिए|karo|kijiye|kar
""",
    "help": """
^ मदद|सहायता|हेल्प|madad|help|sahayata
कैसे|kaise काम|kaam|use
समझ|samajh नहीं|nahi
क्या|kya कर|kar सकते|sakte
""",
    "menu": """
^ मेनू|मेन्यू|menu|विकल्प $
मुख्य मेनू
""",
    "back": """
^ पीछे|वापस|peeche|piche|wapas|vapas|back
""",
    "start_over": """
फिर|दोबारा|शुरू|phir|fir|dobara|shuru|shuruaat से|se शुरू|शुरुआत|shuru|shuruaat|शुरु
दोबारा|dobara शुरू|shuru
शुरू|शुरुआत|shuru|shuruaat से|se
नए|naye सिरे|sire
""",
    "stop": """
^ stop|स्टॉप|बंद|रोको|band|roko $
मैसेज|मेसेज|संदेश|message|messages|msg|sms * मत|बंद|नहीं|mat|band|nahi|ना
""",
    "start": """
^ start|चालू|chalu $
""",
    "language": """
हिंदी|हिन्दी|अंग्रेजी|अंग्रेज़ी|hindi|english|angrezi|इंग्लिश में|mein|me|बात|bolo|बोलो
भाषा|bhasha
^ हिंदी|हिन्दी|hindi|english|अंग्रेजी $
""",
    "other": """
दूसरा|दूसरी|दूसरे|अलग|dusra|dusri|dusre|doosra|doosri|alag
और|aur कोई|कुछ|विकल्प|समय|koi|kuch|time|samay|option|options|slot
कोई|koi और|aur
^ कोई|koi भी|bhi नहीं|nahi|nahin
^ इनमें|inmein|inme से|se कोई|koi नहीं|nahi
""",
    "other_shop": """
दूसरा|दूसरी|दूसरे|dusra|dusri|dusre|doosra|doosri|doosre सैलून|दुकान|क्लिनिक|पार्लर|जगह|salon|shop|clinic
dusra|dusri|dusre|doosra|doosri|doosre|aur|koi dukan|parlour|parlor|jagah|saloon|branch|ब्रांच
कोई और|aur सैलून|दुकान|क्लिनिक|पार्लर|जगह
koi aur salon|shop|clinic|dukan|parlour|jagah
और|aur कहीं|kahin|kahi
कहीं|kahin|kahi और|aur
""",
    "any_time": """
कभी|kabhi भी|bhi
किसी|kisi भी|bhi समय|टाइम|वक्त|samay|time|waqt
कोई|koi भी|bhi समय|टाइम|samay|time
जब|jab भी|bhi|चाहे|आप|aap|marzi|मर्ज़ी
समय|time|टाइम से|की|ki|se|का|ka कोई|koi
""",
    "any_day": """
कभी|kabhi भी|bhi
किसी|kisi भी|bhi दिन|din
कोई|koi भी|bhi दिन|din
""",
    "more_people": """
मेरे|मेरी|mere|meri @kin भी|bhi
दो|तीन|चार|do|teen|char|2|3|4|dono|दोनों लोगों|लोग|जन|logon|logo|log|jan|के|ke
@kin को|ko|के|ke भी|bhi|साथ|saath|sath
हम|hum दोनों|dono
""",
    "wait": """
^ रुको|रुकिए|रुकें|ruko|rukiye|rukie|rukna|ठहरो|ठहरिए|thehro $
^ ज़रा|जरा|थोड़ा|zara|jara|thoda रुको|रुकिए|ruko|rukiye|thehro
^ एक|ek|1 मिनट|सेकंड|minute|min|second|sec|पल|pal
^ देख|देखकर|सोच|सोचकर|पूछ|पूछकर|dekh|dekhkar|soch|sochkar|puch|puchkar|poochkar कर|के|kar|ke|बता|bata
^ सोचने|sochne दो|do
""",
    "drop": """
^ रहने|rehne|rahne दो|दीजिए|do|dijiye|de
^ छोड़ो|छोड़|छोड़िए|chhodo|chodo|chhod|jaane|जाने दो|do|$
^ छोड़ो|छोड़िए|chhodo|chodo|chhodiye
^ कोई|koi बात|baat नहीं|nahi|nahin $
इरादा|irada बदल|badal
""",
    "earlier": """
जल्दी|पहले|jaldi|pehle|pahle * का|वाला|कोई|समय|मिल|ka|wala|koi|time|samay|slot|mil
थोड़ा|thoda जल्दी|पहले|jaldi|pehle
""",
    "later": """
थोड़ा|thoda|और|aur देर|बाद|लेट|der|baad|late
बाद|baad में|mein|me !nahi
""",
    "same_as_last": """
पिछली|पिछले|pichli|pichle बार|baar|time
वही|wahi|same * जो|पहले|पिछली|jo|pehle|pichli|phir|फिर|hamesha
हमेशा|hamesha|roz की|वाला|जैसा|ki|wala|jaisa|jaise
""",
    "for_other": """
मेरे|मेरी|अपने|अपनी|mere|meri|apne|apni @kin * के|की|का|को|ke|ki|ka|ko
किसी|kisi और|aur के|ke
के लिए|लिये
""",
    "anyone": """
कोई|koi भी|bhi
किसी|kisi से|के|se|ke भी|bhi|साथ
फर्क|फ़र्क|fark|farak नहीं|nahi|nahin
""",
    "emergency": """
इमरजेंसी|आपातकाल|एम्बुलेंस|emergency|ambulance|108|112|102
सांस|saans नहीं|nahi
दिल|dil का|ka दौरा|daura
सीने|seene|chhati में|mein|me * दर्द|dard
बेहोश|behosh|आत्महत्या|aatmahatya|khudkushi|suicide
बहुत|bahut खून|khoon
""",
}
