"""One-time codes: sent to a phone and typed back within minutes, which verifies the phone.

The code is only in the message; the database stores a keyed hash. As six digits are few, guessing
is limited to five attempts per code, a few codes per hour and a hundred failures per day. Sending
costs money, so it is limited in several ways, too. Strangers may use only part of each limit: the
rest is for conversations and networks where the phone is known (`trusted`).
"""

from __future__ import annotations

import hmac
import json
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
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
from core.values.networks import network_name
from core.values.phone_numbers import country_of_phone

NAMELESS = "Slotline"
"""The sender named in a code without a shop."""

CODE_DIGITS = 6
CODE_LIFETIME = timedelta(minutes=5)
MAX_TRIES = 5
"""Attempts per code; after the last failure even the right digits are rejected."""

RESEND_AFTER = timedelta(seconds=60)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MAX_PER_PHONE, PER_PHONE_DAY, MAX_PER_PREFIX = 10, 20, 100
"""Codes of one purpose to a phone per hour and per day, and to a range of phones per hour.

The range is a prefix of the number, since SMS pumping uses ranges, not single phones. Strangers get
half of each; the rest is for people known at the phone.
"""

MAX_PER_CONVERSATION, PER_NETWORK = 5, 10
"""Codes per hour that one conversation, or one network on the web, may request."""

ALARM_AT = 0.8
"""The share of the web page's daily codes at which the admins are alerted."""

PREFIX_LENGTH = 8
"""Characters of an E.164 number that form its prefix: the plus and seven digits."""

MAX_WRONG_PER_DAY = 100
"""Failures per account and day; beyond them every code is rejected for a day."""

WRONG_OF_STRANGERS = MAX_WRONG_PER_DAY // 4
"""Failures by strangers, per purpose; beyond them only strangers' codes are rejected."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a code is for, by the keys of its texts.

    `here` is the message if the code is typed into the chat that receives it, `here_named` the same
    with a request for a name, `elsewhere` if it is typed somewhere else.
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
"""All purposes; a code for one is not valid for another."""

PAGE = "sign-in"
"""The purpose of codes without a shop, which anybody on the web may request."""

COOL_DOWN_PURPOSE = "cool-down"
"""The purpose of the row that marks a phone's cooldown, which ends at its `expires_at`."""


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
"""The active code of a phone, purpose and asker; there is at most one."""


# ------------------------------------------------------------------------------------ issue


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
    """Return a new code for `phone` (E.164), to be sent there and typed where it was requested.

    It is valid once, for five minutes, for this phone, purpose and shop, and for the requesting
    conversation or, outside of any, the `asker` and their `account`; it replaces an older one.
    `countries` (ISO 3166 alpha-2) may get codes: by default the shop's `code_countries` or its own
    country; without a shop, those of all shops. Whether the phone is known makes no difference,
    except that a member's counts towards its own limit only. `address` is where a request outside a
    conversation comes from; a code `shown` at the machine itself has no limit. Raise
    CountryNotAllowed (`country`), CodeTooSoon (`seconds`), CodeLimitReached (`of`: phone,
    conversation, prefix, network, installation, shop or cool-down).
    """
    if ctx.is_postgresql:
        # Keeps the counts below valid until the commit; SQLite has a single writer anyway.
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
    """Send a code by SMS to `phone` (E.164), when it is typed elsewhere than on that phone.

    Return the conversation it is sent in. Raise NotFound without a `delivery_line`.
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
    """Return the SMS line that sends a shop's codes, or None.

    Without a shop any SMS line, preferably one that serves all shops. For a `conversation_id` on a
    simulated line only simulated lines, otherwise none of these.
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
    """How much of each limit is used, and the shop's settings."""

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
        """Raise the error that forbids another code, if any."""
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
        """Yield each limit that applies: its name, how much is used, and the maximum."""
        shop = self.per_day
        if trusted:
            yield "phone", self.phone, MAX_PER_PHONE
            yield "phone", self.phone_day, PER_PHONE_DAY
        else:
            yield "phone", self.phone_strangers, MAX_PER_PHONE // 2
            yield "phone", self.phone_day_strangers, PER_PHONE_DAY // 2
        yield "conversation", self.conversation, MAX_PER_CONVERSATION
        # A member or an admin is never locked out by the number of other requests.
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
    # The conversation is with the phone itself, or with a person who verified it.
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
    """Return how many codes strangers requested on the web page within a day."""
    sent = sa.select(_count("day_ago", _OF_PAGE))
    return int((await ctx.execute(sent, {"day_ago": ctx.now - DAY})).scalar_one())


