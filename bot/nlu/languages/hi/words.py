"""Hindi words and phrases, in Devanagari and in Latin letters, each with what it may mean."""

from __future__ import annotations

from bot.nlu.lexicon import TagValue

WORDS: dict[str, dict[str, TagValue]] = {
    "NUM": {
        "शून्य": 0,
        "एक|ek": 1,
        "दो|do|doh": 2,
        "तीन|teen|tin": 3,
        "चार|char|chaar": 4,
        "पांच|पाँच|paanch|panch|pach": 5,
        "छह|छः|छ|छै|chhe|chhah|cheh|chhai|che": 6,
        "सात|saat|sat": 7,
        "आठ|aath|ath": 8,
        "नौ|nau|nao": 9,
        "दस|das|dus": 10,
        "ग्यारह|gyarah|gyara|gyaarah": 11,
        "बारह|barah|baarah|bara": 12,
        "तेरह|terah|tera": 13,
        "चौदह|chaudah|chauda": 14,
        "पंद्रह|पन्द्रह|pandrah|pandra": 15,
        "सोलह|solah|sola": 16,
        "सत्रह|satrah|satra": 17,
        "अठारह|atharah|athara": 18,
        "उन्नीस|unnis|unnees": 19,
        "बीस|bees|bis": 20,
        "इक्कीस|ikkis|ikkees": 21,
        "बाईस|baais|bais": 22,
        "तेईस|teis|teees": 23,
        "चौबीस|chaubis|chaubees": 24,
        "पच्चीस|pachchis|pachis|pachees": 25,
        "छब्बीस|chhabbis|chabbis": 26,
        "सत्ताईस|sattais": 27,
        "अट्ठाईस|अठाईस|atthais|athais": 28,
        "उनतीस|उन्तीस|untis|unatis": 29,
        "तीस|tees|tis": 30,
        "इकतीस|इकत्तीस|iktis|ikattis": 31,
        "पैंतीस|paintis": 35,
        "चालीस|chalis|chaalis": 40,
        "पैंतालीस|paintalis": 45,
        "पचास|pachas": 50,
        "पचपन|pachpan": 55,
    },
    "ORD": {
        "पहला|पहली|pehla|pehli|pahla|pahli": 1,
        "दूसरा|दूसरी|दूसरे|dusra|dusri|doosra|doosri": 2,
        "तीसरा|तीसरी|teesra|teesri|tisra|tisri": 3,
        "चौथा|चौथी|chautha|chauthi": 4,
        "पांचवां|पाँचवाँ|paanchva|panchva": 5,
    },
    "DATEWORD": {"तारीख|तारीख़|tarikh|tareekh|taareekh|tarik|tarikh ko|तारीख को": 1},
    "MONTH": {
        "जनवरी|janvari|january": 1,
        "फरवरी|फ़रवरी|farvari|february": 2,
        "मार्च|march": 3,
        "अप्रैल|aprail|april": 4,
        "मई|may": 5,
        "जून|joon|june": 6,
        "जुलाई|julai|july": 7,
        "अगस्त|agast|august": 8,
        "सितंबर|सितम्बर|sitambar|september": 9,
        "अक्टूबर|अक्तूबर|aktubar|october": 10,
        "नवंबर|नवम्बर|navambar|november": 11,
        "दिसंबर|दिसम्बर|disambar|december": 12,
    },
    "WEEKDAY": {
        "सोमवार|सोम|monday|somvar|somwar|somvaar|somwaar|मंडे": 0,
        "मंगलवार|मंगल|mangalvar|mangalwar|mangal|mangalvaar|mangalwaar": 1,
        "बुधवार|बुध|budhvar|budhwar|budh|budhvaar|budhwaar": 2,
        "गुरुवार|गुरूवार|बृहस्पतिवार|वीरवार|guruvar|guruwar|guruvaar|guruwaar|brihaspativar|veervar": 3,
        "शुक्रवार|शुक्र|shukravar|shukrawar|shukrwar|shukravaar|shukrawaar|jumma|जुम्मा|jumme": 4,
        "शनिवार|शनि|shanivar|shaniwar|shanivaar|shaniwaar|shanichar": 5,
        "रविवार|इतवार|ravivar|raviwar|ravivaar|raviwaar|itvar|itwar|itvaar|itwaar|संडे": 6,
    },
    "DAYREL": {
        "आज|aaj|aj": 0,
        "आज रात|aaj raat": 0,
        "आज शाम|aaj shaam|aaj sham": 0,
        "कल|kal": 1,
        "परसों|परसो|parso|parson|parsoon": 2,
        "नरसों|तरसों|narso|tarso": 3,
        "बीता कल|बीते कल|कल ही": -1,
    },
    "PART": {
        "सुबह|सवेरे|सुबह-सुबह|subah|subeh|savere|सुबह में|subah mein|prataah": "morning",
        "सुबह सुबह|सुबह सवेरे|subah subah|subah savere|जल्दी सुबह|सुबह जल्दी|subah jaldi": "first_thing",
        "दोपहर|दोपहर में|dopahar|dopahar mein|dopehar|dupahar|dupehar|दुपहर": "afternoon",
        "दोपहर के बाद|दोपहर बाद|dopahar ke baad|dopahar baad": "late_afternoon",
        "शाम|सायं|शाम में|shaam|sham|shyam ko|shaam mein|आज शाम|aaj shaam|aaj sham": "evening",
        "रात|रात में|raat|rat ko|raat mein|आज रात|aaj raat": "night",
        "लंच|लंच में|लंच टाइम|lunch time|lunch mein|lunch ke time": "lunch",
        "लंच के बाद|lunch ke baad": "early_afternoon",
        "ऑफिस के बाद|काम के बाद|office ke baad|kaam ke baad": "after_work",
        "तड़के|tadke": "dawn",
    },
    "NOON": {"आधी रात|aadhi raat|adhi raat": 0},
    "OCLOCK": {"बजे|baje|bje|bajey|bajhe|bajay|बज": 1},
    "PAST": {
        "साढ़े|साढे|saadhe|sadhe|sade|saade|sadhey": 30,
        "सवा|sava|sawa|savaa": 15,
    },
    "TO": {"पौने|paune|pone|pauney|पौन": 15},
    "FACE": {"डेढ़|dedh|ded|derh": 90, "ढाई|dhai|dhaai|adhai|अढ़ाई": 150},
    "PLUSWORD": {"बजकर|bajkar|baj kar|बज कर|bajke|bajkr": 1},
    "SHIFT": {"aage|आगे|late|लेट|der se|देर से": 1, "pehle|pahle|पहले|jaldi|जल्दी": -1},
    "POSTAT": {"पर|pe|par": 1},
    "POSTAFTER": {
        "के बाद|ke baad|ke bad|k baad|बाद|baad"
        "|ke baad ka|के बाद का|के बाद की|se aage|से आगे|के बाद कभी भी"
        "|ke baad kabhi bhi|k bad": 1
    },
    "POSTBEFORE": {"से पहले|se pehle|se pahle|tak|तक|से पहले का|se pehle ka|के पहले|ke pehle|के अंदर": 1},
    "POSTAROUND": {
        "के आसपास|ke aaspaas|ke aas paas|के आस पास|के करीब|ke karib|ke kareeb|के लगभग|ke aspas": 1
    },
    "AROUND": {"लगभग|करीब|तकरीबन|lagbhag|karib|kareeb|takriban|करीबन": 1},
    "RANGE": {"से|se|-|–|—": 1},
    "BETWEENPOST": {"के बीच|ke beech|ke bich|के बीच में|ke beech mein|तक|tak": 1},
    "AND": {"और|aur|व|एवं|or fir": 1},
    "OR": {"या|ya|yaa|/": 1},
    "AT": {"को|ko|के|ke|पर|pe|par|में|mein|ka|का|की|ki|k": 1},
    "ON": {"को|ko|पर": 1},
    "OF": {"के|का|की|ke|ka|ki|में|mein|me": 1},
    "THIS": {"इस|is|iss|इसी|isi|यह|yeh": 1},
    "NEXT": {"अगले|अगला|अगली|agle|agla|agli|next": 1},
    "COMING": {"आने वाले|आनेवाले|aane wale|aanewale|आने वाली|aane wali": 1},
    "LAST": {"पिछले|पिछला|पिछली|pichle|pichla|pichli": 1},
    "WEEK": {"हफ्ते|हफ़्ते|हफ्ता|सप्ताह|hafte|hafta|haftey|saptah": 1},
    "WEEKS": {"हफ्ते|हफ़्ते|हफ्तों|हफ्ता|सप्ताह|hafte|hafton|hafta|saptah": 1},
    "MONTHW": {"महीने|महीना|माह|mahine|mahina|maheene|mahiney": 1},
    "MONTHS": {"महीने|महीना|महीनों|mahine|mahina|mahino": 1},
    "DAYW": {"दिन|din": 1},
    "DAYS": {"दिन|दिनों|din|dino|dinon": 1},
    "HOURS": {"घंटे|घंटा|घंटों|ghante|ghanta|ghanton": 60},
    "MINUTES": {"मिनट|मिनिट|मिनटों|minute|minat|minut|minton": 1},
    "HALFHOUR": {"आधे घंटे|आधा घंटा|aadhe ghante|aadha ghanta|adhe ghante": 30},
    "FROMNOW": {"बाद|baad|के बाद|ke baad|में|mein|me|के अंदर|ke andar": 1},
    "WEEKEND": {"वीकेंड|वीकेण्ड|सप्ताहांत|हफ्ते के अंत|weekend pe|weekend par|weekend": 1},
    "MONTHEND": {
        "महीने के अंत|महीने के आखिर|महीने के आख़िर|mahine ke ant|mahine ke aakhir|mahine ke end"
        "|महीने के आखिरी|महीने के अंत में|mahine ke ant mein|mahine ke aakhir mein": 1
    },
    "WORKDAYS": {"कार्य दिवस|कामकाजी दिन|working day|working days|weekday|weekdays": 1},
    "HOLIDAY": {"क्रिसमस|बड़ा दिन|christmas": 1225, "नया साल|naya saal|new year": 101},
    "NOT": {
        "को छोड़कर|के अलावा|के सिवा|chhodkar|ke alawa|ke alava|नहीं|नही|nahi": 1,
    },
    "NEGPOST": {
        "नहीं|नही|nahi|nahin|nai|को छोड़कर"
        "|छोड़कर|के अलावा|के सिवा|ko chhodkar|ko chhod kar|ko chodkar"
        "|ke alawa|ke alava|ke siwa|को नहीं"
        "|ko nahi|ko nahin|se nahi|से नहीं|के साथ नहीं|ke sath nahi"
        "|मत|mat|nhi|ko nhi|नहीं चलेगा|nahi chalega|ठीक नहीं|theek nahi|thik nahi|नहीं हो पाएगा"
        "|nahi ho payega|mushkil hai|मुश्किल है|ko mushkil hai|नहीं जमेगा|nahi jamega"
        "|pe nahi|par nahi"
        "|पर नहीं|बजे नहीं": 1,
    },
    "ANY": {"कोई भी|koi bhi|कोई|koi": 1},
    "CORRECT": {
        "नहीं|नही|nahi|nahin|बल्कि|balki|असल में"
        "|asal mein|actually|रुको|ruko|sorry|सॉरी|माफ कीजिए"
        "|की जगह|ki jagah|के बजाय|ke bajay|kar do|कर दो|matlab|मतलब|change": 1,
    },
    "SAMEDAY": {"उसी दिन|usi din|उस दिन|us din|same din": 0},
    "DAYAFTER": {"अगले दिन|agle din|उसके अगले दिन": 1},
    "SOON": {
        "जल्दी से जल्दी|जल्द से जल्द|jaldi se jaldi|jald se jald|जितनी जल्दी हो सके"
        "|jitni jaldi ho sake|jitna jaldi ho sake|अभी|abhi|तुरंत|turant|फौरन|सबसे पहले वाला"
        "|sabse pehle wala|sabse pehla": "asap",
    },
    "MONEY": {"रुपये|रुपए|रुपया|rupaye|rupay|rupees|rs|₹|%": 1},
    "COUNTED": {"लोग|लोगों|log|logo|बच्चे|bachche|साल|saal|बार|baar|जन|jane": 1},
    "NAMEIS": {"मेरा नाम|mera naam|mera nam|naam|नाम": 2, "main|मैं": 1},
    "FORMY": {"मेरे|मेरी|अपने|अपनी|हमारे|mere|meri|apne|apni|hamare": 1},
    "KIN": {
        "बेटे|बेटा|बेटी|पति|पत्नी|बीवी|मां|माँ|मम्मी"
        "|पिता|पापा|भाई|बहन|दोस्त|दादी|दादा|नानी|नाना|बच्चे"
        "|beta|bete|beti|pati|patni|biwi|maa|mummy"
        "|pitaji|papa|bhai|behen|behan|bahan|dost|dadi|dada"
        "|nani|nana|bachche|husband|wife|son|daughter": 1,
    },
    "POLITE": {
        "जी|हां|हाँ|ठीक है|कृपया|प्लीज|प्लीज़|धन्यवाद|नमस्ते|ji|haan|ha|theek hai|thik hai|please"
        "|kripya|ok|नंबर|number|wala|वाला|वाली|wali": 1,
    },
    "CHOICE": {"नंबर|विकल्प|ऑप्शन|number|option|vikalp": 1},
    "ONE": {"वाला|वाली|विकल्प|ऑप्शन|wala|wali|vala|vali|option": 1},
    "WITH": {"साथ|saath|sath|के साथ|ke saath|ke sath": 1},
    "LANGUAGE": {
        "अंग्रेजी|अंग्रेज़ी|इंग्लिश|angrezi|english": "en",
        "स्पेनिश|spanish": "es",
        "पुर्तगाली|portuguese": "pt",
        "हिंदी|हिन्दी|hindi": "hi",
    },
    "PLAIN": {
        "शुभ रात्रि|शुभ संध्या|सुप्रभात|एक बार|ek baar|दो बार|एक बात|ek baat|एक और|ek aur|एक मिनट"
        "|ek minute|कर दो|kar do|kardo|बता दो|bata do|दे दो|de do|karva do|karwa do|बुक कर दो"
        "|book kar do|cancel kar do|karke do|do na|करा दो|kara do|bata do na|rakh do|रख दो"
        "|phone number do|number de do|फोन नंबर दो|contact number do|bol do"
        "|bana do|hata do|badal do|बदल दो|दिखा दो|dikha do|bhej do|भेज दो|laga do"
        "|इस बार|is baar|ek appointment|एक अपॉइंटमेंट|pehle wala|पहले वाला|ek hi|एक ही": 1,
    },
}
