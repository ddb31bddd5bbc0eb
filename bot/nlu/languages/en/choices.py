"""English words around the number of an option and their kinds.

MARK says that a number is an option's, VERB chooses, POLITE may stand on both sides, ALONE lists
the single words after which a number in letters is an option too ("one, please"), ONE follows an
ordinal ("the second one"), LAST is the ordinal of the last option, TAIL follows the number.
"""

from __future__ import annotations

CHOICES: dict[str, str] = {
    "MARK": "option|number|no .|nr|nr .|num|choice|slot|slot number|option number|the option",
    "VERB": """
ill take|i will take|id take|i would take|i take|ill have|i will have|ill go with|i will go with
ill go for|ill do|i can do|i could do|i can make|id like|i would like|i want|i choose|i pick
i prefer|id prefer|i would prefer|id rather|my choice is|give me|gimme|can i have|can i get
can i take|could i have|could i get|could i take|may i have|may i take|lets go with|lets go for
lets take|lets pick|lets book|go with|go for|going with|take|pick|choose|select|book|book me
put me down for number|put me on|reserve|get me|we take|well take|we will take|lets have
it would be|that would be|would be|its|it is|that is|thats|make it number|ill pick|ill choose
the best is|best is|best would be|i think|i guess|i mean|i meant|i said|prefer|want
""",
    "POLITE": """
please|pls|plz|ok|okay|okey|k|kk|yes|yeah|yep|yup|ya|sure|thanks|thank you|thx|ty|hi|hello|hey
hmm|hm|um|uh|oh|ah|well|so|then|the|that|and|alright|all right|right|great|good|perfect|cool|fine
nice|lovely|super|awesome|just|maybe|perhaps|probably|actually|in that case|if possible
if you can|if thats ok|if thats okay|i think|i guess|sounds good|dear|sir|madam|mate|bro|lol
""",
    "ALONE": "please pls plz ok okay k kk yes yeah yep sure hi hello hey hmm um uh well so then",
    "LAST": "last|final|bottom",
    "ONE": "one|option|choice|slot|time|on the list|in the list|of these|of those",
    "TAIL": """
is fine|is good|is great|is perfect|is ok|is okay|is best|works|works for me|works best|works well
works great|would work|can work|will work|will do|would be great|would be good|would be fine
would be perfect|would be best|would be lovely|sounds good|sounds great|sounds perfect|looks good
for me|it is|suits|suits me|suits me best|that works|thats fine|thats good|thats perfect
thats great|if its still free|if still available|if its free|is what i want|is the one|my love
it is then|from the list|on the list|in the list|from your list|looks best|looks great
""",
}
