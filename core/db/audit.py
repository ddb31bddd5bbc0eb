"""Writing the audit log: who changed what, before and after; rows are only ever added.

It is on the level of the tables, so that any module can log a change in the same transaction;
`core.privacy.audit_log` reads it.
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
    """Log a change; of `before` and `after` only the differences are stored."""
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
