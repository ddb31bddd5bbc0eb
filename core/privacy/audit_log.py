"""Reading the audit log: who changed what, when and from where.

`core.db.audit` writes it. Bookings have their own history (`booking_events`), which also covers
chat.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.db.context import Context
from core.db.pagination import Page, PageRequest, paginate
from core.db.rows import Rows
from core.db.tables import audit as table
from core.db.tables import users


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A change; `target` is what was changed, such as "services/5"."""

    id: int
    at: datetime
    shop_id: int | None
    user_id: int | None
    user: str
    action: str
    target: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    address: str
    request: str


_NAME = sa.func.coalesce(users.c.name, "").label("user")
_ENTRIES = Rows(
    AuditEntry,
    sa.select(
        *(_NAME if one.name == "user" else table.c[one.name] for one in fields(AuditEntry))
    ).select_from(table.outerjoin(users, users.c.id == table.c.user_id)),
)


async def list_entries(
    ctx: Context,
    page_request: PageRequest,
    *,
    shop_id: int | None = None,
    user_id: int | None = None,
    actions: Collection[str] = (),
) -> Page[AuditEntry]:
    """Return a page of changes, newest first, of one shop or all."""
    rows = _ENTRIES
    if shop_id is not None:
        rows = rows.where(table.c.shop_id == shop_id)
    if user_id is not None:
        rows = rows.where(table.c.user_id == user_id)
    if actions:
        rows = rows.where(table.c.action.in_(actions))
    return await paginate(ctx, rows, [table.c.id], page_request, newest_first=True)
