"""Auth sessions: started, refreshed by rotating tokens, listed and ended.

An auth session is a row that every request reads, so it is over as soon as it is ended or expired
or its user is deactivated, whatever its tokens say. Of a refresh token only the generation is
stored; a token of an earlier generation means that it was stolen, and ends the session for both
holders (RFC 9700 section 4.14.2).
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from core.auth import tokens
from core.auth.tokens import TokenClaims
from core.db.context import Context
from core.db.pagination import Page, PageRequest, paginate
from core.db.rows import Rows
from core.db.tables import auth_sessions, members, users
from core.errors import NotFound, NotSignedIn
from core.people.members import ShopRole, check_dispensable

AuthKind = Literal["token", "cookie"]

_NOTE_USE_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class TokenPair:
    """The tokens of a signed-in client and when each expires."""

    access_token: str
    access_expires_at: datetime
    refresh_token: str
    refresh_expires_at: datetime


@dataclass(frozen=True, slots=True)
class AuthSession:
    """A signed-in device; `agent` and `address` are those of the sign-in."""

    id: int
    kind: str
    agent: str
    address: str
    created_at: datetime
    used_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Principal:
    """The signed-in user of a request, with their roles by shop."""

    user_id: int
    name: str
    language: str
    is_admin: bool
    auth_session_id: int
    roles: tuple[ShopRole, ...]
    created_at: datetime
    last_sign_in_at: datetime | None

    def roles_at(self, shop_id: int) -> tuple[ShopRole, ...]:
        """Return the user's roles at one shop."""
        return tuple(role for role in self.roles if role.shop_id == shop_id)

    @property
    def shop_ids(self) -> frozenset[int]:
        """Return the ids of the shops the user is a member of."""
        return frozenset(role.shop_id for role in self.roles)


async def start_auth_session(
    ctx: Context, user_id: int, *, kind: AuthKind, agent: str = "", address: str = ""
) -> int:
    """Sign a user in on a device and return the auth session's id; NotSignedIn if deactivated."""
    noted = await ctx.execute(
        users.update()
        .where(users.c.id == user_id, users.c.deactivated_at.is_(None))
        .values(last_sign_in_at=ctx.now)
    )
    if not noted.rowcount:
        raise NotSignedIn
    return await ctx.insert(
        auth_sessions,
        user_id=user_id,
        kind=kind,
        agent=agent[:200],
        address=address[:60],
        created_at=ctx.now,
        used_at=ctx.now,
        expires_at=_until(ctx),
    )


def issue_tokens(
    ctx: Context, user_id: int, auth_session_id: int, generation: int = 0
) -> TokenPair:
    """Return an access and a refresh token for an auth session."""
    whose: dict[str, Any] = {"user_id": user_id, "auth_session_id": auth_session_id}
    soon = ctx.now + timedelta(minutes=ctx.settings.access_token_minutes)
    late = _until(ctx)
    return TokenPair(
        tokens.encode_token(ctx, "access", **whose, expires_at=soon),
        soon,
        tokens.encode_token(ctx, "refresh", **whose, expires_at=late, generation=generation),
        late,
    )


def issue_cookie(ctx: Context, user_id: int, auth_session_id: int) -> str:
    """Return the cookie's value; it is valid as long as the auth session."""
    return tokens.encode_token(
        ctx, "cookie", user_id=user_id, auth_session_id=auth_session_id, expires_at=_until(ctx)
    )


def csrf_token(secret: bytes, auth_session_id: int) -> str:
    """Return the CSRF token that our pages send in a header and other sites cannot know."""
    key = tokens.derive_key(secret, "csrf")
    return hmac.digest(key, b"%d" % auth_session_id, "sha256").hex()


async def refresh_tokens(ctx: Context, claims: TokenClaims) -> TokenPair | NotSignedIn:
    """Exchange a refresh token for the next pair.

    NotSignedIn is returned, not raised, so that ending a session whose token was reused is
    committed. The condition is part of the UPDATE, so exactly one of several concurrent uses
    succeeds.
    """
    this = auth_sessions.c.id == claims.auth_session_id, auth_sessions.c.user_id == claims.user_id
    alive = auth_sessions.c.ended_at.is_(None), auth_sessions.c.expires_at > ctx.now
    active = sa.exists().where(users.c.id == claims.user_id, users.c.deactivated_at.is_(None))
    taken = await ctx.execute(
        auth_sessions.update()
        .where(*this, *alive, active, auth_sessions.c.generation == claims.generation)
        .values(generation=claims.generation + 1, used_at=ctx.now, expires_at=_until(ctx))
    )
    if taken.rowcount:
        return issue_tokens(ctx, claims.user_id, claims.auth_session_id, claims.generation + 1)
    await ctx.execute(
        auth_sessions.update()
        .where(
            *this,
            auth_sessions.c.ended_at.is_(None),
            auth_sessions.c.generation > claims.generation,
        )
        .values(ended_at=ctx.now, ended_reason="a refresh token came twice")
    )
    return NotSignedIn()


