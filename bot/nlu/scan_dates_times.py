"""Scan of a message for dates and times from left to right, and their combined result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.nlu.acts import ActMention
from bot.nlu.dates import date_at
from bot.nlu.day_arithmetic import DateContext, DateMention
from bot.nlu.numeric_dates import MONTH_FIRST
from bot.nlu.pipeline_state import PipelineState
from bot.nlu.resolve_dates import resolve_dates
from bot.nlu.resolve_times import (
    HourContext,
    hour_context_for,
    minutes_to_time,
    possible_minutes,
    resolve_times,
)
from bot.nlu.times import TimeMention, is_beside_day, time_at
from bot.nlu.token_helpers import has_tag, number_tag
from bot.nlu.when import ResolvedWhen, is_refused

_TIME_ASKED = frozenset({"time", "when"})


_DATE_ASKED = frozenset({"date", "when"})


def mark_asides(r: PipelineState) -> None:
    """Return the sentences about something else, whose dates are ignored."""
    topics = {a.sentence for a in r.acts if a.act in {"_aside", "_errand"}}
    own = {a.sentence for a in r.acts if a.act in {"book", "move", "cancel"}}
    off = False
    last = r.units[-1].sentence if r.units else 0
    for number in range(last + 1):
        off = number in topics or (off and number not in own)
        if off:
            r.aside_sentences.add(number)


def scan_mentions(r: PipelineState) -> tuple[list[DateMention], list[TimeMention]]:
    """Return every date and time mention from left to right, preferring the longest match."""
    local = r.setting.now.astimezone(ZoneInfo(r.setting.zone))
    cal = DateContext(
        local.date(),
        r.setting.region in MONTH_FIRST,
        r.setting.last_date,
        eager=r.setting.expects in _DATE_ASKED,
        bare=r.setting.expects == "date",
        choosing=r.setting.expects is not None and r.setting.expects not in _DATE_ASKED,
        single=any(a.act in {"move", "_moveit", "cancel"} for a in r.acts),
        language=r.languages[0].code,
    )
    moving = any(a.act == "move" for a in r.acts)
    eager = moving or r.setting.expects in _TIME_ASKED
    done = {a.sentence for a in r.acts if a.act == "_done"}
    dates: list[DateMention] = []
    times: list[TimeMention] = []
    i = 0
    while i < len(r.units):
        if r.used[i] or not r.units[i].tags:
            i += 1
            continue
        d = date_at(r.units, i, cal)
        t = time_at(r.units, i, eager=eager) or _alone(r, i)
        t = None if t is not None and (_idle_part(r, t, dates) or _is_option(r, t)) else t
        d = None if d is not None and any(r.used[d.i : d.j]) else d
        t = None if t is not None and any(r.used[t.i : t.j]) else t
        both = d is not None and {"DAYREL", "PART"} <= r.units[i].tags.keys()
        j = i + 1
        if d is not None and (t is None or d.j >= t.j or both):
            d = _bounded(r, d, cal, dates[-1].j if dates else -1)
            elsewhere = _past(r, d, cal) or (d.first == cal.today and r.units[i].sentence in done)
            _note_date(r, d, dates, elsewhere=elsewhere)
            j = d.j
            if d.first is not None:
                # "not tomorrow, the day after": relative to the day just named
                cal = replace(cal, last_date=d.first)
        if t is not None and (both or d is None or t.j > d.j):
            _note_days_inside(r, t, cal, dates)
            _note_time(r, t, times)
            # "5 doesn't work for me, 6?": after a refused time a bare number is a time.
            eager = eager or is_refused(r.units, t.i, t.j)
            j = max(j, t.j) if both else t.j
        i = j
    return dates, times


def _bounded(r: PipelineState, d: DateMention, cal: DateContext, behind: int) -> DateMention:
    """Parse "before Friday", "after the 15th", "from Monday on": the days up to it or from it.

    `behind` is where the date before this one ends: "until" joins the two.
    """
    units, day = r.units, d.first
    i = next((k for k in (d.i - 1, d.i - 2) if k >= 0 and not has_tag(units, k, "THE", "ON")), -1)
    if day is None or has_tag(units, d.j, "RANGE", "AND") or (behind >= 0 and i - behind in {0, 1}):
        return d
    post = has_tag(units, d.j, "POSTBEFORE")
    if (post or (has_tag(units, i, "BEFORE") and not has_tag(units, i, "AT"))) and day > cal.today:
        with_it = has_tag(units, d.j, "BETWEENPOST") if post else has_tag(units, i, "RANGE")
        upto = day if with_it else day - timedelta(1)
        last = upto if upto > cal.today else None
        return replace(d, first=cal.today, last=last, readings=(), bare=None)
    post = has_tag(units, d.j, "POSTAFTER")
    if d.last is None and (post or has_tag(units, i, "AFTER")):
        with_it = not has_tag(units, d.j, "FROMNOW") if post else has_tag(units, i, "FROM")
        first = day if with_it else day + timedelta(1)
        return replace(d, first=first, last=first + _AHEAD, readings=(), bare=None)
    return d


# Reach of "after Friday": the days people usually consider.
_AHEAD = timedelta(13)


def _idle_part(r: PipelineState, t: TimeMention, dates: list[DateMention]) -> bool:
    """Return whether a part of the day is merely descriptive: "the evening news"."""
    if t.at != "part" or t.j >= len(r.units) or (dates and dates[-1].j == t.i):
        return False
    after = r.units[t.j]
    return not after.is_known and not after.tags and after.spaced and not r.used[t.j]


def _is_option(r: PipelineState, t: TimeMention) -> bool:
    """Return whether a bare number is that of an option shown: "2 with Leo", "1 or 3".

    Next to a day ("2 tomorrow") or behind a word such as "at" it is a time.
    """
    number = number_tag(r.units, t.i, "NUM")
    unmarked = t.at == "exact" and t.is_weak and (t.j == t.i + 1 or t.other is not None)
    unmarked = unmarked and number in r.setting.shown.numbers
    return unmarked and not is_beside_day(r.units, t.i, t.j)


def _alone(r: PipelineState, i: int) -> TimeMention | None:
    """Return the time that is the whole message: "15.30", "1800"."""
    figures = len(r.units[i].digits)
    pointed = i + 1 < len(r.units) and r.units[i + 1].word == "."
    if not (figures > _HOUR_FIGURES or (figures and pointed)):
        return None
    t = time_at(r.units, i, eager=True)
    if t is None or t.at != "exact" or t.other is not None:
        return None
    rest = [*r.units[:i], *r.units[t.j :]]
    return t if all("POLITE" in u.tags or u.ends_sentence for u in rest) else None


_HOUR_FIGURES = 2


def _past(r: PipelineState, d: DateMention, cal: DateContext) -> bool:
    """Return whether the mention is a past day without a year, which cannot be booked."""
    dated = any(len(u.digits) == 4 for u in r.units[d.i : d.j])
    return d.first is not None and d.first < cal.today and not dated


def _note_date(
    r: PipelineState, d: DateMention, dates: list[DateMention], *, elsewhere: bool
) -> None:
    off = elsewhere or r.units[d.i].sentence in r.aside_sentences
    r.mark_used(d.i, d.j, "aside_date" if off else "date", _date_value(d))
    if not off:
        dates.append(d)


def _note_days_inside(
    r: PipelineState, t: TimeMention, cal: DateContext, dates: list[DateMention]
) -> None:
    """Note the day said within a time: "at ten tonight", "between 2 tomorrow and 4"."""
    for k in range(t.i, t.j):
        if has_tag(r.units, k, "DAYREL", "WEEKDAY") and not has_tag(r.units, k, "NUM", "WEAK"):
            d = date_at(r.units, k, cal)
            if d is not None and d.j <= t.j and d.first is not None and d.first >= cal.today:
                dates.append(d)
                return


def _note_time(r: PipelineState, t: TimeMention, times: list[TimeMention]) -> None:
    off = r.units[t.i].sentence in r.aside_sentences
    r.mark_used(t.i, t.j, "aside_time" if off else "time", t.part or t.at)
    r.time_mentions.append((len(r.spans) - 1, t))
    if not off:
        times.append(t)


def _date_value(d: DateMention) -> object:
    if d.weekdays:
        return tuple(sorted(d.weekdays))
    return d.first if d.last is None else (d.first, d.last)


def resolve_when(
    r: PipelineState, dates: list[DateMention], times: list[TimeMention]
) -> ResolvedWhen:
    """Combine all mentions using the zone, the opening hours and the acts."""
    local = r.setting.now.astimezone(ZoneInfo(r.setting.zone))
    moving = any(a.act in {"move", "_moveit"} for a in r.acts)
    cancelling = any(a.act == "cancel" for a in r.acts)
    instead = dates[0].first if is_swap(r.acts, dates) else None
    out = resolve_dates(
        r.units, dates[1:] if instead else dates, moving=moving, cancelling=cancelling
    )
    out = replace(out, from_date=instead) if instead else out
    offset = next((t for t in times if t.offset is not None), None)
    if offset is not None and offset.offset is not None:
        # Through UTC, so that two hours remain two hours across a clock change.
        later = (r.setting.now + timedelta(minutes=offset.offset)).astimezone(local.tzinfo)
        return ResolvedWhen(
            date=later.date(),
            time=later.time().replace(second=0, microsecond=0),
            at="exact",
            doubts=out.doubts,
        )
    about = out.date or r.setting.last_date
    day = hour_context_for(about if out.date_to is None else None, r.setting.opening, local)
    for index, t in r.time_mentions:
        r.spans[index] = replace(r.spans[index], value=_time_value(t, day))
    return resolve_times(r.units, times, day, out, moving=moving, cancelling=cancelling)


def is_swap(acts: Sequence[ActMention], dates: Sequence[DateMention]) -> bool:
    """Whether a day is exchanged for another: "I can't come on Friday, is Saturday free?"."""
    days = [d.first for d in dates if d.first is not None]
    return (
        any(a.act == "_instead" for a in acts) and len(set(days)) > 1 and days[0] == dates[0].first
    )


def _time_value(t: TimeMention, day: HourContext) -> object:
    """Return a mention's own meaning: a time, a range, a part of the day, or "asap"."""
    ends = [minutes_to_time(possible_minutes(c, day)[0]) for c in (t.low, t.high) if c is not None]
    return t.part or (tuple(ends) if len(ends) > 1 else ends[0] if ends else t.at)
