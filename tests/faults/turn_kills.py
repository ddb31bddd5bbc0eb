"""Kill a turn's process at each of its steps, start another, and report the outcome.

Run as ``python -m tests.faults.turn_kills URL FOLDER FAULT STEPS``; it prints JSON. One person's
talk is handled undisturbed and its steps are counted: each statement that writes, each commit
before and after, each message before and after it is sent, each acknowledgement. (Before a
statement that reads all is as it was at the step before.) Then, for each of these steps whose
name the regular expression STEPS finds, at a shop like the first, a process handles the talk
until it comes to that step and kills itself. Another takes over a minute later and does first
what the worker's ticks would.

What people are sent and what was acknowledged is written to a file outside the database. FAULT
takes one safeguard away ("" for none, see `FAULTS`).
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import re
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog

from bot.channels.base import SendResult
from bot.delivery.render_outgoing import render_outgoing
from bot.delivery.sender import OutboxSender
from bot.engine import turn
from bot.engine.receive import receive_incoming
from bot.engine.turn_runner import TurnRunner
from bot.rendering.render import SMS, RenderedMessage
from bot.worker import Worker
from core.clock import FixedClock
from core.db import tables
from core.db.context import Context
from core.db.runtime import Runtime
from core.messaging.lines import Line, get_or_create_line
from core.messaging.messages import Incoming
from core.messaging.outbox.claim import Outgoing
from tests.faults import booking_script
from tests.faults.booking_script import ScriptedPerson
from tests.support.runtimes import open_runtime, skip_disk_sync
from tests.webhooks.harness import SMS_NUMBER

NOW = "2026-03-09T08:45Z"
"""Neither now nor a minute later does what is on offer change."""

LATER = timedelta(seconds=61)
"""How much later somebody else takes over: the leases of the dead have run out by then."""

SCRIPT = ("{shop}", "1", "2", "{code} Marta")
"""See what there is, pick a service, a time, and book: bookings, codes and alerts are in it."""


@dataclass
class EventLog:
    """What the world outside saw of one talk; it is there whatever happens to us."""

    path: Path

    def append(self, **line: object) -> None:
        """Add a line."""
        with self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")

    def lines(self, what: str) -> list[Any]:
        """Return what was noted of a kind."""
        if not self.path.exists():
            return []
        lines = [json.loads(line) for line in self.path.read_text().splitlines()]
        return [line[what] for line in lines if what in line]

    def texts(self, address: str) -> list[str]:
        """Return what somebody was sent, in order."""
        return [text for _, to, text in self.lines("sent") if to == address]


@dataclass
class StepCounter:
    """Counts the steps of this process; kills it at one of them."""

    kill_at: int | None
    seen: list[str] = field(default_factory=list)

    def step(self, what: str) -> None:
        """Come to a step."""
        self.seen.append(what)
        if len(self.seen) - 1 == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, runtime: Runtime) -> None:
        """Count what `runtime` does, from here on."""
        engines = [runtime.engine.sync_engine]
        if runtime.engine.dialect.name == "sqlite":
            engines.append(runtime.read_engine.sync_engine)

        def statement(_connection: object, _cursor: object, words: str, *_more: object) -> None:
            if not words.startswith(("SELECT", "BEGIN")):
                self.step(" ".join(words.split()[:3]))

        for one in engines:
            sa.event.listen(one, "before_cursor_execute", statement)
            sa.event.listen(one, "commit", lambda _connection: self.step("commit"))
            sa.event.listen(one, "checkin", lambda *_: self.step("committed"))


@dataclass
class StepRecordingChannel:
    """A channel that writes every message down and counts as steps before and after."""

    ledger: EventLog
    steps: StepCounter
    capabilities = SMS

    async def send(self, row: Outgoing, rendered: RenderedMessage) -> SendResult:
        """Send a message."""
        self.steps.step(f"send {row.queue}")
        self.ledger.append(sent=(row.id, row.address, rendered.text))
        self.steps.step(f"sent {row.queue}")
        return SendResult(f"outside-{row.id}", "delivered", rendered.segments)

    async def close(self) -> None:
        """Nothing to close."""


class StepRecordingDelivery(OutboxSender):
    """Writes down what is marked, so that we know which message may come again."""

    ledger: EventLog

    async def _send(self, row: Outgoing) -> bool:
        more = await super()._send(row)
        self.ledger.append(marked=row.id)
        return more


@dataclass
class TurnAttempt:
    """One process handles a talk from a message on; `later` it looks first what was left."""

    url: str
    folder: Path
    line: Line
    somebody: ScriptedPerson
    ledger: EventLog
    fault: str
    later: bool = False

    async def run(self, steps: StepCounter) -> None:
        """Handle the talk to its end."""
        runtime = self._open()
        steps.watch(runtime)
        delivery = StepRecordingDelivery(
            runtime, {("terminal", "sms"): StepRecordingChannel(self.ledger, steps)}
        )
        delivery.ledger = self.ledger
        if self.later:
            await Worker(runtime, delivery, TurnRunner(runtime)).run_due()
        for number in range(len(self.ledger.lines("acknowledged")), len(SCRIPT)):
            await self._message(runtime, delivery, number, steps)
        await runtime.close()

    def _open(self) -> Runtime:
        clock = FixedClock.at(NOW)
        if self.later:
            clock.advance(LATER)
        runtime = skip_disk_sync(open_runtime(self.url, self.folder, clock))
        runtime.random.seed(self.somebody.number * 2 + self.later)
        return runtime

    async def _message(
        self, runtime: Runtime, delivery: OutboxSender, number: int, steps: StepCounter
    ) -> None:
        code = booking_script.newest_code(self.ledger.texts(self.somebody.phone))
        words = SCRIPT[number].format(shop=self.somebody.keyword, code=code)
        name = f"E{self.somebody.number}x{number}"
        if self.fault == "acknowledged before it is stored":
            self.ledger.append(acknowledged=number)
            steps.step("acknowledged")
        receipt = await receive_incoming(
            runtime, self.line, self.somebody.phone, name, Incoming(text=words)
        )
        if self.fault != "acknowledged before it is stored":
            self.ledger.append(acknowledged=number)
            steps.step("acknowledged")
        await turn.run_pending_turns(runtime, receipt.conversation_id)
        await delivery.drain()


# --- safeguards that can be taken away ----------------------------------------------------------


def _torn_turn() -> None:
    """Do the work of a turn in one transaction and mark the incoming in another."""
    whole, work = turn.run_turn, turn.run_pending_turns

    async def torn(ctx: Context, conversation_id: int) -> bool:
        handled = await whole(ctx, conversation_id)
        await ctx.execute(
            sa.update(tables.inbox)
            .where(tables.inbox.c.conversation_id == conversation_id)
            .values(state="new")
        )
        return not handled

    async def work_and_mark(runtime: Runtime, conversation_id: int) -> int:
        handled = await work(runtime, conversation_id)
        async with runtime.transaction() as ctx:
            await ctx.execute(
                sa.update(tables.inbox)
                .where(tables.inbox.c.conversation_id == conversation_id)
                .values(state="done")
            )
        return handled

    turn.run_turn, turn.run_pending_turns = torn, work_and_mark


def _marked_first() -> None:
    """Mark a message as sent, and then send it."""

    async def send(self: OutboxSender, row: Outgoing) -> bool:
        channel = self.channels[row.transport, row.channel]
        rendered = render_outgoing(row, channel)
        marked = SendResult(f"outside-{row.id}", "delivered", rendered.segments)
        await self._sent(row, rendered, marked)
        await channel.send(row, rendered)
        return True

    OutboxSender._send = send  # type: ignore[method-assign]


FAULTS: dict[str, Callable[[], None]] = {
    "": lambda: None,
    "acknowledged before it is stored": lambda: None,
    "marked before it is sent": _marked_first,
    "a turn in two transactions": _torn_turn,
}


# --- the experiment -----------------------------------------------------------------------------


def fork_attempt(attempt: TurnAttempt, kill_at: int | None) -> tuple[bool, list[str]]:
    """Fork a process that runs an attempt; return whether it was killed, and its steps."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        steps = StepCounter(kill_at)
        try:
            asyncio.run(attempt.run(steps))
        except BaseException as error:  # noqa: BLE001 - told by the exit status
            print(repr(error), file=sys.stderr)  # noqa: T201 - whoever runs the test reads it
            os._exit(1)
        os.write(writing, json.dumps(steps.seen).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    _, status = os.waitpid(process, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return True, []
    if status:
        raise RuntimeError(f"the process ended with {status}")
    return False, json.loads(said)


def possible_repeats(ledger: EventLog) -> list[str]:
    """Return the texts that were sent and not known to be marked."""
    marked = set(ledger.lines("marked"))
    return [text for row_id, _, text in ledger.lines("sent") if row_id not in marked]


def run_experiment(url: str, folder: str, fault: str, which: str) -> None:
    """Run the experiment and print its result."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    FAULTS[fault]()
    place = Path(folder)
    line_id, (first,) = asyncio.run(_open(url, place, [1]))
    line = Line(line_id, "terminal", "sms", "", SMS_NUMBER, None, staff=False)

    def attempt(somebody: ScriptedPerson, *, later: bool = False) -> TurnAttempt:
        ledger = EventLog(place / f"{somebody.number}.ledger")
        return TurnAttempt(url, place, line, somebody, ledger, fault, later)

    # Here, not forked: what is compiled now, all the others share.
    steps = StepCounter(None)
    asyncio.run(attempt(first).run(steps))
    points = [n for n, step in enumerate(steps.seen) if re.search(which, step)]
    _, people = asyncio.run(_open(url, place, [2 + n for n in range(len(points))]))
    gc.freeze()  # what is there by now is shared with those we fork, as long as nobody touches it
    kills: list[dict[str, Any]] = []
    for somebody, point in zip(people, points, strict=True):
        one = attempt(somebody)
        killed, _ = fork_attempt(one, point)
        again = possible_repeats(one.ledger)
        if killed:
            fork_attempt(attempt(somebody, later=True), None)
        kills.append(
            {"point": point, "step": steps.seen[point], "killed": killed, "allowed": again}
        )
    expected, *found = asyncio.run(_outcomes(url, place, [first, *people]))
    ledgers = [attempt(somebody).ledger for somebody in (first, *people)]
    texts = [
        [
            [booking_script.normalize_message(t, who) for t in ledger.texts(to)]
            for to in (who.phone, who.owner)
        ]
        for who, ledger in zip((first, *people), ledgers, strict=True)
    ]
    for kill, who, outcome, said in zip(kills, people, found, texts[1:], strict=True):
        kill["outcome"], kill["texts"] = asdict(outcome), said
        kill["allowed"] = [booking_script.normalize_message(text, who) for text in kill["allowed"]]
    report = {"steps": steps.seen, "outcome": asdict(expected), "texts": texts[0], "kills": kills}
    print(json.dumps(report, default=str))  # noqa: T201 - whoever started us reads this


async def _open(url: str, folder: Path, numbers: Sequence[int]) -> tuple[int, list[ScriptedPerson]]:
    runtime = skip_disk_sync(open_runtime(url, folder))
    async with runtime.transaction() as ctx:
        line_id = await get_or_create_line(
            ctx, transport="terminal", channel="sms", address=SMS_NUMBER
        )
        people = [await booking_script.open_scripted_shop(ctx, number) for number in numbers]
    await runtime.close()
    return line_id, people


async def _outcomes(
    url: str, folder: Path, people: list[ScriptedPerson]
) -> list[booking_script.ConversationOutcome]:
    runtime = open_runtime(url, folder)
    async with runtime.read_transaction() as ctx:
        found = [await booking_script.load_outcome(ctx, somebody) for somebody in people]
    await runtime.close()
    return found


if __name__ == "__main__":
    run_experiment(*sys.argv[1:])
