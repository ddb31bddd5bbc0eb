"""Hindi words around the number of an option (kinds: see `languages/en/choices.py`)."""

from __future__ import annotations

CHOICES: dict[str, str] = {
    "MARK": """
number|no .|option|option number|vikalp|नंबर|नम्बर|ऑप्शन|विकल्प|ऑप्शन नंबर
""",
    "VERB": """
mujhe|muje|mujhko|main|mai|hum|humein|hame|i want|book|book karo|rakho|le lo|select
मुझे|मैं|हम|हमें|बुक|बुक करो|ले लो
""",
    "POLITE": """
please|pls|plz|ok|okay|okey|haan|han|ha|haa|haan ji|ji|ji haan|accha|acha|achha|theek hai|thik hai
theek h|thik h|thik|theek|chalo|chaliye|to|toh|phir|fir|bas|hello|hi|namaste|namaskar|thanks
thank you|shukriya|dhanyavad|dhanyawad|kripya|bhai|bhaiya|bhaiyya|didi|sir|madam|mam|yaar|are|arre
sahi|sahi hai|badhiya|perfect|done|yes|ya|hmm|hm|shayad|bilkul
कृपया|प्लीज|प्लीज़|हां|हाँ|जी|जी हां|जी हाँ|अच्छा|ठीक है|ठीक|चलो|चलिए|तो|फिर|बस|नमस्ते|धन्यवाद|शुक्रिया|सर|मैडम
भैया|दीदी|सही|सही है|बढ़िया|बिल्कुल|ओके
""",
    "ALONE": "ok okay haan han ha ji accha acha theek thik hai chalo to phir haa yes हां जी ठीक है",
    "LAST": "aakhri|akhri|aakhiri|last|आखिरी|आख़िरी|लास्ट",
    "ONE": """
wala|wali|vala|vali|waala|waali|wale|wala slot|wali slot|option|number|number wala|number wali
wala option|wali option|slot|time|wala time|वाला|वाली|वाले|विकल्प|ऑप्शन|नंबर|नंबर वाला|नंबर वाली
""",
    "TAIL": """
wala|wali|vala|vali|waala|waali|number|no|number wala|number wali|wala option|wala slot|wala time
chahiye|chaiye|chahie|kar do|kardo|kar dijiye|kar dena|kar de|karo|kijiye|de do|dedo|de dijiye
book kar do|book kardo|book karo|book kar dijiye|book kar de|confirm kar do|confirm karo|chalega
chalegi|chal jayega|theek hai|thik hai|theek rahega|thik rahega|theek h|thik h|sahi hai|sahi rahega
rakho|rakh do|rakh lo|rakh dijiye|hai|lunga|lungi|le lunga|le lungi|le lo|lenge|best hai|hi
acha hai|accha hai|acha rahega|pakka|pakka karo|final|final karo|final kar do|mere liye|select karo
ko|pe|par|done|se|ke liye|book
वाला|वाली|नंबर|नंबर वाला|नंबर वाली|चाहिए|कर दो|कर दीजिए|कर दें|करो|कीजिए|दे दो|दे दीजिए|बुक कर दो
बुक करो|बुक कर दीजिए|चलेगा|चलेगी|ठीक है|ठीक रहेगा|सही है|सही रहेगा|रखो|रख दो|रख लो|है|लूंगा|लूंगी|ले लो
ही|अच्छा है|पक्का|पक्का करो|फाइनल
""",
}
