"""Kill the delivering process a hundred times and report what arrived.

Run as ``python -m tests.faults.delivery_kills URL FOLDER WORKERS KILLS FAULT``; it prints JSON.
People have messages waiting, one of them a poison that kills whoever renders it. WORKERS processes
deliver side by side, each forked from this one. One of them kills itself when it comes to a
counted point – a statement that writes, a commit, a message before or after it is sent – and is
replaced, after the others have come to an end and a minute has passed. So it goes on until KILLS
have happened, then everything is delivered undisturbed.

What people are sent, and what was marked, is written to a file outside the database. FAULT takes
a safeguard away ("" for none): "marked first" marks a message and then sends it; "no suspects"
claims rows whose sender vanished like all others.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog

from bot.channels.base import Channels, SendResult
from bot.delivery.sender import OutboxSender
from bot.rendering.render import SMS, RenderedMessage
from core.clock import FixedClock
from core.db import tables
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import conversations, lines, shops
from core.messaging.messages import Say
from core.messaging.outbox import claim, enqueue
from core.messaging.outbox.acknowledge import requeue_expired_leases
from core.messaging.outbox.claim import Outgoing
from tests.faults.turn_kills import EventLog, StepCounter
from tests.support.row_factory import RowFactory
from tests.support.runtimes import NOW, open_runtime, skip_disk_sync

TALKS = 12
MESSAGES = 40
"""In each talk."""

POISON_TEXT = "poison"


@dataclass
class RecordingChannel:
    """A channel that writes every message down, and counts as points before and after."""

    ledger: EventLog
    steps: StepCounter
    capabilities = SMS

    async def send(self, row: Outgoing, rendered: RenderedMessage) -> SendResult:
        """Send a message; the poison is not survived."""
        if rendered.text == POISON_TEXT:
            self.ledger.append(poisoned=row.id)
            os.kill(os.getpid(), signal.SIGKILL)
        self.steps.step("send")
        self.ledger.append(sent=(row.id, row.address, rendered.text))
        self.steps.step("sent")
        return SendResult(f"outside-{row.id}", "sent", 1)

    async def close(self) -> None:
        """Nothing to close."""


class RecordingDelivery(OutboxSender):
    """Writes down what is marked, so that we know which message may come again."""

    ledger: EventLog

    async def _sent(self, row: Outgoing, rendered: RenderedMessage, sent: SendResult) -> bool:
        more = await super()._sent(row, rendered, sent)
        self.ledger.append(marked=row.id)
        return more


class MarkFirstDelivery(OutboxSender):
    """Marks a message, and then sends it."""

    async def _send(self, row: Outgoing) -> bool:
        rendered = RenderedMessage(str(row.message.params["answer"]))
        await self._sent(row, rendered, SendResult(f"outside-{row.id}", "sent", 1))
        await self.channels[row.transport, row.channel].send(row, rendered)
        return True


def _no_suspects() -> None:
    claim._CLAIM_OF_LINES = claim._CLAIM


async def deliver_all(
    url: str, folder: Path, ledger: EventLog, steps: StepCounter, minutes: int, fault: str
) -> None:
    """Deliver what is due, as a worker does, to the end."""
    clock = FixedClock.at(NOW)
    clock.advance(timedelta(minutes=minutes))
    runtime = skip_disk_sync(open_runtime(url, folder, clock))
    steps.watch(runtime)
    ways: Channels = {("twilio", "sms"): RecordingChannel(ledger, steps)}
    delivery: OutboxSender = MarkFirstDelivery(runtime, ways)
    if fault != "marked first":
        delivery = RecordingDelivery(runtime, ways)
        delivery.ledger = ledger
    await runtime.run(requeue_expired_leases)
    await delivery.drain()
    await runtime.close()


def fork_delivery(*arguments: Any, kill_at: int | None) -> int:
    """Fork a process that delivers; return its id."""
    process = os.fork()
    if process:
        return process
    try:
        url, folder, ledger, minutes, fault = arguments
        asyncio.run(deliver_all(url, folder, ledger, StepCounter(kill_at), minutes, fault))
    except BaseException as error:  # noqa: BLE001 - told by the exit status
        print(repr(error), file=sys.stderr)  # noqa: T201 - whoever runs the test reads it
        os._exit(1)
    os._exit(0)


def wait_for_exit(processes: Sequence[int]) -> int:
    """Wait for processes; return how many were killed."""
    killed = 0
    for process in processes:
        _, status = os.waitpid(process, 0)
        if os.WIFSIGNALED(status):
            killed += 1
        elif status:
            raise RuntimeError(f"a process ended with {status}")
    return killed


def run_experiment(url: str, folder: str, workers: int, kills: int, fault: str) -> None:
    """Run the experiment and print its result."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    if fault == "no suspects":
        _no_suspects()
    place = Path(folder)
    ledger = EventLog(place / "ledger")
    asyncio.run(fill_outbox(url, place, ["+34620000000"], ["first"]))
    # Here, not forked: what is compiled now, all the others share.
    asyncio.run(deliver_all(url, place, EventLog(place / "first"), StepCounter(None), 0, ""))
    people = [f"+3461{n:07}" for n in range(TALKS)]
    asyncio.run(
        fill_outbox(url, place, people, [f"{number}" for number in range(MESSAGES)], POISON_TEXT)
    )
    gc.freeze()  # what is there by now is shared with those we fork, as long as nobody touches it
    minutes, killed, point = 0, 0, 0
    while killed < kills and minutes < 3 * kills + 20:
        given = (url, place, ledger, minutes, fault)
        # Each time at another point, so that all kinds of points come in turn.
        point = point * 5 % 61 + 1
        victims = [fork_delivery(*given, kill_at=point + shift) for shift in range(workers)]
        killed += wait_for_exit(victims)
        minutes += 2
    rows = asyncio.run(outbox_outcome(url, place))
    for _ in range(20):  # what is poisonous has as many lives as tries
        if {row[2] for row in rows} <= {"sent", "dead"}:
            break
        wait_for_exit([fork_delivery(url, place, ledger, minutes, fault, kill_at=None)])
        minutes += 2
        rows = asyncio.run(outbox_outcome(url, place))
    print(json.dumps({"killed": killed, "rows": rows}))  # noqa: T201 - whoever started us reads it


