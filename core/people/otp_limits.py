"""Limits on one-time codes: how many may be sent, and how often a code may be typed wrongly.

Sending costs money and six digits are few, so both are counted per phone, range of phones,
conversation, network and shop. Strangers may use only part of each limit.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import auth_sessions, conversations, identities, members, shops, users
from core.db.tables import one_time_codes as table
from core.errors import CodeLimitReached, CodeTooSoon
from core.networks import network_name
from core.people.identities import VERIFIED_FOR

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

PAGE = "sign-in"
"""The purpose of codes without a shop, which anybody on the web may request."""

COOL_DOWN_PURPOSE = "cool-down"
"""The purpose of the row that marks a phone's cooldown, which ends at its `expires_at`."""


OF_PHONE = table.c.phone == sa.bindparam("of_phone")
PAUSES = table.alias("pauses")
PAUSED = sa.and_(
    PAUSES.c.phone == sa.bindparam("of_phone"),
    PAUSES.c.purpose == COOL_DOWN_PURPOSE,
    PAUSES.c.expires_at > sa.bindparam("now"),
)


@dataclass(frozen=True, slots=True)
class CodesUsed:
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
        identities.c.released_at.is_(None),
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
            _THEIRS.c.released_at.is_(None),
            _THEIRS.c.verified_at.is_not(None),
            _THEIRS.c.user_id == _OWNER,
        ),
    ),
)
_KEYS = sa.exists().where(
    users.c.id == _OWNER, users.c.admin | sa.exists().where(members.c.user_id == users.c.id)
)
_OF_PURPOSE = sa.and_(OF_PHONE, table.c.purpose == sa.bindparam("for_purpose"))
_OF_PREFIX = table.c.prefix == sa.bindparam("of_prefix")
_IN_SHOP = table.c.shop_id == sa.bindparam("of_shop")
STRANGE = ~table.c.trusted
_OF_PAGE = sa.and_(
    table.c.shop_id.is_(None), table.c.purpose == sa.literal_column(f"'{PAGE}'"), STRANGE
)

# One statement, each part of which reads a short range of an index.
COUNT_CODES = sa.select(
    sa.select(sa.func.max(table.c.created_at))
    .where(
        _OF_PURPOSE,
        table.c.conversation_id.is_not_distinct_from(sa.bindparam("of_talk")),
        table.c.requester == sa.bindparam("of_requester"),
    )
    .scalar_subquery()
    .label("last"),
    _count("hour_ago", _OF_PURPOSE).label("phone"),
    _count("hour_ago", _OF_PURPOSE, STRANGE).label("phone_strangers"),
    _count("day_ago", _OF_PURPOSE).label("phone_day"),
    _count("day_ago", _OF_PURPOSE, STRANGE).label("phone_day_strangers"),
    _count("hour_ago", table.c.conversation_id == sa.bindparam("of_talk")).label("conversation"),
    _count("hour_ago", _OF_PREFIX).label("prefix"),
    _count("hour_ago", _OF_PREFIX, STRANGE).label("prefix_strangers"),
    _count("hour_ago", table.c.network == sa.bindparam("of_network"), table.c.network != "").label(
        "network"
    ),
    _count("day_ago", _OF_PAGE).label("installation"),
    _count("day_ago", _IN_SHOP).label("shop"),
    _count("day_ago", _IN_SHOP, STRANGE).label("shop_strangers"),
    sa.exists().where(PAUSED, PAUSES.c.requester == "").label("cooling"),
    sa.exists()
    .where(PAUSED, PAUSES.c.requester == sa.bindparam("for_purpose"))
    .label("cooling_strangers"),
    _OWN.label("own"),
    _KEYS.label("keys"),
    _of_shop(shops.c.codes_per_day).label("per_day"),
    _of_shop(sa.func.coalesce(shops.c.code_countries, shops.c.country)).label("countries"),
)


async def count_codes(ctx: Context, whose: dict[str, Any], shop_id: int | None) -> CodesUsed:
    """Count what a request, as bound by `otp`, uses of each limit."""
    bound = whose | {
        "of_prefix": whose["of_phone"][:PREFIX_LENGTH],
        "of_shop": shop_id,
        "hour_ago": ctx.now - HOUR,
        "day_ago": ctx.now - DAY,
        "now": ctx.now,
    }
    row = (await ctx.execute(COUNT_CODES, bound)).one()
    cells: list[Any] = [*row]
    return CodesUsed(*cells)


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


async def is_known_at(ctx: Context, phone: str, network: str) -> bool:
    """Return whether the user with this phone signed in from a network before."""
    if not network:
        return False
    rows = await ctx.execute(_SIGNED_IN, {"of_phone": phone, "since": ctx.now - VERIFIED_FOR})
    return network in {network_of(ctx, address) for address in rows.scalars()}


_SIGNED_IN = (
    sa.select(auth_sessions.c.address)
    .where(auth_sessions.c.user_id == _OWNER, auth_sessions.c.used_at > sa.bindparam("since"))
    .order_by(auth_sessions.c.id.desc())
    .limit(100)
)


async def has_too_many_failures(ctx: Context, phone: str, purpose: str, *, trusted: bool) -> bool:
    """Return whether a phone had too many failures in a day; its cooldown begins then.

    Strangers reach their share first, and then only strangers' codes of that purpose are rejected.
    """
    every, strangers = await _count_failures(ctx, phone, purpose)
    if every >= MAX_WRONG_PER_DAY:
        await _cool_down(ctx, phone)
        return True
    if strangers >= WRONG_OF_STRANGERS and not trusted:
        await _cool_down(ctx, phone, purpose)
        return True
    return False


async def _count_failures(ctx: Context, phone: str, purpose: str) -> tuple[int, int]:
    """Return a day's failures on a phone for all purposes, and strangers' for one purpose."""
    right = sa.case((table.c.used_at.is_(None), 0), else_=1)
    strange = sa.case((STRANGE & (table.c.purpose == purpose), table.c.tries - right), else_=0)
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
        requester=strangers,
        created_at=ctx.now,
        expires_at=ctx.now + DAY,
    )