def network_of(ctx: Context, address: str) -> str:
    """Return a hash of an address's network (IPv4 address, IPv6 /64), or "" without one."""
    if not address:
        return ""
    name = network_name(address)
    return hmac.digest(ctx.secret, f"network\n{name}".encode("utf-8", "replace"), "sha256").hex()


async def _known_at(ctx: Context, phone: str, network: str) -> bool:
    """Return whether the user with this phone signed in from a network before."""
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
    """Return the countries of a list such as "ES,PT"; without one, those of all shops."""
    if countries is None:
        return set((await ctx.execute(sa.select(shops.c.country).distinct())).scalars())
    return {country.strip() for country in countries.split(",")}


# ------------------------------------------------------------------------------------ verify


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
    """Verify and consume a code; return None, or the error if it is rejected.

    It is valid only for exactly what it was issued for (`issue_code`). The error is returned, not
    raised, so that the attempt is committed: CodeWrong (`left`) if it may be tried again,
    CodeExpired if a new code is needed. The attempt is counted before the digits are compared, so
    parallel attempts gain nothing over sequential ones.
    """
    if ctx.is_postgresql:
        # for the daily count over all codes of the phone
        await ctx.execute(_lock(f"tries {phone}"))
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


# All conditions are in the UPDATE: a transaction that waited for the row sees the result of the one
# before, and a code used meanwhile allows no attempt.
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
    """Count an attempt on the active code, if any; return its id, digest and attempts so far."""
    return (await ctx.execute(_TAKE, bound | {"now": ctx.now})).first()


async def _wrong_tries(ctx: Context, phone: str, purpose: str) -> tuple[int, int]:
    """Return a day's failures on a phone for all purposes, and strangers' for one purpose."""
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
    """Reject all codes of a phone for a day; with a purpose only strangers' for it."""
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
    """Return whether an active code for these exists."""
    living = sa.select(table.c.id).where(
        _BOUND, table.c.expires_at > sa.bindparam("now"), table.c.tries < MAX_TRIES
    )
    bound = _bound(ctx, phone, purpose, conversation_id, asker) | {"now": ctx.now}
    return (await ctx.execute(living, bound)).first() is not None


# --------------------------------------------------------------------------------- internal


def _lock(name: str) -> sa.Select[Any]:
    """Return the SELECT that locks a name until the end of the transaction."""
    number = int.from_bytes(sha256(name.encode()).digest()[:8], signed=True)
    return sa.select(sa.func.pg_advisory_xact_lock(number))


def _bound(
    ctx: Context, phone: str, purpose: str, conversation_id: int | None, asker: str
) -> dict[str, Any]:
    """Return the values that identify an active code; an asker is stored only as a hash."""
    hashed = hmac.digest(ctx.secret, f"asker\n{asker}".encode("utf-8", "replace"), "sha256").hex()
    return {
        "of_phone": phone,
        "for_purpose": purpose,
        "of_talk": conversation_id,
        "of_asker": hashed if asker else "",
    }


def _digest(ctx: Context, facts: tuple[str | int | None, ...], code: str) -> str:
    # A derived key: signatures made elsewhere with the same secret are never valid here.
    key = hmac.digest(ctx.secret, b"one-time-code", "sha256")
    written = json.dumps([*facts, code])  # JSON, so that fields cannot run into each other
    return hmac.digest(key, written.encode(), "sha256").hex()


def _digits(code: str) -> str:
    """Return the digits of "481 920", in any script, as 0 to 9."""
    return "".join(str(unicodedata.decimal(c)) for c in code if c.isdecimal())
