"""Identities: whose an address is, since when it is verified, and when that ends.

A conversation belongs to an identity, and an identity to a user once somebody verified it. Numbers
are recycled, so an identity may be released and a new one, without a user, takes its address
(`verification`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import conversations, identities, lines, users
from core.errors import NotAllowed
from core.values.people_changes import UserChange
from core.values.phone_numbers import normal_form

IdentityKind = Literal["phone", "email", "telegram", "whatsapp"]

VOUCHING = ("telegram", "whatsapp")
"""Channels that authenticate the sender; the sender of an SMS can be forged."""

VERIFIED_FOR = timedelta(days=180)
"""How long a verification holds without use: networks reassign numbers after months."""

_NOTE_USE_EVERY = timedelta(days=1)


class LineRef(Protocol):
    """What `get_or_create_contact` needs of a line."""

    @property
    def id(self) -> int:
        """Return the line's id."""

    @property
    def channel(self) -> str:
        """Return the channel: sms, whatsapp, telegram or email."""

    @property
    def shop_id(self) -> int | None:
        """Return the shop it serves; None for all."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A conversation and its identity; `is_new` if this is the first message."""

    conversation_id: int
    identity_id: int
    shop_id: int | None
    language: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Person:
    """Who is at the other end of a conversation.

    `is_verified`: they verified the identity and used it within `VERIFIED_FOR`; otherwise ask again
    before showing or changing anything of theirs. On SMS, whose sender can be forged, only a
    verification by code counts (`is_verified_by_code`). `phone` is E.164 or empty.
    """

    user_id: int
    name: str
    phone: str
    is_verified: bool
    is_verified_by_code: bool
    language: str
    is_admin: bool


async def get_or_create_contact(ctx: Context, line: LineRef, address: str) -> Contact:
    """Return the conversation of `address` on a line, created if new.

    `address` is as the channel gives it: E.164, a Telegram id, a WhatsApp business-scoped id, an
    e-mail address. Writing from it verifies nothing.
    """
    kind = _kind(line.channel, address)
    value = address.lower() if kind == "email" else address
    if kind == "phone":
        value = normal_form(address)  # the conversation keeps the address it came from
    known = (
        sa.select(
            conversations.c.id,
            conversations.c.identity_id,
            conversations.c.shop_id,
            conversations.c.language,
        )
        .where(conversations.c.line_id == line.id, conversations.c.address == address)
        .limit(1)
    )
    row = await ctx.first(known)
    new = row is None
    if row is None:
        values = {
            "line_id": line.id,
            "address": address,
            "identity_id": await get_or_create_identity(ctx, kind, value),
            "shop_id": line.shop_id,
            "created_at": ctx.now,
        }
        await ctx.execute(ctx.insert_ignoring_conflicts(conversations, values))
        row = await ctx.first(known)
        assert row is not None
    identity_id = row.identity_id
    if identity_id is None:
        identity_id = await get_or_create_identity(ctx, kind, value)
        await _belongs_to(ctx, row.id, identity_id)
    return Contact(row.id, identity_id, row.shop_id, row.language, new)


_PHONE = (
    sa.select(identities.c.value)
    .where(
        identities.c.user_id == users.c.id,
        identities.c.kind == "phone",
        identities.c.released_at.is_(None),
    )
    .order_by(identities.c.verified_at.desc().nulls_last(), identities.c.id)
    .limit(1)
    .correlate(users)
    .scalar_subquery()
)
_OWN = identities.alias("own")
_WHOAMI = (
    sa.select(
        users.c.id,
        users.c.name,
        users.c.language,
        users.c.admin,
        _OWN.c.id.label("identity_id"),
        _OWN.c.kind,
        _OWN.c.value,
        _OWN.c.verified_at,
        _OWN.c.code_verified_at,
        _OWN.c.used_at,
        lines.c.channel,
        sa.case((_OWN.c.kind == "phone", _OWN.c.value), else_=_PHONE).label("phone"),
    )
    .join_from(conversations, _OWN, _OWN.c.id == conversations.c.identity_id)
    .join(users, users.c.id == _OWN.c.user_id)
    .join(lines, lines.c.id == conversations.c.line_id)
    .where(
        conversations.c.id == sa.bindparam("conversation_id"),
        _OWN.c.released_at.is_(None),
        users.c.deactivated_at.is_(None),
    )
)


