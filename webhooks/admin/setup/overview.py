"""What there is to set up and what is missing, and the ways in for customers."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from webhooks.admin.deep_links import active_lines, deep_links_of_shop
from webhooks.admin.setup.hours import summarize_week
from webhooks.admin.templating import render_shop_page
from webhooks.admin.visitor import ShopVisitor

router = APIRouter()


@router.get("")
async def show_overview(visit: ShopVisitor) -> Response:
    """Show what there is to set up, and what is missing until somebody can book."""
    known = visit.catalog
    return render_shop_page(
        visit,
        "setup.html",
        place="setup",
        open=any(known.shop_hours.weekly),
        hours=summarize_week(known.shop_hours.weekly),
        services=[one for one in known.services if one.active],
        people=[one for one in known.providers if one.active],
        bookable=known.bookable_services(),
        worded=sum(map(len, known.shop.message_overrides.values())),
    )


@router.get("/entrances")
async def show_deep_links(visit: ShopVisitor, first: str = "") -> Response:
    """Show a link and a QR code for each line that customers write to, and every line there is."""
    known = await visit.run_read(active_lines)
    mine = [line for line in known if line.shop_id in {None, visit.catalog.shop.id}]
    return render_shop_page(
        visit,
        "entrances.html",
        place="setup",
        first=first,
        ways=await deep_links_of_shop(visit.api_request.app, known, visit.catalog.shop),
        lines=[line for line in mine if line.transport != "simulator"],
        simulated=any(line.transport == "simulator" for line in known),
        bookable=visit.catalog.bookable_services(),
    )
