"""The busy times of an external iCalendar file (RFC 5545).

Only times are read, never text. A file may be malicious: rules that repeat by the minute are
refused, others are expanded only as far as we look ahead, and parsing has a time limit. Keep it off
the event loop.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import chain
from typing import Any

import icalendar
from dateutil.rrule import rrulestr

from core.localtime import ticks, zones

FREE_STATUS = "FREE"
"""The one FBTYPE that is not busy; unknown types are (RFC 5545 section 3.2.9)."""

MAX_EVENTS = 10_000
MAX_SPANS = 2_000
"""Limits on the file and on the entries it expands to."""

TIME_LIMIT_SECONDS = 5.0
"""Time limit for parsing a file."""

_STEPS = 100_000
_OFTEN = {"SECONDLY", "MINUTELY"}
_OLDEST = timedelta(days=366 * 60)
_OLDEST_HOURLY = timedelta(days=366 * 3)

BusySpan = tuple[datetime, datetime]


class UnreadableCalendar(Exception):
    """The file cannot be read; `reason` is "form" (not a calendar) or "much" (too large)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def busy_spans(
    file: bytes,
    timezone: str,
    start: datetime,
    end: datetime,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> list[BusySpan]:
    """Return the busy times within [start, end), merged, sorted and in UTC.

    Floating times are in the file's own zone, else in `timezone`. Free and cancelled entries do not
    count. Spans are widened to whole ticks of five minutes.
    """
    try:
        spans = list(_merged(_found(file, timezone, start, end, clock)))
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError):
        raise UnreadableCalendar("form") from None
    if len(spans) > MAX_SPANS:
        raise UnreadableCalendar("much")
    return spans


def _found(
    file: bytes, timezone: str, start: datetime, end: datetime, clock: Callable[[], float]
) -> list[BusySpan]:
    until = clock() + TIME_LIMIT_SECONDS
    calendars: list[Any] = list(icalendar.Calendar.from_ical(file, multiple=True))
    events = [event for one in calendars for event in one.walk("VEVENT")]
    listed = [period for one in calendars for period in _periods(one)]
    if not calendars or any(one.name != "VCALENDAR" for one in calendars):
        raise UnreadableCalendar("form")
    if len(events) + len(listed) > MAX_EVENTS:
        raise UnreadableCalendar("much")
    zone = _zone(calendars[0], timezone)
    moved = _moved(events, zone)
    found = [
        _ticks(max(since, start), min(until, end))
        for since, until in (_period(period, zone) for period in listed)
        if since < until and since < end and until > start
    ]
    for event in events:
        if clock() > until:
            raise UnreadableCalendar("much")
        found += _spans(event, zone, moved, start, end)
        if len(found) > _STEPS:
            raise UnreadableCalendar("much")
    return found


def _periods(calendar: Any) -> Iterator[Any]:
    """Yield the periods that VFREEBUSY components list as busy, tentative or unavailable."""
    for component in calendar.walk("VFREEBUSY"):
        given = component.get("FREEBUSY", [])
        for period in given if isinstance(given, list) else [given]:
            if str(period.params.get("FBTYPE", "")).upper() != FREE_STATUS:
                yield period.dt


def _period(period: tuple[datetime, datetime | timedelta], zone: tzinfo) -> BusySpan:
    since, until = period
    begins = _instant(since, zone)
    return begins, begins + until if isinstance(until, timedelta) else _instant(until, zone)


def _zone(calendar: Any, timezone: str) -> tzinfo:
    for name in (str(calendar.get("X-WR-TIMEZONE", "")), timezone):
        try:
            return zones.load_zone(name)
        except ValueError:
            continue
    return UTC


def _moved(events: Iterable[Any], zone: tzinfo) -> dict[str, set[datetime]]:
    """Return, by UID, the occurrences of a series that a RECURRENCE-ID event replaces."""
    moved: dict[str, set[datetime]] = {}
    for event in events:
        if "RECURRENCE-ID" in event:
            at = _instant(event["RECURRENCE-ID"].dt, zone)
            moved.setdefault(str(event.get("UID", "")), set()).add(at)
    return moved


