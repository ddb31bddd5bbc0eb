"""Resolution of all time mentions into the one meant, using opening hours for a bare "5"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from bot.nlu.clock_times import DAY_PARTS, MINUTES_A_DAY, ClockTime
from bot.nlu.tagger import Unit
from bot.nlu.times import TimeMention
from bot.nlu.types import Ambiguity, WeeklyHours
from bot.nlu.when import ResolvedWhen, is_refused

# Assumed opening hours if none are known: they make every bare hour unambiguous.
_USUAL = ((8 * 60, 20 * 60),)
# Parts of the day that last longer in some languages.
_PART_NAMES = {"tarde": "afternoon"}


@dataclass(frozen=True, slots=True)
class HourContext:
    """The context of a bare hour: opening hours and, if the day is today, the current minute."""

    opening: tuple[tuple[int, int], ...]
    now: int | None


def minutes_to_time(minutes: int) -> time:
    """Return minutes after midnight as a time."""
    return time(minutes % MINUTES_A_DAY // 60, minutes % 60)


def hour_context_for(when: date | None, opening: WeeklyHours | None, now: datetime) -> HourContext:
    """Return the opening hours that apply to a date (None: any day)."""
    minute = now.hour * 60 + now.minute if when == now.date() else None
    if opening is None:
        return HourContext(_USUAL, minute)
    every = tuple(span for one in opening for span in one)
    spans = (opening[when.weekday()] or every) if when is not None else every
    return HourContext(spans or _USUAL, minute)


def possible_minutes(c: ClockTime, day: HourContext) -> tuple[int, ...]:
    """Return the possible minutes of a clock time, the most likely first."""
    if c.is_certain:
        return (c.minutes,)
    both = _both(c)
    fits = [
        m
        for m in both
        if any(lo <= m < hi or lo <= m + MINUTES_A_DAY < hi for lo, hi in day.opening)
    ]
    if len(fits) == 2 and day.now is not None:
        fits = [m for m in fits if m > day.now] or fits
    # Shops are rarely open at five in the morning: afternoon up to seven, morning from eight.
    likely = sorted(fits or both, key=lambda m: not 8 * 60 <= m < 20 * 60)
    return tuple(likely) if fits else (likely[0],)


def _both(c: ClockTime) -> tuple[int, int]:
    first = ((c.hour % 12) * 60 + c.minute) % MINUTES_A_DAY
    return first, (first + MINUTES_A_DAY // 2) % MINUTES_A_DAY


def resolve_times(
    units: Sequence[Unit],
    said: Sequence[TimeMention],
    day: HourContext,
    out: ResolvedWhen,
    *,
    moving: bool = False,
    cancelling: bool = False,
) -> ResolvedWhen:
    """Return the time wanted, combined with the date; see `resolve_dates`."""
    wanted: list[TimeMention] = []
    no: list[time] = []
    for one in said:
        if cancelling or not is_refused(units, one.i, one.j):
            wanted.append(one)
        elif (other := _otherwise(one)) is not None:
            wanted.append(other)
        elif one.low is not None:
            no.append(minutes_to_time(possible_minutes(one.low, day)[0]))
    out = replace(out, refused_times=tuple(no))
    if not wanted:
        return out
    now = wanted[0]
    if moving:
        now, out = _shifted(units, now, day, out)
    for one in wanted[1:]:
        tags = frozenset(k for u in units[now.j : one.i] for k in u.tags)
        if moving and "RANGE" in tags and now.at == "exact" and now.low:
            out = replace(out, from_time=minutes_to_time(possible_minutes(now.low, day)[0]))
            now = one
        else:
            now = _join(now, one, tags)
    return _timed(units, now, day, out)


def _otherwise(said: TimeMention) -> TimeMention | None:
    """Return the window left after refusing "before 5" or "the morning"; None if it is none."""
    if said.at == "after" and said.low is not None:
        return replace(said, at="before", low=None, high=said.low)
    if said.at == "before" and said.high is not None:
        return replace(said, at="after", low=said.high, high=None)
    if said.at == "part" and said.part in _EDGES:
        at, edge = _EDGES[said.part]
        c = ClockTime(DAY_PARTS[said.part][edge] // 60, is_certain=True, is_explicit=True)
        low, high = (c, None) if at == "after" else (None, c)
        return replace(said, at=at, part=None, low=low, high=high)
    return None


# The rest of a day is one window only after its first part or before its last.
_EDGES = {
    "first_thing": ("after", 1),
    "morning": ("after", 1),
    "evening": ("before", 0),
    "night": ("before", 0),
    "end_of_day": ("before", 0),
}


def _shifted(
    units: Sequence[Unit], said: TimeMention, day: HourContext, out: ResolvedWhen
) -> tuple[TimeMention, ResolvedWhen]:
    """Return whether "from 5 to 6" in a move is the old and the new time, not a window."""
    led = "BETWEEN" in units[said.i].tags and "FROM" not in units[said.i].tags
    if said.at != "between" or said.low is None or said.high is None or led:
        return said, out
    out = replace(out, from_time=minutes_to_time(possible_minutes(said.low, day)[0]))
    return replace(said, at="exact", low=said.high, high=None), out


def _join(a: TimeMention, b: TimeMention, tags: frozenset[str]) -> TimeMention:
    """Merge two mentions: a part of the day refines a clock time, a correction replaces it."""
    if b.at == "part" and b.part and a.at != "part":
        if a.at == "asap":
            return b
        sure = (a.low is None or a.low.is_certain) and (a.high is None or a.high.is_certain)
        return a if sure else _in_part(a, b.part)
    if a.at == "part" and a.part and b.at != "part":
        return a if b.at == "asap" else _in_part(b, a.part)
    if a.at == "after" and b.at == "before":
        return TimeMention(a.i, b.j, "between", low=a.low, high=b.high)
    if b.at == "before" and a.at == "before":
        return b
    if b.at == "asap":
        return a
    if "OR" in tags and "CORRECT" not in tags and a.at == b.at == "exact":
        return replace(a, j=b.j, other=b.low)
    return b


def _in_part(said: TimeMention, part: str) -> TimeMention:
    low, high, other = (
        c.in_part(part) if c is not None and not c.is_certain else c
        for c in (said.low, said.high, said.other)
    )
    return replace(said, low=low, high=high, other=other)


def _timed(
    units: Sequence[Unit], now: TimeMention, day: HourContext, out: ResolvedWhen
) -> ResolvedWhen:
    if now.at == "asap":
        return replace(out, at="asap")
    if now.at == "part" and now.part:
        low, high = DAY_PARTS[now.part]
        part = _PART_NAMES.get(now.part, now.part)
        return replace(
            out, time=minutes_to_time(low), time_to=minutes_to_time(high), at="part", part=part
        )
    if now.at == "between" and now.low and now.high:
        lo, hi = _window(now.low, now.high, day)
        return replace(out, time=minutes_to_time(lo), time_to=minutes_to_time(hi), at="between")
    c = now.low or now.high
    if c is None:
        return out
    found = possible_minutes(c, day)
    if now.other is not None:
        found = tuple(dict.fromkeys((found[0], possible_minutes(now.other, day)[0])))
    if len(found) > 1:
        may = tuple(minutes_to_time(m) for m in found)
        doubt = Ambiguity("time", may, units[now.i].start, units[now.j - 1].end)
        out = replace(out, doubts=(*out.doubts, doubt))
    at = minutes_to_time(found[0])
    if now.at == "before":
        return replace(out, time_to=at, at="before")
    return replace(out, time=at, at=now.at)


def _window(low: ClockTime, high: ClockTime, day: HourContext) -> tuple[int, int]:
    """Resolve both ends of "between 2 and 4pm", each of which helps to read the other."""
    if high.is_certain and not low.is_certain:
        hi = high.minutes
        below = [m for m in _both(low) if m < hi]
        return (max(below) if below else low.minutes), hi
    lo = possible_minutes(low, day)[0]
    if high.is_certain:
        return lo, high.minutes
    above = [m for m in _both(high) if m > lo]
    return lo, (min(above) if above else high.minutes)
