"""Options as items of a list message: a short title and a second line.

Pure. The limits are WhatsApp's; titles must be distinct there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

TITLE_LENGTH, DESCRIPTION_LENGTH = 24, 72
"""Maximum characters of an item's two lines."""

PART_SEPARATOR = " · "
"""Separators between the parts of a button's label."""

_SEPARATORS = (PART_SEPARATOR, ", ")
_EDGE = " ,·"


@dataclass(frozen=True, slots=True)
class ListItem:
    """An option in two lines; either all items of a list have a second line or none has."""

    title: str
    description: str = ""


def build_list_items(
    labels: Sequence[str], first: int, fill: Callable[[int], str]
) -> tuple[ListItem, ...]:
    """Return labels, numbered from `first`, as items in the simplest form that fits, or ().

    The forms are one line, two lines split at a separator, and two lines with numbers. `fill`
    returns the second line, by number, of an item that lacks one.
    """
    for split, numbered in ((False, False), (True, False), (True, True)):
        made = []
        for number, label in enumerate(labels, first):
            before = f"{number} " if numbered else ""
            item = _item(label, TITLE_LENGTH - len(before), split=split)
            if item is None:
                break
            made.append(ListItem(before + item.title, item.description))
        if len({item.title for item in made}) == len(labels):
            return _described(made, first, fill)
    return ()


def _described(
    made: list[ListItem], first: int, fill: Callable[[int], str]
) -> tuple[ListItem, ...]:
    if not any(item.description for item in made):
        return tuple(made)
    return tuple(
        item if item.description else ListItem(item.title, fill(number))
        for number, item in enumerate(made, first)
    )


def _item(label: str, length: int, *, split: bool) -> ListItem | None:
    whole = ListItem(label) if 0 < len(label) <= length else None
    if not split:
        return whole
    for at in _breaks(label, length):
        title, rest = label[:at].rstrip(_EDGE), label[at:].lstrip(_EDGE)
        if 0 < len(title) <= length and 0 < len(rest) <= DESCRIPTION_LENGTH:
            return ListItem(title, rest)
    return whole


def _breaks(label: str, length: int) -> Iterator[int]:
    """Yield where the second line may start: after a separator, else at a word."""
    yield from (label.index(mark) for mark in _SEPARATORS if mark in label)
    if len(label) > length:
        yield from (at for at in range(length, 0, -1) if label[at] == " ")
