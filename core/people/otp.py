"""One-time codes: sent to a phone, typed back within minutes, and so the phone is proved.

The code itself is nowhere but in the message: the database keeps a keyed hash. Six digits are
few, so every way to guess is bounded: five tries a code, five codes an hour, a hundred wrong tries
a day. Sending costs money, so every way to have us send is bounded too. Of each bound strangers may
use up a part only: the rest is for talks and networks where the phone is known (`trusted`).
"""

from __future__ import annotations

import hmac
import json
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import conversations, identities, lines, members, shops, sign_ins, users
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
from core.people.identities import VERIFIED_FOR, get_or_create_contact
from core.values.phone_numbers import country_of_phone

NAMELESS = "Slotline"
"""Who a code is from where there is no shop."""

CODE_DIGITS = 6
CODE_LIFETIME = timedelta(minutes=5)
MAX_TRIES = 5
"""Tries a code has; after the last wrong one it is dead even for the right digits."""

RESEND_AFTER = timedelta(seconds=60)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MAX_PER_PHONE, PER_PHONE_DAY, MAX_PER_PREFIX = 10, 20, 100
"""Codes of one purpose to a phone in an hour and in a day, and to a range of phones in an hour.

A prefix is a range of numbers: premium ranges are pumped, not single phones. Strangers get half of
each, so that the rest is there for whoever is known at the phone.
"""

MAX_PER_CONVERSATION, PER_NETWORK = 5, 10
"""Codes in an hour that one talk, one network of the web may ask for."""

ALARM_AT = 0.8
"""The share of a day's codes of the page at which the admins are told."""

PREFIX_LENGTH = 8
"""Characters of a number in E.164 that name its range: the plus and seven digits."""

MAX_WRONG_PER_DAY = 100
"""Wrong tries on one account in a day; then no code is right for a day."""

WRONG_OF_STRANGERS = MAX_WRONG_PER_DAY // 4
"""As many of them may be strangers', for each purpose; then only theirs cool down."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a code is for, by the keys of the texts that say so.

    `here` is the message where the code is typed into the chat it comes in, `here_named` the same
    asking for a name too, `elsewhere` the one where it is typed somewhere else.
    """

    here: str
    elsewhere: str
    here_named: str = ""


PURPOSES: dict[str, Purpose] = {
    "login": Purpose("code.login", "code_sent.login", "code.login.named"),
    "staff": Purpose("code.staff", "code_sent.staff"),
    "wrong-number": Purpose("code.wrong-number", ""),
    "sign-in": Purpose("", "code_sent.sign-in"),
}
"""Every purpose a code may have; none is good for another."""

PAGE = "sign-in"
"""The purpose of the installation's own codes, which anybody on the web may ask for."""

COOL_DOWN_PURPOSE = "cool-down"
"""The purpose of the row that says a phone cools down; its `expires_at` is the end."""


_OF_PHONE = table.c.phone == sa.bindparam("of_phone")
_PAUSES = table.alias("pauses")
_PAUSED = sa.and_(
    _PAUSES.c.phone == sa.bindparam("of_phone"),
    _PAUSES.c.purpose == COOL_DOWN_PURPOSE,
    _PAUSES.c.expires_at > sa.bindparam("now"),
)
_COOLING = sa.exists().where(
    _PAUSED,
    (_PAUSES.c.asker == "") | (~table.c.trusted & (_PAUSES.c.asker == table.c.purpose)),
)
_BOUND = sa.and_(
    _OF_PHONE,
    table.c.purpose == sa.bindparam("for_purpose"),
    table.c.conversation_id.is_not_distinct_from(sa.bindparam("of_talk")),
    table.c.asker == sa.bindparam("of_asker"),
    table.c.used_at.is_(None),
    table.c.dead_at.is_(None),
)
"""The living code of a phone, purpose and asker; at most one lives."""


# ------------------------------------------------------------------------------------ issuing


