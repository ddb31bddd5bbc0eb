"""The database is kept lean: what is over goes in time, and nothing else does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.db import tables
from core.db.context import Context
from core.db.tables import (
    audit,
    auth_sessions,
    booking_events,
    bookings,
    consents,
    conversations,
    inbox,
    lines,
    lockouts,
    one_time_codes,
    outbox,
    prompts,
)
from core.privacy import retention
from tests.support.row_factory import RowFactory

Add = Callable[[RowFactory, timedelta], Awaitable[int]]


async def _code(rows: RowFactory, age: timedelta) -> int:
    return await rows.add(one_time_codes, created_at=rows.ctx.now - age)


async def _talk(rows: RowFactory, age: timedelta) -> int:
    state = {"stack": [{"flow": "book"}], "runs": 4}
    return await rows.add(conversations, last_in_at=rows.ctx.now - age, state=state)


async def _incoming(rows: RowFactory, age: timedelta) -> int:
    at = rows.ctx.now - age
    return await rows.add(inbox, prompt_id=None, state="done", received_at=at, done_at=at)


async def _sent(rows: RowFactory, age: timedelta) -> int:
    at = rows.ctx.now - age
    none = {"prompt_id": None, "booking_id": None}
    return await rows.add(outbox, state="sent", created_at=at, due_at=at, sent_at=at, **none)


async def _prompt(rows: RowFactory, age: timedelta) -> int:
    at = rows.ctx.now - age
    return await rows.add(prompts, created_at=at, closed_at=at)


async def _hold(rows: RowFactory, age: timedelta) -> int:
    at = rows.ctx.now - age
    none = {"customer_id": None, "session_id": None, "conversation_id": None}
    none |= {"visit_id": None, "series_id": None}
    made = await rows.add(bookings, state="expired", created_at=at, updated_at=at, **none)
    await rows.add(booking_events, booking_id=made)
    return made


async def _sign_in(rows: RowFactory, age: timedelta) -> int:
    at = rows.ctx.now - age
    return await rows.add(
        auth_sessions, created_at=at, used_at=at, expires_at=rows.ctx.now, ended_at=at
    )


async def _lockout(rows: RowFactory, age: timedelta) -> int:
    return await rows.add(lockouts, last_at=rows.ctx.now - age)


async def _change(rows: RowFactory, age: timedelta) -> int:
    return await rows.add(audit, at=rows.ctx.now - age)


KEPT: dict[str, tuple[sa.Table, Add, int]] = {
    "codes": (one_time_codes, _code, 30),
    "inbox": (inbox, _incoming, 90),
    "outbox": (outbox, _sent, 180),
    "prompts": (prompts, _prompt, 180),
    "holds": (bookings, _hold, 30),
    "sign-ins": (auth_sessions, _sign_in, 90),
    "lockouts": (lockouts, _lockout, 90),
    "audit": (audit, _change, 730),
}


async def swept(ctx: Context, kind: str) -> int:
    """Sweep a kind to the end; return how many rows it was."""
    count, after = 0, 0
    while True:
        batch = await retention.sweep_batch(ctx, kind, after)
        count += batch.count
        if batch.next_after_id is None:
            return count
        after = batch.next_after_id


async def ids(ctx: Context, table: sa.Table) -> list[int]:
    return [row.id for row in await ctx.all(sa.select(table.c.id).order_by(table.c.id))]


@pytest.mark.parametrize("kind", KEPT)
async def test_rows_are_deleted_after_their_retention_days(ctx: Context, kind: str) -> None:
    table, add, days = KEPT[kind]
    rows = RowFactory(ctx)
    await add(rows, timedelta(days=days))
    young = await add(rows, timedelta(days=days, seconds=-1))
    assert await swept(ctx, kind) == 1
    assert await ids(ctx, table) == [young]
    assert await swept(ctx, kind) == 0


@pytest.mark.parametrize("kind", KEPT)
async def test_retention_deletes_in_batches(
    ctx: Context, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH_SIZE", 2)
    table, add, days = KEPT[kind]
    rows = RowFactory(ctx)
    for _ in range(5):
        await add(rows, timedelta(days=days))
    young = await add(rows, timedelta(0))
    assert (await retention.sweep_batch(ctx, kind)).count == 2
    assert await swept(ctx, kind) == 3
    assert await ids(ctx, table) == [young]


async def test_a_talk_left_alone_is_closed_and_counts_on(ctx: Context) -> None:
    rows = RowFactory(ctx)
    left = await _talk(rows, timedelta(days=7))
    asked = await rows.add(prompts, conversation_id=left)
    decision = await rows.add(prompts, conversation_id=left, decision="approval")
    going = await _talk(rows, timedelta(days=7, seconds=-1))
    idle = {"stack": [], "runs": 9, "relay": 1}
    await rows.add(conversations, last_in_at=ctx.now - timedelta(days=99), state=idle)
    await rows.add(conversations, last_in_at=ctx.now - timedelta(days=99), state={})
    assert await swept(ctx, "talks") == 1
    c, p = conversations.c, prompts.c
    states = {row.id: row.state for row in await ctx.all(sa.select(c.id, c.state))}
    assert states[left] == {"runs": 4}
    assert states[going] == {"stack": [{"flow": "book"}], "runs": 4}
    assert idle in states.values()
    closed = sa.select(p.id).where(p.closed_at == ctx.now)
    assert [row.id for row in await ctx.all(closed)] == [asked]
    assert decision != asked
    assert await swept(ctx, "talks") == 0


async def test_unfinished_rows_are_kept_by_retention(ctx: Context) -> None:
    rows, old = RowFactory(ctx), ctx.now - timedelta(days=999)
    kept: dict[str, Any] = {"prompt_id": None, "booking_id": None, "created_at": old}
    due = await rows.add(outbox, state="due", due_at=old, **kept)
    later = await rows.add(outbox, state="dropped", due_at=ctx.now, **kept)
    new = await rows.add(inbox, state="new", prompt_id=None, received_at=old)
    assert (await swept(ctx, "outbox"), await swept(ctx, "inbox")) == (0, 0)
    assert await ids(ctx, outbox) == [due, later]
    assert await ids(ctx, inbox) == [new]


async def test_a_question_stays_while_something_names_it_or_it_is_open(ctx: Context) -> None:
    rows, old = RowFactory(ctx), ctx.now - timedelta(days=999)
    told = await rows.add(prompts, created_at=old, closed_at=old)
    await rows.add(outbox, prompt_id=told, booking_id=None, state="sent", due_at=ctx.now)
    heard = await rows.add(prompts, created_at=old, closed_at=old)
    await rows.add(inbox, prompt_id=heard)
    open_ = await rows.add(prompts, created_at=old)
    ahead = await rows.add(prompts, created_at=old, expires_at=ctx.now + timedelta(days=1))
    await rows.add(prompts, created_at=old, expires_at=ctx.now)
    assert await swept(ctx, "prompts") == 1
    assert await ids(ctx, prompts) == [told, heard, open_, ahead]


async def test_retention_keeps_the_bare_id_of_twilio_messages(ctx: Context) -> None:
    rows, old = RowFactory(ctx), ctx.now - timedelta(days=91)
    line = await rows.add(lines, transport="twilio")
    prompt = await rows.add(prompts)
    at: dict[str, Any] = {"state": "done", "received_at": old, "done_at": old}
    await rows.add(
        inbox, line_id=line, event_id="SM1", prompt_id=prompt, incoming={"text": "hi"}, **at
    )
    assert await swept(ctx, "inbox") == 1
    row = await ctx.first(sa.select(inbox))
    assert row is not None
    assert (row.event_id, row.incoming, row.prompt_id, row.state) == ("SM1", {}, None, "done")
    assert await swept(ctx, "inbox") == 0


async def test_bookings_histories_and_consents_are_for_good(ctx: Context) -> None:
    rows, old = RowFactory(ctx), ctx.now - timedelta(days=9999)
    for state in ("completed", "cancelled", "expired"):
        made = await rows.add(bookings, state=state, created_at=old, updated_at=old)
        await rows.add(booking_events, booking_id=made, at=old)
    await rows.add(consents, at=old)
    for kind in retention.KINDS:
        await swept(ctx, kind)
    for table, count in ((bookings, 3), (booking_events, 3), (consents, 1)):
        assert len(await ids(ctx, table)) == count
    assert tables.metadata.tables["bookings"] is bookings


async def test_retention_days_come_from_settings(ctx: Context) -> None:
    ctx.settings = ctx.settings.model_copy(update={"keep_codes_days": 2})
    await _code(RowFactory(ctx), timedelta(days=2))
    assert await swept(ctx, "codes") == 1
