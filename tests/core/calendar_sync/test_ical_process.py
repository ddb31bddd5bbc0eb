"""A calendar file is read in a process of its own, which ends whatever the file holds."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.calendar_sync.ical_busy import BusyTimes, UnreadableCalendar
from core.calendar_sync.ical_process import BusyReader

START, END = datetime(2026, 3, 9, tzinfo=UTC), datetime(2026, 9, 9, tzinfo=UTC)
GOOD = "BEGIN:VEVENT\nUID:good\nDTSTART:20260310T100000Z\nDURATION:PT1H\nEND:VEVENT\n"

NEVER = (
    "BEGIN:VEVENT\nUID:n\nDTSTART:20260309T100000Z\nDURATION:PT1H\n"
    "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30\nEND:VEVENT\n"
)
"""A rule that never matches."""

_TURNS = "".join(
    f"BEGIN:{kind}\nDTSTART:19700101T000000\nRRULE:FREQ={often}\nTZOFFSETFROM:+0100\n"
    f"TZOFFSETTO:+0{n}00\nEND:{kind}\n"
    for n, (kind, often) in enumerate((("STANDARD", "DAILY"), ("DAYLIGHT", "HOURLY")), 1)
)
ZONE_BOMB = (
    f"BEGIN:VTIMEZONE\nTZID:odd\n{_TURNS}END:VTIMEZONE\nBEGIN:VEVENT\nUID:z\n"
    "DTSTART;TZID=odd:20260309T100000\nDURATION:PT1H\nEND:VEVENT\n"
)
"""A zone that changes its clocks daily and hourly: took 85 s and memory without end."""


def calendar(*parts: str) -> bytes:
    """Return a file of these components."""
    return f"BEGIN:VCALENDAR\n{''.join(parts)}END:VCALENDAR\n".replace("\n", "\r\n").encode()


def _many(count: int) -> list[str]:
    return [NEVER.replace("UID:n", f"UID:{n}") for n in range(count)]


async def read(file: bytes, **limits: float) -> BusyTimes:
    """Return what a file comes to."""
    return await BusyReader(**limits)(file, "UTC", START, END)  # type: ignore[arg-type]


def children() -> set[int]:
    """Return the processes that this one has started and not yet seen end."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and b"ical_process" in (stat.parent / "cmdline").read_bytes():
                found.add(int(stat.parent.name))
        except OSError:
            continue
    return found


async def test_the_good_entry_beside_one_that_never_ends_is_read() -> None:
    found = await read(calendar(NEVER, GOOD))
    assert [one.reason for one in found.problems] == ["slow"]
    assert [a for a, _ in found.spans] == [
        datetime(2026, 3, 9, 10, tzinfo=UTC),
        datetime(2026, 3, 10, 10, tzinfo=UTC),
    ]
    assert children() == set()


async def test_a_zone_with_daily_and_hourly_rules_costs_nothing() -> None:
    found = await read(calendar(ZONE_BOMB, GOOD), cpu_seconds=3)
    assert [a.day for a, _ in found.spans] == [9, 10]


async def test_many_slow_entries_end_with_the_processor_time_and_leave_nothing_running() -> None:
    with pytest.raises(UnreadableCalendar, match="much"):
        await read(
            calendar(*[NEVER.replace("UID:n", f"UID:{n}") for n in range(50)]), cpu_seconds=1
        )
    assert children() == set()


async def test_a_file_that_needs_too_much_memory_is_refused() -> None:
    entries = "".join(GOOD.replace("UID:good", f"UID:{n}") for n in range(15_000))
    with pytest.raises(UnreadableCalendar, match="much"):
        await read(calendar(entries), memory_bytes=48 * 1024 * 1024)
    assert children() == set()


async def test_whoever_stops_waiting_leaves_no_process_behind() -> None:
    with pytest.raises(UnreadableCalendar, match="much"):
        await read(calendar(NEVER), wall_seconds=0.05)
    waiting = asyncio.create_task(read(calendar(NEVER * 5)))
    while not children():  # noqa: ASYNC110 - another process tells nobody that it is there
        await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert children() == set()


_PARENT = """
import asyncio, sys
from datetime import UTC, datetime
from core.calendar_sync.ical_process import BusyReader
at = datetime(2026, 3, 9, tzinfo=UTC)
asyncio.run(BusyReader()(sys.stdin.buffer.read(), "UTC", at, at.replace(month=9)))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells the child only on Linux")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_parent_takes_the_process_with_it(how: signal.Signals) -> None:
    root = Path(__file__).parents[3]
    parent = subprocess.Popen([sys.executable, "-c", _PARENT], stdin=subprocess.PIPE, cwd=root)
    assert parent.stdin is not None
    parent.stdin.write(calendar(*_many(40)))
    parent.stdin.close()
    listed = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
    child = 0
    while not child:
        started = [int(pid) for pid in listed.read_text().split()]
        # Its time counts once it reads: before that it asks who its parent is.
        child = next((pid for pid in started if _has_read(pid)), 0)
    parent.send_signal(how)
    parent.wait()
    deadline = datetime.now(UTC) + timedelta(seconds=5)
    while _is_running(child) and datetime.now(UTC) < deadline:
        pass
    assert not _is_running(child)


def _has_read(pid: int) -> bool:
    try:
        return "Max cpu time              10" in Path(f"/proc/{pid}/limits").read_text()
    except OSError:
        return False


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
