"""Texts without what tells who wrote them: digits, names, addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.nlu.types import Understood

_WORD = re.compile(r"[^\s,;:!?()\"]{1,200}")
_PERSONAL = {"attendee", "person_name", "phone", "code"}


def redact_text(said: Understood, known: Iterable[str] = ()) -> str:
    """Return the words of a message with digits as #, names as [name], addresses as [address].

    A name is what was understood as one, whatever is in `known` (names the person goes by), and
    any capitalised word within a sentence: rather a shop's or a city's name too many is masked
    than a person's too few.
    """
    hidden = {i for s in said.spans if s.kind in _PERSONAL for i in range(s.start, s.end)}
    theirs = {word.casefold() for name in known for word in name.split() if len(word) > 1}
    out, end, begins = [], 0, True
    for found in _WORD.finditer(said.text):
        between = said.text[end : found.start()]
        begins |= any(c in "!?\n" for c in between)
        word = found[0]
        bare = word.strip(".'-¿¡")
        if "@" in word or "://" in word or bare.startswith("www."):
            shown = "[address]"
        elif any(c.isdecimal() for c in word):
            shown = "".join("#" if c.isdecimal() else c for c in word)
        elif (
            bare.casefold() in theirs
            or hidden & set(range(found.start(), found.end()))
            or (not begins and bare[:1].isupper() and not bare.isupper())
        ):
            shown = "[name]"
        else:
            shown = word
        out += [between, shown]
        begins, end = word.endswith((".", "!", "?")), found.end()
    return re.sub(r"\[name\](?:\s+\[name\])+", "[name]", " ".join("".join(out).split()))
