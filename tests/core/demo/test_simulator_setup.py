"""The simulator's Reset: the database is emptied, whatever was changed in it."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from core.db.audit import record_change
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import audit, retention_marks, shops
from core.demo.simulator_setup import delete_everything
from tests.support.shops import build_salon


async def test_reset_after_a_change_on_the_admin_page_empties_the_demo(runtime: Runtime) -> None:
    async def change(ctx: Context) -> None:
        shop = await build_salon(ctx)
        await record_change(
            ctx,
            action="services.change_service",
            target="shops/1/services/1",
            shop_id=shop.shop_id,
            user_id=None,
            before=None,
            after=None,
            address="",
            request="",
        )
        # The simulator's clock is turned ahead and starts anew.
        later = {"at": ctx.now + timedelta(days=400)}
        row = (await ctx.first(sa.select(audit)))._asdict()  # type: ignore[union-attr]
        await ctx.execute(sa.insert(audit).values({**row, "id": row["id"] + 1, **later}))

    await runtime.run(change)
    await runtime.run(delete_everything)
    async with runtime.read_transaction() as ctx:
        left = [
            await ctx.scalar(sa.select(sa.func.count()).select_from(table))
            for table in (audit, shops, retention_marks)
        ]
    assert left == [0, 0, 0]