async def fill_outbox(
    url: str, folder: Path, people: Sequence[str], texts: Sequence[str], poison: str = ""
) -> None:
    """Put everybody's messages into the outbox, the poison first."""
    runtime = skip_disk_sync(open_runtime(url, folder))
    async with runtime.transaction() as ctx:
        rows = RowFactory(ctx)
        await rows.add(shops, keyword=people[0])
        await rows.add(lines, transport="twilio", address=people[0])
        talks = [await rows.add(conversations, address=one, identity_id=None) for one in people]
        for text in filter(None, [poison]):
            await _post(ctx, talks[0], text)
        for text in texts:
            for talk in talks:
                await _post(ctx, talk, text)
    await runtime.close()


async def _post(ctx: Context, talk: int, text: str) -> None:
    await enqueue.enqueue(ctx, Say("answer", {"answer": text}), conversation_id=talk)


async def outbox_outcome(url: str, folder: Path) -> list[tuple[Any, ...]]:
    """Return id, address, state and attempts of every row."""
    runtime: Runtime = open_runtime(url, folder)
    o, c = tables.outbox.c, tables.conversations.c
    async with runtime.read_transaction() as ctx:
        rows = await ctx.all(
            sa.select(o.id, c.address, o.state, o.attempts)
            .join_from(tables.outbox, tables.conversations, c.id == o.conversation_id)
            .where(c.address.like("+3461%"))
            .order_by(o.id)
        )
    await runtime.close()
    return [tuple(row) for row in rows]


if __name__ == "__main__":
    run_experiment(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
