"""Rows read as dataclasses: what is refused when a module is imported, and what is read."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import pytest
import sqlalchemy as sa

from core.db.context import Context
from core.db.rows import Rows
from core.db.tables import conversations, lines, shops
from tests.support.people_rows import PeopleRows


@dataclass(frozen=True, slots=True)
class Line:
    id: int
    channel: Literal["sms", "telegram"]
    shop_id: int | None
    name: str = "unnamed"


LINES = Rows(Line, sa.select(lines.c.id, lines.c.channel, lines.c.shop_id).order_by(lines.c.id))


async def test_rows_are_read_as_the_dataclass(ctx: Context) -> None:
    place = await PeopleRows.open_shop(ctx)
    found = await ctx.fetch(LINES.where(lines.c.id == place.line))
    channel = await ctx.scalar(sa.select(lines.c.channel).where(lines.c.id == place.line))
    assert found == [Line(place.line, channel, place.shop)]
    assert await ctx.fetch_first(LINES.where(lines.c.id == 0)) is None
    assert await ctx.fetch_first(LINES.refine(lambda select: select.limit(1))) is not None


async def test_columns_may_come_in_any_order_and_from_parameters(ctx: Context) -> None:
    place = await PeopleRows.open_shop(ctx)
    columns = lines.c.shop_id, lines.c.id, lines.c.channel
    same = Rows(Line, sa.select(*columns).where(lines.c.id == sa.bindparam("line")))
    (line,) = await ctx.fetch(same, {"line": place.line})
    assert (line.id, line.shop_id, line.name) == (place.line, place.shop, "unnamed")


async def test_fields_may_be_for_keywords_only(ctx: Context) -> None:
    @dataclass(frozen=True, kw_only=True)
    class Keyed:
        id: int
        channel: str

    house = await PeopleRows.open_shop(ctx)
    found = await ctx.fetch(
        Rows(Keyed, sa.select(lines.c.id, lines.c.channel).where(lines.c.id == house.line))
    )
    assert found == [Keyed(id=house.line, channel="sms")]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line stands."""

    shop_id: int | None
    channel: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A line with its place."""

    id: int
    place: Place
    address: str


async def test_a_dataclass_in_a_dataclass_takes_columns_of_its_own(ctx: Context) -> None:
    house = await PeopleRows.open_shop(ctx)
    columns = lines.c.channel, lines.c.id, lines.c.address, lines.c.shop_id
    placed = Rows(Placed, sa.select(*columns)).where(lines.c.id == house.line)
    (row,) = await ctx.all(sa.select(*columns).where(lines.c.id == house.line))
    assert await ctx.fetch(placed) == [Placed(row.id, Place(row.shop_id, row.channel), row.address)]
    with pytest.raises(TypeError, match=re.escape("Place: selected but no field [], field not")):
        Rows(Placed, sa.select(lines.c.id, lines.c.address, lines.c.channel))
    with pytest.raises(TypeError, match=re.escape("Placed: selected but no field ['account']")):
        Rows(Placed, sa.select(*columns, lines.c.account))


async def test_what_a_statement_returns_of_its_change_is_read_too(ctx: Context) -> None:
    @dataclass(frozen=True)
    class Named:
        name: str

    place = await PeopleRows.open_shop(ctx)
    renamed = sa.update(shops).where(shops.c.id == place.shop).values(name="Bella")
    assert await ctx.fetch(Rows(Named, renamed.returning(shops.c.name))) == [Named("Bella")]


def _with(**hints: Any) -> type:
    return dataclass(type("Wanted", (), {"__annotations__": hints}))


WRONG: list[tuple[type, list[Any], str]] = [
    (_with(id=int), [lines.c.id, lines.c.address], "Wanted: selected but no field ['address']"),
    (_with(id=int, address=str), [lines.c.id], "field not selected ['address']"),
    (_with(id=str), [lines.c.id], "id: is int, but is declared <class 'str'>"),
    (_with(shop_id=int), [lines.c.shop_id], "shop_id: may be NULL"),
    (_with(shop=int), [lines.c.shop_id.label("shop")], "shop: may be NULL"),
    (_with(opted_out_at=int), [conversations.c.opted_out_at], "opted_out_at: may be NULL"),
    (_with(created_at=int), [conversations.c.created_at], "created_at: is datetime"),
    (_with(channel=Literal[1, 2]), [lines.c.channel], "channel: is str"),
    (str, [lines.c.id], "str is no dataclass"),
]


@pytest.mark.parametrize(("of", "columns", "refusal"), WRONG)
def test_a_wrong_column_is_refused_where_the_statement_is_built(
    of: type, columns: list[Any], refusal: str
) -> None:
    with pytest.raises(TypeError, match=re.escape(refusal)):
        Rows(of, sa.select(*columns))


RIGHT: list[tuple[type, list[Any]]] = [
    (_with(id=int), [lines.c.id]),
    (_with(shop_id=int | None), [lines.c.shop_id]),
    (_with(opted_out_at=datetime | None), [conversations.c.opted_out_at]),
    (_with(state=dict[str, Any] | None), [conversations.c.state]),
    (_with(active=bool), [lines.c.active]),
    (_with(many=int), [sa.func.count().label("many")]),
    (_with(anything=object), [lines.c.address.label("anything")]),
]


@pytest.mark.parametrize(("of", "columns"), RIGHT)
def test_columns_that_fit_are_taken(of: type, columns: list[Any]) -> None:
    Rows(of, sa.select(*columns))


def test_a_statement_built_per_call_is_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[type] = []
    real = Rows.__init__.__globals__["_builder"]

    def counted(of: type, columns: Any) -> Any:
        checked.append(of)
        return real(of, columns)

    monkeypatch.setitem(Rows.__init__.__globals__, "_builder", counted)
    of = _with(id=int)
    for n in range(3):
        Rows(of, sa.select(lines.c.id).where(lines.c.id == n))
    assert checked == [of]
