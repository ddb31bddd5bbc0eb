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
from core.db.tables import identities, users


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A change; `target` is what was changed, such as "services/5".

    `user` is their name, else their phone or e-mail; empty if the account is gone.
    """

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


# An account made by phone or e-mail alone has no name: its address says who, phone first.
_ADDRESS = (
    sa.select(sa.func.min(identities.c.value))
    .where(
        identities.c.user_id == table.c.user_id,
        identities.c.kind.in_(("phone", "email")),
        identities.c.released_at.is_(None),
    )
    .scalar_subquery()
)
_NAME = sa.func.coalesce(sa.func.nullif(users.c.name, ""), _ADDRESS, "").label("user")
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
