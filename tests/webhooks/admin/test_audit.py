"""Every change by the API leaves a row, who, what and from where, which nobody unwrites."""

from __future__ import annotations

import ast
import inspect
import textwrap

import httpx
import pytest
import sqlalchemy as sa
from fastapi.routing import APIRoute

from core import retention
from core.models import audit, cuts, growing
from tests.counting import counting
from tests.webhooks.admin.house import House
from tests.webhooks.admin.test_bookings import book
from tests.webhooks.admin.test_sign_in import GOOD, NEW, token_mailed
from webhooks.admin.app import routes

SILENT = {
    "POST /auth/code": "sends a code; nothing is changed",
    "POST /auth/code/check": "a sign-in is a row of its own",
    "POST /auth/register": "is kept aside until the address is verified",
    "POST /auth/sign-in": "a sign-in is a row of its own",
    "POST /auth/refresh": "a sign-in is a row of its own",
    "POST /auth/forgotten": "mails a link; nothing is changed",
    "POST /auth/sign-out": "the sign-in's own row says when and why it ended",
    "POST /shops/{shop_id}/wordings/{key}/{language}/preview": "changes nothing",
}
"""Routes that are no GET and leave no row, and why."""


def notes(route: APIRoute) -> bool:
    """Whether what a route runs, with the helpers of its module, writes by what keeps the audit."""
    module = inspect.getmodule(route.endpoint)
    seen: set[str] = set()
    wanted = [route.endpoint.__name__]
    while wanted:
        name = wanted.pop()
        function = getattr(module, name, None)
        if (
            name in seen
            or not inspect.isfunction(function)
            or function.__module__ != (module and module.__name__)
        ):
            continue
        seen.add(name)
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
            if not isinstance(node, ast.Call):
                continue
            if isinstance(node.func, ast.Name):
                wanted.append(node.func.id)
            if isinstance(node.func, ast.Attribute) and node.func.attr in {"write", "note"}:
                return True
    return False


def test_every_route_that_changes_something_keeps_the_audit() -> None:
    changing = {name: route for name, route in routes().items() if not name.startswith("GET ")}
    assert {name for name, route in changing.items() if not notes(route)} == set(SILENT)


def test_the_reader_of_routes_tells_one_that_does_not() -> None:
    listing = routes()["GET /shops/{shop_id}/bookings"]
    assert (notes(listing), notes(routes()["POST /shops/{shop_id}/bookings"])) == (False, True)


async def test_a_row_says_who_what_before_and_after_and_from_where(house: House) -> None:
    made = (await book(house)).json()["id"]
    at = f"/shops/{house.shop.shop_id}/bookings/{made}"
    assert (await house.call("PATCH", at, "owner", json={"note": "tea"})).status_code == 200
    async with house.runtime.reading() as ctx:
        row = (await ctx.all(sa.select(audit).order_by(audit.c.id.desc())))[0]
    assert (row.user_id, row.action, row.target, row.before, row.after, row.address) == (
        house.users["owner"],
        "bookings.note",
        at.removeprefix("/"),
        {"note": ""},
        {"note": "tea"},
        "192.0.2.1",
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_so_does_one_of_a_password(house: House) -> None:
    await house.post("/auth/register", email=NEW, password=GOOD, name="Ana")
    await house.post("/auth/verify", token=await token_mailed(house))
    await house.post("/auth/forgotten", email=NEW)
    await house.post("/auth/password", token=await token_mailed(house), password="another one")
    async with house.runtime.reading() as ctx:
        rows = await ctx.all(sa.select(audit).order_by(audit.c.id))
    assert [(row.action, row.before, row.after) for row in rows] == [
        ("auth.verify", None, None),
        ("auth.choose_password", None, None),
    ]
    assert None not in {row.user_id for row in rows}
    assert len({row.user_id for row in rows}) == 1


@pytest.fixture
async def noted(house: House) -> House:
    await book(house)
    return house


async def refused(house: House, statement: sa.Executable) -> bool:
    """Whether the database refuses a statement by the guard of the audit."""
    try:
        async with house.runtime.transaction() as ctx:
            await ctx.execute(statement)
    except sa.exc.DBAPIError as error:
        return growing.ONLY_GROWS in str(error.orig)
    return False


async def test_nobody_changes_or_takes_away_a_row(noted: House) -> None:
    update, delete = sa.update(audit), sa.delete(audit)
    kept = await noted.scalar(sa.select(sa.func.count()).select_from(audit))
    tried = [
        update.values(user_id=noted.users["admin"]),
        update.values(action="nothing"),
        update.values(at=audit.c.at),
        update.values(target="elsewhere"),
        update.values(after={"note": "forged"}),
        update.values(address="203.0.113.1"),
        delete,
        delete.where(audit.c.id > 0),
    ]
    # The third changes nothing, so there is nothing to refuse.
    assert [await refused(noted, one) for one in tried] == [True, True, False, *[True] * 5]
    assert await noted.scalar(sa.select(sa.func.count()).select_from(audit)) == kept
    if noted.runtime.engine.dialect.name == "postgresql":
        assert await refused(noted, sa.text("TRUNCATE audit"))


async def test_a_row_may_lose_its_values_and_retention_may_cut(noted: House) -> None:
    blank = sa.update(audit).values(before=sa.null(), after=sa.null(), address="")
    assert not await refused(noted, blank)
    runtime = noted.runtime
    noted.clock.move_to("2028-03-10T09:00Z")
    swept = await runtime.run(lambda ctx: retention.sweep(ctx, "audit"))
    assert (swept.count, await noted.scalar(sa.select(audit.c.id))) == (1, None)
    assert await noted.scalar(sa.select(cuts.c.name)) == "audit"


async def test_without_the_guard_it_would_be_changed(noted: House) -> None:
    names = ("update", "delete")
    drop = [f"DROP TRIGGER {growing.ONLY_GROWS}_{name}" for name in names]
    if noted.runtime.engine.dialect.name == "postgresql":
        drop = [f"DROP TRIGGER {growing.ONLY_GROWS} ON audit"]
    async with noted.runtime.transaction() as ctx:
        for statement in drop:
            await ctx.execute(sa.text(statement))
        assert await ctx.connection.run_sync(growing.missing) != []
    assert not await refused(noted, sa.update(audit).values(action="nothing"))
    async with noted.runtime.transaction() as ctx:
        await ctx.connection.run_sync(growing.install)
        assert await ctx.connection.run_sync(growing.missing) == []
    assert await refused(noted, sa.update(audit).values(action="something"))


async def test_a_change_and_its_row_are_one_transaction(house: House) -> None:
    with counting(house.runtime) as sent:
        answer: httpx.Response = await book(house)
    assert answer.status_code == 201
    written = [one for one in sent.statements if one.startswith("INSERT INTO")]
    assert written[-1].startswith("INSERT INTO audit")
