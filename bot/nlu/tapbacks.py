"""Reactions that phones send as text: Liked "…", and Android's 👍 to "…".

They quote words that are not the person's own, so nothing in them may be read as an answer. iPhones
write them in the sender's language when the other end is a plain SMS; Google Messages writes an
emoji before the quotation.
"""

from __future__ import annotations

import re

MAX_LENGTH = 4096

_VERBS = (
    # English
    "liked", "loved", "disliked", "laughed at", "emphasized", "emphasised", "questioned",
    r"removed (?:a|an|the) .{1,30} from", r"reacted .{1,12} to", "replied to",
    # Spanish
    "le gustó", "le encantó", "me gustó", "me encantó", "no le gustó", "le dio risa", "se rio de",
    "se rió de", "le hizo gracia", "exclamó por", "enfatizó", "destacó", "remarcó", "cuestionó",
    "dudó de", "preguntó por", "le dio un me gusta a", r"quitó (?:un|una|el|la) .{1,30} (?:de|a)",
    r"eliminó (?:un|una|el|la) .{1,30} (?:de|a)", r"reaccionó (?:con )?.{1,12} a",
    # Portuguese
    "gostou de", "curtiu", "amou", "adorou", "não gostou de", "descurtiu", "riu de", "riu-se de",
    "achou graça de", "enfatizou", "destacou", "questionou", "duvidou de", "deu risada de",
    r"removeu (?:um|uma|o|a) .{1,30} de", r"reagiu (?:com )?.{1,12} a",
    # Hindi
    "को पसंद किया", "पसंद किया", "को नापसंद किया", "नापसंद किया", "पर हँसे", "पर हंसे", "को बहुत पसंद किया",
    # other languages of phones
    "a aimé", "a adoré", "n[’']a pas aimé", "a ri de", "a ri à", "a souligné", "a mis en doute",
    r"a retiré (?:un|une) .{1,30} de", r"a réagi (?:avec )?.{1,12} à",
    "gefällt", "hat .{1,20} markiert", "liebt", "gefällt nicht", "lacht über", "hat gelacht über",
    "betonte", "fragt sich bei", r"hat .{1,12} auf",
    "ha messo mi piace a", "piace", "ha adorato", "non piace", "ha riso a", "ha riso per",
    "ha enfatizzato", "ha messo in dubbio", "è piaciuto", "vindt leuk", "vond", "lachte om",
    "понравилось", "не понравилось", "отреагировал", "отреагировала",
)  # fmt: skip

_OPEN, _CLOSE = "“„«‹「\"'‘‚", "”“»›」\"'’‘"
_QUOTE = rf"[{_OPEN}].+[{_CLOSE}]"
_INVISIBLE = re.compile("[\u200b-\u200f\u2060-\u2064\ufeff\u202a-\u202e]")
_EMOJI = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001faff\ufe0f\u200d\U0001f3fb-\U0001f3ff]"
)
_TO = "to|a|al|para|को|पर|à|zu|auf|op|naar|su|på|til|на|do|la|ke|untuk"
_WORDED = re.compile(rf"(?:{'|'.join(_VERBS)})\s*:?\s*{_QUOTE}", re.DOTALL | re.IGNORECASE)
_EMOJI_FIRST = re.compile(rf"{_EMOJI}{{1,12}}\s*(?:{_TO})\s*{_QUOTE}", re.DOTALL | re.IGNORECASE)
_QUOTE_FIRST = re.compile(
    rf"{_QUOTE}\s*(?:{'|'.join(_VERBS)}|को \S+ प्रतिक्रिया दी|पर \S+ प्रतिक्रिया दी)[.।]?",
    re.DOTALL | re.IGNORECASE,
)
_MEDIA = re.compile(
    r"(?:liked|loved|disliked|laughed at|emphasi[sz]ed|questioned) an? (?:image|video|attachment|"
    r"audio message|movie|sticker)|(?:le gustó|le encantó) (?:una imagen|un vídeo|un video)|"
    r"(?:gostou de|curtiu|amou) uma? (?:imagem|vídeo|foto)",
    re.IGNORECASE,
)


def is_tapback(text: str) -> bool:
    """Return whether a whole message is a reaction to another, and none of the sender's words."""
    said = _INVISIBLE.sub("", text[:MAX_LENGTH]).strip()
    if not said or (said[-1] not in _CLOSE + ".।" and not _MEDIA.fullmatch(said)):
        hindi_end = said.endswith(("किया", "दी", "हँसे", "हंसे"))
        if not hindi_end:
            return False
    return any(each.fullmatch(said) for each in (_WORDED, _EMOJI_FIRST, _QUOTE_FIRST, _MEDIA))


def without_quotes(text: str) -> str:
    """Return a text without lines that quote another, as mail and some phones mark them: "> …".

    A text of such lines alone, or of a single line (">5"), is returned as it is.
    """
    lines = text.splitlines()
    own = [line for line in lines if not _QUOTED.match(line)]
    return "\n".join(own).strip() if any(line.strip() for line in own) else text


_QUOTED = re.compile(r"\s*>")
