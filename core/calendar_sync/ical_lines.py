"""The lines of an iCalendar file (RFC 5545) that say when somebody is busy; all others are dropped.

A file is read piece by piece, and an entry that ended long ago is dropped while reading, so that a
limit on size bounds what matters and not ten years of history with its texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

KEPT = frozenset(
    "UID DTSTART DTEND DURATION RRULE EXRULE RDATE EXDATE RECURRENCE-ID STATUS TRANSP SEQUENCE "
    "X-MICROSOFT-CDO-BUSYSTATUS FREEBUSY X-WR-TIMEZONE TZID X-LIC-LOCATION TZOFFSETTO "
    "TZOFFSETFROM BEGIN END".split()
)
"""The properties that are read."""

_LONGEST_LINE = 256 * 1024
_DATE = re.compile(r"(\d{8})(?:T|$)")
_SPARE = timedelta(days=2)
"""Longer than any two zones are apart."""


class CalendarFilter:
    """Takes the bytes of a file in pieces and keeps the lines that matter from an instant on."""

    def __init__(self, since: datetime) -> None:
        self._since = f"{since - _SPARE:%Y%m%d}"
        self._tail = b""
        self._line: list[bytes] = []
        self._length = 0
        self._kept: list[bytes] = []
        self._event: list[bytes] | None = None
        self.size = 0
        """Bytes kept so far."""

    def feed(self, piece: bytes) -> None:
        """Take the next bytes of the file."""
        *lines, self._tail = (self._tail + piece).split(b"\n")
        for line in lines:
            self._take(line)
        # A line without an end is nobody's date: what is over the limit is dropped.
        self._tail = self._tail[:_LONGEST_LINE]

    def result(self) -> bytes:
        """Return what was kept, as a file."""
        self._take(self._tail)
        self._close()
        self._kept += self._event or []
        return b"\n".join(self._kept) + b"\n"

    def _take(self, raw: bytes) -> None:
        line = raw.rstrip(b"\r")
        if line[:1] in {b" ", b"\t"}:
            self._length += len(line) - 1
            if self._line and self._length <= _LONGEST_LINE:
                self._line.append(line[1:])
            return
        self._close()
        if not self._kept and not self._event:
            line = line.removeprefix(b"\xef\xbb\xbf")
        name = re.split(rb"[;:]", line[:40], maxsplit=1)[0].decode("ascii", "replace").upper()
        # The first lines stay whatever they are, so that a web page is seen to be none of ours.
        if name.strip() in KEPT or not self._kept:
            self._line, self._length = [line], len(line)

    def _close(self) -> None:
        line, self._line = b"".join(self._line), []
        if not line.strip():
            return
        upper = line.strip().upper()
        if upper == b"BEGIN:VEVENT" and self._event is None:
            self._event = []
        held = self._kept if self._event is None else self._event
        held.append(line)
        self.size += len(line) + 1
        if upper == b"END:VEVENT" and self._event is not None:
            if self._is_over(self._event):
                self.size -= sum(len(one) + 1 for one in self._event)
            else:
                self._kept += self._event
            self._event = None

    def _is_over(self, event: list[bytes]) -> bool:
        """Return whether an entry happens once and was over: series and changes of one stay."""
        last = ""
        for line in event:
            name, _, value = line.decode("ascii", "replace").rpartition(":")
            name = re.split("[;:]", name, maxsplit=1)[0].upper()
            if name in {"RRULE", "RDATE", "RECURRENCE-ID", "DURATION"}:
                return False
            if name in {"DTSTART", "DTEND"} and (found := _DATE.match(value.strip())):
                last = max(last, found[1])
        return bool(last) and last < self._since


@dataclass(frozen=True, slots=True)
class Property:
    """A property: its parameters as written, its value and its line in what was kept."""

    params: str
    value: str
    line: int


@dataclass(slots=True)
class Component:
    """A component with its properties by name and the components within it."""

    name: str
    line: int
    properties: dict[str, list[Property]] = field(default_factory=dict)
    within: list[Component] = field(default_factory=list)

    def first(self, name: str) -> Property | None:
        """Return the first property of a name that has a value."""
        return next((p for p in self.properties.get(name, ()) if p.value), None)

    def value(self, name: str) -> str:
        """Return the value of a property in upper case, "" without one."""
        found = self.first(name)
        return found.value.upper() if found is not None else ""


def read_components(text: str) -> Iterator[Component]:
    """Yield the outermost components of a file that are closed, with all that is in them."""
    open_ones: list[Component] = []
    for number, line in enumerate(_unfolded(text), 1):
        name, params, value = split_line(line)
        if name == "BEGIN":
            open_ones.append(Component(value.upper(), number))
        elif name == "END":
            if not any(one.name == value.upper() for one in open_ones):
                continue
            while True:
                done = open_ones.pop()
                if open_ones:
                    open_ones[-1].within.append(done)
                elif done.name == value.upper():
                    yield done
                if done.name == value.upper():
                    break
        elif open_ones:
            held = open_ones[-1].properties.setdefault(name, [])
            held.append(Property(params, value, number))


def _unfolded(text: str) -> Iterator[str]:
    held: list[str] = []
    for line in re.split(r"\r?\n", text):
        if line[:1] in {" ", "\t"} and held:
            held.append(line[1:])
            continue
        if held:
            yield "".join(held)
        held = [line]
    yield "".join(held)


def split_line(line: str) -> tuple[str, str, str]:
    """Return name, parameters and value of a line.

    Some write a zone such as "(UTC+01:00) Amsterdam, Berlin" without quotes: where a property is a
    time, its value is what stands behind the last colon.
    """
    found = re.match(r"[A-Za-z0-9-]+", line)
    if found is None:
        return "", "", ""
    name, rest = found[0].upper(), line[found.end() :]
    if rest[:1] == ":":
        return name, "", rest[1:].strip()
    params, _, value = rest.rpartition(":")
    return name, params.lstrip(";"), value.strip()


def param(params: str, name: str) -> str:
    """Return a parameter, "" without it; an unquoted value ends where the next one begins."""
    found = re.search(
        rf'(?:^|;){name}=(?:"([^"]*)"?|(.*?)(?=;[A-Za-z-]+=|$))', params, re.IGNORECASE
    )
    return (found[1] or found[2] or "").strip() if found is not None else ""