def _spans(
    event: Any, zone: tzinfo, moved: dict[str, set[datetime]], start: datetime, end: datetime
) -> Iterator[BusySpan]:
    if str(event.get("TRANSP", "")).upper() == "TRANSPARENT":
        return
    if str(event.get("STATUS", "")).upper() == "CANCELLED" or "DTSTART" not in event:
        return
    first = event["DTSTART"].dt
    length = _length(event, first, zone)
    if length <= timedelta():
        return
    starts: Iterable[datetime] = [_instant(first, zone)]
    skipped: set[datetime] = set()
    if "RECURRENCE-ID" not in event:
        skipped = moved.get(str(event.get("UID", "")), set()) | _listed(event, "EXDATE", zone)
        more = _listed(event, "RDATE", zone)
        if "RRULE" in event:
            starts = _repeated(event["RRULE"], first, zone, start - length, end)
        starts = chain(starts, more)
    # An all-day event lasts as long as the local day.
    whole = not isinstance(first, datetime)
    for at in starts:
        if at in skipped:
            continue
        until = at + length
        if whole:
            local = at.astimezone(zone).replace(tzinfo=None) + length
            until = local.replace(tzinfo=zone).astimezone(UTC)
        if at < end and until > start:
            yield _ticks(max(at, start), min(until, end))


def _length(event: Any, first: date, zone: tzinfo) -> timedelta:
    if "DTEND" in event:
        last = event["DTEND"].dt
        if not isinstance(first, datetime) and not isinstance(last, datetime):
            return timedelta(days=(last - first).days)
        return _instant(last, zone) - _instant(first, zone)
    if "DURATION" in event:
        length = event["DURATION"].dt
        assert isinstance(length, timedelta)
        return length
    return timedelta() if isinstance(first, datetime) else timedelta(days=1)


def _repeated(
    rules: Any, first: date, zone: tzinfo, start: datetime, end: datetime
) -> Iterator[datetime]:
    """Yield a rule's occurrences in its zone, from the first start up to `end`."""
    if isinstance(rules, list):
        raise UnreadableCalendar("much")  # several rules of one event: RFC 5545 advises against it
    how_often = str(rules.get("FREQ", [""])[0]).upper()
    began = _instant(first, zone)
    oldest = _OLDEST_HOURLY if how_often == "HOURLY" else _OLDEST
    if how_often in _OFTEN or began < start - oldest:
        raise UnreadableCalendar("much")
    where = (first.tzinfo or zone) if isinstance(first, datetime) else zone
    ends = end.astimezone(where).replace(tzinfo=None)
    if "UNTIL" in rules:
        last = rules["UNTIL"][0]
        if isinstance(last, datetime):
            last = last.astimezone(where).replace(tzinfo=None) if last.tzinfo else last
        else:
            last = datetime(last.year, last.month, last.day, 23, 59, 59)  # noqa: DTZ001 - a zone's wall time
        ends = min(ends, last)
    most = min(int(rules.get("COUNT", [_STEPS])[0]), _STEPS)
    bounds = {"UNTIL", "COUNT"}
    rule: Any = icalendar.vRecur({k: v for k, v in rules.items() if k.upper() not in bounds})
    wall = began.astimezone(where).replace(tzinfo=None)
    followed: Any = rrulestr(rule.to_ical().decode(), dtstart=wall)
    for steps, local in enumerate(followed.replace(until=ends)):
        if steps >= most:
            if most == _STEPS:
                raise UnreadableCalendar("much")
            return
        at = local.replace(tzinfo=where).astimezone(UTC)
        if at >= start:
            yield at


def _listed(event: Any, name: str, zone: tzinfo) -> set[datetime]:
    """Return the starts listed in EXDATE or RDATE; for a period its start."""
    given = event.get(name, [])
    lists = given if isinstance(given, list) else [given]
    times = (one.dt for each in lists for one in each.dts)
    return {_instant(at[0] if isinstance(at, tuple) else at, zone) for at in times}


def _instant(at: date, zone: tzinfo) -> datetime:
    """Return a date's midnight or a time in UTC; `zone` applies if it names none."""
    if not isinstance(at, datetime):
        at = datetime(at.year, at.month, at.day, tzinfo=zone)
    elif at.tzinfo is None:
        at = at.replace(tzinfo=zone)
    return at.astimezone(UTC)


def _ticks(start: datetime, end: datetime) -> BusySpan:
    since = int(start.timestamp()) // ticks.TICK_SECONDS * ticks.TICK_SECONDS
    until = -(-int(end.timestamp()) // ticks.TICK_SECONDS) * ticks.TICK_SECONDS
    return datetime.fromtimestamp(since, UTC), datetime.fromtimestamp(until, UTC)


def _merged(spans: Iterable[BusySpan]) -> Iterator[BusySpan]:
    """Yield disjoint spans that cover the same time."""
    last: BusySpan | None = None
    for start, end in sorted(spans):
        if last is None or start > last[1]:
            if last is not None:
                yield last
            last = (start, end)
        else:
            last = (last[0], max(last[1], end))
    if last is not None:
        yield last
