"""From mentions to a meaning: which dates and times are wanted, refused or in doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from bot.understanding.dates import DateSaid
from bot.understanding.model import Doubt, Hours
from bot.understanding.times import DAY, PARTS, Clock, TimeSaid
from bot.understanding.units import Unit

# What shops are taken to be open when nothing is known: decides bare hours one way each.
_USUAL = ((8 * 60, 20 * 60),)


@dataclass(frozen=True, slots=True)
class When:
    """All a message says about when."""

    date: date | None = None
    date_to: date | None = None
    weekdays: frozenset[int] = frozenset()
    excluded_dates: frozenset[date] = frozenset()
    excluded_weekdays: frozenset[int] = frozenset()
    time: time | None = None
    time_to: time | None = None
    at: str | None = None
    part: str | None = None
    refused_times: tuple[time, ...] = ()
    doubts: tuple[Doubt, ...] = ()


def clock_time(minutes: int) -> time:
    """Minutes after midnight as a wall clock time."""
    return time(minutes % DAY // 60, minutes % 60)


def negated(units: Sequence[Unit], i: int, j: int) -> bool:
    """Whether the mention of units `i`..`j` is refused: "not Friday", "Friday doesn't work"."""
    k = i - 1
    while k >= 0 and k > i - 4 and {"ON", "AT", "THE", "STRICTAT", "ANY"} & units[k].tags.keys():
        if "NOT" in units[k].tags:
            break
        k -= 1
    if k >= 0 and units[k].sentence == units[i].sentence and "NOT" in units[k].tags:
        return True
    k = j
    return k < len(units) and "NEGPOST" in units[k].tags


def settle_dates(units: Sequence[Unit], said: Sequence[DateSaid], moving: bool) -> When:
    """The date wanted, from all dates mentioned."""
    wanted: list[DateSaid] = []
    excluded_dates: set[date] = set()
    excluded_weekdays: set[int] = set()
    refusing_until = -1
    for one in said:
        listed = refusing_until >= 0 and _only_or(units, refusing_until, one.i)
        if negated(units, one.i, one.j) or listed:
            refusing_until = one.j
            if one.bare is not None:
                excluded_weekdays.add(one.bare)
            elif one.weekdays:
                excluded_weekdays |= one.weekdays
            elif one.first is not None:
                last = one.last or one.first
                days = min((last - one.first).days, 31)
                excluded_dates |= {one.first + timedelta(d) for d in range(days + 1)}
        else:
            refusing_until = -1
            wanted.append(one)
    out = When(
        excluded_dates=frozenset(excluded_dates), excluded_weekdays=frozenset(excluded_weekdays)
    )
    return _choose_date(units, wanted, out, moving)


def _only_or(units: Sequence[Unit], i: int, j: int) -> bool:
    between = units[i:j]
    return (
        len(between) <= 2
        and bool(between)
        and all("OR" in u.tags or u.word in {"and", ","} or "AND" in u.tags for u in between)
    )


def _choose_date(units: Sequence[Unit], wanted: list[DateSaid], out: When, moving: bool) -> When:
    if not wanted:
        return out
    now = wanted[0]
    alternatives: list[date] = []
    for one in wanted[1:]:
        now, alternatives = _join(units, now, one, alternatives, moving)
    doubts: tuple[Doubt, ...] = ()
    readings = tuple(dict.fromkeys([*now.readings, *alternatives]))
    if len(readings) > 1:
        doubts = (Doubt("date", readings, units[now.i].start, units[now.j - 1].end),)
    return replace(out, date=now.first, date_to=now.last, weekdays=now.weekdays, doubts=doubts)


def _join(
    units: Sequence[Unit], a: DateSaid, b: DateSaid, alternatives: list[date], moving: bool
) -> tuple[DateSaid, list[date]]:
    between = units[a.j : b.i]
    tags = {k for u in between for k in u.tags}
    same = a.first == b.first and a.last == b.last and a.weekdays == b.weekdays
    if same and not b.readings:
        return replace(b, i=a.i), alternatives
    corrected = "CORRECT" in tags or (between and units[a.i].sentence != units[b.i].sentence)
    if corrected or (moving and "RANGE" in tags):
        return b, []
    ranged = len(between) <= 3 and ("RANGE" in tags or ("AND" in tags and _led(units, a.i)))
    if ranged and a.first and b.first and not a.weekdays and not b.weekdays:
        last = b.last or b.first
        if a.bare is not None and b.bare is not None and last < a.first:
            last += timedelta(7)
        if last > a.first:
            return DateSaid(a.i, b.j, a.first, last), []
    if a.last and b.bare is not None:
        return _within(a, b), []
    if b.last and (a.bare is not None or a.weekdays):
        return _within(b, a), []
    if a.last and b.weekdays:
        return replace(a, j=b.j, weekdays=a.weekdays | b.weekdays), []
    if a.last and b.first and not b.last and a.first and a.first <= b.first <= a.last:
        return b, []
    if (a.bare is not None or a.weekdays) and (b.bare is not None or b.weekdays):
        days = (a.weekdays or frozenset({a.bare or 0})) | (b.weekdays or frozenset({b.bare or 0}))
        firsts = [d for d in (a.first, b.first, a.last, b.last) if d]
        if not firsts:
            return DateSaid(a.i, b.j, weekdays=days), []
        return DateSaid(a.i, b.j, min(firsts), max(firsts), weekdays=days), []
    if a.bare is not None and a.first and b.first and not b.last and b.bare is None:
        if b.first.weekday() == a.bare:
            return replace(b, i=a.i), []
    if a.first and b.first and not a.last and not b.last:
        if "OR" in tags:
            return replace(a, j=b.j), [*(alternatives or [a.first]), b.first]
        return b, [*(alternatives or [a.first]), b.first]
    return b, []


def _led(units: Sequence[Unit], i: int) -> bool:
    return i > 0 and "BETWEEN" in units[i - 1].tags


def _within(span: DateSaid, day: DateSaid) -> DateSaid:
    """A weekday of a range: "next week … on Tuesday"."""
    i, j = min(span.i, day.i), max(span.j, day.j)
    if day.weekdays or day.bare is None or span.first is None:
        return replace(span, i=i, j=j, weekdays=span.weekdays | day.weekdays)
    ahead = (day.bare - span.first.weekday()) % 7
    found = span.first + timedelta(ahead)
    if span.last is not None and found > span.last:
        return replace(day, i=i, j=j)
    return DateSaid(i, j, found)


@dataclass(frozen=True, slots=True)
class Day:
    """What a bare hour is read by: the day's opening hours, and how late it is if it is today."""

    opening: tuple[tuple[int, int], ...]
    now: int | None


