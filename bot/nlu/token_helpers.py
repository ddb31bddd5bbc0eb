"""Position-based access to units for the grammar rules.

A position past the end has no tags, so rules can look ahead without bounds checks.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.nlu.tagger import Unit


def has_tag(units: Sequence[Unit], i: int, *kinds: str) -> bool:
    """Return whether the unit at `i` carries one of the kinds."""
    return 0 <= i < len(units) and not units[i].tags.keys().isdisjoint(kinds)


def number_tag(units: Sequence[Unit], i: int, kind: str) -> int | None:
    """Return the number of a kind at `i`, or None."""
    found = units[i].tags.get(kind) if 0 <= i < len(units) else None
    return found if isinstance(found, int) else None


def skip_tag(units: Sequence[Unit], i: int, *kinds: str) -> int:
    """Return the position after `i` if the unit there carries one of the kinds, else `i`."""
    return i + 1 if has_tag(units, i, *kinds) else i


def in_same_sentence(units: Sequence[Unit], i: int, j: int) -> bool:
    """Return whether unit `j` exists and is in the same sentence as unit `i`."""
    return j < len(units) and units[i].sentence == units[j].sentence
