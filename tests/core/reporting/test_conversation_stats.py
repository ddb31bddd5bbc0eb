"""Talks held to a slow reference that reads every row, on random talks of two shops."""

from __future__ import annotations

import random
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.db import tables
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import bookings, conversations, identities, inbox, members, outbox, prompts
from core.db.tables import users as users_table
from core.messaging import lines
from core.reporting.conversation_stats import (
    SILENCE_ENDS_CONVERSATION,
    AbandonedStep,
    ConversationStats,
    conversation_stats,
)
from core.reporting.filters import build_filter
from core.shops import providers, services
from core.shops.shops import add_shop
from core.values.catalog_changes import NewProvider, NewService
from core.values.shop_changes import NewShop
from tests.support.statement_counter import count_statements

SINCE, UNTIL = date(2026, 3, 28), date(2026, 3, 30)  # Madrid's clocks change in between
START, END = datetime(2026, 3, 27, 23, tzinfo=UTC), datetime(2026, 3, 30, 22, tzinfo=UTC)
STEPS = ("1/what", "2/hit1/what", "3/when/1", "1/when/12", "1/login/proof2", "1/login/name")


class Chatter:
    """A shop where people talk at random, one line of its own and one for all shops."""

    def __init__(self, ctx: Context, seed: int) -> None:
        self.ctx, self.random = ctx, random.Random(seed)

    async def open(self, name: str) -> None:
        """Found the shop; its owner writes to it as customers do."""
        ctx = self.ctx
        self.shop = await add_shop(
            ctx, NewShop(name=name, timezone="Europe/Madrid", country="ES", currency="EUR")
        )
        self.service = await services.add_service(
            ctx, self.shop, NewService(name="Cut", minutes=30)
        )
        self.provider = await providers.add_provider(ctx, self.shop, NewProvider(name="Ana"))
        self.lines = [
            await lines.get_or_create_line(
                ctx, transport="terminal", channel=channel, address=f"{name}{n}", shop_id=shop
            )
            for n, (channel, shop) in enumerate(
                (("sms", self.shop), ("telegram", None), ("whatsapp", self.shop))
            )
        ]
        await ctx.execute(
            sa.update(tables.lines).where(tables.lines.c.id == self.lines[2]).values(staff=True)
        )

    async def talk(self, people: int) -> None:
        """Let people write around the period, and be asked, answered and booked at random."""
        for number in range(people):
            await self._person(number, staff=number % 5 == 4)

    async def _person(self, number: int, *, staff: bool) -> None:
        ctx, any_ = self.ctx, self.random
        user = await ctx.insert(users_table, name=f"U{number}", language="en", created_at=ctx.now)
        address = f"+3460{self.shop:02}{number:05}"
        identity = await ctx.insert(
            identities, user_id=user, kind="phone", value=address, created_at=ctx.now
        )
        if staff:
            await ctx.insert(
                members, shop_id=self.shop, user_id=user, role="owner", created_at=ctx.now
            )
        talk = await ctx.insert(
            conversations,
            line_id=any_.choice(self.lines),
            address=address,
            identity_id=identity,
            shop_id=self.shop,
            created_at=ctx.now,
        )
        line = await ctx.scalar(
            sa.select(conversations.c.line_id).where(conversations.c.id == talk)
        )
        at = START - timedelta(hours=any_.randrange(-70, 60))
        for turn in range(any_.randrange(1, 9)):
            at += any_.choice(
                (timedelta(0), timedelta(seconds=40), timedelta(hours=9), SILENCE_ENDS_CONVERSATION,
                 SILENCE_ENDS_CONVERSATION - timedelta(seconds=1))
            )  # fmt: skip
            done = None if any_.random() < 0.05 else at + timedelta(seconds=any_.choice((0, 3)))
            await ctx.insert(
                inbox,
                line_id=line, event_id=f"{talk}x{turn}", conversation_id=talk, incoming={},
                state="new" if done is None else "done", due_at=at, received_at=at, done_at=done,
            )  # fmt: skip
            later = at + timedelta(seconds=any_.choice((0, 1, 86_399, 86_400)))
            if any_.random() < 0.6:
                await ctx.insert(
                    prompts, conversation_id=talk, step=any_.choice(STEPS), message={},
                    decision=any_.choice(("", "", "reminder")), created_at=later,
                )  # fmt: skip
            await ctx.insert(
                outbox, conversation_id=talk, queue=any_.choice(("reply", "alert")), kind="x",
                message={}, state="sent", segments=any_.randrange(4),
                due_at=later, created_at=later,
            )  # fmt: skip
            if any_.random() < 0.5:
                await self._booking(talk, turn, later)

    async def _booking(self, talk: int, turn: int, at: datetime) -> None:
        await self.ctx.insert(
            bookings,
            shop_id=self.shop, ref=f"{talk}-{turn}", conversation_id=talk,
            state=self.random.choice(("held", "expired", "confirmed", "cancelled")),
            service_id=self.service, provider_id=self.provider, starts_at=at,
            ends_at=at + timedelta(minutes=30), local_date=at.date(), local_time="10:00",
            timezone="Europe/Madrid", currency="EUR", origin="sms", created_at=at, updated_at=at,
        )  # fmt: skip


