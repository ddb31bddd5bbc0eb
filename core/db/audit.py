"""The audit's writer: who changed what, before and after. Rows are only ever added.

It lies as deep as the tables, so that whatever changes something can write it down in the same
transaction; `core.privacy.audit_log` reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.db.context import Context
from core.db.tables import audit as table


async def record_change(
    ctx: Context,
    *,
    action: str,
    target: str,
    shop_id: int | None,
    user_id: int | None,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    address: str,
    request: str,
) -> None:
    """Write a change down; of what was and is, only what differs."""
    if before is not None and after is not None:
        differs = {k for k in {*before, *after} if before.get(k) != after.get(k)}
        before = {k: v for k, v in before.items() if k in differs}
        after = {k: v for k, v in after.items() if k in differs}
    await ctx.insert(
        table,
        at=ctx.now,
        shop_id=shop_id,
        user_id=user_id,
        action=action,
        target=target,
        before=before,
        after=after,
        address=address,
        request=request,
    )