def day_of(when: date | None, opening: Hours | None, now: datetime) -> Day:
    """The opening hours that matter for a date (None: any day)."""
    spans: tuple[tuple[int, int], ...]
    if opening is None:
        spans = _USUAL
    elif when is not None:
        spans = opening[when.weekday()] or tuple(s for one in opening for s in one)
    else:
        spans = tuple(s for one in opening for s in one)
    minute = now.hour * 60 + now.minute if when == now.date() else None
    return Day(spans or _USUAL, minute)


def readings(c: Clock, day: Day) -> tuple[int, ...]:
    """The minutes a clock may mean, the likeliest first."""
    if c.sure:
        return (c.minutes,)
    hour = c.hour % 12
    both = [(hour * 60 + c.minute) % DAY, (hour + 12) * 60 + c.minute]
    fits = [m for m in both if any(lo <= m < hi or lo <= m + DAY < hi for lo, hi in day.opening)]
    if len(fits) == 2 and day.now is not None:
        fits = [m for m in fits if m > day.now] or fits
    if len(fits) == 1:
        return (fits[0],)
    # Nobody is shaved at five in the morning: guess the afternoon up to seven, then the morning.
    likely = sorted(fits or both, key=lambda m: not 8 * 60 <= m < 20 * 60)
    return tuple(likely) if fits else (likely[0],)


