"""Sign-in by e-mail and password; both are verified or changed by mailed links.

Hashing is slow, so these functions take a TransactionRunner instead of a context and open short
transactions themselves. The mail they return is to be sent after the commit. No response reveals
whether an address has an account; only a mail to that address does.
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
    """Anything that runs work in a transaction, such as the runtime."""

    async def run(self, work: Callable[[Context], Awaitable[T]]) -> T:
        """Run `work` and commit."""
        ...


@dataclass(frozen=True, slots=True)
class AuthEmail:
    """An e-mail to send: its kind, its recipient and the token of its link."""

    kind: Literal["verify", "known", "new_password", "changed"]
    email: str
    token: str = ""
    user_id: int | None = None


def normalize_email(email: str) -> str:
    """Return an e-mail address in lower case, as stored; raise InvalidValue if it is malformed."""
    plain = email.strip().lower()
    if len(plain) > 254 or not _EMAIL.fullmatch(plain):
        raise InvalidValue(field="email", reason="address")
    return plain


# ------------------------------------------------------------------------------------ signing in


async def verify_credentials(runs: TransactionRunner, email: str, password: str) -> int:
    """Return the id of the user with this e-mail and password.

    Raise SignInFailed (`left`), SignInLocked (`seconds`), or EmailUnverified if the password is
    right but the address has not been verified.
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
    """Store e-mail and password until the mailed link is opened; return the mail to send.

    `user_id` adds the password to the account of a signed-in user. An address that already has an
    account gets a mail that says so. Return None if the hourly limit is reached.
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
    """Verify a registrant's address, create the account and return the user's id.

    Raise LinkExpired for an invalid link and NotAllowed for a deactivated user.
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
    """Return the mail for choosing a new password, or None if there is nothing to send."""
    email = normalize_email(email)
    user_id = await _user_of(ctx, email)
    if user_id is None:
        return None
    token = await email_links.issue_link(ctx, "new-password", email, {"user": user_id})
    return AuthEmail("new_password", email, token) if token else None


async def reset_password(runs: TransactionRunner, token: str, password: str) -> AuthEmail:
    """Set a new password by a mailed link and end all the user's auth sessions.

    Raise LinkExpired for an invalid link and InvalidValue for one of the last five passwords.
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
    """Change a password given the current one, and sign out the user's other devices.

    Raise SignInFailed or SignInLocked for a wrong current password, and InvalidValue for one of the
    last five passwords or if the user has no password.
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


# --------------------------------------------------------------------------------- internal

_PROVED = (
    identities.c.kind == "email",
    identities.c.released_at.is_(None),
    identities.c.verified_at.is_not(None),
)


async def _unused(password: str, digests: list[str]) -> str:
    await passwords.ensure_not_reused(password, digests)
    return await passwords.hash_password(password)


async def _user_of(ctx: Context, email: str) -> int | None:
    """Return the active user with this verified address."""
    found = await ctx.scalar(
        sa.select(users.c.id)
        .join_from(identities, users, users.c.id == identities.c.user_id)
        .where(identities.c.value == email, *_PROVED, users.c.deactivated_at.is_(None))
    )
    return None if found is None else int(found)


async def _digests(ctx: Context, user_id: int) -> list[str]:
    """Return the user's last password digests, the current one first."""
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
