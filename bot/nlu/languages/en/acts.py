"""English patterns for acts; see `patterns.py` for their syntax."""

from __future__ import annotations

MACROS: dict[str, str] = {
    "bookv": """
book schedule reserve arrange booking scheduling reserving
""",
    "makev": """
make set get setup schedule book reserve arrange create place have fix take need want making
setting getting have
""",
    "visit": """
appointment appointments appt apt reservation booking visit slot session consultation checkup
consult spot seat opening openings reservations bookings
""",
    "find": """
find search looking locate searching finding seek seeking suggest recommend show hunt locating
hunting
""",
    "who": """
dentist dentists doctor doctors dr salon salons saloon hairdresser hairdressers stylist stylists
barber barbers barbershop dentistry therapist therapists psychologist counselor counsellor
psychiatrist physician gp specialist provider place places clinic clinics practitioner
dermatologist gynecologist ophthalmologist hygienist orthodontist parlor parlour spa studio
masseuse masseur nutritionist physiotherapist groomer vet tattooist practitioners dermatologists
gynecologists ophthalmologists specialists hairstylist hairstylists docs doc
""",
    "subj": """
you they it he she the this that there your their yall we one
""",
    "good": """
good great fine perfect right correct wonderful excellent awesome super cool nice lovely fantastic
alright acceptable reasonable accurate okay ok ideal brilliant true confirmed
""",
    "works": """
work works suit suits fit fits do does
""",
    "very": """
very really all just absolutely pretty perfectly so exactly totally completely quite about like to
me great good
""",
    "will": """
will would ll should can shall does do did might could is thatll itll seems
""",
    "cancelv": """
cancel cancelling canceling delete scrap scratch drop cancell
""",
    "movev": """
move reschedule rebook postpone shift push change
""",
    "them": """
it them that this him her me us these those one mine
""",
    "det": """
the their its your his her my this that an a office exact full street
""",
    "askv": """
what whats have has give get tell know send need share provide want include including find may
like see got is and also plus check receive
""",
    "kin": """
son daughter wife husband mom mum mother dad father kid kids child children friend partner brother
sister boyfriend girlfriend grandma grandpa boy girl baby cousin niece nephew boss colleague
""",
    "late": """
late behind delayed
""",
    "shop": """
salon salons saloon shop shops place clinic clinics barbershop studio branch location store spa
parlour parlor practice
""",
    "unable": """
cant cannot wont unable couldnt
""",
    "vague": """
a an some what if how which who when where your my all more other another whether
""",
    "neg": """
no not but nope
""",
    "with": """
with
""",
    "noway": """
preference preferences later earlier sooner matter need hurry rush problem problems
worries change changes objection objections doubt idea one
""",
    "kindof": """
services service procedures procedure dentistry treatments treatment work haircuts hair nails
colour color coloring beards kids children men women perms extensions makeup massage massages
waxing implants braces whitening male female males females surgery
""",
}

