"""Values of an iCalendar file: dates, times, durations, periods, rules (RFC 5545 section 3.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from dateutil.rrule import rrulestr

from core.calendar_sync.ical_lines import Component, Property, param
from core.calendar_sync.ical_zones import FileZones, UnknownZone

MAX_OCCURRENCES = 10_000
"""Times of one series that are kept at most."""

_STEPS = 100_000
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?(Z)?)?", re.IGNORECASE)
_DURATION = re.compile(
    r"([+-])?P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,8})S)?)?"
)
_UNITS = {
    "SECONDLY": timedelta(seconds=1),
    "MINUTELY": timedelta(minutes=1),
    "HOURLY": timedelta(hours=1),
    "DAILY": timedelta(days=1),
    "WEEKLY": timedelta(weeks=1),
}


class OddEntry(ValueError):
    """An entry that cannot be read; `reason` is a word of `ENTRY_PROBLEMS`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Times:
    """Reads the times of a file; `odd_zone` tells that the last one named a zone nobody knows."""

    def __init__(self, zones: FileZones) -> None:
        self.zones = zones
        self.odd_zone = False

    def read(self, given: Property | None) -> date:
        """Return a date, or an aware datetime; raise OddEntry."""
        if given is None:
            raise OddEntry("no_start")
        return self.parse(given.value, self.zone_of(given))

    def zone_of(self, given: Property) -> tzinfo:
        """Return the zone a property names; the file's own instead of an unknown one."""
        name = param(given.params, "TZID")
        if not name:
            return self.zones.default
        try:
            return self.zones.find(name)
        except UnknownZone:
            self.odd_zone = True
            return self.zones.default

    def parse(self, value: str, zone: tzinfo) -> date:
        """Return a date, or a time in a zone; raise OddEntry."""
        found = _TIME.fullmatch(value.strip())
        if found is None:
            raise OddEntry("no_time")
        year, month, day = map(int, found.group(1, 2, 3))
        try:
            if found[4] is None:
                return date(year, month, day)
            second = min(int(found[6] or 0), 59)
            at = datetime(year, month, day, int(found[4]), int(found[5]), second)  # noqa: DTZ001 - the zone follows
        except ValueError:
            raise OddEntry("no_time") from None
        return at.replace(tzinfo=UTC if found[7] else zone)

    def instant(self, at: date) -> datetime:
        """Return a time, or a day's midnight in the file's zone, in UTC."""
        if not isinstance(at, datetime):
            at = datetime.combine(at, time(), self.zones.default)
        try:
            return at.astimezone(UTC)
        except OverflowError:
            raise OddEntry("no_time") from None

    def listed(self, entry: Component, name: str) -> Iterator[tuple[date, timedelta | None]]:
        """Yield the times of EXDATE or RDATE; of a period also how long it lasts."""
        for given in entry.properties.get(name, ()):
            zone = self.zone_of(given)
            for one in filter(None, map(str.strip, given.value.split(","))):
                start, _, end = one.partition("/")
                at = self.parse(start, zone)
                yield at, self._until(at, end, zone) if end else None

    def period(self, value: str) -> tuple[datetime, datetime]:
        """Return start and end of a period in UTC."""
        start, _, end = value.partition("/")
        at = self.parse(start, self.zones.default)
        begins = self.instant(at)
        return begins, begins + self._until(at, end, self.zones.default)

    def _until(self, at: date, end: str, zone: tzinfo) -> timedelta:
        if end.lstrip("+-").upper().startswith("P"):
            return read_duration(end)
        return self.instant(self.parse(end, zone)) - self.instant(at)


def read_duration(value: str) -> timedelta:
    """Return a duration; raise OddEntry."""
    found = _DURATION.fullmatch(value.strip().upper())
    if found is None or not any(found.groups()[1:]):
        raise OddEntry("no_length")
    weeks, days, hours, minutes, seconds = (int(one or 0) for one in found.groups()[1:])
    size = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -size if found[1] == "-" else size


def repeated(
    rule: str, wall: datetime, zone: tzinfo, since: datetime, end: datetime
) -> list[datetime]:
    """Return a rule's wall times whose instants are in [since, end); raise OddEntry.

    A rule without a count begins close to `since`, so that a birthday of 1955 costs nothing.
    """
    parts = _rule_parts(rule)
    unit = _UNITS.get(parts["FREQ"])
    count = parts.pop("COUNT", None)
    ends = (end.astimezone(zone) + timedelta(days=1)).replace(tzinfo=None)
    first = (since.astimezone(zone) - timedelta(days=1)).replace(tzinfo=None)
    if until := parts.pop("UNTIL", ""):
        ends = min(ends, _until_wall(until, zone))
    most = _STEPS
    if count is not None:
        if not count.isdecimal():
            raise OddEntry("rule")
        most = min(int(count[:9]), _STEPS)
    elif unit is not None and wall < first:
        wall += (first - wall) // (step := unit * int(parts.get("INTERVAL", "1"))) * step
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    try:
        # With an end dateutil still looks for a match that never comes: the caller bounds the time.
        series: Any = rrulestr(text, dtstart=wall).replace(until=ends)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        raise OddEntry("rule") from None
    found = []
    for number, at in enumerate(series):
        if number >= most:
            if count is None or most == _STEPS:
                raise OddEntry("often")
            break
        if at >= first:
            found.append(at)
            if len(found) > MAX_OCCURRENCES:
                raise OddEntry("often")
    return found


def _rule_parts(rule: str) -> dict[str, str]:
    parts = {}
    for part in rule.upper().strip(";").split(";"):
        name, _, value = part.partition("=")
        if not value:
            raise OddEntry("rule")
        parts[name.strip()] = value.strip()
    if parts.pop("RSCALE", "GREGORIAN") != "GREGORIAN" or parts.pop("SKIP", "OMIT") != "OMIT":
        raise OddEntry("rule")
    if "FREQ" not in parts or not re.fullmatch(r"[1-9]\d{0,5}", parts.get("INTERVAL", "1")):
        raise OddEntry("rule")
    return parts


def _until_wall(value: str, zone: tzinfo) -> datetime:
    found = _TIME.fullmatch(value)
    if found is None:
        raise OddEntry("rule")
    try:
        if found[4] is None:
            return datetime.strptime(value, "%Y%m%d").replace(hour=23, minute=59, second=59)  # noqa: DTZ007 - a zone's wall time
        at = datetime.strptime(value[:15].ljust(15, "0"), "%Y%m%dT%H%M%S")  # noqa: DTZ007 - a zone's wall time
    except ValueError:
        raise OddEntry("rule") from None
    return at.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None) if found[7] else at
