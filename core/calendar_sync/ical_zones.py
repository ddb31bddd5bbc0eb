"""Time zones as calendars name them: IANA, Windows, a path with either, or rules in the file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

from core.calendar_sync.ical_lines import Component
from core.localtime import zones

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")
_NEVER = datetime(1, 1, 1)  # noqa: DTZ001 - a zone's wall time
_DISPLAY = re.compile(r"\((?:UTC|GMT)([+-]\d\d:\d\d)?\)")


class UnknownZone(ValueError):
    """No zone has this name, and the file has no rules for it."""


class FileZones:
    """The zones that a file may name."""

    def __init__(self, definitions: Iterable[Component], default: tzinfo) -> None:
        self.default = default
        self._defined = {(d.first("TZID") or _NONE).value: d for d in definitions}
        self._known: dict[str, tzinfo | None] = {}

    def find(self, name: str) -> tzinfo:
        """Return a zone; raise UnknownZone."""
        if name not in self._known:
            self._known[name] = self._look_up(name)
        found = self._known[name]
        if found is None:
            raise UnknownZone(name)
        return found

    def _look_up(self, name: str) -> tzinfo | None:
        bare = name.strip().strip("\"'")
        defined = self._defined.get(name)
        located = (defined.first("X-LIC-LOCATION") if defined is not None else None) or _NONE
        parts = bare.strip("/").split("/")
        # "/freeassociation.sourceforge.net/Europe/Berlin" and the like end in the name.
        for one in (bare, located.value, "/".join(parts[-2:]), "/".join(parts[-3:])):
            if (found := _iana(one)) is not None:
                return found
        if (found := _windows(bare)) is not None:
            return found
        if defined is not None and (rules := _RuleZone(defined)).turns:
            return rules
        shown = _DISPLAY.match(bare)
        return timezone(_offset(shown[1] or "+00:00")) if shown is not None else None


class _None:
    value = ""


_NONE = _None()


def _iana(name: str) -> tzinfo | None:
    if name.upper() in {"UTC", "GMT", "Z", "ETC/UTC"}:
        return UTC
    try:
        return zones.load_zone(name)
    except ValueError:
        return None


def _windows(name: str) -> tzinfo | None:
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

    olson = WINDOWS_TO_OLSON.get(name)
    return _iana(olson) if olson else None


def _offset(value: str) -> timedelta:
    found = _OFFSET.match(value.strip())
    if found is None:
        raise ValueError(value)
    size = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return -size if found[1] == "-" else size


class _RuleZone(tzinfo):
    """A zone by the rules in a file: each turn is yearly, by month and weekday, or happens once.

    No other rule is followed: a zone that changes its clocks daily is nobody's.
    """

    def __init__(self, defined: Component) -> None:
        self.turns: list[tuple[datetime, timedelta, tuple[int, int, int] | None]] = []
        for one in defined.within:
            try:
                begins = datetime.strptime(one.value("DTSTART")[:15], "%Y%m%dT%H%M%S")  # noqa: DTZ007 - a zone's wall time
                self.turns.append((begins, _offset(one.value("TZOFFSETTO")), _yearly(one)))
            except ValueError:
                continue
        self.turns = self.turns[:200]

    def utcoffset(self, at: datetime | None) -> timedelta:
        """Return what clocks are ahead of UTC at a wall time."""
        wall = (at or _NEVER).replace(tzinfo=None)
        latest, offset = _NEVER, self.turns[0][1]
        for begins, ahead, rule in self.turns:
            for when in _occasions(begins, rule, wall.year):
                if latest < when <= wall:
                    latest, offset = when, ahead
        return offset

    def dst(self, _at: datetime | None) -> timedelta:
        """Return nothing: only the whole offset is known."""
        return timedelta()

    def tzname(self, _at: datetime | None) -> str:
        """Return that it is a zone of a file."""
        return "file"

    def fromutc(self, at: datetime) -> datetime:
        """Return an instant's wall time."""
        utc = at.replace(tzinfo=None)
        guess = utc + self.utcoffset(utc)
        return (utc + self.utcoffset(guess)).replace(tzinfo=self)


def _yearly(one: Component) -> tuple[int, int, int] | None:
    """Return month, which and weekday of a yearly rule; None for a turn that happens once."""
    parts = dict(p.split("=", 1) for p in one.value("RRULE").split(";") if "=" in p)
    found = re.fullmatch(r"([+-]?\d)(\w\w)", parts.get("BYDAY", ""))
    month = parts.get("BYMONTH", "")
    if parts.get("FREQ") != "YEARLY" or found is None or found[2] not in _DAYS:
        return None
    if not (month.isdecimal() and 1 <= int(month) <= 12) or int(found[1]) == 0:
        return None
    return int(month), int(found[1]), _DAYS.index(found[2])


def _occasions(begins: datetime, rule: tuple[int, int, int] | None, year: int) -> list[datetime]:
    if rule is None:
        return [begins]
    month, which, weekday = rule
    found = []
    for one in (year - 1, year):
        if one < max(begins.year, 1) or one > 9998:
            continue
        if which > 0:
            day = date(one, month, 1)
            day += timedelta((weekday - day.weekday()) % 7 + 7 * (which - 1))
        else:
            day = date(one + month // 12, month % 12 + 1, 1) - timedelta(1)
            day -= timedelta((day.weekday() - weekday) % 7 - 7 * (which + 1))
        found.append(datetime.combine(day, begins.time()))
    return found
