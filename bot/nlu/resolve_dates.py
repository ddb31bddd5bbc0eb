"""Resolution of all date mentions into the one meant: lists, ranges, corrections and refusals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from bot.nlu.day_arithmetic import DateMention
from bot.nlu.tagger import Unit
from bot.nlu.types import Ambiguity
from bot.nlu.when import ResolvedWhen, are_listed, is_refused

_LONGEST_REFUSED = 31


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two consecutive mentions and the tags between them."""

    a: DateMention
    b: DateMention
    tags: frozenset[str]
    gap: int
    units: Sequence[Unit]
    moving: bool


def resolve_dates(
    units: Sequence[Unit], said: Sequence[DateMention], *, moving: bool, cancelling: bool = False
) -> ResolvedWhen:
    """Return the date wanted.

    `moving` applies to moving a booking, "from Friday to Saturday", and `cancelling` to cancelling
    one: there "I can't come on Friday" names the day and does not refuse it.
    """
    wanted: list[DateMention] = []
    dates: set[date] = set()
    weekdays: set[int] = set()
    refusing_until = -1
    for one in said:
        again = refusing_until >= 0 and are_listed(units, refusing_until, one.i)
        if cancelling or (not again and not is_refused(units, one.i, one.j)):
            refusing_until = -1
            wanted.append(one)
            continue
        refusing_until = one.j
        if one.bare is not None:
            weekdays.add(one.bare)
        elif one.weekdays:
            weekdays |= one.weekdays
        elif one.first is not None:
            days = min(((one.last or one.first) - one.first).days, _LONGEST_REFUSED)
            dates |= {one.first + timedelta(d) for d in range(days + 1)}
    out = ResolvedWhen(excluded_dates=frozenset(dates), excluded_weekdays=frozenset(weekdays))
    return _chosen(units, wanted, out, moving=moving) if wanted else out


def _chosen(
    units: Sequence[Unit], wanted: list[DateMention], out: ResolvedWhen, *, moving: bool
) -> ResolvedWhen:
    now = wanted[0]
    others: list[date] = []
    for one in wanted[1:]:
        between = units[now.j : one.i]
        tags = frozenset(k for u in between for k in u.tags)
        pair = _Pair(now, one, tags, len(between), units, moving)
        now, more = _join(pair)
        if moving and now == one and "CORRECT" not in tags:
            out = replace(out, from_date=pair.a.first)
            now = _behind(now, pair.a)
        others = [*(others or [pair.a.first] if pair.a.first else []), *more] if more else []
    candidates = tuple(dict.fromkeys([*now.readings, *others]))
    doubts: tuple[Ambiguity, ...] = ()
    if len(candidates) > 1:
        doubts = (Ambiguity("date", candidates, units[now.i].start, units[now.j - 1].end),)
    return replace(out, date=now.first, date_to=now.last, weekdays=now.weekdays, doubts=doubts)


def _behind(goal: DateMention, source: DateMention) -> DateMention:
    """Return the target of a move: of two candidate days the first after the booking's."""
    after = [day for day in goal.readings if source.first is not None and day > source.first]
    return replace(goal, first=after[0], readings=()) if after else goal


def _join(p: _Pair) -> tuple[DateMention, list[date]]:
    """Merge two mentions into one, with the other dates it may be."""
    for rule in (_same, _corrected, _range, _weekdays, _day_in_range, _named_day):
        joined = rule(p)
        if joined is not None:
            return joined, []
    a, b = p.a, p.b
    if a.first and b.first and not a.last and not b.last:
        now = replace(a, j=b.j) if "OR" in p.tags else b
        return now, [b.first]
    return b, []


def _same(p: _Pair) -> DateMention | None:
    a, b = p.a, p.b
    same = a.first == b.first and a.last == b.last and a.weekdays == b.weekdays
    if same and (a.readings == b.readings or not a.readings or not b.readings):
        return replace(b, i=a.i, readings=())
    return None


def _corrected(p: _Pair) -> DateMention | None:
    """Resolve "Friday, no, Saturday"; a later sentence wins; the goal of a move."""
    other_sentence = p.units[p.a.i].sentence != p.units[p.b.i].sentence
    both = p.a.last is None and p.b.last is None
    goal = p.moving and ("RANGE" in p.tags or (both and "OR" not in p.tags and not _comma(p)))
    if "CORRECT" in p.tags or (other_sentence and both) or goal:
        return p.b
    return None


def _range(p: _Pair) -> DateMention | None:
    """Resolve "from Monday to Wednesday", "3 March – 5 March"."""
    a, b = p.a, p.b
    led = a.i > 0 and "BETWEEN" in p.units[a.i - 1].tags
    ranged = p.gap <= 3 and ("RANGE" in p.tags or ("AND" in p.tags and led))
    if not ranged or not a.first or not b.first or a.weekdays or b.weekdays:
        return None
    last = b.last or b.first
    if a.bare is not None and b.bare is not None and last < a.first:
        last += timedelta(7)
    return DateMention(a.i, b.j, a.first, last) if last > a.first else None


def _day_in_range(p: _Pair) -> DateMention | None:
    """Resolve "next week … on Tuesday", "this week, the 14th"."""
    a, b = p.a, p.b
    if a.last and (b.bare is not None or b.weekdays):
        return _within(a, b)
    if b.last and (a.bare is not None or a.weekdays):
        return _within(b, a)
    if a.last and a.first and b.first and not b.last and a.first <= b.first <= a.last:
        return replace(b, i=a.i)
    return None


def _within(span: DateMention, day: DateMention) -> DateMention:
    i, j = min(span.i, day.i), max(span.j, day.j)
    if day.weekdays or day.bare is None or span.first is None:
        return replace(span, i=i, j=j, weekdays=span.weekdays | day.weekdays)
    found = span.first + timedelta((day.bare - span.first.weekday()) % 7)
    if span.last is not None and found > span.last:
        return replace(day, i=i, j=j)
    return DateMention(i, j, found)


def _weekdays(p: _Pair) -> DateMention | None:
    """Resolve "Monday or Tuesday": the days from the first to the last of them, and only those."""
    a, b = _same_week(p.a, p.b), _same_week(p.b, p.a)
    if "OR" not in p.tags and "AND" not in p.tags and not _comma(p):
        return None
    days = [one.weekdays or ({one.bare} if one.bare is not None else set()) for one in (a, b)]
    if not days[0] or not days[1]:
        return None
    every = frozenset(days[0]) | frozenset(days[1])
    edges = [d for d in (a.first, a.last, b.first, b.last) if d]
    if not edges:
        return DateMention(a.i, b.j, weekdays=every)
    return DateMention(a.i, b.j, min(edges), max(edges), weekdays=every)


def _same_week(one: DateMention, other: DateMention) -> DateMention:
    """Resolve "Tuesday or Thursday next week": both are of next week."""
    if one.week is not None and one.first is not None:
        return replace(one, bare=one.first.weekday())
    if other.week is None or one.bare is None:
        return one
    return replace(one, first=other.week + timedelta(one.bare), readings=())


def _comma(p: _Pair) -> bool:
    return p.gap == 1 and p.units[p.a.j].word in {",", "/"}


def _named_day(p: _Pair) -> DateMention | None:
    """Resolve "Friday … the 13th" when the 13th is a Friday."""
    a, b = p.a, p.b
    if a.bare is not None and b.bare is None and b.first and not b.last:
        return replace(b, i=a.i) if b.first.weekday() == a.bare else None
    if b.bare is not None and a.bare is None and a.first and not a.last:
        return replace(a, j=b.j) if a.first.weekday() == b.bare else None
    return None
