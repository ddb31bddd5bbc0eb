"""Reading a calendar file in a process of its own, which ends whatever the file holds.

The process is started fresh, without settings or secrets, is bounded in processor time, memory and
time, and dies with the process that started it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from core.calendar_sync.ical_busy import BusyTimes, EntryProblem, UnreadableCalendar, busy_spans
from core.calendar_sync.ical_times import OddEntry

CPU_SECONDS = 10
MEMORY_BYTES = 512 * 1024 * 1024
WALL_SECONDS = 60.0
ENTRY_CPU_SECONDS = 0.5
"""Limits on one file, and on one entry of it."""

MAX_PROCESSES = 2
"""How many files are read at once."""

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(slots=True)
class BusyReader:
    """Reads files, a few at once, each in its own process."""

    cpu_seconds: int = CPU_SECONDS
    memory_bytes: int = MEMORY_BYTES
    wall_seconds: float = WALL_SECONDS
    _free: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_PROCESSES))

    async def __call__(
        self, file: bytes, timezone: str, start: datetime, end: datetime, own: str = ""
    ) -> BusyTimes:
        """Return the busy times of a file, or raise UnreadableCalendar; nothing is left running."""
        asked = {
            "timezone": timezone,
            "start": start.timestamp(),
            "end": end.timestamp(),
            "own": own,
            "cpu": self.cpu_seconds,
            "memory": self.memory_bytes,
            "parent": os.getpid(),
        }
        async with self._free:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-s",
                "-m",
                "core.calendar_sync.ical_process",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={"PYTHONPATH": str(_ROOT)},
                cwd=_ROOT,
            )
            try:
                sent = json.dumps(asked).encode() + b"\n" + file
                async with asyncio.timeout(self.wall_seconds):
                    answer, _ = await process.communicate(sent)
            except TimeoutError:
                raise UnreadableCalendar("much") from None
            finally:
                if process.returncode is None:
                    with contextlib.suppress(ProcessLookupError):
                        process.kill()
                    await asyncio.shield(process.wait())
        return _from_answer(answer, process.returncode)


def _from_answer(answer: bytes, code: int | None) -> BusyTimes:
    if code != 0:  # killed by a limit, or out of memory
        raise UnreadableCalendar("much")
    said = json.loads(answer)
    if "error" in said:
        raise UnreadableCalendar(said["error"])
    spans = [
        (datetime.fromtimestamp(since, UTC), datetime.fromtimestamp(until, UTC))
        for since, until in said["spans"]
    ]
    return BusyTimes(spans, [EntryProblem(**one) for one in said["problems"]], said["odd"])


# -------------------------------------------------------------------------- in the process itself


def _limit(cpu: int, memory: int, parent: int) -> None:
    """Bound this process, and have it end with the one that started it."""
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        import ctypes

        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)


@contextlib.contextmanager
def _entry_limit() -> Iterator[None]:
    """Raise OddEntry in an entry that takes too much processor time."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise OddEntry("slow")

    signal.signal(signal.SIGPROF, stop)
    # Again and again, for the entry may have another rule of the same kind.
    signal.setitimer(signal.ITIMER_PROF, ENTRY_CPU_SECONDS, ENTRY_CPU_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def main() -> None:
    """Read a file from the standard input, write what it comes to."""
    header, _, file = sys.stdin.buffer.read().partition(b"\n")
    asked = json.loads(header)
    _limit(asked["cpu"], asked["memory"], asked["parent"])
    start, end = (datetime.fromtimestamp(asked[name], UTC) for name in ("start", "end"))
    try:
        found = busy_spans(
            file, asked["timezone"], start, end, own=asked["own"], guard=_entry_limit
        )
    except UnreadableCalendar as error:
        said: dict[str, object] = {"error": error.reason}
    else:
        said = {
            "spans": [(a.timestamp(), b.timestamp()) for a, b in found.spans],
            "problems": [asdict(one) for one in found.problems],
            "odd": found.odd,
        }
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main()