async def issue_code(
    ctx: Context,
    phone: str,
    *,
    purpose: str,
    conversation_id: int | None,
    asker: str = "",
    address: str = "",
    account: int | None = None,
    shop_id: int | None = None,
    countries: Collection[str] | None = None,
    shown: bool = False,
) -> str:
    """Return a new code for `phone` (E.164), to be sent to it and typed where it was asked for.

    Good once, for five minutes, for this phone and purpose, the conversation that asks – outside
    of any the `asker` – whose `account` that is, and the shop; an older one for the same phone,
    purpose and asker is dead from now on. `countries` (ISO 3166 alpha-2) may get codes: by default
    the shop's `code_countries` or its own; without a shop, every shop's own. Whether the phone is
    known makes no difference to anything here, except that a member's is in no budget but its own.
    `address` is where a request outside of any talk comes from; a code that is `shown` at the
    machine itself is in no budget at all.

    CountryNotAllowed (`country`), CodeTooSoon (`seconds`), CodeBudget (`of`: phone, conversation,
    prefix, network, installation, shop or cool-down).
    """
    if ctx.is_postgresql:
        # The counts below hold until the commit; on SQLite there is one writer anyway.
        for lock in ("codes of the page", f"codes {phone[:PREFIX_LENGTH]}")[
            conversation_id is not None :
        ]:
            await ctx.execute(_lock(lock))
    network = network_of(ctx, address)
    bound = _bound(ctx, phone, purpose, conversation_id, asker)
    spent = await _spent(ctx, bound | {"of_network": network}, shop_id)
    trusted = shown or spent.own or await _known_at(ctx, phone, network)
    country = country_of_phone(phone)
    if country not in (await _allowed(ctx, spent.countries) if countries is None else countries):
        raise CountryNotAllowed(country=country)
    if not shown:
        spent.check(ctx, trusted=trusted, page=purpose == PAGE)
    await ctx.execute(_KILL, bound | {"now": ctx.now})
    code = f"{ctx.random.randrange(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    await ctx.insert(
        table,
        phone=phone,
        prefix=phone[:PREFIX_LENGTH],
        purpose=purpose,
        conversation_id=conversation_id,
        asker=bound["of_asker"],
        network=network,
        trusted=trusted,
        shop_id=shop_id,
        digest=_digest(ctx, (phone, purpose, conversation_id, asker, account, shop_id), code),
        created_at=ctx.now,
        expires_at=ctx.now + CODE_LIFETIME,
    )
    return code


async def send_code(
    ctx: Context,
    phone: str,
    code: str,
    *,
    purpose: str,
    shop_id: int | None = None,
    conversation_id: int | None = None,
) -> int:
    """Send a code by SMS to `phone` (E.164), for a talk on a channel that is no phone, or for none.

    Return the conversation it goes out in.

    NotFound when there is no `way`.
    """
    line = await delivery_line(ctx, shop_id=shop_id, conversation_id=conversation_id)
    if line is None:
        raise NotFound(what="a line that sends SMS", shop=shop_id)
    contact = await get_or_create_contact(ctx, line, phone)
    shop = await ctx.scalar(sa.select(shops.c.name).where(shops.c.id == shop_id))
    facts = {"code": code, "shop": shop or NAMELESS}
    say = Say(PURPOSES[purpose].elsewhere, facts, secret=True)
    await enqueue.enqueue(
        ctx, say, conversation_id=contact.conversation_id, kind="code", shop_id=shop_id
    )
    return contact.conversation_id


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
    phone_strangers: int
    phone_day: int
    phone_day_strangers: int
    conversation: int
    prefix: int
    prefix_strangers: int
    network: int
    installation: int
    shop: int
    shop_strangers: int
    cooling: bool
    cooling_strangers: bool
    own: bool
    keys: bool
    per_day: int | None
    countries: str | None

    def check(self, ctx: Context, *, trusted: bool, page: bool) -> None:
        """Raise what forbids another code, if anything does."""
        if self.cooling or (self.cooling_strangers and not trusted):
            raise CodeLimitReached(of=COOL_DOWN_PURPOSE)
        if self.last is not None and ctx.now < self.last + RESEND_AFTER:
            seconds = (self.last + RESEND_AFTER - ctx.now).total_seconds()
            raise CodeTooSoon(seconds=int(seconds))
        for of, used, most in self._ceilings(ctx, trusted=trusted, page=page):
            if most is not None and used >= most:
                raise CodeLimitReached(of=of)

    def _ceilings(
        self, ctx: Context, *, trusted: bool, page: bool
    ) -> Iterator[tuple[str, int, int | None]]:
        """Yield each budget that applies: its name, how much is used of it, how much there is."""
        shop = self.per_day
        if trusted:
            yield "phone", self.phone, MAX_PER_PHONE
            yield "phone", self.phone_day, PER_PHONE_DAY
        else:
            yield "phone", self.phone_strangers, MAX_PER_PHONE // 2
            yield "phone", self.phone_day_strangers, PER_PHONE_DAY // 2
        yield "conversation", self.conversation, MAX_PER_CONVERSATION
        # Who works at a shop or is an admin is never kept out by how many others ask.
        if self.keys:
            return
        if trusted:
            yield "prefix", self.prefix, MAX_PER_PREFIX
            yield "shop", self.shop, shop
            return
        yield "prefix", self.prefix_strangers, MAX_PER_PREFIX // 2
        yield "shop", self.shop_strangers, None if shop is None else shop - shop // 4
        if page:
            yield "network", self.network, PER_NETWORK
            yield "installation", self.installation, ctx.settings.sign_in_codes_per_day


