"""One-time codes: sent to a phone, typed back within minutes, and so the phone is proved.

The code itself is nowhere but in the message: the database keeps a keyed hash. Six digits are
few, so every way to guess is bounded: five tries a code, five codes an hour, a hundred wrong tries
a day. Sending costs money, so every way to have us send is bounded too.
"""

from __future__ import annotations

import hmac
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import conversations, lines, shops
from core.db.tables import one_time_codes as table
from core.errors import (
    CodeExpired,
    CodeLimitReached,
    CodeTooSoon,
    CodeWrong,
    CountryNotAllowed,
    NotFound,
)
from core.messaging.messages import Say
from core.messaging.outbox import enqueue
from core.messaging.outbox.recipients import SIMULATED_TRANSPORTS
from core.people.identities import get_or_create_contact
from core.values.phone_numbers import country_of_phone

CODE_DIGITS = 6
CODE_LIFETIME = timedelta(minutes=5)
MAX_TRIES = 5
"""Tries a code has; after the last wrong one it is dead even for the right digits."""

RESEND_AFTER = timedelta(seconds=60)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MAX_PER_PHONE, MAX_PER_CONVERSATION, MAX_PER_PREFIX = 5, 5, 50
"""Codes an hour. A prefix is a range of numbers: premium ranges are pumped, not single phones."""

PREFIX_LENGTH = 8
"""Characters of a number in E.164 that name its range: the plus and seven digits."""

MAX_WRONG_PER_DAY = 100
"""Wrong tries on one phone in a day; then no code is right for a day."""

COOL_DOWN_PURPOSE = "cool-down"
"""The purpose of the row that says a phone cools down; its `expires_at` is the end."""


_OF_PHONE = table.c.phone == sa.bindparam("of_phone")
_PAUSES = table.alias("pauses")
_COOLING = sa.exists().where(
    _PAUSES.c.phone == sa.bindparam("of_phone"),
    _PAUSES.c.purpose == COOL_DOWN_PURPOSE,
    _PAUSES.c.expires_at > sa.bindparam("now"),
)
_BOUND = sa.and_(
    _OF_PHONE,
    table.c.purpose == sa.bindparam("for_purpose"),
    table.c.conversation_id.is_not_distinct_from(sa.bindparam("of_talk")),
    table.c.used_at.is_(None),
    table.c.dead_at.is_(None),
)
"""The living code of a phone, purpose and conversation; at most one lives."""


# ------------------------------------------------------------------------------------ issuing


async def issue_code(
    ctx: Context,
    phone: str,
    *,
    purpose: str,
    conversation_id: int | None,
    shop_id: int | None = None,
    countries: Collection[str] | None = None,
) -> str:
    """Return a new code for `phone` (E.164), to be sent to it and typed into the conversation.

    Good once, for five minutes, for this phone, purpose and conversation; an older one for the
    same is dead from now on. `countries` (ISO 3166 alpha-2) may get codes: by default the shop's
    `code_countries` or its own; without a shop, every shop's own. Whether the phone is known
    makes no difference to anything here.

    CountryNotAllowed (`country`), CodeTooSoon (`seconds`), CodeBudget (`of`: phone, conversation,
    prefix, shop or cool-down).
    """
    if ctx.is_postgresql:
        # The counts below hold until the commit; on SQLite there is one writer anyway.
        await ctx.execute(_lock(f"codes {phone[:PREFIX_LENGTH]}"))
    spent = await _spent(ctx, phone, conversation_id, shop_id)
    country = country_of_phone(phone)
    if country not in (await _allowed(ctx, spent.countries) if countries is None else countries):
        raise CountryNotAllowed(country=country)
    spent.check(ctx.now)
    bound = {"of_phone": phone, "for_purpose": purpose, "of_talk": conversation_id}
    await ctx.execute(_KILL, bound | {"now": ctx.now})
    code = f"{ctx.random.randrange(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    await ctx.insert(
        table,
        phone=phone,
        prefix=phone[:PREFIX_LENGTH],
        purpose=purpose,
        conversation_id=conversation_id,
        shop_id=shop_id,
        digest=_digest(ctx, phone, purpose, conversation_id, code),
        created_at=ctx.now,
        expires_at=ctx.now + CODE_LIFETIME,
    )
    return code


