"""The busy times of an external iCalendar file (RFC 5545), as Google, Outlook and Apple write it.

Only times are read, never text. A file may be malicious, so that it is read in a process of its own
(`ical_process`); one entry that cannot be read costs itself only and is named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial

from core.calendar_sync.ical_lines import Component, read_components
from core.calendar_sync.ical_times import OddEntry, Times, read_duration, repeated
from core.calendar_sync.ical_zones import FileZones
from core.localtime import ticks

MAX_ENTRIES = 20_000
MAX_SPANS = 5_000
"""Limits on the file and on the busy times it comes to."""

MAX_PROBLEMS = 20
"""How many entries that cannot be read are named."""

_FREE_STATES = frozenset({"FREE", "WORKINGELSEWHERE"})

BusySpan = tuple[datetime, datetime]


class UnreadableCalendar(Exception):
    """The file cannot be read; `reason` is "form" (no calendar), "cut" (half of one) or "much"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class EntryProblem:
    """An entry that was not read, or not as it stands: its start as written, and why."""

    start: str
    reason: str


@dataclass(slots=True)
class BusyTimes:
    """What a file comes to: merged, sorted spans in UTC, and the entries that were odd."""

    spans: list[BusySpan]
    problems: list[EntryProblem] = field(default_factory=list)
    odd: int = 0
    """How many entries were odd; only the first are in `problems`."""


EntryGuard = Callable[[], AbstractContextManager[object]]
"""Bounds the time of one entry by raising OddEntry within it."""


def busy_spans(
    file: bytes,
    timezone: str,
    start: datetime,
    end: datetime,
    *,
    own: str = "",
    guard: EntryGuard = nullcontext,
) -> BusyTimes:
    """Return the busy times within [start, end).

    Floating times are in the file's own zone, else in `timezone`. Free and cancelled entries do not
    count, nor do our own that come back: those whose UID ends in `own`. Spans are widened to whole
    ticks of five minutes.
    """
    text = file.decode("utf-8-sig", "replace")
    if not text.lstrip().upper().startswith("BEGIN:VCALENDAR"):
        raise UnreadableCalendar("form")
    if not text.rstrip().upper().endswith("END:VCALENDAR"):
        raise UnreadableCalendar("cut")
    calendars = [one for one in read_components(text) if one.name == "VCALENDAR"]
    if not calendars:
        raise UnreadableCalendar("form")
    return _Reader(calendars, timezone, start, end, own, guard).read()


