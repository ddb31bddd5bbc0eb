"""Looking at units by position: the few questions every grammar rule asks.

A position behind the end has no tags, so rules look ahead without asking how much is left.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.nlu.tagger import Unit


def has_tag(units: Sequence[Unit], i: int, *kinds: str) -> bool:
    """Whether the unit at `i` carries one of the kinds."""
    return 0 <= i < len(units) and not units[i].tags.keys().isdisjoint(kinds)


def number_tag(units: Sequence[Unit], i: int, kind: str) -> int | None:
    """The number a kind has at `i`, or None."""
    found = units[i].tags.get(kind) if 0 <= i < len(units) else None
    return found if isinstance(found, int) else None


def skip_tag(units: Sequence[Unit], i: int, *kinds: str) -> int:
    """The position behind `i` if the unit there carries one of the kinds, else `i`."""
    return i + 1 if has_tag(units, i, *kinds) else i


def in_same_sentence(units: Sequence[Unit], i: int, j: int) -> bool:
    """Whether there is a unit at `j`, in the sentence of the one at `i`."""
    return j < len(units) and units[i].sentence == units[j].sentence