async def reckoned(ctx: Context, shop: int, channel: str = "") -> ConversationStats:
    """Count message by message."""
    talks, segments, turns, made = 0, 0, 0, 0
    booked, left = 0, Counter[str]()
    every = {
        table.name: await ctx.all(sa.select(table).order_by(table.c.id))
        for table in (
            conversations,
            tables.lines,
            identities,
            members,
            inbox,
            prompts,
            outbox,
            bookings,
        )
    }
    line_of = {row.id: row for row in every["lines"]}
    user_of = {row.id: row.user_id for row in every["identities"]}
    staff = {row.user_id for row in every["members"] if row.shop_id == shop}
    for talk in every["conversations"]:
        line = line_of[talk.line_id]
        if (line.shop_id or talk.shop_id) != shop or line.staff:
            continue
        if user_of[talk.identity_id] in staff or channel not in {"", line.channel}:
            continue
        came = sorted(
            row.received_at
            for row in every["inbox"]
            if row.conversation_id == talk.id and row.done_at and row.received_at < END
        )
        apart: list[list[datetime]] = []
        for at in came:
            if apart and at - apart[-1][-1] < SILENCE_ENDS_CONVERSATION:
                apart[-1].append(at)
            else:
                apart.append([at])
        for one in apart:
            if one[0] < START:
                continue

            def during(row: Any, one: list[datetime] = one, talk: Any = talk) -> bool:
                inside = one[0] <= row.created_at < one[-1] + SILENCE_ENDS_CONVERSATION
                return bool(row.conversation_id == talk.id and inside)

            talks += 1
            count = sum(
                during(row) and row.state not in {"held", "expired"} for row in every["bookings"]
            )
            if count:
                booked, made, turns = booked + 1, made + count, turns + len(one)
                segments += sum(
                    row.segments for row in every["outbox"] if during(row) and row.queue == "reply"
                )
                continue
            asked = [
                row.step
                for row in sorted(every["prompts"], key=lambda row: (row.created_at, row.id))
                if during(row) and row.decision == "" and row.created_at >= one[-1]
            ]
            left[re.findall("[a-z]+", asked[-1])[-1] if asked else ""] += 1
    ranked = sorted(left.items(), key=lambda pair: (-pair[1], pair[0]))
    steps = [AbandonedStep(step, number) for step, number in ranked]
    return ConversationStats(talks, booked, made, turns, segments, steps)


async def test_talks_are_what_a_slow_reference_counts(ctx: Context) -> None:
    shops = [Chatter(ctx, seed) for seed in (1, 2)]
    for name, shop in zip(("Bella", "Smile"), shops, strict=True):
        await shop.open(name)
        await shop.talk(90)
    for shop in shops:
        for channel in ("", "sms", "telegram"):
            scope = await build_filter(ctx, shop.shop, since=SINCE, until=UNTIL, channel=channel)
            found = await conversation_stats(ctx, scope)
            assert found == await reckoned(ctx, shop.shop, channel)
            # Every case is among them: booked and not, asked and not, more than one in a talk.
            assert found is not None
            if not channel:
                assert found.bookings > found.booked >= 2
                assert {left.step for left in found.abandoned} >= {"", "what", "when"}
    some = await build_filter(ctx, shops[0].shop, provider_ids=[shops[0].provider])
    assert await conversation_stats(ctx, some) is None


async def test_the_reference_would_see_a_talk_that_went_on(ctx: Context) -> None:
    shop = Chatter(ctx, 3)
    await shop.open("Bella")
    await shop.talk(12)
    scope = await build_filter(ctx, shop.shop, since=SINCE, until=UNTIL)
    assert await conversation_stats(ctx, scope) == await reckoned(ctx, shop.shop)
    counted = await conversation_stats(ctx, scope)
    await ctx.execute(sa.update(inbox).values(received_at=START, done_at=START))
    assert counted != await reckoned(ctx, shop.shop)


async def test_many_talks_take_one_statement(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        shop = Chatter(ctx, 4)
        await shop.open("Bella")
        await shop.talk(30)
        scope = await build_filter(ctx, shop.shop, since=SINCE, until=UNTIL)
    async with runtime.read_transaction() as ctx:
        with count_statements(runtime) as counted:
            await conversation_stats(ctx, scope)
    assert len(counted) == 1


pytestmark = pytest.mark.usefixtures("only_database_awaits")
