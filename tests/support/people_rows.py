"""A shop, its line and its people by plain rows: what tests of messages stand on."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import conversations, identities, lines, members, outbox, shops, users
from core.messaging.messages import decode_value
from tests.support.row_factory import DAY, RowFactory


@dataclass
class PeopleRows:
    """Bella Hair with an SMS line."""

    rows: RowFactory
    shop: int
    line: int

    @classmethod
    async def open_shop(cls, ctx: Context, **line: Any) -> "PeopleRows":
        rows = RowFactory(ctx)
        await rows.add(shops)
        await rows.add(lines, **({"transport": "twilio", "address": "+34910000000"} | line))
        return cls(rows, rows.newest["shops"], rows.newest["lines"])

    async def add_person(self, phone: str, name: str = "Marta", **identity: Any) -> int:
        """Add a user who proved `phone`; return the user's id."""
        user = await self.rows.add(users, name=name)
        values = {"value": phone, "user_id": user, "verified_at": DAY, "used_at": DAY} | identity
        await self.rows.add(identities, **values)
        return user

    async def add_member(self, phone: str, role: str, **values: Any) -> int:
        """Add somebody of the shop's people; return the user's id."""
        user = await self.add_person(phone, role)
        await self.rows.add(members, user_id=user, role=role, **values)
        return user

    async def open_conversation(self, phone: str, **values: Any) -> int:
        """Open the conversation of `phone` on the newest line; return its id."""
        identity = await self.rows.ctx.scalar(
            sa.select(identities.c.id).where(
                identities.c.value == phone, identities.c.released_at.is_(None)
            )
        )
        return await self.rows.add(
            conversations, address=phone, **({"identity_id": identity} | values)
        )


async def outbox_rows(ctx: Context) -> list[tuple[Any, ...]]:
    """Return line, address, state, kind and key of every outbox row, in order."""
    found = await ctx.all(
        sa.select(
            lines.c.address.label("line"),
            conversations.c.address,
            outbox.c.state,
            outbox.c.kind,
            outbox.c.message,
        )
        .join_from(outbox, conversations)
        .join(lines, lines.c.id == conversations.c.line_id)
        .order_by(outbox.c.id)
    )
    return [
        (row.line, row.address, row.state, row.kind, decode_value(row.message).key) for row in found
    ]
