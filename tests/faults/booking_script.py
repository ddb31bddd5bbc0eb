"""Many people who each book at their own shop, and the outcome of each conversation.

Everybody says the same at shops that are alike, so every talk must come out like any other,
however often its messages were delivered and whatever happened in between.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import sqlalchemy as sa

from core.db import tables
from core.db.context import Context
from core.localtime.opening_masks import Interval
from core.people.members import add_member
from core.scheduling import opening_hours
from core.shops import providers, shops
from core.shops.services import add_service
from core.values.catalog_changes import NewProvider, NewService
from core.values.shop_changes import NewShop

SCRIPT = (
    "{shop}",
    "1",  # the first service
    "4",  # other times
    "2",  # the second day
    "1",  # its morning
    "2",  # the second time: held, and a code is sent
    "{code} Marta",
    "my bookings",
    "1",  # move it
    "3",  # to the third time
)
"""A talk of ten messages; `{shop}` is the shop's keyword, `{code}` the one-time code."""

_CODE = re.compile(r"\b\d{6}\b")


@dataclass(frozen=True, slots=True)
class ScriptedPerson:
    """A person with a shop of their own."""

    number: int
    shop_id: int

    @property
    def phone(self) -> str:
        """Return their number; prefixes differ, since codes are limited per range of numbers."""
        return f"+346{self.number:04}0000"

    @property
    def keyword(self) -> str:
        """Return their shop's keyword."""
        return f"SHOP{self.number}"

    @property
    def owner(self) -> str:
        """Return the number of the shop's owner."""
        return f"+347{self.number:04}0000"

    def words(self, step: int, code: str) -> str:
        """Return what they say at a step of the script."""
        return SCRIPT[step].format(shop=self.keyword, code=code)


async def open_scripted_shop(ctx: Context, number: int) -> ScriptedPerson:
    """Open a shop with two providers, two services and an owner who gets alerts."""
    shop_id = await shops.add_shop(
        ctx,
        NewShop(
            name="Bella Hair",
            keyword=f"SHOP{number}",
            city="Madrid",
            address="Calle Mayor 8",
            timezone="Europe/Madrid",
            country="ES",
            currency="EUR",
            language="en",
            phone="+34915550100",
            agenda_today="",
        ),
    )
    await opening_hours.set_weekly_hours(
        ctx, shop_id, None, dict.fromkeys(range(5), (Interval(9 * 60, 18 * 60),))
    )
    services = [
        await add_service(ctx, shop_id, NewService(name=name, minutes=30, price_minor=2500))
        for name in ("Cut", "Blow-dry")
    ]
    for name in ("Ana", "Leo"):
        provider = await providers.add_provider(ctx, shop_id, NewProvider(name=name))
        for service in services:
            await providers.set_offering(ctx, shop_id, provider, service)
    somebody = ScriptedPerson(number, shop_id)
    await add_member(ctx, shop_id, phone=somebody.owner, role="owner", name="Bella Ruiz")
    return somebody


def newest_code(texts: list[str]) -> str:
    """Return the newest one-time code among messages; "" when there is none."""
    codes = [found[0] for text in texts for found in [_CODE.search(text)] if found]
    return codes[-1] if codes else ""


def normalize_message(text: str, somebody: ScriptedPerson) -> str:
    """Return a message without its code, reference, link and number."""
    text = text.replace(somebody.phone, "PHONE").replace(somebody.keyword, "SHOP")
    text = re.sub(r"https?://\S+", "LINK", _CODE.sub("CODE", text))
    return re.sub(r"\b[0-9A-Z]{3}-[0-9A-Z]{3}\b", "REF", text)


@dataclass(frozen=True, slots=True)
class ConversationOutcome:
    """What the database holds of a conversation, normalized."""

    turns: tuple[str, ...]  # the states of what came in
    talk: tuple[object, ...]
    bookings: tuple[tuple[object, ...], ...]
    events: tuple[tuple[object, ...], ...]
    claims: int
    sent: tuple[tuple[object, ...], ...]
    alerts: tuple[tuple[object, ...], ...]


async def load_outcome(ctx: Context, somebody: ScriptedPerson) -> ConversationOutcome:
    """Read the outcome of a conversation."""
    c, b, e = tables.conversations.c, tables.bookings.c, tables.booking_events.c
    talk = await ctx.first(sa.select(tables.conversations).where(c.address == somebody.phone))
    assert talk is not None
    turns = await ctx.all(
        sa.select(tables.inbox.c.state)
        .where(tables.inbox.c.conversation_id == talk.id)
        .order_by(tables.inbox.c.id)
    )
    booked = await ctx.all(sa.select(tables.bookings).where(b.shop_id == somebody.shop_id))
    events = await ctx.all(
        sa.select(e.action, e.from_state, e.to_state)
        .where(e.shop_id == somebody.shop_id)
        .order_by(e.id)
    )
    claims = await ctx.scalar(
        sa.select(sa.func.count())
        .select_from(tables.claims)
        .where(tables.claims.c.shop_id == somebody.shop_id)
    )
    return ConversationOutcome(
        turns=tuple(row.state for row in turns),
        talk=(
            talk.language,
            talk.shop_id == somebody.shop_id,
            talk.unrecognized_count,
            tuple(_frame(frame) for frame in talk.state["stack"]),
            talk.state["runs"],
        ),
        bookings=tuple(
            (row.state, row.starts_at, row.sequence, row.snapshot["provider"]) for row in booked
        ),
        events=tuple(tuple(row) for row in events),
        claims=claims,
        sent=await _sent(ctx, somebody.phone, somebody),
        alerts=await _sent(ctx, somebody.owner, somebody),
    )


def _frame(frame: dict[str, object]) -> tuple[object, ...]:
    journal = frame["journal"]
    assert isinstance(journal, dict)
    steps = tuple((entry[0], entry[3]) for entry in journal["entries"])
    return (frame["flow"], frame["step"], journal["epoch"], steps)


async def _sent(
    ctx: Context, address: str, somebody: ScriptedPerson
) -> tuple[tuple[object, ...], ...]:
    o, c = tables.outbox.c, tables.conversations.c
    rows = await ctx.all(
        sa.select(o.state, o.queue, o.kind, o.secret, o.body, o.attempts)
        .join_from(tables.outbox, tables.conversations, c.id == o.conversation_id)
        .where(c.address == address)
        .order_by(o.id)
    )
    return tuple(
        (
            row.state,
            row.queue,
            row.kind,
            row.secret,
            normalize_message(row.body, somebody),
            row.attempts,
        )
        for row in rows
    )