def settle_times(
    units: Sequence[Unit], said: Sequence[TimeSaid], day: Day, out: When, moving: bool
) -> When:
    """The time wanted, from all times mentioned."""
    wanted: list[TimeSaid] = []
    refused: list[time] = []
    for one in said:
        if negated(units, one.i, one.j):
            if one.low is not None:
                refused.append(clock_time(readings(one.low, day)[0]))
        else:
            wanted.append(one)
    out = replace(out, refused_times=tuple(refused))
    if not wanted:
        return out
    now, options = _merge_times(units, wanted, moving)
    return _timed(units, now, options, day, out)


def _merge_times(
    units: Sequence[Unit], wanted: list[TimeSaid], moving: bool
) -> tuple[TimeSaid, list[TimeSaid]]:
    now = wanted[0]
    options: list[TimeSaid] = []
    for one in wanted[1:]:
        tags = {k for u in units[now.j : one.i] for k in u.tags}
        if one.at == "part" and now.low is not None and one.part and not _sure(now):
            now = replace(now, low=now.low.in_part(one.part))
        elif now.at == "part" and now.part and one.at != "part":
            part = now.part
            low = one.low.in_part(part) if one.low and not one.low.sure else one.low
            high = one.high.in_part(part) if one.high and not one.high.sure else one.high
            now = replace(one, low=low, high=high)
        elif one.at == "part" and now.at != "part" and now.at != "asap":
            continue
        elif now.at == "after" and one.at == "before":
            now = TimeSaid(now.i, one.j, "between", low=now.low, high=one.high)
        elif "OR" in tags and "CORRECT" not in tags and now.at == one.at == "exact":
            options = [*(options or [now]), one]
        elif now.at == "asap":
            now, options = one, []
        elif one.at == "asap":
            continue
        else:
            now, options = one, []
    return now, options


def _sure(said: TimeSaid) -> bool:
    return said.low is not None and said.low.sure


def _timed(
    units: Sequence[Unit], now: TimeSaid, options: list[TimeSaid], day: Day, out: When
) -> When:
    start, end = units[now.i].start, units[now.j - 1].end
    if now.at == "asap":
        return replace(out, at="asap")
    if now.at == "part":
        low, high = PARTS[now.part or "morning"]
        return replace(
            out, time=clock_time(low), time_to=clock_time(high), at="part", part=now.part
        )
    doubts = list(out.doubts)
    if now.at == "between" and now.low and now.high:
        lo, hi = _window(now.low, now.high, day)
        return replace(out, time=clock_time(lo), time_to=clock_time(hi), at="between")
    c = now.low or now.high
    if c is None:
        return out
    found = readings(c, day)
    if options:
        found = tuple(dict.fromkeys(readings(o.low, day)[0] for o in options if o.low is not None))
        end = units[options[-1].j - 1].end
    if len(found) > 1:
        doubts.append(Doubt("time", tuple(clock_time(m) for m in found), start, end))
    at = clock_time(found[0])
    if now.at == "before":
        return replace(out, time_to=at, at="before", doubts=tuple(doubts))
    return replace(out, time=at, at=now.at, doubts=tuple(doubts))


def _window(low: Clock, high: Clock, day: Day) -> tuple[int, int]:
    """Both ends of "between 2 and 4pm": each end helps to read the other."""
    if high.sure and not low.sure:
        hi = high.minutes
        below = [m for m in _both(low) if m < hi]
        return (max(below) if below else low.minutes), hi
    lo = readings(low, day)[0]
    if high.sure:
        return lo, high.minutes
    above = [m for m in _both(high) if m > lo]
    return lo, (min(above) if above else high.minutes)


def _both(c: Clock) -> tuple[int, int]:
    hour = c.hour % 12
    return (hour * 60 + c.minute) % DAY, (hour + 12) * 60 + c.minute
