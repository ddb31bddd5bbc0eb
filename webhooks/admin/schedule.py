"""A shop's day and week, and the start page after signing in."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response

from core.catalog import shop_search
from core.localtime import zones
from webhooks.admin import day_board
from webhooks.admin.account import has_open_invitations
from webhooks.admin.templating import redirect_saved, render_shop_page
from webhooks.admin.visitor import AnyVisitor, ShopVisitor, Visitor
from webhooks.api import reach as reach_api

router = APIRouter()


@router.get("/")
async def redirect_to_shop(
    visit: AnyVisitor, show_all: Annotated[str, Query(alias="all")] = ""
) -> Response:
    """Redirect to the visitor's shop, a choice of several (or `every`), or the form for a new one.

    Invitations come first.
    """
    me = visit.api_request.principal
    if not show_all and await has_open_invitations(visit):
        return redirect_saved("/admin/me")
    shops = await visit.run_read(shop_search.list_shops)
    mine = [shop for shop in shops if me.is_admin or shop.id in me.shop_ids]
    if len(mine) == 1 and not show_all:
        return redirect_saved(f"/admin/shops/{mine[0].id}/day")
    if (
        not mine
        and not show_all
        and (me.is_admin or visit.api_request.app.settings.shops_by_anyone)
    ):
        return redirect_saved("/admin/new")
    roles = {
        shop.id: "Admin" if shop.id not in me.shop_ids else me.roles_at(shop.id)[0].role.title()
        for shop in mine
    }
    founds = me.is_admin or visit.api_request.app.settings.shops_by_anyone
    return render_shop_page(
        visit, "shops.html", tab="shops", shops=mine, roles=roles, founds=founds
    )


@router.get("/shops/{shop_id}")
async def redirect_to_day(visit: ShopVisitor, shop_id: int) -> Response:  # noqa: ARG001 - read by `at_shop`
    """Redirect from a shop's bare address to its day."""
    return RedirectResponse(f"/admin/shops/{visit.catalog.shop.id}/day", 303)


CALL_LABELS = {
    "confirmed": "confirmed",
    "declined": "declined",
    "moved": "moved",
    "cancelled": "cancelled",
    "expired": "not confirmed in time",
    "behind": "you run late",
    "proposal": "another time is proposed",
}
"""What somebody who is called has to hear."""


@router.get("/shops/{shop_id}/day")
async def show_day(visit: ShopVisitor, shop_id: int, on: str = "", part: str = "") -> Response:  # noqa: ARG001 - read by `at_shop`
    """Show a day's board; with `part` only the board, which the page polls."""
    chosen, today = _day(visit, on)
    drawn = await visit.run_read(
        lambda ctx: day_board.load_day_board(
            ctx, visit.catalog, chosen, visit.api_request.own_provider_ids
        )
    )
    facts: dict[str, Any] = {"board": drawn, "today": today}
    if part == "board":
        return render_shop_page(visit, "board.html", **facts)
    calls = []
    if visit.works_at_desk:
        calls = (await visit.call(reach_api.list_calls)).items
    return render_shop_page(
        visit,
        "day.html",
        place="day",
        calls=calls,
        kinds=CALL_LABELS,
        before=chosen - timedelta(days=1),
        after=chosen + timedelta(days=1),
        **facts,
    )


@router.get("/shops/{shop_id}/week")
async def show_week(visit: ShopVisitor, shop_id: int, on: str = "") -> Response:  # noqa: ARG001 - read by `at_shop`
    """Show a week at a glance."""
    chosen, today = _day(visit, on)
    monday = chosen - timedelta(days=chosen.weekday())
    drawn = await visit.run_read(
        lambda ctx: day_board.load_week(
            ctx, visit.catalog, monday, visit.api_request.own_provider_ids
        )
    )
    return render_shop_page(
        visit,
        "week.html",
        place="week",
        week=drawn,
        today=today,
        monday=monday,
        before=monday - timedelta(days=7),
        after=monday + timedelta(days=7),
    )


def _day(visit: Visitor, on: str) -> tuple[date, date]:
    """Return the requested day, by default today, and today in the shop's zone."""
    now = visit.api_request.app.runtime.clock.now()
    today = zones.to_local(int(now.timestamp()), visit.catalog.shop.timezone).date()
    try:
        chosen = date.fromisoformat(on) if on else today
    except ValueError:
        chosen = today
    fits = date(2000, 1, 3) <= chosen <= date(2100, 1, 1)
    return (chosen if fits else today), today
