"""How the shop does, drawn as charts; and who changed what in it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Literal

from fastapi import APIRouter
from fastapi.responses import Response

from bot.i18n import formats
from core.localtime import zones
from core.messaging.messages import Money
from webhooks.admin import charts
from webhooks.admin.api_client import Problem
from webhooks.admin.charts import Datum
from webhooks.admin.form_fields import price_of, refused
from webhooks.admin.templating import shown
from webhooks.admin.visitor import AtShop, Visit

router = APIRouter(prefix="/shops/{shop_id}")

STANDS = ("pending", "confirmed", "in_progress", "completed")
LOST = ("cancelled", "declined", "no_show")

PERIODS = (
    ("7", "7 days", -6, 0),
    ("30", "30 days", -29, 0),
    ("90", "90 days", -89, 0),
    ("365", "Year", -364, 0),
    ("ahead", "Ahead", 0, 29),
)
"""Word in the address, words, first and last day from today."""

QUESTIONS = {
    "": "before anything was asked",
    "shop": "which shop",
    "category": "which kind of service",
    "service": "which service",
    "when": "which time",
    "sure": "whether to book",
    "for": "for whom",
    "phone": "the phone",
    "proof": "the code",
    "name": "the name",
    "what": "the menu",
    "which": "which booking",
    "todo": "what to do with a booking",
}
"""What people were asked last, by the name of the step."""

STEPS = {"day": "by day", "week": "by week", "month": "by month"}


@router.get("/figures")
async def figures(
    visit: AtShop,
    period: str = "30",
    since: str = "",
    until: str = "",
    by: Literal["", "day", "week", "month"] = "",
    provider: int | None = None,
) -> Response:
    """Show a period's figures, of the shop or of one provider."""
    now = visit.call.app.runtime.clock.now()
    today = zones.local(int(now.timestamp()), visit.shop.shop.timezone).date()
    first, last = dates(period, since, until, today)
    if since or until:
        period = ""
    step = by or _step((last - first).days)
    path = f"/shops/{visit.shop.shop.id}/stats"
    said: dict[str, Any] = {}
    asked = {"from": first.isoformat(), "to": last.isoformat(), "provider": provider or ""}
    try:
        found = await visit.get(path, by=step, **asked)
    except Problem as problem:
        said = refused(problem) | {"problem": "Choose a period of up to a year, the end last."}
        first, last, period = today - timedelta(days=29), today, "30"
        asked |= {"from": first.isoformat(), "to": last.isoformat()}
        found = await visit.get(path, by=step, **asked)
    own = visit.call.own_providers
    return shown(
        visit,
        "figures.html",
        place="figures",
        found=found,
        first=first,
        last=last,
        period=period,
        periods=PERIODS,
        by=step,
        steps=STEPS,
        provider=provider,
        people=[one for one in visit.shop.providers if own is None or one.id in own],
        bookings=charts.bars(_bookings(found), str),
        revenue=_revenue(visit, found),
        week=charts.week(
            {(one["weekday"], one["hour"]): one["bookings"] for one in found["hours"]}
        ),
        parts=[
            ("Providers", "provider", found["providers"]),
            ("Services", "service", found["services"]),
            ("Channels", "channel", found["channels"]),
        ],
        stands=_stands,
        talks=found["talks"],
        left=[
            (QUESTIONS.get(one["step"], "something else"), one["talks"])
            for one in (found["talks"] or {"left": ()})["left"]
        ],
        lost=sum(found["states"].get(state, 0) for state in LOST),
        **said,
    )


def dates(period: str, since: str, until: str, today: date) -> tuple[date, date]:
    """Return the first and last day that are meant."""
    offset = next((p for p in PERIODS if p[0] == period), PERIODS[1])
    first, last = today + timedelta(days=offset[2]), today + timedelta(days=offset[3])
    try:
        last = date.fromisoformat(until) if until else last
        first = date.fromisoformat(since) if since else min(first, last)
    except ValueError:
        return today - timedelta(days=29), today
    return first, last


def _step(days: int) -> str:
    return "day" if days <= 31 else "week" if days <= 120 else "month"


def _stands(part: dict[str, Any]) -> int:
    """How many bookings of a part stand or have been."""
    return sum(part["states"].get(state, 0) for state in STANDS)


def _named(found: dict[str, Any], begins: str) -> str:
    day = date.fromisoformat(begins)
    if found["by"] == "month":
        return f"{formats.day(day, 'month', 'en')[:3]} {day.year % 100:02}"
    return formats.day(day, "", "en").partition(" ")[2]


def _bookings(found: dict[str, Any]) -> list[Datum]:
    return [
        Datum(
            _named(found, one["begins"]),
            (_stands(one), sum(one["states"].get(state, 0) for state in LOST)),
        )
        for one in found["trend"]
    ]


def _revenue(visit: Visit, found: dict[str, Any]) -> charts.Chart:
    """Draw what was booked in the shop's own currency."""
    currency = visit.shop.shop.currency
    data = []
    for one in found["trend"]:
        mine = [money for money in one["revenue"] if money["currency"] == currency]
        minor = mine[0]["booked_minor"] if mine else 0
        data.append(Datum(_named(found, one["begins"]), (minor,)))

    def written(minor: int) -> str:
        return formats.amount(Money(minor, currency), "en")

    return charts.bars(data, written, step=1000, scale=lambda minor: price_of(minor, currency))