def _count(since: str, *where: sa.ColumnElement[bool]) -> sa.ScalarSelect[Any]:
    codes = sa.select(sa.func.count()).where(
        table.c.created_at > sa.bindparam(since), table.c.purpose != COOL_DOWN_PURPOSE, *where
    )
    return codes.scalar_subquery()


def _of_shop(column: sa.ColumnElement[Any]) -> sa.ScalarSelect[Any]:
    return sa.select(column).where(shops.c.id == sa.bindparam("of_shop")).scalar_subquery()


_OWNER = (
    sa.select(identities.c.user_id)
    .where(
        identities.c.kind == "phone",
        identities.c.value == sa.bindparam("of_phone"),
        identities.c.ended_at.is_(None),
    )
    .scalar_subquery()
)
_THEIRS = identities.alias("theirs")
_OWN = sa.exists().where(
    # The talk is with the phone itself, or with somebody who proved that the phone is theirs.
    conversations.c.id == sa.bindparam("of_talk"),
    sa.or_(
        conversations.c.address == sa.bindparam("of_phone"),
        sa.exists().where(
            _THEIRS.c.id == conversations.c.identity_id,
            _THEIRS.c.ended_at.is_(None),
            _THEIRS.c.proved_at.is_not(None),
            _THEIRS.c.user_id == _OWNER,
        ),
    ),
)
_KEYS = sa.exists().where(
    users.c.id == _OWNER, users.c.admin | sa.exists().where(members.c.user_id == users.c.id)
)
_OF_PURPOSE = sa.and_(_OF_PHONE, table.c.purpose == sa.bindparam("for_purpose"))
_OF_PREFIX = table.c.prefix == sa.bindparam("of_prefix")
_IN_SHOP = table.c.shop_id == sa.bindparam("of_shop")
_STRANGE = ~table.c.trusted
_OF_PAGE = sa.and_(
    table.c.shop_id.is_(None), table.c.purpose == sa.literal_column(f"'{PAGE}'"), _STRANGE
)

# One statement, each part of which reads a short range of an index.
_SPENT = sa.select(
    sa.select(sa.func.max(table.c.created_at))
    .where(
        _OF_PURPOSE,
        table.c.conversation_id.is_not_distinct_from(sa.bindparam("of_talk")),
        table.c.asker == sa.bindparam("of_asker"),
    )
    .scalar_subquery()
    .label("last"),
    _count("hour_ago", _OF_PURPOSE).label("phone"),
    _count("hour_ago", _OF_PURPOSE, _STRANGE).label("phone_strangers"),
    _count("day_ago", _OF_PURPOSE).label("phone_day"),
    _count("day_ago", _OF_PURPOSE, _STRANGE).label("phone_day_strangers"),
    _count("hour_ago", table.c.conversation_id == sa.bindparam("of_talk")).label("talk"),
    _count("hour_ago", _OF_PREFIX).label("prefix"),
    _count("hour_ago", _OF_PREFIX, _STRANGE).label("prefix_strangers"),
    _count("hour_ago", table.c.network == sa.bindparam("of_network"), table.c.network != "").label(
        "network"
    ),
    _count("day_ago", _OF_PAGE).label("installation"),
    _count("day_ago", _IN_SHOP).label("shop"),
    _count("day_ago", _IN_SHOP, _STRANGE).label("shop_strangers"),
    sa.exists().where(_PAUSED, _PAUSES.c.asker == "").label("cooling"),
    sa.exists()
    .where(_PAUSED, _PAUSES.c.asker == sa.bindparam("for_purpose"))
    .label("cooling_strangers"),
    _OWN.label("own"),
    _KEYS.label("keys"),
    _of_shop(shops.c.codes_per_day).label("per_day"),
    _of_shop(sa.func.coalesce(shops.c.code_countries, shops.c.country)).label("countries"),
)