async def send_code(
    ctx: Context,
    phone: str,
    code: str,
    *,
    shop_id: int | None = None,
    conversation_id: int | None = None,
) -> int | None:
    """Send a code by SMS to `phone` (E.164), for a talk on a channel that is no phone, or for none.

    NotFound when there is no `way`.
    """
    line = await delivery_line(ctx, shop_id=shop_id, conversation_id=conversation_id)
    if line is None:
        raise NotFound(what="a line that sends SMS", shop=shop_id)
    contact = await get_or_create_contact(ctx, line, phone)
    say = Say("code_message", {"code": code}, secret=True)
    return await enqueue.enqueue(
        ctx, say, conversation_id=contact.conversation_id, kind="code", shop_id=shop_id
    )


async def delivery_line(
    ctx: Context, *, shop_id: int | None = None, conversation_id: int | None = None
) -> Any:
    """Return the line on which a shop's codes go out, its SMS line; None when there is none.

    Without a shop any SMS line will do, one that serves all shops rather than another. For a
    `conversation_id` on a simulated line a simulated one, else none of these.
    """
    simulated, shared = lines.c.transport.in_(SIMULATED_TRANSPORTS), lines.c.shop_id.is_(None)
    ways = (
        sa.select(lines.c.id, lines.c.channel, lines.c.shop_id)
        .where(
            lines.c.channel == "sms",
            lines.c.active,
            lines.c.staff.is_(False),
            sa.true() if shop_id is None else (lines.c.shop_id == shop_id) | shared,
        )
        .order_by(simulated, ~shared if shop_id is None else shared, lines.c.id)
        .limit(1)
    )
    if conversation_id is not None:
        talk = sa.select(lines.c.transport.in_(SIMULATED_TRANSPORTS)).join_from(
            conversations, lines
        )
        pretended = await ctx.scalar(talk.where(conversations.c.id == conversation_id))
        ways = ways.where(simulated if pretended else ~simulated)
    return await ctx.first(ways)


_KILL = sa.update(table).where(_BOUND).values(dead_at=sa.bindparam("now"))


@dataclass(frozen=True, slots=True)
class _Spent:
    """How much of each budget is used up, and what the shop allows."""

    last: datetime | None
    phone: int
    conversation: int
    prefix: int
    shop: int
    cooling: bool
    per_day: int | None
    countries: str | None

    def check(self, now: datetime) -> None:
        """Raise what forbids another code, if anything does."""
        if self.cooling:
            raise CodeLimitReached(of=COOL_DOWN_PURPOSE)
        if self.last is not None and now < self.last + RESEND_AFTER:
            raise CodeTooSoon(seconds=int((self.last + RESEND_AFTER - now).total_seconds()))
        for of, used, most in (
            ("phone", self.phone, MAX_PER_PHONE),
            ("conversation", self.conversation, MAX_PER_CONVERSATION),
            ("prefix", self.prefix, MAX_PER_PREFIX),
            ("shop", self.shop, self.per_day),
        ):
            if most is not None and used >= most:
                raise CodeLimitReached(of=of)


def _count(since: str, *where: sa.ColumnElement[bool]) -> sa.ScalarSelect[Any]:
    codes = sa.select(sa.func.count()).where(
        table.c.created_at > sa.bindparam(since), table.c.purpose != COOL_DOWN_PURPOSE, *where
    )
    return codes.scalar_subquery()


def _of_shop(column: sa.ColumnElement[Any]) -> sa.ScalarSelect[Any]:
    return sa.select(column).where(shops.c.id == sa.bindparam("of_shop")).scalar_subquery()


# One statement, each part of which reads a short range of an index.
_SPENT = sa.select(
    sa.select(sa.func.max(table.c.created_at))
    .where(_OF_PHONE, table.c.purpose != COOL_DOWN_PURPOSE)
    .scalar_subquery()
    .label("last"),
    _count("hour_ago", _OF_PHONE).label("phone"),
    _count("hour_ago", table.c.conversation_id == sa.bindparam("of_talk")).label("talk"),
    _count("hour_ago", table.c.prefix == sa.bindparam("of_prefix")).label("prefix"),
    _count("day_ago", table.c.shop_id == sa.bindparam("of_shop")).label("shop"),
    _COOLING.label("cooling"),
    _of_shop(shops.c.codes_per_day).label("per_day"),
    _of_shop(sa.func.coalesce(shops.c.code_countries, shops.c.country)).label("countries"),
)


