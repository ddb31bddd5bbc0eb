"""Redaction of texts: digits, names and addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.nlu.types import Understood

_WORD = re.compile(r"[^\s,;:!?()\"]{1,200}")
_PERSONAL = {"attendee", "person_name", "phone", "code"}


def redact_text(said: Understood, known: Iterable[str] = ()) -> str:
    """Return a text with digits as #, names as [name] and addresses as [address].

    Names are those recognized, those in `known`, and any capitalized word within a sentence:
    redacting a shop's or city's name is better than missing a person's.
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
