"""One-time links sent by e-mail, to verify an address or to choose a new password.

They are stored with the one-time codes: same table, a keyed hash of the token, and the e-mail
address in the `phone` column.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import one_time_codes as table
from core.errors import LinkExpired

LinkPurpose = Literal["verify-email", "new-password", "mail-messages"]

LINK_LIFETIMES: dict[LinkPurpose, timedelta] = {
    "verify-email": timedelta(hours=24),
    "new-password": timedelta(minutes=30),
    "mail-messages": timedelta(hours=24),
}
MAX_LINKS_PER_HOUR = 5
"""Mails per address and hour, whoever requests them."""


@dataclass(frozen=True, slots=True)
class EmailLink:
    """What a link was issued for."""

    id: int
    email: str
    facts: Mapping[str, Any]


async def issue_link(
    ctx: Context, purpose: LinkPurpose, email: str, facts: Mapping[str, Any]
) -> str | None:
    """Return the token of a new link, or None if the address has had its mails for this hour."""
    sent = sa.select(sa.func.count()).where(
        table.c.phone == email,
        table.c.created_at > ctx.now - timedelta(hours=1),
        table.c.purpose.in_(LINK_LIFETIMES),
    )
    if int(await ctx.scalar(sent)) >= MAX_LINKS_PER_HOUR:
        return None
    token = base64.urlsafe_b64encode(ctx.random.randbytes(24)).decode()
    await ctx.insert(
        table,
        phone=email,
        prefix=purpose,
        purpose=purpose,
        digest=_digest(ctx, purpose, token),
        created_at=ctx.now,
        expires_at=ctx.now + LINK_LIFETIMES[purpose],
        facts=dict(facts),
    )
    return token


async def inspect_link(ctx: Context, purpose: LinkPurpose, token: str) -> EmailLink:
    """Return what a link is for without consuming it; raise LinkExpired if it is not valid."""
    row = await ctx.first(
        sa.select(table.c.id, table.c.phone, table.c.facts).where(
            table.c.digest == _digest(ctx, purpose, token), *_living(ctx, purpose)
        )
    )
    if row is None:
        raise LinkExpired
    return EmailLink(row.id, row.phone, row.facts)


async def consume_link(ctx: Context, purpose: LinkPurpose, token: str) -> EmailLink:
    """Consume a link and all others of its purpose and address; raise LinkExpired if invalid."""
    link = await inspect_link(ctx, purpose, token)
    used = await ctx.execute(
        table.update()
        .where(table.c.id == link.id, table.c.used_at.is_(None))
        .values(used_at=ctx.now)
    )
    if not used.rowcount:
        raise LinkExpired
    rest = table.update().where(table.c.phone == link.email, *_living(ctx, purpose))
    await ctx.execute(rest.values(invalidated_at=ctx.now))
    return link


async def pending_links(ctx: Context, purpose: LinkPurpose, email: str) -> list[EmailLink]:
    """Return the valid links of an address, newest first."""
    rows = await ctx.all(
        sa.select(table.c.id, table.c.phone, table.c.facts)
        .where(table.c.phone == email, *_living(ctx, purpose))
        .order_by(table.c.id.desc())
        .limit(MAX_LINKS_PER_HOUR)
    )
    return [EmailLink(row.id, row.phone, row.facts) for row in rows]


def _living(ctx: Context, purpose: LinkPurpose) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        table.c.purpose == purpose,
        table.c.used_at.is_(None),
        table.c.invalidated_at.is_(None),
        table.c.expires_at > ctx.now,
    )


def _digest(ctx: Context, purpose: LinkPurpose, token: str) -> str:
    key = hmac.digest(ctx.secret, b"mail link", "sha256")
    return hmac.digest(key, f"{purpose}\n{token}".encode("utf-8", "replace"), "sha256").hex()
