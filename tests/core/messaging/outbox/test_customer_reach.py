"""Where a booking's customer is told: the selects by themselves, and what the database reads."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import conversations, customers, identities, lines, reaches, shops, users
from core.messaging.outbox.customer_reach import (
    PREFERRED_CONVERSATION,
    PREFERRED_CONVERSATIONS,
    find_customer_conversation,
    find_customer_conversations,
)
from tests.support.people_rows import PeopleRows
from tests.support.query_plans import Plan, query_plan
from tests.support.row_factory import DAY

MARTA, HER_OTHER = "+34600000001", "+34600000002"
LATER = DAY + timedelta(hours=1)


@dataclass(frozen=True)
class Booked:
    """What is asked of a booking."""

    id: int
    shop_id: int
    conversation_id: int | None
    customer_id: int | None


@dataclass
class Home:
    """Marta, a customer of the shop, with her conversations."""

    place: PeopleRows
    user: int
    customer: int

    @classmethod
    async def open(cls, ctx: Context) -> "Home":
        place = await PeopleRows.open_shop(ctx)
        user = await place.add_person(MARTA)
        customer = await place.rows.add(customers, user_id=user, phone=MARTA)
        return cls(place, user, customer)

    def booking(self, made_in: int | None = None, *, known: bool = True) -> Booked:
        return Booked(1, self.place.shop, made_in, self.customer if known else None)

    async def preferred(self, ctx: Context, made_in: int | None = None) -> int | None:
        found = await find_customer_conversation(ctx, self.booking(made_in))
        return None if found is None else found.id

    async def telegram(self, **values: Any) -> int:
        """Open a conversation of hers on another line, used later than any other."""
        line = {"transport": "telegram", "channel": "telegram", "address": "@bella"}
        await self.place.rows.add(lines, **line)
        return await self.place.open_conversation(MARTA, last_in_at=LATER, **values)


async def test_nobody_who_never_wrote_nor_gave_an_address_is_told(ctx: Context) -> None:
    home = await Home.open(ctx)
    assert await home.preferred(ctx) is None


async def test_the_one_used_last_then_the_one_it_was_made_in(ctx: Context) -> None:
    home = await Home.open(ctx)
    sms = await home.place.open_conversation(MARTA, last_in_at=DAY)
    telegram = await home.telegram()
    assert await home.preferred(ctx) == telegram
    assert await home.preferred(ctx, made_in=sms) == sms


async def test_the_channel_asked_for_comes_before_the_one_it_was_made_in(ctx: Context) -> None:
    home = await Home.open(ctx)
    sms = await home.place.open_conversation(MARTA, last_in_at=DAY)
    telegram = await home.telegram()
    wish = sa.update(users).where(users.c.id == home.user)
    await ctx.execute(wish.values(channel="telegram"))
    assert await home.preferred(ctx, made_in=sms) == telegram


@pytest.mark.parametrize("closed", ["opted_out_at", "unreachable_at"])
async def test_one_that_can_be_reached_comes_before_all(ctx: Context, closed: str) -> None:
    home = await Home.open(ctx)
    sms = await home.place.open_conversation(MARTA, last_in_at=DAY)
    telegram = await home.telegram(**{closed: LATER})
    assert await home.preferred(ctx, made_in=telegram) == sms


async def test_a_hold_is_told_where_it_was_made_and_nowhere_else(ctx: Context) -> None:
    home = await Home.open(ctx)
    sms = await home.place.open_conversation(MARTA)
    await home.telegram()
    found = await find_customer_conversation(ctx, home.booking(sms, known=False))
    assert found is not None
    assert (found.id, found.channel, found.quiet_from) == (sms, "sms", None)
    assert await find_customer_conversation(ctx, home.booking(known=False)) is None


async def test_another_shops_line_is_passed_by_unless_it_was_made_there(ctx: Context) -> None:
    home = await Home.open(ctx)
    other = await home.place.rows.add(shops)
    elsewhere = {"transport": "twilio", "address": "+34910000001", "shop_id": other}
    await home.place.rows.add(lines, **elsewhere)
    talk = await home.place.open_conversation(MARTA, shop_id=other)
    assert await home.preferred(ctx) is None
    assert await home.preferred(ctx, made_in=talk) == talk


async def test_many_customers_are_told_where_each_alone_would_be(ctx: Context) -> None:
    home = await Home.open(ctx)
    await home.place.open_conversation(MARTA, last_in_at=DAY)
    telegram = await home.telegram()
    wish = sa.update(users).where(users.c.id == home.user)
    await ctx.execute(wish.values(quiet_from=600, quiet_until=660))
    silent = await home.place.rows.add(customers, user_id=None, phone=HER_OTHER)
    found = await find_customer_conversations(ctx, home.place.shop, [home.customer, silent])
    assert [(one.customer_id, one.id, one.quiet_from) for one in found] == [
        (home.customer, telegram, 600)
    ]


# ---------------------------------------------------------------------------------- the plans


async def many_customers(ctx: Context) -> dict[str, Any]:
    """Add two thousand people with conversations and given addresses; ask of one."""
    home = await Home.open(ctx)
    await home.place.open_conversation(MARTA, last_in_at=DAY)
    count, first = range(2000), 10_000
    phones = [f"+3461100{n:04}" for n in count]
    rows: dict[sa.Table, list[dict[str, Any]]] = {
        users: [{"id": first + n, "created_at": DAY} for n in count],
        customers: [
            {
                "id": first + n,
                "shop_id": home.place.shop,
                "user_id": first + n,
                "name": "Nora",
                "phone": phones[n],
                "created_at": DAY,
            }
            for n in count
        ],
        identities: [
            {
                "id": first + n,
                "user_id": first + n,
                "kind": "phone",
                "value": phones[n],
                "created_at": DAY,
            }
            for n in count
        ],
        conversations: [
            {
                "line_id": home.place.line,
                "address": phones[n],
                "identity_id": first + n,
                "state": {},
                "created_at": DAY,
            }
            for n in count
        ],
        reaches: [
            {
                "shop_id": home.place.shop,
                "customer_id": first + n,
                "channel": "sms",
                "address": phones[n],
                "purpose": "bookings",
                "basis": "booking",
                "created_at": DAY,
            }
            for n in count
        ],
    }
    for table, values in rows.items():
        await ctx.execute(sa.insert(table), values)
    if ctx.is_postgresql:
        await ctx.execute(sa.text("ANALYZE"))
    return {"shop_id": home.place.shop, "customer_ids": [home.customer]}


FILLED = {"users", "customers", "identities", "conversations", "reaches"}


@pytest.mark.parametrize("guard", [True, False])
async def test_one_customer_is_found_without_reading_all_of_them(
    ctx: Context, *, guard: bool
) -> None:
    asked = await many_customers(ctx)
    if not guard:
        await ctx.execute(sa.text("DROP INDEX ix_conversations_identity_id"))
    booked = asked | {"booking_id": 1, "conversation_id": None}
    plans: list[Plan] = [
        await query_plan(ctx, PREFERRED_CONVERSATION.statement, booked),
        await query_plan(ctx, PREFERRED_CONVERSATIONS.statement, asked),
    ]
    for plan in plans:
        scanned = {re.sub(r"_\d+$", "", name) for name in plan.scanned} & FILLED
        assert scanned == (set() if guard else {"conversations"}), plan.steps
