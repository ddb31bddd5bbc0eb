"""English words and phrases with their tags."""

from __future__ import annotations

from bot.nlu.lexicon import TagValue

WORDS: dict[str, dict[str, TagValue]] = {
    "NUM": {
        "zero": 0,
        "one": 1,
        "two": 2,
        "three": 3,
        "four": 4,
        "five": 5,
        "six": 6,
        "seven": 7,
        "eight": 8,
        "nine": 9,
        "ten": 10,
        "eleven": 11,
        "twelve": 12,
        "thirteen": 13,
        "fourteen": 14,
        "fifteen": 15,
        "sixteen": 16,
        "seventeen": 17,
        "eighteen": 18,
        "nineteen": 19,
        "twenty": 20,
        "thirty": 30,
        "forty|fourty": 40,
        "fifty": 50,
        "a couple of|couple of": 2,
    },
    "ZERO": {"oh|o|zero|ou": 1},
    "FEW": {"few|several": 4},
    "TENS": {"twenty": 20, "thirty": 30, "forty|fourty": 40, "fifty": 50},
    "ORD": {
        "first": 1,
        "second": 2,
        "third": 3,
        "fourth": 4,
        "fifth": 5,
        "sixth": 6,
        "seventh": 7,
        "eighth": 8,
        "ninth": 9,
        "tenth": 10,
        "eleventh": 11,
        "twelfth": 12,
        "thirteenth": 13,
        "fourteenth": 14,
        "fifteenth": 15,
        "sixteenth": 16,
        "seventeenth": 17,
        "eighteenth": 18,
        "nineteenth": 19,
        "twentieth": 20,
        "thirtieth": 30,
    },
    "SUFFIX": {"st|nd|rd|th": 1},
    "MONTH": {
        "january|jan": 1,
        "february|feb|febuary": 2,
        "march|mar": 3,
        "april|apr": 4,
        "may": 5,
        "june|jun": 6,
        "july|jul": 7,
        "august|aug": 8,
        "september|sept|sep": 9,
        "october|oct": 10,
        "november|nov": 11,
        "december|dec": 12,
    },
    "WEEKDAY": {
        "monday|mon|mondays": 0,
        "tuesday|tue|tues|tuesdays": 1,
        "wednesday|wed|weds|wednesdays|wensday|wendsday": 2,
        "thursday|thu|thur|thurs|thursdays": 3,
        "friday|fri|fridays": 4,
        "saturday|sat|saturdays": 5,
        "sunday|sun|sundays": 6,
    },
    "MANY": {"mondays|tuesdays|wednesdays|thursdays|fridays|saturdays|sundays": 1},
    "WEAK": {"may|mar|sat|sun|wed|mon|march|tom|lunch": 1},
    "DAYREL": {
        "today|2day": 0,
        "later today|later on today": 0,
        "this morning|this afternoon|this evening|this arvo": 0,
        "tonight|tonite|2nite": 0,
        "tomorrow|tmrw|tmr|tmw|tomorow|tommorow|tommorrow|2morrow|2moro|tomorrows|tomoro|tom": 1,
        "todays|tonights": 0,
        "the day after tomorrow|day after tomorrow|overmorrow": 2,
        "the day before yesterday|day before yesterday": -2,
        "yesterday": -1,
    },
    "PART": {
        "morning|mornings|am only|this morning": "morning",
        "afternoon|afternoons|arvo|this afternoon|this arvo": "afternoon",
        "evening|evenings|eve|this evening": "evening",
        "night|nights": "night",
        "tonight|tonite|2nite": "evening",
        "lunch": "lunch",
        "afternoonish": "afternoon",
        "morn|morningish": "morning",
        "eveningish": "evening",
        "middle of the day|the middle of the day": "lunch",
        "before lunch": "late_morning",
        "lunchtime|lunch time|lunch hour|over lunch|at lunch|midday hours": "lunch",
        "first thing|first thing in the morning|early morning|early in the morning|crack of dawn"
        "": "first_thing",
        "end of day|last thing|end of the day|close of business|before closing": "end_of_day",
        "late morning|mid morning": "late_morning",
        "late afternoon|late in the afternoon": "late_afternoon",
        "early afternoon|early in the afternoon|after lunch": "early_afternoon",
        "after work|after office hours": "after_work",
        "before work": "before_work",
    },
    "NOON": {"noon|midday|mid day|noontime|12 noon|twelve noon": 720, "midnight|mid night": 0},
    "AMPM": {
        "am|a . m .|a . m|a m": "am",
        "pm|p . m .|p . m|p m": "pm",
    },
    "FACE": {
        "oneish": 60,
        "twoish": 120,
        "threeish": 180,
        "fourish": 240,
        "fiveish": 300,
        "sixish": 360,
        "sevenish": 420,
        "eightish": 480,
        "nineish|ninish": 540,
        "tenish": 600,
        "elevenish": 660,
        "twelveish|noonish": 720,
    },
    "OCLOCK": {"oclock|o clock|hrs|hours sharp|sharp": 1},
    "PAST": {"half past": 30, "quarter past|quarter after|a quarter past|a quarter after": 15},
    "TO": {"quarter to|quarter till|quarter til|quarter of|a quarter to|a quarter till": 15},
    "PASTWORD": {"past|after": 1},
    "TOWORD": {"to|till|til|before": 1},
    "HALF": {"half": 30},
    "AFTER": {
        "after|any time after|anytime after|past|from|starting from|starting at|starting|later than"
        "|no earlier than|not before|not earlier than|as of": 1,
    },
    "FROM": {"from|starting from|starting at|starting|no earlier than|not before|as of": 1},
    "BEFORE": {
        "b4|before|any time before|anytime before|by|until|till|til|no later than|not later than"
        "|earlier than|up to|not after": 1,
    },
    "AROUND": {
        "around|about|approximately|approx|roughly|circa|near|close to|ish|at around|at about|~": 1
    },
    "POSTAFTER": {"or later|or after|or thereafter|onwards|onward|and later|and after|+": 1},
    "POSTBEFORE": {"or earlier|or before|or sooner|at the latest|latest": 1},
    "POSTAROUND": {
        "oneish|twoish|threeish|fourish|fiveish|sixish|sevenish|eightish|nineish|ninish|tenish"
        "|elevenish|twelveish|noonish"
        "|ish|or so|or thereabouts|more or less": 1,
    },
    "BETWEEN": {"between|in between|betwen|btw|from": 1},
    "AND": {"and|&|to|till|til|until|-|–|—|through|thru": 1},
    "RANGE": {"to|till|til|until|-|–|—|through|thru": 1},
    "OR": {"or|/": 1},
    "AT": {
        "at|@|for|by|to|how about|what about|can we do|could we do|can you do|could you do|can i do"
        "|lets do|lets say|make it|make that|change it to"
        "|change that to|move it to|move that to|switch it to": 1,
    },
    "STRICTAT": {
        "at|@|how about|what about|can we do|could we do|can you do|could you do|can i do|lets do"
        "|lets say|make it|make that|change it to"
        "|change that to|move it to|move that to|switch it to": 1,
    },
    "ON": {"on|for": 1},
    "THE": {"the|that": 1},
    "OF": {"of|in": 1},
    "IN": {"in|within": 1},
    "WITHIN": {"within": 1},
    "SHIFT": {"later|afterwards|after that": 1, "earlier|sooner": -1, "late|behind": 0},
    "THIS": {"this|current|the current": 1},
    "REST": {"rest|remainder|remaining|rest of": 1},
    "STARTING": {"beginning|starting|commencing|starting on|beginning on": 1},
    "NUMBERED": {
        "room|building|floor|apartment|apt|suite|gate|door|unit|flat|bus|table|chair|line|level"
        "|chapter|version|zone|platform|lane|page": 1
    },
    "HOLIDAY": {
        "christmas|xmas|christmas day|xmas day": 1225,
        "boxing day": 1226,
        "new year|new years|new years day|new year s|new year s day": 101,
        "valentine|valentines|valentines day|valentine s day": 214,
        "halloween": 1031,
        "saint patricks day|st patricks day|st . patricks day": 317,
        "independence day|fourth of july|4th of july": 704,
    },
    "EVE": {"eve|the day before|day before": 1},
    "HALFMORE": {"and a half": 30},
    "NEXT": {"next|nxt": 1},
    "COMING": {"coming|upcoming|this coming|this upcoming|the coming|nearest": 1},
    "LAST": {"last|previous": 1},
    "WEEK": {"week|wk": 1, "fortnight": 2},
    "WEEKS": {"weeks|wks|weeks time|week s time|weeks'": 1, "week": 1, "fortnight": 2},
    "MONTHW": {"month": 1},
    "MONTHS": {"months|month": 1},
    "DAYW": {"day|date": 1},
    "DAYS": {"days|day|days time|days'": 1},
    "HOURS": {"hour|hours|hr|hrs": 60},
    "MINUTES": {"minute|minutes|min|mins": 1},
    "HALFHOUR": {"half an hour|half hour|30 min": 30, "an hour and a half": 90, "an hour": 60},
    "A": {"a|an|one": 1},
    "WEEKEND": {"weekend|week end|weekends|wkend|wknd": 1},
    "WORKDAYS": {
        "weekday|weekdays|week days|working day|working days|workday|business day"
        "|business days|workdays": 1
    },
    "MONTHEND": {"eom|end of month": 1},
    "END": {"later in|end of|the end of|late": 1},
    "BEGIN": {
        "first week of|the first week of"
        "|beginning of|start of|the beginning of|the start of|early": 1
    },
    "MIDDLE": {"middle of|mid|the middle of": 1},
    "FROMNOW": {"from now|from today|hence|time": 1},
    "NEGPOST": {
        "doesnt work|does not work|wont work|will not work|is no good|isnt good|is not good"
        "|isnt possible|is not possible|doesnt suit|does not suit|is bad|not possible|is out"
        "|is too late|is too early|doesnt fit|wont do|doesnt work for me|wont work for me|is busy"
        "|does not work for me|doesnt suit me|doesnt fit me|is no good for me|is taken|isnt great"
        "|is full|doesnt really work|is difficult|is tricky|is a problem": 1,
    },
    "CORRECT": {
        "actually|no|instead|rather|sorry|i mean|make it|make that|oops|scratch that|wait"
        "|correction"
        "|i meant|nope|change it to|change that to": 1,
    },
    "POLITE": {
        "please|pls|plz|ok|okay|yes|yeah|sure|thanks|thank you|hi|hello|hey|hmm|um|then|the|option"
        "|and": 1,
    },
    "CHOICE": {"option|number|no .|#|choice|slot number|nr": 1},
    "ONE": {"one|option|choice|slot": 1},
    "WITH": {"with|by": 1},
    "LANGUAGE": {
        "in english|english|ingles": "en",
        "spanish|espanol|castellano": "es",
        "portuguese|portugues": "pt",
        "hindi": "hi",
    },
    "NOT": {
        "not|not on|not at|except|except for|other than|apart from|besides|excluding"
        "|instead of|rather than|anything but|avoid|cant do|cant make|cannot do|cannot make"
        "|can not do|wont work on|dont want|dont think|not with|cant|without"
        "|cant come|cannot come|cant come in|cant be there|cant attend|wont make it|cant make it"
        "|cannot make it|unable to make it|unable to come|im busy|i am busy|im not free"
        "|im working|i work|never on|dont like": 1,
    },
    "BUT": {"but": 1},
    "ANY": {
        "any|any day|anyday|every day|whatever day|every|anyone|anybody|all|anything|anytime"
        "|any time|whoever|everyone": 1,
    },
    "SAMEDAY": {"same day|that day|the same date|same date|that date|the same day": 0},
    "DAYAFTER": {
        "the day after|the next day|the following day|next day|day after|a day later": 1,
        "the day before|a day earlier|the previous day": -1,
    },
    "SOON": {
        "asap|as soon as possible|as soon as you can|as early as possible|as early as you can"
        "|soonest|the soonest|earliest|the earliest|first available|the first available"
        "|next available|the next available|right away|straight away|immediately|right now"
        "|as quickly as possible|earliest possible|the earliest possible|soon as possible": "asap",
    },
    "PLACE": {
        "street|st|avenue|ave|road|rd|floor|grade|drive|blvd|boulevard|lane|suite|ste|way"
        "|birthday|anniversary|one|option|choice|place|person|time|slot|item|price|visit|name"
        "|letter|opinion|thing|result|salon|dentist|doctor|provider|of them|of those|century"
        "|degree|half|session|appointment": 1,
    },
    "MONEY": {"€|$|£|euro|euros|eur|usd|dollars|dollar|bucks|pounds|rupees|%|percent": 1},
    "COUNTED": {
        "people|persons|person|kids|children|adults|guests|of us|times|years|year|star|stars"
        "|appointments|bookings|services|haircuts|miles|km|blocks|months old|years old|yo": 1,
    },
    "NAMEIS": {
        "my name is|name is|my names|name|call me|under the name": 2,
        "im|i am|this is|its|it is|here is": 1,
    },
    "FORMY": {"for my|for our|my|for": 1},
    "KIN": {
        "son|daughter|wife|husband|mom|mum|mother|dad|father|kid|child|friend|partner|brother"
        "|sister|boyfriend|girlfriend|grandma|grandpa|grandson|granddaughter|boy|girl|baby|cousin"
        "|niece|nephew|boss|aunt|uncle|fiance|fiancee|roommate|neighbour|neighbor": 1,
    },
    "PLAIN": {
        "good morning|good afternoon|good evening|good night|good day|nice day|great day|lovely day"
        "|bad day|good weekend|nice weekend|great weekend|good one|wonderful day|nice evening"
        "|great evening|lovely evening|pleasant day|these days|all day long|one day|day by day"
        "|some day|someday|day off|the other day|all the time|may i|may we|may you|some other day"
        "|second thought|second thoughts|on second thought|second opinion|just a second"
        "|one second|a second|one moment|a sec|first of all|at first|first name|last name"
        "|first time|next time|at the moment|at this time|no one|which one|this one|that one"
        "|the one|another one|other one|any one|one more|one thing|one question|in mind|in town"
        "|in case|in advance|in general|per hour|an hour long|it may|that may|may be|maybe|you may"
        "|may not|i may|may have|may need|may know|there may|they may|we may|may get"
        "|later one|earlier one|last one|same time|night owl"
        "|morning person|night person|morning people": 1,
    },
}