class _Reader:
    """Reads the entries of a file, each for itself."""

    def __init__(
        self,
        calendars: list[Component],
        timezone: str,
        start: datetime,
        end: datetime,
        own: str,
        guard: EntryGuard,
    ) -> None:
        self.parts = [part for one in calendars for part in one.within]
        named = (calendars[0].first("X-WR-TIMEZONE"), timezone)
        definitions = [part for part in self.parts if part.name == "VTIMEZONE"]
        self.zones = FileZones(definitions, UTC)
        for name in (named[0].value if named[0] else "", timezone):
            try:
                self.zones.default = self.zones.find(name)
                break
            except ValueError:
                continue
        self.times = Times(self.zones)
        self.start, self.end, self.guard = start, end, guard
        self.own = own.upper()
        self.spans: list[BusySpan] = []
        self.odd_rule: OddEntry | None = None
        self.found = BusyTimes([])

    def read(self) -> BusyTimes:
        """Return what the file comes to."""
        if len(self.parts) > MAX_ENTRIES:
            raise UnreadableCalendar("much")
        for part in self.parts:
            if part.name == "VFREEBUSY":
                self._guarded(part, partial(self._free_busy, part))
        for group in self._by_uid().values():
            self._series(group)
        self.found.spans = list(_merged(self.spans))
        if len(self.found.spans) > MAX_SPANS:
            raise UnreadableCalendar("much")
        return self.found

    def _by_uid(self) -> dict[str, list[Component]]:
        groups: dict[str, list[Component]] = defaultdict(list)
        for number, part in enumerate(self.parts):
            if part.name != "VEVENT":
                continue
            uid = part.value("UID")
            if not (self.own and uid.endswith(self.own)):
                groups[uid or f"\0{number}"].append(part)
        return groups

    def _guarded(self, part: Component, read: Callable[[], None]) -> bool:
        """Read an entry; name it if that cannot be."""
        self.times.odd_zone = False
        before = len(self.spans)
        try:
            with self.guard():
                read()
        except OddEntry as odd:
            self._note(part, odd.reason)
        except (ValueError, LookupError, TypeError, OverflowError):
            del self.spans[before:]
            self._note(part, "no_time")
        else:
            if self.times.odd_zone:
                self._note(part, "zone")
            return True
        return False

    def _note(self, part: Component, reason: str) -> None:
        self.found.odd += 1
        if len(self.found.problems) < MAX_PROBLEMS:
            given = part.first("DTSTART") or part.first("RECURRENCE-ID")
            self.found.problems.append(EntryProblem(given.value[:40] if given else "", reason))

    def _keep(self, since: datetime, until: datetime) -> None:
        if since < until and since < self.end and until > self.start:
            self.spans.append(_ticks(max(since, self.start), min(until, self.end)))

    def _free_busy(self, part: Component) -> None:
        odd = 0
        for given in part.properties.get("FREEBUSY", ()):
            if "FBTYPE=FREE" in given.params.upper().replace('"', "").split(";"):
                continue
            values = given.value.split(",")
            if len(values) > MAX_ENTRIES // 2:
                raise UnreadableCalendar("much")
            for value in values:
                try:
                    self._keep(*self.times.period(value))
                except OddEntry:
                    odd += 1
        if odd:
            raise OddEntry("no_time")

    def _series(self, group: list[Component]) -> None:
        """Read the entries of one UID: a series, or one time, with its changes."""
        changes: list[tuple[datetime, date, Component]] = []
        for part in _newest(group):
            if part.first("RECURRENCE-ID") is not None:

                def read_change(part: Component = part) -> None:
                    of = self.times.read(part.first("RECURRENCE-ID"))
                    changes.append((self.times.instant(of), of, part))

                if not self._guarded(part, read_change):
                    self._guarded(part, partial(self._single, part))
        changes.sort(key=lambda one: one[0])
        for _, _, part in changes:
            if "THISANDFUTURE" not in (part.first("RECURRENCE-ID") or _none()).params.upper():
                self._guarded(part, partial(self._single, part))
        masters = [part for part in _newest(group) if part.first("RECURRENCE-ID") is None]
        for part in masters:
            self._guarded(part, partial(self._master, part, changes))
        if not masters:
            for _, _, part in changes:
                if "THISANDFUTURE" in (part.first("RECURRENCE-ID") or _none()).params.upper():
                    self._guarded(part, partial(self._single, part))

    def _single(self, part: Component) -> None:
        if not _is_free(part):
            first = self.times.read(part.first("DTSTART"))
            self._occurrence(first, self._length(part, first))

    def _occurrence(self, at: date, length: timedelta) -> None:
        since = self.times.instant(at)
        if isinstance(at, datetime):
            self._keep(since, since + length)
        else:  # as long as the local days, however long those are
            self._keep(since, self.times.instant(at + length))

    def _master(self, part: Component, changes: list[tuple[datetime, date, Component]]) -> None:
        if part.value("STATUS") == "CANCELLED":
            return
        first = self.times.read(part.first("DTSTART"))
        length = self._length(part, first)
        replaced = {at for at, _, change in changes if not _is_onward(change)}
        replaced_days = {
            of for _, of, change in changes
            if not _is_onward(change) and not isinstance(of, datetime)
        }  # fmt: skip
        onward = [(at, of, change) for at, of, change in changes if _is_onward(change)]
        problem: OddEntry | None = None
        skipped: set[datetime] = set()
        skipped_days: set[date] = set()
        try:
            for excluded, _ in self.times.listed(part, "EXDATE"):
                skipped.add(self.times.instant(excluded))
                if not isinstance(excluded, datetime):
                    skipped_days.add(excluded)
        except OddEntry as odd:
            problem = odd
        for start, its_length in self._starts(part, first, length):
            if start is None:
                problem = self.odd_rule
                continue
            instant = self.times.instant(start)
            day = start.date() if isinstance(start, datetime) else start
            if instant in skipped or instant in replaced or day in skipped_days | replaced_days:
                continue
            ruling = next((one for one in reversed(onward) if one[0] <= instant), None)
            if ruling is None:
                if not _is_free(part):
                    self._occurrence(start, its_length)
            elif not _is_free(ruling[2]):
                self._shifted(start, ruling)
        if problem is not None:
            raise problem

    def _shifted(self, at: date, ruling: tuple[datetime, date, Component]) -> None:
        """Keep a time of a series as changed from some time on."""
        _, of, change = ruling
        begins = self.times.read(change.first("DTSTART"))
        length = self._length(change, begins)
        if isinstance(begins, datetime) and isinstance(at, datetime) and isinstance(of, datetime):
            # By the clocks of the changed time's zone, so that it stays the hour that is shown.
            zone = begins.tzinfo
            moved = begins.replace(tzinfo=None) - of.astimezone(zone).replace(tzinfo=None)
            wall = at.astimezone(zone).replace(tzinfo=None) + moved
            self._occurrence(wall.replace(tzinfo=zone), length)
        else:
            self._occurrence(at + (self.times.instant(begins) - self.times.instant(of)), length)

    def _length(self, part: Component, first: date) -> timedelta:
        """Return how long an entry lasts; whole days for dates."""
        whole = not isinstance(first, datetime)
        if (given := part.first("DTEND")) is not None:
            last = self.times.read(given)
            if whole and not isinstance(last, datetime):
                length = last - first
                # Some write a day as from itself to itself.
                return timedelta(days=1) if not length else _forward(length)
            return _forward(self.times.instant(last) - self.times.instant(first))
        if (given := part.first("DURATION")) is not None:
            return _forward(read_duration(given.value))
        return timedelta(days=1) if whole else timedelta()

    def _starts(
        self, part: Component, first: date, length: timedelta
    ) -> Iterator[tuple[date | None, timedelta]]:
        """Yield each time of a series and how long it lasts; None for a rule that is odd."""
        rules = [one.value for one in part.properties.get("RRULE", ())]
        zone = (first.tzinfo if isinstance(first, datetime) else None) or self.zones.default
        wall = datetime(first.year, first.month, first.day)  # noqa: DTZ001 - a zone's wall time
        if isinstance(first, datetime):
            wall = first.replace(tzinfo=None)
        since = self.start - length - timedelta(days=1)
        found: dict[datetime, None] = {}
        if not rules:
            found[wall] = None
        for rule in rules:
            try:
                found |= dict.fromkeys(repeated(rule, wall, zone, since, self.end))
            except OddEntry as odd:
                found[wall] = None  # its first time at least
                self.odd_rule = odd
                yield None, length
        for rule in (one.value for one in part.properties.get("EXRULE", ())):
            for at in repeated(rule, wall, zone, since, self.end):
                found.pop(at, None)
        for at in found:
            yield (at.replace(tzinfo=zone) if isinstance(first, datetime) else at.date()), length
        try:
            for more, its_length in self.times.listed(part, "RDATE"):
                yield more, length if its_length is None else its_length
        except OddEntry as odd:
            self.odd_rule = odd
            yield None, length


class _None:
    params = ""


def _none() -> _None:
    return _None()


def _is_onward(change: Component) -> bool:
    return "THISANDFUTURE" in (change.first("RECURRENCE-ID") or _none()).params.upper()


def _is_free(part: Component) -> bool:
    """Return whether an entry takes no time: by its own mark, Outlook's, or as cancelled."""
    return (
        part.value("STATUS") == "CANCELLED"
        or part.value("TRANSP") == "TRANSPARENT"
        or part.value("X-MICROSOFT-CDO-BUSYSTATUS") in _FREE_STATES
    )


def _newest(group: list[Component]) -> list[Component]:
    """Return the entries of one UID without those that a later version replaces."""
    newest: dict[str, int] = {}
    for part in group:
        key = part.value("RECURRENCE-ID")
        newest[key] = max(newest.get(key, 0), _sequence(part))
    return [p for p in group if _sequence(p) == newest[p.value("RECURRENCE-ID")]]


def _sequence(part: Component) -> int:
    value = part.value("SEQUENCE")
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else 0


def _forward(length: timedelta) -> timedelta:
    if length < timedelta():
        raise OddEntry("backward")
    return length


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
