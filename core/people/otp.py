"""One-time codes: sent to a phone and typed back within minutes, which verifies the phone.

The code is only in the message; the database stores a keyed hash. As six digits are few, guessing
is limited to five attempts per code; `otp_limits` says how many codes and failures there may be,
and who is known at a phone (`trusted`). `otp_sms` sends a code that is typed elsewhere.
"""

from __future__ import annotations

import hmac
import json
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from core.db.context import Context
from core.db.rows import Rows
from core.db.tables import one_time_codes as table
from core.db.tables import shops
from core.errors import CodeExpired, CodeWrong, CountryNotAllowed
from core.people.otp_limits import (
    OF_PHONE,
    PAGE,
    PAUSED,
    PAUSES,
    PREFIX_LENGTH,
    count_codes,
    has_too_many_failures,
    is_known_at,
    network_of,
)
from core.values.phone_numbers import country_of_phone

NAMELESS = "Slotline"
"""The sender named in a code without a shop."""

CODE_DIGITS = 6
CODE_LIFETIME = timedelta(minutes=5)
MAX_TRIES = 5
"""Attempts per code; after the last failure even the right digits are rejected."""


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

_COOLING = sa.exists().where(
    PAUSED,
    (PAUSES.c.requester == "") | (~table.c.trusted & (PAUSES.c.requester == table.c.purpose)),
)
_BOUND = sa.and_(
    OF_PHONE,
    table.c.purpose == sa.bindparam("for_purpose"),
    table.c.conversation_id.is_not_distinct_from(sa.bindparam("of_talk")),
    table.c.requester == sa.bindparam("of_requester"),
    table.c.used_at.is_(None),
    table.c.invalidated_at.is_(None),
)
"""The active code of a phone, purpose and requester; there is at most one."""


# ------------------------------------------------------------------------------------ issue


async def issue_code(
    ctx: Context,
    phone: str,
    *,
    purpose: str,
    conversation_id: int | None,
    requester: str = "",
    address: str = "",
    account: int | None = None,
    shop_id: int | None = None,
    countries: Collection[str] | None = None,
    shown: bool = False,
) -> str:
    """Return a new code for `phone` (E.164), to be sent there and typed where it was requested.

    It is valid once, for five minutes, for this phone, purpose and shop, and for the requesting
    conversation or, outside of any, the `requester` and their `account`; it replaces an older one.
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
    bound = _bound(ctx, phone, purpose, conversation_id, requester)
    spent = await count_codes(ctx, bound | {"of_network": network}, shop_id)
    trusted = shown or spent.own or await is_known_at(ctx, phone, network)
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
        requester=bound["of_requester"],
        network=network,
        trusted=trusted,
        shop_id=shop_id,
        digest=_digest(ctx, (phone, purpose, conversation_id, requester, account, shop_id), code),
        created_at=ctx.now,
        expires_at=ctx.now + CODE_LIFETIME,
    )
    return code


def can_get_codes(phone: str, country: str, code_countries: str | None) -> bool:
    """Return whether a phone (E.164) may get codes of a shop in `country`; `issue_code` decides."""
    allowed = (code_countries if code_countries is not None else country).split(",")
    return country_of_phone(phone) in {one.strip() for one in allowed}


_KILL = sa.update(table).where(_BOUND).values(invalidated_at=sa.bindparam("now"))


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
    requester: str = "",
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
    taken = await _take_try(ctx, _bound(ctx, phone, purpose, conversation_id, requester))
    if taken is None:
        return CodeExpired()
    facts = (phone, purpose, conversation_id, requester, account, shop_id)
    given = _digest(ctx, facts, _digits(code))
    if hmac.compare_digest(taken.digest, given):
        await ctx.execute(_USE, {"row_id": taken.id, "now": ctx.now})
        return None
    if await has_too_many_failures(ctx, phone, purpose, trusted=taken.trusted):
        return CodeExpired()
    return CodeWrong(left=MAX_TRIES - taken.tries) if taken.tries < MAX_TRIES else CodeExpired()


@dataclass(frozen=True, slots=True)
class _Taken:
    """The active code that an attempt was counted on, with all attempts so far."""

    id: int
    digest: str
    tries: int
    trusted: bool


# All conditions are in the UPDATE: a transaction that waited for the row sees the result of the one
# before, and a code used meanwhile allows no attempt.
_TAKE = Rows(
    _Taken,
    sa.update(table)
    .where(_BOUND, table.c.expires_at > sa.bindparam("now"), table.c.tries < MAX_TRIES, ~_COOLING)
    .values(tries=table.c.tries + 1)
    .returning(table.c.id, table.c.digest, table.c.tries, table.c.trusted),
)
_USE = (
    sa.update(table).where(table.c.id == sa.bindparam("row_id")).values(used_at=sa.bindparam("now"))
)


async def _take_try(ctx: Context, bound: dict[str, Any]) -> _Taken | None:
    """Count an attempt on the active code, if any; return its id, digest and attempts so far."""
    return await ctx.fetch_first(_TAKE, bound | {"now": ctx.now})


async def has_active_code(
    ctx: Context, phone: str, *, purpose: str, conversation_id: int | None, requester: str = ""
) -> bool:
    """Return whether an active code for these exists."""
    living = sa.select(table.c.id).where(
        _BOUND, table.c.expires_at > sa.bindparam("now"), table.c.tries < MAX_TRIES
    )
    bound = _bound(ctx, phone, purpose, conversation_id, requester) | {"now": ctx.now}
    return (await ctx.execute(living, bound)).first() is not None


# --------------------------------------------------------------------------------- internal


def _lock(name: str) -> sa.Select[Any]:
    """Return the SELECT that locks a name until the end of the transaction."""
    number = int.from_bytes(sha256(name.encode()).digest()[:8], signed=True)
    return sa.select(sa.func.pg_advisory_xact_lock(number))


def _bound(
    ctx: Context, phone: str, purpose: str, conversation_id: int | None, requester: str
) -> dict[str, Any]:
    """Return the values that identify an active code; a requester is stored only as a hash."""
    hashed = hmac.digest(
        ctx.secret, f"requester\n{requester}".encode("utf-8", "replace"), "sha256"
    ).hex()
    return {
        "of_phone": phone,
        "for_purpose": purpose,
        "of_talk": conversation_id,
        "of_requester": hashed if requester else "",
    }


def _digest(ctx: Context, facts: tuple[str | int | None, ...], code: str) -> str:
    # A derived key: signatures made elsewhere with the same secret are never valid here.
    key = hmac.digest(ctx.secret, b"one-time-code", "sha256")
    written = json.dumps([*facts, code])  # JSON, so that fields cannot run into each other
    return hmac.digest(key, written.encode(), "sha256").hex()


def _digits(code: str) -> str:
    """Return the digits of "481 920", in any script, as 0 to 9."""
    return "".join(str(unicodedata.decimal(c)) for c in code if c.isdecimal())
