"""A shop inserted as rows equals the one built by verbs."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from core.db import tables
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import metadata
from core.shops import shops
from core.values.shop_changes import NewShop
from tests.support import seeding
from tests.support import shops as support_shops
from tests.support.seeding import planted
from tests.support.shops import BuiltShop


async def everything(ctx: Context) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row as values."""
    found = {}
    for table in metadata.sorted_tables:
        rows = await ctx.all(sa.select(table).order_by(*table.primary_key))
        found[table.name] = [tuple(row) for row in rows]
    return found


@pytest.mark.parametrize("name", ["build_salon", "build_clinic", "build_barber"])
async def test_rows_put_down_are_those_that_verbs_write(
    runtime: Runtime, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeding, "_plots", {})
    times = []
    build = getattr(support_shops, name).__wrapped__

    @planted
    async def shop(ctx: Context) -> BuiltShop:
        times.append(name)
        place: BuiltShop = await build(ctx)
        return place

    async with runtime.transaction() as ctx:
        built = await shop(ctx), await everything(ctx)
        forgotten = list(ctx.after_commit)
        for table in reversed(metadata.sorted_tables):
            await ctx.execute(table.delete())
    async with runtime.transaction() as ctx:
        assert (await shop(ctx), await everything(ctx)) == built
        assert ctx.after_commit == forgotten
        following = await shops.add_shop(
            ctx, NewShop(name="Nova", timezone="Europe/Madrid", country="ES", currency="EUR")
        )
    assert times == [name]
    assert following == built[0].shop_id + 1


async def test_where_somebody_is_already_the_verbs_build(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeding, "_plots", {})
    times = []

    @planted
    async def shop(ctx: Context, name: str) -> int:
        times.append(name)
        return await shops.add_shop(
            ctx, NewShop(name=name, timezone="Europe/Madrid", country="ES", currency="EUR")
        )

    async with runtime.transaction() as ctx:
        ids = [await shop(ctx, name) for name in ("Bella", "Bella", "Nova", "Nova")]
        names = await ctx.all(
            sa.select(tables.shops.c.id, tables.shops.c.name).order_by(tables.shops.c.id)
        )
    assert times == ["Bella", "Bella", "Nova", "Nova"]
    assert [(row.id, row.name) for row in names] == list(zip(ids, times, strict=True))


async def test_what_leaves_more_behind_than_rows_is_built_anew(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeding, "_plots", {})
    drawn = []

    @planted
    async def draw(ctx: Context) -> float:
        drawn.append(ctx.random.random())
        return drawn[-1]

    for _ in range(3):
        async with runtime.transaction() as ctx:
            assert await draw(ctx) == drawn[-1]
    assert len(set(drawn)) == 3