ACTS: dict[str, str] = {
    "_aside": """
weather|forecast|forecasts|raining|rain
see you|ya|u
my free|own? schedule|availability|available|time|times|slots|agenda
when|if|am|whether|times|hours am|im|i am? i? free|available
free time|hours|slots|times i|do
do|have|i i? have? free|open time|hours|slots|times
open|free times|time i have
am i|im free|available
how busy am
check my calendar|schedule|agenda
i have|got something|plans|meeting|class|work|another|stuff
""",
    "_errand": """
itinerary|cab|taxi|uber|lyft
to|on|in|into|mark my|the calendar|calender|schedule|diary
add|put|mark|save|sync|include ** calendar|calender
pool|luxury|shared|regular ride
add|put|mark|note * event
""",
    "_mine": """
my own? phone|number|address|mobile|cell|card|email|telephone
""",
    "_done": """
thats|thatll|that|this|it is|was|will|be|ll|would? be? all|it|everything
everything|all|okay|ok|done|enough for|i today|need
bye|goodbye
""",
    "yes": """
^ yes|yep|yeah|yup|yea|ya|yas|yess|yh|yah|yessir|yesss|certainly|absolutely|definitely|indeed
^ 👍|✅|👌|💯|🆗|✔|☑
^ affirmative|aye|totally|correct|exactly|agreed|confirmed|confirm|right|surely|sure|ofcourse
^ of course|coarse
^ ok|okay|okey|okie|k|kk|alright|alrighty|y $
^ ok|okay|okey|alright|fine !@neg
that|it|everything|this|all|both @will|is|are|be|sounds|looks|seems be|is? @very? @very? @good
thats|its|everythings|youre|thatll|thisll be? @very? @very? @good
you are|have|got|ve got|have? it|that|this|all|everything? @very? right|correct|it
sounds|looks|seems|look|sound|seem @very? like? @good
all|everything @good
that|it|this|which @will work|do|suit|suffice
that|it|this|which works|suits|fits|do|does
thatll|itll|thisll|thats work|do|it
thats the|my|what one|time|day|date|appointment|plan|i
go ahead !@with
go for it
please do|confirm|proceed
book|reserve|schedule|confirm|take|do it|that|this $
i agree|confirm|assent|approve|accept|concur
lets do|book|take it|that|this $
lets go ahead|for
why not
no problem|problems|worries|objection|objections
not a problem
works for me|us
you bet|betcha|know it|got it|are
^ that|it is|does|was|will $
suits me
i would|d|id would? like|love that|it|this $
you|youve ** right|correct $
^ permission|approval granted|given
by all means
sounds like a plan
""",
    "_yes": """
^ good !morning|afternoon|evening|day|night
^ perfect|great|cool|nice|wonderful|awesome|excellent|fantastic|lovely|super|brilliant|sweet
^ fine|terrific|amazing|splendid|marvelous|ideal|best
""",
    "no": """
^ no|nope|nah|nay|na|negative|noo|nooo|nopes $
^ no|nope|nah|negative|nopes !@noway
^ n $
^ 👎|❌|✖|🙅
^ not @very? @good|now|today|yet|at|just|for|really|right|quite|that|this|one|the
thats|its|that|it|this|is|was is|was? not|wrong|incorrect|inaccurate @very? @good?
isnt|wasnt|arent @very? @good
doesnt|dont|wont|didnt|not|cant|cannot work|suit|fit|do
that|it|this doesnt|wont|isnt
will|would|does|do not work|suit|do|fit
i|we dont|do|wont|cant not? want|like|need|think|wish|book|agree
dont|not book|schedule|reserve|do|confirm|make|change|want|need
not what i
never mind !if|that|the|about
nevermind
incorrect
wrong date|day|time|person|one
is|thats|its|be|thatll|bit|little|way|far too late|early|soon|far|expensive
^ too late|early|soon|far|expensive
maybe|perhaps|some later|another|other time|day|not?
""",
    "_no": """
actually|instead|rather|oops|whoops|strike|misspoke|mistake|darn|oh
changed|change|changing my? mind
^ please? change|correct|fix
on second thought|thoughts
hold on|up
^ wait|sorry
i|im am? sorry
only if|when
scratch that
@movev * it|that|this|the|my to|for|date|time|day|appointment|booking|visit|timing|reservation
make|set|switch|move|change|push it|that|this
book|schedule|reserve it|this|that at|for|on|in|from
i|id|we|ill prefer|rather
better at|on|if|for
mixed|mix|messed up
i meant|mean|misspoke|forgot
a different time|day|date|one
one more change
""",
    "thanks": """
🙏 $
thanks|thank|thx|thankyou|cheers|appreciate|appreciated|grateful|ty|tysm|thnx|tnx|thanx|tks
""",
    "bye": """
bye|goodbye|farewell|byebye|cya
^ see you|ya|u
have a @very? good|nice|great|lovely|wonderful|blessed|pleasant day|one|evening|weekend|time|night
take care
good night|day $
thats|thatll|that|this|it is|was|will|be|ll|would? be? all|everything|it for|now|i|today|thanks
thats|thatll|that|this|it is|was|will|be|ll|would? be? all|everything $
all|everything|what i|im * need|needed|want|wanted|require|required|looking
nothing else|more
im|i|am am? done|good|set|finished
""",
    "greet": """
^ hi|hello|hey|heya|hiya|greetings|howdy|yo|hullo|hallo
good morning|afternoon|evening|day
""",
    "book": """
@bookv|make|set|get|have|create|place|fix|making|setting|getting|making|do ** @visit
need|want|like|wish|get|have|take|try|about|for|wanting|require an|a|the|my|another|any * @visit
wanna|need|want|like|wish|love|hoping|to|lets|can|could|try|in|wanting|continue @bookv
@bookv @them|me|on|at|in|for|with|a|an|the|my|another|again|something|now
^ please? kindly? book|reserve|schedule
visit|see|choose|pick|select|accept|take @them|this|that|the|her|him|there|dr
want|like|need|wanna|wish|prefer|love to visit|try|see !@vague
want|like|love|ready|prefer|going|need to visit $
interested in @bookv
go|proceed|continue|stick|ahead with|to|there|forward|ahead @them|this|that|the|her|him|there|dr
go|go|come there|in
can|could|to i|we come|get in|by
get|fit|squeeze|slide|put|pencil me|us in|down
try|check again|for|at|it
try|proceed * @visit|booking
anything|something|slot|slots|times|time|openings|opening|space|anyone available|free|open
what times|time|slots|days|dates do|are|is|have|can
when can|could|is|are i|we|you|they
are|is|do you|they|he|she|the|dr * available|free
""",
    "find": """
@find ** @who !@visit
look|looking|search|hunting ** for|up ** @who !@visit
need|want|like|require|wan me? a|an|some|another|the|any|my * @who !@visit
wans|get|prefer|wanna|desire me? a|an|some|another|the|any|my * @who !@visit
know|have|recommend|is|are of|there|you|a|any * @who !@visit
any|some good|nice|decent|other|great * @who !@visit
need of a|an|some * @who !@visit
what|which @who are|is|do|can
what|which * @who do|are|is you|there|available
pull|bring|set up|me|with ** @who !@visit
help|assistance * with|me * @who !@visit
@find * somewhere|someplace|something|someone|one|anyone
@who near|around|nearby|close
""",
    "_see": """
need|needing|want|got|have to? see|visit|go|get to? a|an|the|my * @who !@visit
wanna|like|must|should|wish|go to? see|visit|go|get to? a|an|the|my * @who !@visit
""",
    "_area": """
@who !@visit in|near|nearby|around|close|somewhere
in|around|near my area|town|me|here
""",
    "_pick": """
this|that|the|these|first|second|last one|place|dentist|doctor|salon|person
visit|see|try|to|with|choose|pick|select|like them|him|her|there|this|that|these
""",
    "_else": """
@find ** another|other|different|else|others|alternative
another|other|different|else|others|alternative|alternatives|more * @who|options|one|results
something|someone|somewhere|anyone|anything else|different
""",
    "move": """
reschedule|rescheduling|postpone|rebook
^ move $
move|shift|push my|our|the|an|existing * @visit
change|alter|amend|modify my|our|the|existing|that|this * @visit
move|shift|push|bring|change|switch|swap|postpone my|our|the? * @visit to|from|for
move|shift|push|bring|change|switch|swap mondays|tuesdays|wednesdays|thursdays|fridays * @visit
move|shift|push|bring|change|switch|swap saturdays|sundays|tomorrows|todays|tonights * @visit
move|shift|bring|switch|swap|change mine to|from|back|forward|earlier|later|on
move|shift|bring|switch|swap my|our|the ** to
change|switch|swap the|my date|time|day * of|for
can|could i|we move|change|switch my|our|the
""",
    "_alter": """
make|do it|that
instead|rather
change|switch|move|push|bring|swap it|that|this|mine
could|can|may we|i|you make|do|have it|that
actually
""",
    "ask_status": """
is|has it|that|everything|booking|appointment been? already? confirmed|approved|booked|accepted|set
is|has my @visit been? already? confirmed|approved|booked|accepted|set
is it|that|my @visit? still on
am i|we booked|confirmed|all? set
did it|that|booking go through|work
confirmed|approved yet
""",
    "_moveit": """
move|shift|push|bring it|that|this|them to|from|back|forward|up|earlier|later|on|till|until|a|by
move it|that|this $
change|switch|swap it|that|this to|from
can|could|may i|we|you move|change|switch it|that|this
""",
    "_cant": """
@unable be? able? to? make|attend it|my|our|this|that|today|tomorrow|tonight|on !before|after|until
@unable be? able? to? make|attend the @visit
@unable be? able? to? make monday|tuesday|wednesday|thursday|friday|saturday|sunday
@unable be? able? to? come !before|after|until|till|up|at|with|back
@unable be? able? to? be there
not able|going to make|come|attend to|it|there|make|come|attend|on|today|tomorrow|tonight|in
not coming|attending in|on|today|tomorrow|tonight|anymore|any|this|next|to
""",
    "cancel": """
@cancelv
call off|it off
dont need|want the|my|an|it|to * @visit|anymore|come
no longer need|want|coming|able
""",
    "cancel_all": """
@cancelv all|everything|every|both|them
@cancelv all? of? my all? appointments|bookings|reservations
""",
    "my_bookings": """
my upcoming|next|current|existing|booked? appointments|bookings|reservations
^ appointments|bookings|reservations $
when|what|where|whens is|are|s|time|day my|our next? upcoming? @visit
do i|we have an|any|a|something|anything? upcoming? @visit
what do|did|have i|we have? booked|book|scheduled|coming
show|see|list|check|view|look|confirm me|at|up? my|our|upcoming|existing * @visit
my @visit status|details|info
have i|we got|booked|an
when am i|we booked|due|coming|in|scheduled
""",
    "ask_price": """
how much
price|prices|cost|costs|fee|fees|charge|charges|pricing|expensive|rates|rate|priced|quote
""",
    "ask_address": """
address|addresses|adress|addres|directions|direction|whereabouts
where exactly|abouts|is|are|s|at|in|they|it|its|theyre|you|youre
where * is|are|located|situated|based|at
wheres
@askv|office|exact|or|precise me|us? @det? @det? current? location|locations|locality|area
^ location|locations|place
which|what|whats area|street|part|neighborhood|neighbourhood|place|building|side|town
how|where do|can|would|should|to i|we? get|go|find|come|drive there|it|you|to|them
how far
located $
""",
    "ask_hours": """
opening|business|working|office|store|shop hours|times
when|what|time|which do|does|are|is|days|day|time|hours you|they|it|the|he|she|are * open|close
when|until do|does|are you|they|it open|close
is|are|r you|it|the|they|u|there * open|closed
your|the|their|its hours
^ hours|timings|open $
how late
what|which hours
open|close today|tomorrow|late|now|yet|early|until|till|on|at
""",
    "ask_phone": """
phone|telephone|tel|phones|cell|mobile|landline|fone
contact|direct|call|calling|office number|no|info|information|details|line|digits|num|numbers
their|your|its|his|her|there|the|a|this|that number|numbers|digits|num|contacts|contact !address
address|location|rating|and|name|its|reviews and|or|also|the|their|its|plus|a number|contacts
number|line|way to|i|for|where|of call|reach|contact|can|could|the|this|them|it|him|her
what|which|whats|and|same number
contact|reach|call|ring|phone them|you|him|her|it|the|this|there $
how can|do|to|could|should|would|may|might i|we? contact|reach|call|ring|phone
get|be in touch
^ number|contact|contacts $
address|rating|number and digits
@askv @det? contact|contacts !address
can|could|may|where i|we contact|reach|call|ring|phone
""",
    "ask_rating": """
rating|ratings|rated|review|reviews|stars|reputation|reviewed|raiting|feedback
their|your|its|his|her|what|whats score
how good|well|popular are|is|do
well|highly|strongly recommended|liked|regarded|thought
are|is they|it|he|she|this|the * any|really good|recommended|popular|reputable
what do|are people|others|customers|patients
""",
    "ask_duration": """
how long
how many|much minutes|hours|time|mins
duration|length
""",
    "ask_who": """
who is|are|s|does|do|will|would|has|works|can|performs|cuts|else|am
whos
which stylist|provider|doctor|dentist|therapist|barber|of|people|staff
with whom
whom
""",
    "ask_parking": """
parking|carpark
place|space|somewhere|where to|can|i|we|do * park
can|could|do|may i|we park
""",
    "ask_payment": """
pay|payment|payments|cash|card|cards|visa|mastercard|insurance|paypal|bizum|upi|venmo|amex
deposit|prepay
""",
    "ask_preparation": """
what|anything|something should|do|must|can|to i|we? need? to? bring|prepare|wear|take
what|anything to|i bring|prepare|wear
do|should|must i|we need|have? to? bring|prepare|wash|fast|eat
should|can|must i|we wash|eat|drink|fast|shave|bring|wear|prepare !my
how|need do|should|to i|we? prepare
preparation|preparations
prepare|preparation|preparations|prep
should|must|do|have|need i|we * bring|eat|drink|wear|fast|wash
what to bring|wear|eat
""",
    "ask_offers": """
do|does|can|will|would|could|if|whether|did|what @subj * offer|offers|provide|provides !me|us|an|a
do|does|can|will|would|could|if|whether @subj * perform|performs|practices|specialize|engage
are|is @subj * offering|providing|performing
do|does @subj * cater|both
do|does|can|will|would|if|whether @subj * do|have|does|give|get|cut|treat|handle|help * @kindof
do|does|is|are|if|whether|can|about|and|also|get|receive|will|what cosmetic|unisex
is|are|if|whether|wether|its|it|thats|be @subj * unisex|cosmetic
^ unisex|cosmetic
is|are it|this|that|they|the|he|she * for|both|only * men|women|male|female|males|females|kids
do|does|can|are|is @subj * accept|take|serve|see * kids|children|walk|men
do|does|can|are|is @subj * welcome|accepts|takes|serves * kids|children|walk|men
^ cosmetic services|service|procedures|work|dentistry $
""",
    "late": """
running|be|bit|little|mins|minutes|min|am|im|hour|so|slightly|ll|be|get @late
running a|10|5|15|20
stuck in traffic
on my|the way but
delayed
^ late $
^ running late
""",
    "human": """
talk|speak|chat|connect|transfer|pass|put to|with|me|through * human|person|agent|operator|someone
talk|speak|chat|connect|transfer|pass to|with|me * somebody|receptionist|staff|manager|owner|people
human|agent|operator|representative|receptionist
real|actual|live person|human|people|agent
call me back|please
call me $
""",
    "help": """
^ help|info|h $
^ help me? please? $
how does|do this|it|i|you work|use
what can|do you|i do
what are my options
i need help $
i dont understand|get|follow $
im|i|am am? confused
dont understand
""",
    "menu": """
^ menu|options|main $
main menu
show|see the|me menu|options
""",
    "back": """
^ go? back|previous|undo $
go back|one
step back
""",
    "start_over": """
start|begin over|again|afresh|anew
^ restart|reset $
from scratch
from the beginning|start
""",
    "stop": """
^ stop|stopall|unsubscribe|end|quit|revoke|optout $
opt out
stop texting|messaging|sending|contacting|writing|the me|messages|us|these|text|reminders|texts
unsubscribe
dont|not text|message|contact|write me|us
""",
    "start": """
^ start|unstop|subscribe|begin $
""",
    "language": """
speak|in|talk|write|change|switch|to|habla|language|prefer english|spanish|portuguese|hindi|language
^ english|spanish|portuguese|hindi|espanol|portugues $
do you speak
""",
    "other": """
other|another !hand|day|hands|side
different|else|alternative|alternatives|alternate|others
none|neither of? these|them|those|suits|works|fits
more options|results|choices|times|slots|salons|dentists|doctors
what|anything|something|someone|anyone else
""",
    "other_shop": """
other|another|different|second|next @shop
somewhere|someplace else
not this|that|the|your @shop
change|switch|swap the? @shop
@shop instead $
""",
    "any_time": """
any time|hour|moment|slot
anytime|whenever
whatever|whichever time|hour|slot|works|suits|is
time|hour doesnt|does|dont not? matter
no preference on|for|about the? time
you choose|pick|decide
first|earliest one? you|that|is? have|available|works|free
""",
    "any_day": """
any|whichever|whatever|every day|date
anyday|whenever
day|date doesnt|does|dont not? matter
whatever|whichever works|suits|is
""",
    "more_people": """
can|could|may|will * my @kin come|join|too|also|along
for two|three|four|five|2|3|4|5|both people|persons|of|adults|kids
for me|myself|us and my|a @kin
both of us
@kin too|also|along|as $
bring|bringing my|a @kin
""",
    "wait": """
^ hold on|up
^ hang on
^ wait !list|for|until|till
^ one|just moment|sec|second|minute|min
^ just|give a|one|me a|one? moment|sec|second|minute|min
^ let me check|think|see|look|ask
^ ill|i check|think|let * you? know|about|check|later
^ need|have to check|think|ask
i|ill need|have|must|will? to? check|think|ask my|with|about|it|first
brb
""",
    "drop": """
^ never mind $
^ nevermind $
^ never mind then|sorry|thanks
^ forget it|about|that
^ leave|drop|skip it $
i changed my mind $
not interested anymore|any|thanks
dont bother
i|ill give up
""",
    "earlier": """
earlier|sooner !than
""",
    "later": """
something|anything|bit|little|time|slot|any|much later
one|hour|day|somewhat|that|it|slightly|something later
^ later $
the later one|time|slot
""",
    "same_as_last": """
same as|like|with last|before|usual|always|previous|the
as last|usual|always|before time?
like|as last time
the|my usual
usual
same again|please
same thing|service|appointment|cut|stylist|person|barber|style|treatment
""",
    "for_other": """
for my|our * @kin
for someone|somebody else
on behalf of
my @kin|wife|husband needs|wants|would
""",
    "anyone": """
anyone|anybody|whoever|whomever
any stylist|provider|doctor|dentist|one|person|barber|therapist|available
no preference|preferences
doesnt|dont|does|not matter|mind|care
either one|is|of|way
whichever
""",
    "emergency": """
emergency|ambulance|911|112|999|urgent
cant|cannot|hard|trouble|difficulty breathe|breathing
heart attack|stroke
severe|heavy|lots|terrible|unbearable|excruciating bleeding|pain|of
chest pain|pains
overdose|overdosed|suicide|suicidal|unconscious
kill|hurt|harm myself
bleeding heavily|a|badly|wont
""",
}
