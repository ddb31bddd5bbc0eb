"""Every date and time of a message, left to right, and what they come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.nlu.acts import ActSaid
from bot.nlu.dates import date_at
from bot.nlu.day_arithmetic import Calendar, DateSaid
from bot.nlu.numeric_dates import MONTH_FIRST
from bot.nlu.pipeline_state import Reading
from bot.nlu.resolve_dates import settle_dates
from bot.nlu.resolve_times import Day, clock_time, day_of, readings, settle_times
from bot.nlu.times import TimeSaid, time_at
from bot.nlu.token_helpers import has
from bot.nlu.when import When, refused

_TIME_ASKED = frozenset({"time", "when"})


_DATE_ASKED = frozenset({"date", "when"})


def mark_asides(r: Reading) -> None:
    """Sentences about something else, up to the next one that books: their dates are not ours."""
    topics = {a.sentence for a in r.acts if a.act in {"_aside", "_errand"}}
    own = {a.sentence for a in r.acts if a.act in {"book", "move", "cancel"}}
    off = False
    last = r.units[-1].sentence if r.units else 0
    for number in range(last + 1):
        off = number in topics or (off and number not in own)
        if off:
            r.aside.add(number)


def scan(r: Reading) -> tuple[list[DateSaid], list[TimeSaid]]:
    """Every date and time mentioned, left to right; the longer reading wins at each place."""
    local = r.setting.now.astimezone(ZoneInfo(r.setting.zone))
    cal = Calendar(
        local.date(),
        r.setting.region in MONTH_FIRST,
        r.setting.last_date,
        eager=r.setting.expects in _DATE_ASKED,
        bare=r.setting.expects == "date",
        choosing=r.setting.expects is not None and r.setting.expects not in _DATE_ASKED,
        single=any(a.act in {"move", "_moveit", "cancel"} for a in r.acts),
    )
    moving = any(a.act == "move" for a in r.acts)
    eager = moving or r.setting.expects in _TIME_ASKED
    done = {a.sentence for a in r.acts if a.act == "_done"}
    dates: list[DateSaid] = []
    times: list[TimeSaid] = []
    i = 0
    while i < len(r.units):
        if r.taken[i] or not r.units[i].tags:
            i += 1
            continue
        d = date_at(r.units, i, cal)
        t = time_at(r.units, i, eager=eager)
        t = None if t is not None and _idle_part(r, t, dates) else t
        d = None if d is not None and any(r.taken[d.i : d.j]) else d
        t = None if t is not None and any(r.taken[t.i : t.j]) else t
        both = d is not None and {"DAYREL", "PART"} <= r.units[i].tags.keys()
        j = i + 1
        if d is not None and (t is None or d.j >= t.j or both):
            d = _bounded(r, d, cal, dates[-1].j if dates else -1)
            elsewhere = _past(r, d, cal) or (d.first == cal.today and r.units[i].sentence in done)
            _note_date(r, d, dates, elsewhere=elsewhere)
            j = d.j
            if d.first is not None:
                # "not tomorrow, the day after": of the day just named
                cal = replace(cal, last_date=d.first)
        if t is not None and (both or d is None or t.j > d.j):
            _note_time(r, t, times)
            # "5 doesn't work for me, 6?": whoever refuses a time names the next one barely.
            eager = eager or refused(r.units, t.i, t.j)
            j = max(j, t.j) if both else t.j
        i = j
    return dates, times


def _bounded(r: Reading, d: DateSaid, cal: Calendar, behind: int) -> DateSaid:
    """Such as "before Friday", "after the 15th", "from Monday on": the days up to it or from it.

    `behind` is where the date before this one ends: "until" joins the two.
    """
    units, day = r.units, d.first
    i = next((k for k in (d.i - 1, d.i - 2) if k >= 0 and not has(units, k, "THE", "ON")), -1)
    if day is None or has(units, d.j, "RANGE", "AND") or (behind >= 0 and i - behind in {0, 1}):
        return d
    post = has(units, d.j, "POSTBEFORE")
    if (post or (has(units, i, "BEFORE") and not has(units, i, "AT"))) and day > cal.today:
        with_it = has(units, d.j, "BETWEENPOST") if post else has(units, i, "RANGE")
        upto = day if with_it else day - timedelta(1)
        last = upto if upto > cal.today else None
        return replace(d, first=cal.today, last=last, readings=(), bare=None)
    post = has(units, d.j, "POSTAFTER")
    if d.last is None and (post or has(units, i, "AFTER")):
        with_it = not has(units, d.j, "FROMNOW") if post else has(units, i, "FROM")
        first = day if with_it else day + timedelta(1)
        return replace(d, first=first, last=first + _AHEAD, readings=(), bare=None)
    return d


# How far "after Friday" reaches: the days people look through.
_AHEAD = timedelta(13)


def _idle_part(r: Reading, t: TimeSaid, dates: list[DateSaid]) -> bool:
    """Whether a part of the day only describes something: "the evening news"."""
    if t.at != "part" or t.j >= len(r.units) or (dates and dates[-1].j == t.i):
        return False
    after = r.units[t.j]
    return not after.known and not after.tags and after.spaced and not r.taken[t.j]


def _past(r: Reading, d: DateSaid, cal: Calendar) -> bool:
    """Whether it is a day gone by without a year, like yesterday: nobody books one."""
    dated = any(len(u.digits) == 4 for u in r.units[d.i : d.j])
    return d.first is not None and d.first < cal.today and not dated


def _note_date(r: Reading, d: DateSaid, dates: list[DateSaid], *, elsewhere: bool) -> None:
    off = elsewhere or r.units[d.i].sentence in r.aside
    r.take(d.i, d.j, "aside_date" if off else "date", _date_value(d))
    if not off:
        dates.append(d)


def _note_time(r: Reading, t: TimeSaid, times: list[TimeSaid]) -> None:
    off = r.units[t.i].sentence in r.aside
    r.take(t.i, t.j, "aside_time" if off else "time", t.part or t.at)
    r.timed.append((len(r.spans) - 1, t))
    if not off:
        times.append(t)


def _date_value(d: DateSaid) -> object:
    if d.weekdays:
        return tuple(sorted(d.weekdays))
    return d.first if d.last is None else (d.first, d.last)


def when_meant(r: Reading, dates: list[DateSaid], times: list[TimeSaid]) -> When:
    """What all mentions come to, by the zone, the opening hours and what is done."""
    local = r.setting.now.astimezone(ZoneInfo(r.setting.zone))
    moving = any(a.act in {"move", "_moveit"} for a in r.acts)
    cancelling = any(a.act == "cancel" for a in r.acts)
    instead = dates[0].first if swapped(r.acts, dates) else None
    out = settle_dates(
        r.units, dates[1:] if instead else dates, moving=moving, cancelling=cancelling
    )
    out = replace(out, from_date=instead) if instead else out
    offset = next((t for t in times if t.offset is not None), None)
    if offset is not None and offset.offset is not None:
        # Through UTC, so that two hours are two hours on the days the clock changes.
        later = (r.setting.now + timedelta(minutes=offset.offset)).astimezone(local.tzinfo)
        return When(
            date=later.date(),
            time=later.time().replace(second=0, microsecond=0),
            at="exact",
            doubts=out.doubts,
        )
    about = out.date or r.setting.last_date
    day = day_of(about if out.date_to is None else None, r.setting.opening, local)
    for index, t in r.timed:
        r.spans[index] = replace(r.spans[index], value=_time_value(t, day))
    return settle_times(r.units, times, day, out, moving=moving, cancelling=cancelling)


def swapped(acts: Sequence[ActSaid], dates: Sequence[DateSaid]) -> bool:
    """Whether one day is given up for another: "I can't come on Friday, is Saturday free?"."""
    days = [d.first for d in dates if d.first is not None]
    return (
        any(a.act == "_instead" for a in acts) and len(set(days)) > 1 and days[0] == dates[0].first
    )


def _time_value(t: TimeSaid, day: Day) -> object:
    """What a mention says by itself: a time, both ends of a range, a part of the day, "asap"."""
    ends = [clock_time(readings(c, day)[0]) for c in (t.low, t.high) if c is not None]
    return t.part or (tuple(ends) if len(ends) > 1 else ends[0] if ends else t.at)
