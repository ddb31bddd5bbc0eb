"""What there is to set up and what is missing, and the ways in for customers."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from webhooks.admin.deep_links import all_lines, entrances
from webhooks.admin.setup.hours import summary
from webhooks.admin.templating import shown
from webhooks.admin.visitor import AtShop

router = APIRouter()


@router.get("")
async def overview(visit: AtShop) -> Response:
    """Show what there is to set up, and what is missing until somebody can book."""
    known = visit.shop
    return shown(
        visit,
        "setup.html",
        place="setup",
        open=any(known.shop_schedule.weekly),
        hours=summary(known.shop_schedule.weekly),
        services=[one for one in known.services if one.active],
        people=[one for one in known.providers if one.active],
        bookable=known.bookable_services(),
        worded=sum(map(len, known.shop.wordings.values())),
    )


@router.get("/entrances")
async def ways_in(visit: AtShop, first: str = "") -> Response:
    """Show a link and a QR code for each line that customers write to, and every line there is."""
    known = await visit.read(all_lines)
    mine = [line for line in known if line.shop_id in {None, visit.shop.shop.id}]
    return shown(
        visit,
        "entrances.html",
        place="setup",
        first=first,
        ways=await entrances(visit.call.app, known, visit.shop.shop),
        lines=[line for line in mine if line.transport != "simulator"],
        simulated=any(line.transport == "simulator" for line in known),
        bookable=visit.shop.bookable_services(),
    )
