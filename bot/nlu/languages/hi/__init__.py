"""Hindi, in Devanagari and in Latin letters."""

from __future__ import annotations

from bot.nlu.languages.hi.acts import ACTS, MACROS
from bot.nlu.languages.hi.words import WORDS
from bot.nlu.lexicon import build_language

COMMON = """
का की के को से में पर ने और या भी ही तो है हैं हूं हूँ हो था थी थे रहा रही रहे गया गई कर
करना करो करें
करते करता करती चाहिए चाहता चाहती मैं मुझे मेरा मेरी मेरे हम हमें हमारा तुम आप आपका आपकी
आपके वह वो यह ये इस
उस क्या कब कहां कहाँ कैसे क्यों कौन कितना कितने कितनी कोई कुछ सब नहीं नही हां हाँ जी ना मत
अब अभी फिर बाद
पहले साथ लिए लिये तक दिन समय टाइम बाल दांत दाढ़ी त्वचा सिर हाथ पैर दर्द कटवाना कटवाने बुक
चाहूंगा दे दो
दीजिए लें लेना सकता सकती सकते मिल मिलेगा बता बताओ बताइए
ka ki ke ko se mein me par pe ne aur ya bhi hi to hai hain hoon hu ho tha thi the raha
rahi rahe gaya
kar karna karo karein karte karta karti chahiye chahta chahti main mujhe mera meri mere hum humein
hamara tum aap aapka aapki aapke woh wo yeh ye is us kya kab kahan kaise kyun kaun kitna
kitne kitni
koi kuch sab nahi nahin haan ji na mat ab abhi phir fir baad pehle saath liye tak din
samay time baal
daant dadhi sir haath pair dard katwana katwane book de dijiye lena sakta sakti sakte mil
milega bata sundar
batao bataiye bolo hoga hogi jayega raat wala wali
"""
FILLERS = """
जी अच्छा तो और अरे ओह ji achha accha to aur are arey
oh bhai yaar
भाई यार sorry please प्लीज
"""
JOINS = "और लेकिन पर तो aur lekin par to phir"

HINDI = build_language("hi", WORDS, ACTS, MACROS, COMMON, FILLERS, JOINS)