async def _spent(
    ctx: Context, phone: str, conversation_id: int | None, shop_id: int | None
) -> _Spent:
    bound = {
        "of_phone": phone,
        "of_talk": conversation_id,
        "of_prefix": phone[:PREFIX_LENGTH],
        "of_shop": shop_id,
        "hour_ago": ctx.now - HOUR,
        "day_ago": ctx.now - DAY,
        "now": ctx.now,
    }
    row = (await ctx.execute(_SPENT, bound)).one()
    cells: list[Any] = [*row]
    return _Spent(*cells)


async def _allowed(ctx: Context, countries: str | None) -> set[str]:
    """Return the countries of a list such as "ES,PT"; of every shop when there is none."""
    if countries is None:
        return set((await ctx.execute(sa.select(shops.c.country).distinct())).scalars())
    return {country.strip() for country in countries.split(",")}


# ------------------------------------------------------------------------------------ checking


async def verify_code(
    ctx: Context, phone: str, code: str, *, purpose: str, conversation_id: int | None
) -> CodeWrong | CodeExpired | None:
    """Try a code; None when it is the right one, which is thereby used up.

    What is wrong with it is returned, not raised, so that the try is committed: CodeWrong (`left`)
    while it may be tried again, CodeDead when a new one is needed. The try is taken before the
    digits are looked at, so that many at once have no more tries between them than one after
    another.
    """
    if ctx.is_postgresql:
        await ctx.execute(_lock(f"tries {phone}"))  # for the count of a day, over all its codes
    taken = await _take_try(ctx, phone, purpose, conversation_id)
    if taken is None:
        return CodeExpired()
    given = _digest(ctx, phone, purpose, conversation_id, _digits(code))
    if hmac.compare_digest(taken.digest, given):
        await ctx.execute(_USE, {"row_id": taken.id, "now": ctx.now})
        return None
    if await _wrong_tries(ctx, phone) >= MAX_WRONG_PER_DAY:
        await _cool_down(ctx, phone)
        return CodeExpired()
    return CodeWrong(left=MAX_TRIES - taken.tries) if taken.tries < MAX_TRIES else CodeExpired()


# All conditions stand in the UPDATE itself: whoever waited for the row is judged by what the one
# before left, and a code that was used meanwhile gives no try.
_TAKE = (
    sa.update(table)
    .where(_BOUND, table.c.expires_at > sa.bindparam("now"), table.c.tries < MAX_TRIES, ~_COOLING)
    .values(tries=table.c.tries + 1)
    .returning(table.c.id, table.c.digest, table.c.tries)
)
_USE = (
    sa.update(table).where(table.c.id == sa.bindparam("row_id")).values(used_at=sa.bindparam("now"))
)


async def _take_try(
    ctx: Context, phone: str, purpose: str, conversation_id: int | None
) -> sa.Row[Any] | None:
    """Take one try of the living code, if there is one; its id, digest and tries so far."""
    bound = {"of_phone": phone, "for_purpose": purpose, "of_talk": conversation_id}
    return (await ctx.execute(_TAKE, bound | {"now": ctx.now})).first()


async def _wrong_tries(ctx: Context, phone: str) -> int:
    """Wrong tries on a phone within a day, whatever they were for."""
    right = sa.case((table.c.used_at.is_(None), 0), else_=1)
    wrong = sa.select(sa.func.sum(table.c.tries - right)).where(
        table.c.phone == phone, table.c.created_at > ctx.now - DAY
    )
    return int(await ctx.scalar(wrong) or 0)


async def _cool_down(ctx: Context, phone: str) -> None:
    await ctx.insert(
        table,
        phone=phone,
        prefix="",
        purpose=COOL_DOWN_PURPOSE,
        created_at=ctx.now,
        expires_at=ctx.now + DAY,
    )


# ------------------------------------------------------------------------------------ within


def _lock(name: str) -> sa.Select[Any]:
    """Keep others who lock the same name waiting until the end of the transaction."""
    number = int.from_bytes(sha256(name.encode()).digest()[:8], signed=True)
    return sa.select(sa.func.pg_advisory_xact_lock(number))


def _digest(ctx: Context, phone: str, purpose: str, conversation_id: int | None, code: str) -> str:
    # A key of its own: what is signed with the same secret elsewhere never fits here.
    key = hmac.digest(ctx.secret, b"one-time-code", "sha256")
    facts = f"{phone}\n{purpose}\n{conversation_id}\n{code}"
    return hmac.digest(key, facts.encode(), "sha256").hex()


def _digits(code: str) -> str:
    """The digits of "481 920", in any script, as 0 to 9."""
    return "".join(str(unicodedata.decimal(c)) for c in code if c.isdecimal())
