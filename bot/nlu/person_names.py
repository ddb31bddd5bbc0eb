"""Recognition of the names of the writer and of attendees."""

from __future__ import annotations

from collections.abc import Sequence

from bot.nlu.tagger import Unit
from bot.nlu.types import ExtractedValue, NluContext

_MOST_NAME_WORDS = 3


def find_own_name(
    text: str, units: Sequence[Unit], taken: Sequence[bool], setting: NluContext
) -> ExtractedValue | None:
    """Return the writer's name said unasked: "I'm Marta", "my name is …".

    An answer to the question for the name is read by `bot.nlu.name_answers`.
    """
    for i, u in enumerate(units):
        strength = u.tag_value("NAMEIS")
        if not strength or (i and "FORMY" in units[i - 1].tags):
            continue
        loose = strength == 2 or setting.expects == "name"
        if not loose and text[u.start].lower() == text[u.start].upper():
            continue  # मैं may precede anything, and Devanagari has no capitals to mark a name
        found = _name(text, units, taken, i + 1, loose=loose)
        if found is not None:
            return found
    return None


def find_attendee(text: str, units: Sequence[Unit], taken: Sequence[bool]) -> ExtractedValue | None:
    """Return the attendee's name: "for my son Hugo"."""
    for i, u in enumerate(units):
        if "KIN" in u.tags and i and "FORMY" in units[i - 1].tags:
            found = _name(text, units, taken, i + 1, loose=False) or _small(
                text, units, taken, i + 1
            )
            if found is not None:
                return found
    return None


def _small(
    text: str, units: Sequence[Unit], taken: Sequence[bool], i: int
) -> ExtractedValue | None:
    """Return a lower-case name: in "my son hugo friday" the unknown word."""
    if i >= len(units) or taken[i] or units[i].is_known or units[i].tags or units[i].digits:
        return None
    j = i + 1
    apart = j >= len(units) or taken[j] or units[j].ends_sentence or units[j].word == ","
    if not (apart or units[j].tags.keys() & _BEHIND_NAMES):
        return None
    name = text[units[i].start : units[i].end]
    return ExtractedValue(i, j, name[0].upper() + name[1:]) if name.isalpha() else None


_BEHIND_NAMES = frozenset({"WITH", "ON", "AT", "STRICTAT", "AND", "AFTER", "BEFORE", "POLITE"})


def _name(
    text: str, units: Sequence[Unit], taken: Sequence[bool], i: int, *, loose: bool
) -> ExtractedValue | None:
    j = i
    while j < len(units) and j < i + _MOST_NAME_WORDS and not taken[j]:
        u = units[j]
        if j > i and u.word == "-" and not u.spaced and j + 1 < len(units):
            j += 1
            u = units[j]
        raw = text[u.start : u.end]
        if u.digits or u.ends_sentence or not raw[:1].isalpha():
            break
        capital = raw[0].isupper() and not (len(raw) > 1 and raw.isupper() and u.is_known)
        # "May" or "Tom" next to a code is a name, whatever else it may mean.
        strange = (not u.is_known and not u.tags) or (loose and "WEAK" in u.tags)
        caseless = raw[0].lower() == raw[0].upper()
        if not ((capital and (strange or j > i or not loose)) or (strange and (loose or caseless))):
            break
        j += 1
    if j == i:
        return None
    return ExtractedValue(i, j, text[units[i].start : units[j - 1].end])
