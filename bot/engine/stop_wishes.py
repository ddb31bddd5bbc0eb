# ruff: noqa: E501, ISC004 - a pattern is read as a whole
"""Wishes to get no more messages, in anybody's words: "don't text me", "no me escribas más".

The whole message must be the wish, so that "don't text me before nine" or "no me escribas más
tarde" stay sentences. Accents, case and punctuation do not matter.
"""

from __future__ import annotations

import re
import unicodedata

MAX_LENGTH = 120
"""Characters; whoever writes more says more than this."""

_ACCENTS = re.compile("[\u0300-\u036f]")
_NO_WORD = re.compile(r"[^\w\s\u0900-\u097f]+")

_EN_WHAT = (
    r"(?:(?:any|your|these|those|the|me) )*(?:more )?(?:texts?|messages?|msgs?|sms|reminders?)"
)
_EN_END = r"(?: (?:any ?more|again|ever|ever again|please|thanks|thank you|at all|here|to me))*"
_ES_WHAT = r"(?:(?:mas|estos|sus|tus) )*(?:mensajes?|sms|textos|recordatorios|avisos|whatsapps?)"
_PT_WHAT = r"(?:(?:mais|essas|estas|suas) )*(?:mensage(?:m|ns)|sms|msgs?|lembretes|avisos|torpedos)"
_HI_WHAT = r"(?:message|messages|msg|sms|sandesh|text|reminder|मैसेज|मेसेज|संदेश|सन्देश|एसएमएस|रिमाइंडर)"
_HI_NOT = r"(?:mat|mt|na|nahi|nahin|मत|न|ना|नहीं)"
_HI_SEND = (
    r"(?:bhejo|bhejna|bhejiye|bhejiyega|bhejein|bheje|karo|karna|kijiye|karein|"
    r"भेजो|भेजना|भेजिए|भेजिये|भेजें|भेजे|करो|करना|कीजिए|करें)"
)
_HI_START = (
    r"(?:(?:please|pls|kripya|कृपया|mujhe|muje|mujko|मुझे|hame|hamein|हमें|aur|और|ab|अब|koi|कोई) )*"
)

_PATTERNS = {
    "en": (
        r"(?:please )?(?:do not|don t|dont|never|stop|quit|no more) "
        r"(?:text|texting|message|messaging|msg|write|writing|sms|contact|contacting)"
        rf"(?: to)?(?: me| us| this number)?{_EN_END}",
        rf"(?:please )?(?:do not|don t|dont|stop|quit) (?:send|sending)(?: me| us)? {_EN_WHAT}{_EN_END}",
        rf"(?:please )?(?:no more|stop|stop the|enough) (?:the )?(?:texts?|messages?|msgs?|sms){_EN_END}",
        rf"i (?:do not|don t|dont) (?:want|need|like)(?: to (?:get|receive))? {_EN_WHAT}{_EN_END}",
        r"(?:please )?(?:take|remove|delete) (?:me|my number|us)(?: off| from| out of)"
        rf" (?:your|the|this) (?:list|lists|database|system){_EN_END}",
        rf"(?:please )?(?:unsubscribe|leave) me(?: alone)?{_EN_END}",
    ),
    "es": (
        r"(?:por favor )?(?:ya )?no (?:me|nos) (?:escribas?|escriban|escribais|mandes?|manden|"
        rf"envies?|envien|contactes?|contacten|textees?)(?: {_ES_WHAT})?(?: mas)?(?: por favor)?",
        r"(?:por favor )?(?:ya )?no quiero(?: recibir)?(?: que me (?:escriban|escribas|manden))?"
        rf" (?:{_ES_WHAT}|mas)(?: por favor)?",
        r"(?:por favor )?(?:deja|dejad|deje|dejen|para|paren|pare|basta) de "
        rf"(?:escribirme|mandarme|enviarme|{_ES_WHAT})(?: {_ES_WHAT})?(?: por favor)?",
        r"(?:por favor )?(?:borra|borre|borren|quita|quite|quiten|saca|saque|saquen)me de (?:la|su|tu) lista",
    ),
    "pt": (
        r"(?:por favor )?(?:pare|parem|para|deixe|deixem|deixa) de (?:me )?(?:mandar|enviar|escrever)(?:-?me)?"
        rf"(?: {_PT_WHAT})?(?: por favor)?",
        r"(?:por favor )?nao (?:me )?(?:mande|mandem|manda|envie|enviem|envia|escreva|escrevam|escreve)"
        rf"(?: me)?(?: mais)?(?: {_PT_WHAT})?(?: por favor)?",
        rf"(?:por favor )?nao quero(?: mais)?(?: receber)?(?: mais)? {_PT_WHAT}(?: por favor)?",
        r"(?:por favor )?(?:me )?(?:tire|tira|remova|remove|exclua)(?: me)?(?: meu numero)? d(?:a|essa|esta|e sua) lista",
    ),
    "hi": (
        rf"{_HI_START}(?:{_HI_WHAT} )?{_HI_NOT} {_HI_SEND}(?: {_HI_WHAT})?(?: please| pls)?",
        rf"{_HI_START}{_HI_WHAT} (?:bhejna|karna|भेजना|करना) (?:band|bandh|बंद|बन्द) {_HI_SEND}",
        rf"{_HI_START}{_HI_WHAT} (?:nahi|nahin|नहीं) (?:chahiye|chaiye|चाहिए|चाहिये)",
    ),
}
_WISHES = {
    language: re.compile("|".join(f"(?:{one})" for one in patterns))
    for language, patterns in _PATTERNS.items()
}


def language_of_stop_wish(written: str) -> str:
    """Return the language of a wish to get no more messages, or "" if it is none."""
    if len(written) > MAX_LENGTH:
        return ""
    folded = _ACCENTS.sub("", unicodedata.normalize("NFD", written.casefold()))
    folded = unicodedata.normalize("NFC", folded)
    words = " ".join(_NO_WORD.sub(" ", folded).split())
    for language, wish in _WISHES.items():
        if wish.fullmatch(words):
            return language
    return ""
