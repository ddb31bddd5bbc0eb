"""What a shop wrote down for a phone becomes its owner's once they prove it, if the name agrees.

Numbers are recycled and notes may be clinical: under another name nothing is joined or shown, and
the shop is told that it may join the two.
"""

from __future__ import annotations

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import customers
from core.messaging.messages import Say
from core.messaging.outbox.staff_alerts import enqueue_for_staff
from core.people.customers import IS_ERASED, merge_customers
from core.values.text_folding import names_agree


async def adopt_noted_customers(
    ctx: Context, user_id: int, phone: str, name: str, here: int | None
) -> None:
    """Give a user what shops noted under the phone they just proved, where the names agree.

    A shop's row without an account becomes theirs, or is merged into the one they have there. Where
    the name differs the shop `here`, to which they write, is told, once; no other learns it.
    """
    if not name or not phone:
        return
    rows = await ctx.all(
        sa.select(customers.c.id, customers.c.shop_id, customers.c.name)
        .where(customers.c.phone == phone, customers.c.user_id.is_(None), ~IS_ERASED)
        .order_by(customers.c.shop_id, customers.c.id)
    )
    for row in rows:
        if not names_agree(row.name, name):
            if row.shop_id == here:
                await _tell_shop(ctx, row.shop_id, row.id, row.name, user_id, name, phone)
            continue
        own = await ctx.scalar(
            sa.select(customers.c.id).where(
                customers.c.shop_id == row.shop_id, customers.c.user_id == user_id
            )
        )
        if own is not None:
            await merge_customers(ctx, row.shop_id, row.id, int(own))
            continue
        mine = customers.update().where(customers.c.id == row.id, customers.c.user_id.is_(None))
        await ctx.execute(mine.values(user_id=user_id))


async def _tell_shop(
    ctx: Context, shop_id: int, customer_id: int, noted: str, user_id: int, name: str, phone: str
) -> None:
    await enqueue_for_staff(
        ctx,
        Say("alert.same_phone", {"noted": noted, "customer": name, "phone": phone}),
        shop_id=shop_id,
        kind="same_phone",
        unique_key=f"same_phone:{customer_id}:{user_id}",
    )
