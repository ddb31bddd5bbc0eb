"""Message templates stored at the provider: our names and its ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import shops, whatsapp_templates


@dataclass(frozen=True, slots=True)
class StoredTemplate:
    """A template at the provider; `approval` is WhatsApp's status, if known."""

    sid: str
    approval: str = ""


async def load_templates(ctx: Context, account: str) -> dict[str, StoredTemplate]:
    """Return an account's templates, by our names."""
    rows = await ctx.all(
        sa.select(
            whatsapp_templates.c.name, whatsapp_templates.c.sid, whatsapp_templates.c.approval
        ).where(whatsapp_templates.c.account == account)
    )
    return {row.name: StoredTemplate(row.sid, row.approval) for row in rows}


async def replace_templates(ctx: Context, account: str, kept: Mapping[str, StoredTemplate]) -> None:
    """Replace the stored templates of an account."""
    before = await load_templates(ctx, account)
    changed = [name for name in before if kept.get(name) != before[name]]
    if changed:
        await ctx.execute(
            sa.delete(whatsapp_templates).where(
                whatsapp_templates.c.account == account, whatsapp_templates.c.name.in_(changed)
            )
        )
    rows = [
        {
            "account": account,
            "name": name,
            "sid": one.sid,
            "approval": one.approval,
            "created_at": ctx.now,
        }
        for name, one in kept.items()
        if before.get(name) != one
    ]
    if rows:
        await ctx.execute(ctx.insert_ignoring_conflicts(whatsapp_templates, rows))


async def assign_templates(ctx: Context, approved: Mapping[str, Mapping[str, str]]) -> int:
    """Add approved templates (text key → language → id) to shops that lack them.

    A shop's own templates are kept. Return how many shops changed.
    """
    count = 0
    for row in await ctx.all(sa.select(shops.c.id, shops.c.templates).order_by(shops.c.id)):
        own = row.templates or {}
        merged = dict(own)
        for key, sids in approved.items():
            # A shop's own template for "tell" also covers "tell.moved", unless it has one for that.
            theirs = {**own.get(key.partition(".")[0], {}), **own.get(key, {})}
            given = {language: sid for language, sid in sids.items() if language not in theirs}
            if given:
                merged[key] = {**own.get(key, {}), **given}
        if merged != own:
            count += 1
            await ctx.execute(sa.update(shops).where(shops.c.id == row.id).values(templates=merged))
    return count
