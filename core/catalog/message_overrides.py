"""A shop's own wording of messages, stored as given; the bot validates the text."""

from __future__ import annotations

import sqlalchemy as sa

from core.catalog import loader
from core.db.context import Context
from core.db.tables import shops
from core.errors import NotFound


async def set_override(
    ctx: Context, shop_id: int, key: str, language: str, words: str | None
) -> None:
    """Set a shop's wording of `key` in one language ("es"); None restores the default.

    Raise NotFound for an unknown shop. The caller has validated the text.
    """
    await ctx.lock_rows(shops, [shop_id])
    row = await ctx.first(sa.select(shops.c.message_overrides).where(shops.c.id == shop_id))
    if row is None:
        raise NotFound(shop=shop_id)
    own = {name: dict(by_language) for name, by_language in (row.message_overrides or {}).items()}
    if words is None:
        own.get(key, {}).pop(language, None)
    else:
        own.setdefault(key, {})[language] = words
    kept = {name: by_language for name, by_language in own.items() if by_language}
    await ctx.execute(sa.update(shops).where(shops.c.id == shop_id).values(message_overrides=kept))
    await loader.bump_version(ctx, shop_id)
