"""A shop's reports as charts."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Literal

from fastapi import APIRouter
from fastapi.responses import Response

from bot.i18n import formats
from core.localtime import zones
from core.messaging.messages import Money
from webhooks.admin import charts
from webhooks.admin.charts import ChartDatum
from webhooks.admin.form_fields import api_errors, format_minor_units
from webhooks.admin.handler_calls import CallRefused
from webhooks.admin.templating import render_shop_page
from webhooks.admin.visitor import ShopVisitor, Visitor
from webhooks.api import stats as stats_api
from webhooks.api.stats import BookingCountsOut, ShopStatsOut

router = APIRouter(prefix="/shops/{shop_id}")

STANDING_STATES = ("pending", "confirmed", "in_progress", "completed")
LOST_STATES = ("cancelled", "declined", "no_show")

PERIOD_CHOICES = (
    ("7", "7 days", -6, 0),
    ("30", "30 days", -29, 0),
    ("90", "90 days", -89, 0),
    ("365", "Year", -364, 0),
    ("ahead", "Ahead", 0, 29),
)
"""Word in the address, words, first and last day from today."""

STEP_LABELS = {
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

BUCKET_LABELS = {"day": "by day", "week": "by week", "month": "by month"}


@router.get("/figures")
async def show_reports(
    visit: ShopVisitor,
    period: str = "30",
    since: str = "",
    until: str = "",
    by: Literal["", "day", "week", "month"] = "",
    provider: int | None = None,
) -> Response:
    """Show the figures of a period, for the shop or one provider."""
    now = visit.api_request.app.runtime.clock.now()
    today = zones.to_local(int(now.timestamp()), visit.catalog.shop.timezone).date()
    first, last = period_dates(period, since, until, today)
    if since or until:
        period = ""
    step = by or _step((last - first).days)
    said: dict[str, Any] = {}
    asked: dict[str, Any] = {"by": step, "provider": provider}
    try:
        found = await visit.call(stats_api.show_shop_stats, from_=first, to=last, **asked)
    except CallRefused as problem:
        said = api_errors(problem) | {"problem": "Choose a period of up to a year, the end last."}
        first, last, period = today - timedelta(days=29), today, "30"
        found = await visit.call(stats_api.show_shop_stats, from_=first, to=last, **asked)
    own = visit.api_request.own_provider_ids
    return render_shop_page(
        visit,
        "figures.html",
        place="figures",
        found=found,
        first=first,
        last=last,
        period=period,
        periods=PERIOD_CHOICES,
        by=step,
        steps=BUCKET_LABELS,
        provider=provider,
        people=[one for one in visit.catalog.providers if own is None or one.id in own],
        bookings=charts.draw_bar_chart(_bookings(found), str),
        revenue=_revenue(visit, found),
        week=charts.draw_week_heatmap(
            {(one.weekday, one.hour): one.bookings for one in found.hours}
        ),
        parts=[
            ("Providers", "provider", found.providers),
            ("Services", "service", found.services),
            ("Channels", "channel", found.channels),
        ],
        stands=_stands,
        talks=found.talks,
        left=[
            (STEP_LABELS.get(one.step, "something else"), one.talks)
            for one in (found.talks.left if found.talks else ())
        ],
        lost=sum(found.states.get(state, 0) for state in LOST_STATES),
        **said,
    )


def period_dates(period: str, since: str, until: str, today: date) -> tuple[date, date]:
    """Return the first and last day: of the given dates, else of a named period."""
    offset = next((p for p in PERIOD_CHOICES if p[0] == period), PERIOD_CHOICES[1])
    first, last = today + timedelta(days=offset[2]), today + timedelta(days=offset[3])
    try:
        last = date.fromisoformat(until) if until else last
        first = date.fromisoformat(since) if since else min(first, last)
    except ValueError:
        return today - timedelta(days=29), today
    return first, last


def _step(days: int) -> str:
    return "day" if days <= 31 else "week" if days <= 120 else "month"


def _stands(part: BookingCountsOut) -> int:
    """Return how many bookings are upcoming or took place."""
    return sum(part.states.get(state, 0) for state in STANDING_STATES)


def _named(found: ShopStatsOut, day: date) -> str:
    if found.by == "month":
        return f"{formats.format_day(day, 'month', 'en')[:3]} {day.year % 100:02}"
    return formats.format_day(day, "", "en").partition(" ")[2]


def _bookings(found: ShopStatsOut) -> list[ChartDatum]:
    return [
        ChartDatum(
            _named(found, one.begins),
            (_stands(one), sum(one.states.get(state, 0) for state in LOST_STATES)),
        )
        for one in found.trend
    ]


def _revenue(visit: Visitor, found: ShopStatsOut) -> charts.BarChart:
    """Return the chart of revenue in the shop's currency."""
    currency = visit.catalog.shop.currency
    data = []
    for one in found.trend:
        mine = [money for money in one.revenue if money.currency == currency]
        minor = mine[0].booked_minor if mine else 0
        data.append(ChartDatum(_named(found, one.begins), (minor,)))

    def written(minor: int) -> str:
        return formats.format_amount(Money(minor, currency), "en")

    return charts.draw_bar_chart(
        data, written, step=1000, scale=lambda minor: format_minor_units(minor, currency)
    )