async def _spent(ctx: Context, whose: dict[str, Any], shop_id: int | None) -> _Spent:
    bound = whose | {
        "of_prefix": whose["of_phone"][:PREFIX_LENGTH],
        "of_shop": shop_id,
        "hour_ago": ctx.now - HOUR,
        "day_ago": ctx.now - DAY,
        "now": ctx.now,
    }
    row = (await ctx.execute(_SPENT, bound)).one()
    cells: list[Any] = [*row]
    return _Spent(*cells)


async def page_codes(ctx: Context) -> int:
    """Return how many codes of the page strangers had sent within a day."""
    sent = sa.select(_count("day_ago", _OF_PAGE))
    return int((await ctx.execute(sent, {"day_ago": ctx.now - DAY})).scalar_one())


def network_of(ctx: Context, address: str) -> str:
    """Return the network of an address as a hash: IPv4 whole, of IPv6 64 bits; "" of none."""
    if not address:
        return ""
    try:
        ip = ip_address(address)
    except ValueError:
        name = address
    else:
        ip = (ip.ipv4_mapped or ip) if isinstance(ip, IPv6Address) else ip
        name = str(ip_network((ip, 64 if ip.version == 6 else 32), strict=False))
    return hmac.digest(ctx.secret, f"network\n{name}".encode("utf-8", "replace"), "sha256").hex()


async def _known_at(ctx: Context, phone: str, network: str) -> bool:
    """Whether the user with this phone signed in from a network before."""
    if not network:
        return False
    rows = await ctx.execute(_SIGNED_IN, {"of_phone": phone, "since": ctx.now - VERIFIED_FOR})
    return network in {network_of(ctx, address) for address in rows.scalars()}


_SIGNED_IN = (
    sa.select(sign_ins.c.address)
    .where(sign_ins.c.user_id == _OWNER, sign_ins.c.used_at > sa.bindparam("since"))
    .order_by(sign_ins.c.id.desc())
    .limit(100)
)


async def _allowed(ctx: Context, countries: str | None) -> set[str]:
    """Return the countries of a list such as "ES,PT"; of every shop when there is none."""
    if countries is None:
        return set((await ctx.execute(sa.select(shops.c.country).distinct())).scalars())
    return {country.strip() for country in countries.split(",")}


# ------------------------------------------------------------------------------------ checking


async def verify_code(
    ctx: Context,
    phone: str,
    code: str,
    *,
    purpose: str,
    conversation_id: int | None,
    asker: str = "",
    account: int | None = None,
    shop_id: int | None = None,
) -> CodeWrong | CodeExpired | None:
    """Try a code; None when it is the right one, which is thereby used up.

    It is right for what it was issued for, in every particular (`issue`), and for nothing else.

    What is wrong with it is returned, not raised, so that the try is committed: CodeWrong (`left`)
    while it may be tried again, CodeDead when a new one is needed. The try is taken before the
    digits are looked at, so that many at once have no more tries between them than one after
    another.
    """
    if ctx.is_postgresql:
        await ctx.execute(_lock(f"tries {phone}"))  # for the count of a day, over all its codes
    taken = await _take_try(ctx, _bound(ctx, phone, purpose, conversation_id, asker))
    if taken is None:
        return CodeExpired()
    facts = (phone, purpose, conversation_id, asker, account, shop_id)
    given = _digest(ctx, facts, _digits(code))
    if hmac.compare_digest(taken.digest, given):
        await ctx.execute(_USE, {"row_id": taken.id, "now": ctx.now})
        return None
    every, strangers = await _wrong_tries(ctx, phone, purpose)
    if every >= MAX_WRONG_PER_DAY:
        await _cool_down(ctx, phone)
        return CodeExpired()
    if strangers >= WRONG_OF_STRANGERS and not taken.trusted:
        await _cool_down(ctx, phone, purpose)
        return CodeExpired()
    return CodeWrong(left=MAX_TRIES - taken.tries) if taken.tries < MAX_TRIES else CodeExpired()


