"""Names and what surrounds them, in all languages together: people's names know no borders."""

from __future__ import annotations

from bot.nlu.tokenizer import tokenize

PARTICLES = frozenset(
    "de la las los del da das do dos e y i van von der den ter ten di du le el al bin ibn ben mac "
    "mc st san san santa d o".split()
)
"""Words inside a name that are written small: María de la Cruz, Ludwig van Beek."""

GIVEN_NAMES = frozenset(
    """
al jo ed bo ty will mark rose grace hope faith joy art bill pat sue jack guy summer autumn dean
gene ray dawn may
june april august sol luz mar consuelo domingo reyes paz santos natal dia day king young long short
white black brown green grey gray wood woods hill field lake stone price rich wise good love little
mercedes angel socorro pilar blanca rosa flor nieves asha diya khushi roshni prem dev sita
justin frank carol jean dale glen rob drew chance chase hunter archer
baker cook carter cutter barber taylor page miles max major earl duke prince
""".split()
)
"""Common words that are names as often; none of them answers a question or asks for anything."""

INTRODUCTIONS = frozenset(
    tuple(t.text for t in tokenize(phrase))
    for phrase in """
my name is|my name's|name is|the name is|the name's|name|my full name is|full name|call me|i am|im
i'm|this is|it's|its|it is|under the name|put it under|book it under|under|names|you can call me
me llamo|mi nombre es|mi nombre completo es|a nombre de|soy|nombre|de parte de|es|pon
ponlo a nombre de
me chamo|meu nome é|o meu nome é|chamo-me|em nome de|no nome de|sou o|sou a|eu sou|aqui é|nome|sou
é|meu nome completo é|pode colocar em nome de
mera naam|mera nam|naam|nam|main|mai|mera naam hai|मेरा नाम|नाम|मैं
""".replace("\n", "|").split("|")
    if phrase.strip()
)
"""What people say before their name."""