async def authenticate(ctx: Context, claims: TokenClaims) -> Principal:
    """Return the signed-in user in one or, rarely, two statements; raise NotSignedIn if over."""
    rows = await ctx.all(
        sa.select(
            users.c.id,
            users.c.name,
            users.c.language,
            users.c.admin,
            users.c.created_at,
            users.c.last_sign_in_at,
            auth_sessions.c.used_at,
            members.c.shop_id,
            members.c.role,
            members.c.provider_id,
        )
        .select_from(
            auth_sessions.join(users, users.c.id == auth_sessions.c.user_id).outerjoin(
                members, members.c.user_id == users.c.id
            )
        )
        .where(
            auth_sessions.c.id == claims.auth_session_id,
            auth_sessions.c.user_id == claims.user_id,
            auth_sessions.c.ended_at.is_(None),
            auth_sessions.c.expires_at > ctx.now,
            users.c.deactivated_at.is_(None),
        )
        .order_by(members.c.shop_id, members.c.id)
    )
    if not rows:
        raise NotSignedIn
    one = rows[0]
    return Principal(
        one.id,
        one.name,
        one.language,
        one.admin,
        claims.auth_session_id,
        tuple(ShopRole(r.shop_id, r.role, r.provider_id) for r in rows if r.shop_id is not None),
        one.created_at,
        one.last_sign_in_at,
    )


async def reload_principal(ctx: Context, principal: Principal) -> Principal:
    """Return the principal as it is now, after a change."""
    return await authenticate(
        ctx, TokenClaims(principal.user_id, principal.auth_session_id, 0, ctx.now)
    )


async def mark_used(ctx: Context, auth_session_id: int) -> None:
    """Record that an auth session is in use, at most every few minutes."""
    await ctx.execute(
        auth_sessions.update()
        .where(
            auth_sessions.c.id == auth_session_id,
            auth_sessions.c.used_at < ctx.now - _NOTE_USE_EVERY,
        )
        .values(used_at=ctx.now)
    )


_SESSIONS = Rows(
    AuthSession, sa.select(*(auth_sessions.c[one.name] for one in fields(AuthSession)))
)


async def list_active_sessions(ctx: Context, user_id: int, asked: PageRequest) -> Page[AuthSession]:
    """Return a page of a user's active auth sessions, newest first."""
    active = _SESSIONS.where(
        auth_sessions.c.user_id == user_id,
        auth_sessions.c.ended_at.is_(None),
        auth_sessions.c.expires_at > ctx.now,
    )
    return await paginate(ctx, active, [auth_sessions.c.id], asked, newest_first=True)


async def set_account_active(ctx: Context, user_id: int, *, active: bool = False) -> None:
    """Activate or deactivate an account; deactivating ends its auth sessions at once.

    Raise LastOwner if the user is the only owner of a shop.
    """
    if not active:
        await check_dispensable(ctx, user_id)
    gone = await ctx.execute(
        users.update()
        .where(users.c.id == user_id)
        .values(deactivated_at=None if active else ctx.now)
    )
    if not gone.rowcount:
        raise NotFound(user=user_id)
    await end_all_auth_sessions(ctx, user_id, reason="deactivated")


async def end_auth_session(ctx: Context, user_id: int, auth_session_id: int) -> None:
    """Sign a user out on one device; raise NotFound unless it is an active session of theirs."""
    ended = await ctx.execute(
        _end(ctx, user_id, "signed out", auth_sessions.c.id == auth_session_id)
    )
    if not ended.rowcount:
        raise NotFound(sign_in=auth_session_id)


async def end_all_auth_sessions(
    ctx: Context, user_id: int, *, reason: str, except_id: int | None = None
) -> None:
    """Sign a user out everywhere, except on the device `except_id` if given."""
    which = [] if except_id is None else [auth_sessions.c.id != except_id]
    await ctx.execute(_end(ctx, user_id, reason, *which))


def _end(ctx: Context, user_id: int, reason: str, *which: sa.ColumnElement[bool]) -> sa.Update:
    return (
        auth_sessions.update()
        .where(auth_sessions.c.user_id == user_id, auth_sessions.c.ended_at.is_(None), *which)
        .values(ended_at=ctx.now, ended_reason=reason)
    )


def _until(ctx: Context) -> datetime:
    return ctx.now + timedelta(days=ctx.settings.refresh_token_days)
