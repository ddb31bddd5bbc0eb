"""English answer words and their kinds.

YES and NO answer by themselves, NOT negates what is next to it. OK and EMPH are a yes alone
("sure", "definitely") and only emphasis next to a NOT. AGREE are idioms of consent, REFUSE of
refusal; COME confirms attendance. DO does what was asked about, DO_x if it was about x; KEEP leaves
things unchanged; CONFIRM may refer to the booking or to the question. HEDGE and CANT are undecided,
UNWANTED names what is not wanted, LATER postpones, BUT adds a condition, FIX and WAIT retract, ASK
asks. FILL means nothing. If a phrase is listed under two kinds, the last counts.
"""

from __future__ import annotations

ANSWERS: dict[str, str] = {
    "YES": """
yes|yep|yeah|yup|yea|ya|yas|yess|yh|yah|yessir|y|aye|affirmative|👍|✅|👌|💯|🆗|✔|☑|i do|i am|i will
i would|please do|yes indeed|yes i do|yes i am|you bet|by all means|go for it|uh huh|mhm
""",
    "OK": """
ok|okay|okey|okie|k|kk|fine|good|great|perfect|alright|all right|cool|nice|lovely|awesome
excellent|wonderful|thats fine|thats ok|thats right|thats good|thats perfect|that works|works
works for me|sounds good|looks good|sounds great|looks great|sounds fine|looks right|correct
right|agreed|suits me|sounds perfect|super|brilliant|fantastic|it works|that works for me
that suits me|exactly
""",
    "EMPH": """
sure|sure thing|definitely|definately|absolutely|certainly|of course|ofcourse|surely|totally
obviously|indeed|really|for sure|im sure|i am sure|sure yes|clearly|honestly|truly
""",
    "NO": "no|nope|nah|nay|na|negative|noo|n|👎|❌|✖|🙅|🚫",
    "NOT": """
not|i do not|i am not going to|dont|do not|doesnt|does not|wont|isnt|is not|thats not|im not
never|please do not|please dont|doesnt work|does not work|wont work
""",
    "AGREE": """
why not|no problem|no problems|not a problem|no objection|no objections|no doubt
no doubt about it|i dont mind|dont mind|i dont see why not
""",
    "REFUSE": """
no way|never mind|nevermind|not now|not today|not yet|no thanks|no thank you|no need
i dont think so|dont think so|rather not|id rather not|i would rather not|hell no|not really
not at all|not a chance|no chance|forget it|no im good|nah im good|im good|no its ok|no its fine
no thats ok|no thats fine|no need to|better not|prefer not|i prefer not to|no longer needed
not necessary|absolutely no|not that one|not that|not that day|not this one|not this|no not that
on second thought no|by no means|no way jose|dont bother|do not bother|under no circumstances
wrong
""",
    "DO": """
do it|do that|go ahead|proceed|lets do it|lets do that|do so
""",
    "DO_cancel": """
cancel|cancel it|cancel that|cancel this|call it off|call off|delete it|delete|remove it|drop it
cancelled|canceled|cancelling|canceling|cancle|cancel mine
""",
    "DO_move": """
move it|move|reschedule|reschedule it|change it|change|shift it|shift|moved|swap it
""",
    "DO_book": """
book|book it|reserve it|reserve|take it|ill take it|book me|book me in|schedule it|booked
id like that|i take it|book that|lets book|lets book it
""",
    "DO_approve": "approve|approve it|approved|accept|accept it|take it|take that",
    "KEEP": """
keep|keep it|keep it as it is|leave it|leave|leave it as it is|leave it as is|leave things
leave it alone|as it is|as it was|stay|keep my appointment|leave it there|keep it where it is
leave it where it is|let it be|dont change anything|keep it there
""",
    "COME": """
ill be there|i will be there|ill come|i will come|im coming|i am coming|see you then
see you there|see you|see you tomorrow
""",
    "CONFIRM": "confirm|confirm it|confirmed",
    "HEDGE": """
maybe|perhaps|probably|possibly|i think so|think so|i think|i guess|guess so|guess|i suppose
suppose|i suppose so|not sure|im not sure|i am not sure|unsure|i dont know|dont know|idk|dunno
it depends|depends|no idea|hmm|hm|um|uh|er|might|if|unless|only if|as long as|whatever
not saying|im not saying|what if|let me check|let me think|let me see|i hope so|hopefully
i wouldnt|wouldnt|wouldnt say|could be|kind of|sort of|no rush|any more|anymore|either|or|🤔|🤷
no preference|not certain|in case|not only|dont forget|not to mention|no one|nobody|nothing
no reason|not without|not just|not necessarily|dont not|cant not|cannot not|not not|do not not
wont not|not no|yeah right|as if|all good|everything is fine|we are good|were good
""",
    "UNWANTED": """
i dont want it|dont want it|do not want it|i dont need it|dont need it|no longer want it
""",
    "CANT": """
cant|cannot|can not|i cant|cant make it|cant come|couldnt|unable|wont make it|wont be able
i wont make it
""",
    "LATER": """
later|later on|soon|not yet but|tomorrow|tonight|next week|another time|some other time
maybe later|perhaps later|in a minute|in a moment|in a bit|in a second|first|after|until
not right now but|first of all|next time|another day|some other day|tmrw
""",
    "BUT": "but|however|though|although|except|only|just not|on condition",
    "FIX": """
actually|i mean|i meant|sorry|rather|correction|scratch that|instead
""",
    "WAIT": """
wait|hold on|hang on|one moment|one sec|one second|just a moment|stop|my mistake|my bad|oops
i was wrong
""",
    "ASK": """
what|whats|where|wheres|when|whens|who|how|which|why|is there|are there|is it|can you|could you
can i|do you|does it|will it|would it|should i|is that|are you
""",
    "FILL": """
please|pls|plz|plss|thanks|thank you|thank you very much|thank you so much|thx|ty|cheers
many thanks|hi|hello|hey|bye|good morning|good afternoon|good evening|good night|the|a|an|it
that|this|my|mine|me|i|we|you|us|our|booking|appointment|reservation|and|to|for|then|now|so|oh
ah|well|just|want|i want|i want to|want to|id like to|i would like to|would like|wanna|need to
i need to|have to|is|its|thats|very|much|dear|sir|madam|maam|mate|man|bro|friend|also|with|on|at
of|in|one|do|be|very well|as|lets|right now|right away|today|at once|already
""",
}
