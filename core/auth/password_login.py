"""Signing in by e-mail and password; both are verified or changed by links we mail.

Hashing takes long, so these begin and end transactions themselves: they take whatever runs one,
never a context. What they return is to be mailed once it is committed. Nothing tells anybody
whether an address is known here, but a mail to that address.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

import sqlalchemy as sa

from core.auth import email_links, lockout, passwords, sessions
from core.db.context import Context
from core.db.tables import identities, users
from core.db.tables import passwords as table
from core.errors import EmailUnverified, InvalidValue, NotSignedIn, SignInFailed
from core.people.verification import verify_identity_without_conversation

T = TypeVar("T")

_EMAIL = re.compile(r"[^@\s\x00-\x1f<>\"(),:;\[\]\\]{1,64}@[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+")


class TransactionRunner(Protocol):
    """What runs work in a transaction: the runtime."""

    async def run(self, work: Callable[[Context], Awaitable[T]]) -> T:
        """Run it and commit."""
        ...


@dataclass(frozen=True, slots=True)
class AuthEmail:
    """A mail to be written: what it says, to whom, with which token in its link."""

    kind: Literal["verify", "known", "new_password", "changed"]
    email: str
    token: str = ""
    user_id: int | None = None


def normalize_email(email: str) -> str:
    """Return an e-mail address as it is kept, in lower case; Invalid for what is none."""
    plain = email.strip().lower()
    if len(plain) > 254 or not _EMAIL.fullmatch(plain):
        raise InvalidValue(field="email", reason="address")
    return plain


# ------------------------------------------------------------------------------------ signing in


async def verify_credentials(runs: TransactionRunner, email: str, password: str) -> int:
    """Return whose e-mail and password these are.

    SignInFailed (`left`), SignInLocked (`seconds`); EmailUnverified for the right password of an
    address whose link was not opened yet.
    """
    email = normalize_email(email)

    async def begin(ctx: Context) -> tuple[int, int | None, str | None, list[str]]:
        left = await lockout.count_attempt(ctx, email)
        user_id = await _user_of(ctx, email)
        digests = await _digests(ctx, user_id) if user_id else []
        waiting = await email_links.pending_links(ctx, "verify-email", email)
        asked = [str(link.facts["digest"]) for link in waiting if link.facts.get("digest")]
        return left, user_id, digests[0] if digests else None, asked[:1]

    left, user_id, digest, waiting = await runs.run(begin)
    if user_id is not None and await passwords.verify_password(password, digest):
        await runs.run(lambda ctx: lockout.clear_attempts(ctx, email))
        return user_id
    if user_id is None and await passwords.verify_password(
        password, waiting[0] if waiting else None
    ):
        raise EmailUnverified
    raise SignInFailed(left=left)


# ------------------------------------------------------------------------------------ registering


async def register_account(
    runs: TransactionRunner,
    email: str,
    password: str,
    name: str = "",
    *,
    user_id: int | None = None,
) -> AuthEmail | None:
    """Keep e-mail and password until the mailed link is opened; return what to mail.

    `user_id` is who adds them to the account they are signed in to. A known address gets a mail
    that says so. None when it got enough mails in this hour.
    """
    email = normalize_email(email)
    digest = await passwords.hash_password(passwords.validate_password(password))

    async def keep(ctx: Context) -> AuthEmail | None:
        if await _user_of(ctx, email) is not None:
            return AuthEmail("known", email)
        facts = {"digest": digest, "name": " ".join(name.split())[:100], "user": user_id}
        token = await email_links.issue_link(ctx, "verify-email", email, facts)
        return AuthEmail("verify", email, token) if token else None

    return await runs.run(keep)


async def verify_email(ctx: Context, token: str) -> int:
    """Note that an address is its registrant's, and make the account; return the user's id.

    LinkDead for a link that is used, too old or none; NotAllowed for a deactivated user.
    """
    link = await email_links.consume_link(ctx, "verify-email", token)
    if await _user_of(ctx, link.email) is not None:
        raise NotSignedIn
    known, name = link.facts.get("user"), str(link.facts.get("name") or "")
    user_id = await verify_identity_without_conversation(
        ctx, "email", link.email, name=name, user_id=known
    )
    await _put(ctx, user_id, str(link.facts["digest"]))
    return user_id


# ------------------------------------------------------------------------------------ changing


async def request_password_reset(ctx: Context, email: str) -> AuthEmail | None:
    """Return the mail that lets somebody choose a new password; None if there is none to send."""
    email = normalize_email(email)
    user_id = await _user_of(ctx, email)
    if user_id is None:
        return None
    token = await email_links.issue_link(ctx, "new-password", email, {"user": user_id})
    return AuthEmail("new_password", email, token) if token else None


async def reset_password(runs: TransactionRunner, token: str, password: str) -> AuthEmail:
    """Set a new password by a mailed link; everybody who is signed in as this user is out.

    LinkDead; Invalid for one of the last five.
    """
    passwords.validate_password(password)

    async def begin(ctx: Context) -> list[str]:
        link = await email_links.inspect_link(ctx, "new-password", token)
        return await _digests(ctx, int(link.facts["user"]))

    digest = await _unused(password, await runs.run(begin))

    async def end(ctx: Context) -> AuthEmail:
        link = await email_links.consume_link(ctx, "new-password", token)
        user_id = int(link.facts["user"])
        await _put(ctx, user_id, digest)
        await sessions.end_all_auth_sessions(ctx, user_id, reason="a new password")
        await lockout.clear_attempts(ctx, link.email, f"user:{user_id}")
        return AuthEmail("changed", link.email, user_id=user_id)

    return await runs.run(end)


async def change_password(
    runs: TransactionRunner, user_id: int, current: str, password: str, *, auth_session_id: int
) -> AuthEmail | None:
    """Change a password by the current one; other devices are signed out.

    SignInFailed, SignInLocked; Invalid for one of the last five, or where there is none to change.
    """
    passwords.validate_password(password)
    subject = f"user:{user_id}"

    async def begin(ctx: Context) -> tuple[int, list[str]]:
        digests = await _digests(ctx, user_id)
        if not digests:
            raise InvalidValue(field="current", reason="none")
        return await lockout.count_attempt(ctx, subject), digests

    left, digests = await runs.run(begin)
    if not await passwords.verify_password(current, digests[0]):
        raise SignInFailed(left=left)
    digest = await _unused(password, digests)

    async def end(ctx: Context) -> AuthEmail | None:
        await lockout.clear_attempts(ctx, subject)
        await _put(ctx, user_id, digest)
        await sessions.end_all_auth_sessions(
            ctx, user_id, reason="a new password", except_id=auth_session_id
        )
        email = await ctx.scalar(
            sa.select(identities.c.value)
            .where(identities.c.user_id == user_id, *_PROVED)
            .order_by(identities.c.id)
        )
        return AuthEmail("changed", email) if email else None

    return await runs.run(end)


# ------------------------------------------------------------------------------------ within

_PROVED = (
    identities.c.kind == "email",
    identities.c.ended_at.is_(None),
    identities.c.proved_at.is_not(None),
)


async def _unused(password: str, digests: list[str]) -> str:
    await passwords.ensure_not_reused(password, digests)
    return await passwords.hash_password(password)


async def _user_of(ctx: Context, email: str) -> int | None:
    """Return the active user who proved an address."""
    found = await ctx.scalar(
        sa.select(users.c.id)
        .join_from(identities, users, users.c.id == identities.c.user_id)
        .where(identities.c.value == email, *_PROVED, users.c.deactivated_at.is_(None))
    )
    return None if found is None else int(found)


async def _digests(ctx: Context, user_id: int) -> list[str]:
    """Return the last passwords, the one that counts first."""
    rows = sa.select(table.c.digest).where(table.c.user_id == user_id)
    return list(
        (
            await ctx.execute(rows.order_by(table.c.id.desc()).limit(passwords.HISTORY_LENGTH))
        ).scalars()
    )


async def _put(ctx: Context, user_id: int, digest: str) -> None:
    await ctx.insert(table, user_id=user_id, digest=digest, created_at=ctx.now)
    kept = (
        sa.select(table.c.id)
        .where(table.c.user_id == user_id)
        .order_by(table.c.id.desc())
        .limit(passwords.HISTORY_LENGTH)
    )
    await ctx.execute(
        table.delete().where(table.c.user_id == user_id, table.c.id.not_in(kept.scalar_subquery()))
    )