async def person_of_conversation(ctx: Context, conversation_id: int) -> Person | None:
    """Return who is at the other end of a conversation, or None if unknown.

    One statement; once a day a second records that a verified address is still in use.
    """
    row = (await ctx.execute(_WHOAMI, {"conversation_id": conversation_id})).first()
    if row is None:
        return None
    by_code = recently_verified(row.code_verified_at, row.used_at, ctx.now)
    vouched = row.channel in VOUCHING and recently_verified(row.verified_at, row.used_at, ctx.now)
    proved = by_code or vouched
    if proved and (row.used_at is None or ctx.now - row.used_at >= _NOTE_USE_EVERY):
        await ctx.execute(
            sa.update(identities).where(identities.c.id == row.identity_id).values(used_at=ctx.now)
        )
    return Person(row.id, row.name, row.phone or "", proved, by_code, row.language, row.admin)


async def get_or_create_user_by_phone(ctx: Context, phone: str, *, name: str = "") -> int:
    """Return the user with this phone (E.164), created if needed; the phone stays unverified."""
    await get_or_create_identity(ctx, "phone", phone)
    row = await ctx.first(
        sa.select(identities.c.id, identities.c.user_id)
        .where(is_active_identity("phone", phone))
        .with_for_update(key_share=True)
    )
    assert row is not None
    user_id = await get_or_create_active_user(ctx, row.user_id, name)
    if row.user_id is None:
        await assign_identity(ctx, row.id, user_id, verified=False)
    return user_id


async def make_admin(ctx: Context, phone: str) -> int:
    """Make the user with this phone (E.164) an admin; return the user's id."""
    user_id = await get_or_create_user_by_phone(ctx, phone)
    await ctx.execute(sa.update(users).where(users.c.id == user_id).values(admin=True))
    return user_id


async def change_user(ctx: Context, user_id: int, change: UserChange) -> None:
    """Change a user's `name` or `language`."""
    if values := change.changes():
        await ctx.execute(sa.update(users).where(users.c.id == user_id).values(values))


# --------------------------------------------------------------------------------- internal


def _kind(channel: str, address: str) -> IdentityKind:
    if channel == "telegram":
        return "telegram"
    if channel == "email":
        return "email"
    # WhatsApp may give a business-scoped id instead of a phone.
    return "whatsapp" if channel == "whatsapp" and not address.startswith("+") else "phone"


def is_active_identity(kind: str, value: str) -> sa.ColumnElement[bool]:
    """Return the condition for the one active identity of an address."""
    return sa.and_(
        identities.c.kind == kind, identities.c.value == value, identities.c.released_at.is_(None)
    )


def recently_verified(
    verified_at: datetime | None, used_at: datetime | None, now: datetime
) -> bool:
    """Return whether a verification, last used at `used_at`, still holds."""
    if verified_at is None:
        return False
    return now - max(verified_at, used_at or verified_at) < VERIFIED_FOR


async def get_or_create_identity(ctx: Context, kind: str, value: str) -> int:
    """Return the active identity of an address, created if necessary."""
    known = sa.select(identities.c.id).where(is_active_identity(kind, value))
    found = await ctx.scalar(known)
    if found is None:
        values = {"kind": kind, "value": value, "created_at": ctx.now}
        await ctx.execute(ctx.insert_ignoring_conflicts(identities, values))
        found = await ctx.scalar(known)
    return int(found)


async def get_or_create_active_user(ctx: Context, user_id: int | None, name: str) -> int:
    """Return a user who is not deactivated, created if needed; `name` fills a missing name."""
    name = " ".join(name.split())[:100]
    if user_id is None:
        return await ctx.insert(users, name=name, created_at=ctx.now)
    row = await ctx.first(
        sa.select(users.c.name, users.c.deactivated_at).where(users.c.id == user_id)
    )
    assert row is not None
    if row.deactivated_at is not None:
        raise NotAllowed(user=user_id)
    if name and not row.name:
        await ctx.execute(sa.update(users).where(users.c.id == user_id).values(name=name))
    return user_id


async def assign_identity(
    ctx: Context, identity_id: int, user_id: int, *, verified: bool, by_code: bool = True
) -> None:
    """Assign an identity to a user, as verified from now on if `verified`.

    `by_code`: not only by a channel that authenticates the sender.
    """
    moments = {"verified_at": ctx.now, "used_at": ctx.now} if verified else {}
    if verified and by_code:
        moments["code_verified_at"] = ctx.now
    await ctx.execute(
        sa.update(identities)
        .where(identities.c.id == identity_id)
        .values(user_id=user_id, **moments)
    )


async def _belongs_to(ctx: Context, conversation_id: int, identity_id: int) -> None:
    await ctx.execute(
        sa.update(conversations)
        .where(conversations.c.id == conversation_id)
        .values(identity_id=identity_id)
    )
