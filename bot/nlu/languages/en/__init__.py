"""English."""

from __future__ import annotations

from bot.nlu.languages.en.acts import ACTS, MACROS
from bot.nlu.languages.en.words import WORDS
from bot.nlu.lexicon import build_language

COMMON = """
a an the i you he she it we they me him her us them my your his its our their is am are was were be
been being do does did done have has had having will would shall should can could may might must
and or but if so because as of at by for with about into to from in on off out up down over again
then once here there when where why how all any both each few more most other some such no nor not
only own same than too very just dont wont cant didnt doesnt isnt im ive ill id thats whats hows
please want need like love prefer think know see look go going come get got make made take give
tell say said let lets try also too well really much many lot good great fine nice best better new
old big small man men woman women kid kids hair cut nails beard color colour tooth teeth skin eye
back face head hand feet foot wash style trim shave massage facial wax what which who whom whose
this that these those something anything nothing everything someone anyone everyone thing things
way place time times day days week weeks month months year years today hello hi hey yes no ok okay
match matches watch catch much march marches mice four hour your pour tour our sour ours
fight light night sight right eight weight height might ever even event events seven several
code name names practice practices front found sound round ground wound bound month mouth south
north
were where here there their three tree free fire five give live
"""

FILLERS = """
oh um uh hmm well so and but actually now then please hi hello hey thanks great ah aw er erm lol
just i think guess mean im that thats its this
"""
JOINS = "and but then also so because"

ENGLISH = build_language("en", WORDS, ACTS, MACROS, COMMON, FILLERS, JOINS)
