"""The day and the week of a shop, and where somebody begins who is signed in."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response

from core.catalog import shop_search
from core.localtime import zones
from webhooks.admin import day_board
from webhooks.admin.templating import done, shown
from webhooks.admin.visitor import AtShop, Visit, Visitor

router = APIRouter()


@router.get("/")
async def begin(visit: Visitor, every: Annotated[str, Query(alias="all")] = "") -> Response:
    """Lead to one's shop; to a choice of several, or of `every` one; without any to found one."""
    me = visit.call.me
    shops = await visit.read(shop_search.shops)
    mine = [shop for shop in shops if me.admin or shop.id in me.shops]
    if len(mine) == 1 and not every:
        return done(f"/admin/shops/{mine[0].id}/day")
    if not mine and not every and (me.admin or visit.call.app.settings.shops_by_anyone):
        return done("/admin/new")
    roles = {
        shop.id: "Admin" if shop.id not in me.shops else me.roles_at(shop.id)[0].role.title()
        for shop in mine
    }
    founds = me.admin or visit.call.app.settings.shops_by_anyone
    return shown(visit, "shops.html", tab="shops", shops=mine, roles=roles, founds=founds)


@router.get("/shops/{shop_id}")
async def shop(visit: AtShop, shop_id: int) -> Response:  # noqa: ARG001 - read by `at_shop`
    """Lead from a shop's address, cut short by hand, to its day."""
    return RedirectResponse(f"/admin/shops/{visit.shop.shop.id}/day", 303)


@router.get("/shops/{shop_id}/day")
async def day(visit: AtShop, shop_id: int, on: str = "", part: str = "") -> Response:  # noqa: ARG001 - read by `at_shop`
    """Show a day's timetable; as `part` the board alone, which the page asks for anew."""
    chosen, today = _day(visit, on)
    drawn = await visit.read(
        lambda ctx: day_board.board(ctx, visit.shop, chosen, visit.call.own_providers)
    )
    facts: dict[str, Any] = {"board": drawn, "today": today}
    if part == "board":
        return shown(visit, "board.html", **facts)
    return shown(
        visit,
        "day.html",
        place="day",
        before=chosen - timedelta(days=1),
        after=chosen + timedelta(days=1),
        **facts,
    )


@router.get("/shops/{shop_id}/week")
async def week(visit: AtShop, shop_id: int, on: str = "") -> Response:  # noqa: ARG001 - read by `at_shop`
    """Show a week at a glance."""
    chosen, today = _day(visit, on)
    monday = chosen - timedelta(days=chosen.weekday())
    drawn = await visit.read(
        lambda ctx: day_board.week(ctx, visit.shop, monday, visit.call.own_providers)
    )
    return shown(
        visit,
        "week.html",
        place="week",
        week=drawn,
        today=today,
        monday=monday,
        before=monday - timedelta(days=7),
        after=monday + timedelta(days=7),
    )


def _day(visit: Visit, on: str) -> tuple[date, date]:
    """Return the day that was asked for, today by default, and today as the shop has it."""
    now = visit.call.app.runtime.clock.now()
    today = zones.local(int(now.timestamp()), visit.shop.shop.timezone).date()
    try:
        chosen = date.fromisoformat(on) if on else today
    except ValueError:
        chosen = today
    fits = date(2000, 1, 3) <= chosen <= date(2100, 1, 1)
    return (chosen if fits else today), today
