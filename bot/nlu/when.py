"""The date and time part of a message, and detection of refusals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from bot.nlu.tagger import Unit
from bot.nlu.types import Ambiguity

_LIGHT = frozenset({"ON", "AT", "THE", "A", "STRICTAT", "WITH", "BUT"})
_MOST_LIGHT = 3
_MENTIONS = frozenset({"WEEKDAY", "DAYREL", "AMPM", "OCLOCK", "DATEWORD"})
_REACH = 4


@dataclass(frozen=True, slots=True)
class ResolvedWhen:
    """The date and time fields of `Understood`, under the same names."""

    date: dt.date | None = None
    date_to: dt.date | None = None
    weekdays: frozenset[int] = frozenset()
    excluded_dates: frozenset[dt.date] = frozenset()
    excluded_weekdays: frozenset[int] = frozenset()
    time: dt.time | None = None
    time_to: dt.time | None = None
    at: str | None = None
    part: str | None = None
    refused_times: tuple[dt.time, ...] = ()
    from_date: dt.date | None = None
    from_time: dt.time | None = None
    doubts: tuple[Ambiguity, ...] = ()


def is_refused(units: Sequence[Unit], i: int, j: int) -> bool:
    """Whether the mention in units `i`..`j` is refused.

    "not Friday", "anyone but Ana", "Friday doesn't work"; "but" alone refuses nothing.
    """
    k = i - 1
    while k >= max(0, i - _MOST_LIGHT) and units[k].tags.keys() & _LIGHT:
        if "NOT" in units[k].tags or _any_but(units, k):
            break
        k -= 1
    if k > 0 and "NEGPOST" in units[k].tags and units[k - 1].tags.keys() & _MENTIONS:
        return False  # "friday nahi saturday" refuses what stands before
    said = k >= 0 and units[k].sentence == units[i].sentence
    if said and ("NOT" in units[k].tags or _any_but(units, k)):
        return True
    while j < len(units) and "WITH" in units[j].tags:
        j += 1  # the postposition of "Ana ke saath nahi"
    return j < len(units) and "NEGPOST" in units[j].tags and units[j].sentence == units[i].sentence


def _any_but(units: Sequence[Unit], k: int) -> bool:
    return "BUT" in units[k].tags and any("ANY" in u.tags for u in units[max(0, k - _REACH) : k])


def are_listed(units: Sequence[Unit], i: int, j: int) -> bool:
    """Return whether only "or" or "and" and insignificant words separate two mentions."""
    between = units[i:j]
    return (
        len(between) <= _MOST_LIGHT
        and any(_joins(u) for u in between)
        and all(_joins(u) or u.word == "," or _light(u) for u in between)
    )


def _joins(u: Unit) -> bool:
    """Whether the unit is an "or" or "and"; a dash starts a new thought and does not count."""
    return bool({"OR", "AND"} & u.tags.keys()) and u.word not in {"-", "–", "—"}


def _light(u: Unit) -> bool:
    return bool(u.tags.keys() & _LIGHT)