# All conditions stand in the UPDATE itself: whoever waited for the row is judged by what the one
# before left, and a code that was used meanwhile gives no try.
_TAKE = (
    sa.update(table)
    .where(_BOUND, table.c.expires_at > sa.bindparam("now"), table.c.tries < MAX_TRIES, ~_COOLING)
    .values(tries=table.c.tries + 1)
    .returning(table.c.id, table.c.digest, table.c.tries, table.c.trusted)
)
_USE = (
    sa.update(table).where(table.c.id == sa.bindparam("row_id")).values(used_at=sa.bindparam("now"))
)


async def _take_try(ctx: Context, bound: dict[str, Any]) -> sa.Row[Any] | None:
    """Take one try of the living code, if there is one; its id, digest and tries so far."""
    return (await ctx.execute(_TAKE, bound | {"now": ctx.now})).first()


async def _wrong_tries(ctx: Context, phone: str, purpose: str) -> tuple[int, int]:
    """Wrong tries within a day on whoever has a phone, whatever for; strangers' for a purpose."""
    right = sa.case((table.c.used_at.is_(None), 0), else_=1)
    strange = sa.case((_STRANGE & (table.c.purpose == purpose), table.c.tries - right), else_=0)
    phones = sa.select(_THEIRS.c.value).where(
        _THEIRS.c.kind == "phone", _THEIRS.c.user_id == _OWNER
    )
    wrong = sa.select(sa.func.sum(table.c.tries - right), sa.func.sum(strange)).where(
        (table.c.phone == phone) | table.c.phone.in_(phones), table.c.created_at > ctx.now - DAY
    )
    row: Any = (await ctx.execute(wrong, {"of_phone": phone})).one()
    return int(row[0] or 0), int(row[1] or 0)


async def _cool_down(ctx: Context, phone: str, strangers: str = "") -> None:
    """Let no code of a phone be right for a day; with a purpose only strangers' of it."""
    await ctx.insert(
        table,
        phone=phone,
        prefix="",
        purpose=COOL_DOWN_PURPOSE,
        asker=strangers,
        created_at=ctx.now,
        expires_at=ctx.now + DAY,
    )


async def awaited(
    ctx: Context, phone: str, *, purpose: str, conversation_id: int | None, asker: str = ""
) -> bool:
    """Whether a code for these lives that can be typed yet."""
    living = sa.select(table.c.id).where(
        _BOUND, table.c.expires_at > sa.bindparam("now"), table.c.tries < MAX_TRIES
    )
    bound = _bound(ctx, phone, purpose, conversation_id, asker) | {"now": ctx.now}
    return (await ctx.execute(living, bound)).first() is not None


# ------------------------------------------------------------------------------------ within


def _lock(name: str) -> sa.Select[Any]:
    """Keep others who lock the same name waiting until the end of the transaction."""
    number = int.from_bytes(sha256(name.encode()).digest()[:8], signed=True)
    return sa.select(sa.func.pg_advisory_xact_lock(number))


def _bound(
    ctx: Context, phone: str, purpose: str, conversation_id: int | None, asker: str
) -> dict[str, Any]:
    """Return what the living code of these is found by; an asker is kept as a hash only."""
    hashed = hmac.digest(ctx.secret, f"asker\n{asker}".encode("utf-8", "replace"), "sha256").hex()
    return {
        "of_phone": phone,
        "for_purpose": purpose,
        "of_talk": conversation_id,
        "of_asker": hashed if asker else "",
    }


def _digest(ctx: Context, facts: tuple[str | int | None, ...], code: str) -> str:
    # A key of its own: what is signed with the same secret elsewhere never fits here.
    key = hmac.digest(ctx.secret, b"one-time-code", "sha256")
    written = json.dumps([*facts, code])  # no part can pass for the end of another
    return hmac.digest(key, written.encode(), "sha256").hex()


def _digits(code: str) -> str:
    """The digits of "481 920", in any script, as 0 to 9."""
    return "".join(str(unicodedata.decimal(c)) for c in code if c.isdecimal())
