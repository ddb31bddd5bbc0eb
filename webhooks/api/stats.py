"""Figures: how a shop does, or one of its providers, and for admins how all do."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from core.bookings.booking import Booking
from core.db.context import Context
from core.reporting.conversation_stats import ConversationStats, conversation_stats
from core.reporting.counters import BookingCounts, ratio
from core.reporting.filters import ReportFilter, build_filter
from core.reporting.installation_report import build_installation_report
from core.reporting.shop_report import Granularity, ShopReport, build_shop_report
from core.reporting.utilization import Utilization, utilization_by_provider
from webhooks.api.api_request import ApiRequest
from webhooks.api.dependencies import AuthorizedRequest
from webhooks.api.schemas import MAX_ID, PathRowId, ResponseModel, SearchQuery

router = APIRouter(tags=["stats"])

Ratio = Annotated[float | None, Field(ge=0, le=1, examples=[0.0625])]
DateQuery = Annotated[date | None, Query(examples=["2026-03-01"])]
OptionalIdQuery = Annotated[int | None, Query(ge=1, le=MAX_ID)]


class RevenueOut(ResponseModel):
    """Money of one currency, in its minor units."""

    currency: str = Field(examples=["EUR"])
    booked_minor: int = Field(description="Prices of confirmed, begun and completed bookings.")
    paid_minor: int = Field(description="Prices of those marked paid, whatever their state.")
    refunded_minor: int


class LeadTimesOut(ResponseModel):
    """How long before their start bookings were made."""

    within_a_day: int
    within_a_week: int
    earlier: int


class BookingCountsOut(ResponseModel):
    """What is counted of some bookings."""

    bookings: int = Field(description="All that were made: without holds and what ran out.")
    states: dict[str, int] = Field(examples=[{"confirmed": 12, "no_show": 1}])
    revenue: list[RevenueOut]
    unpriced: int = Field(description="Standing ones whose price is on request.")
    no_show_rate: Ratio = Field(description="Of those over; null without any.")
    cancellation_rate: Ratio = Field(description="Of all made; null without any.")

    @classmethod
    def counter_fields(cls, tally: BookingCounts) -> dict[str, object]:
        """Return the fields a tally fills."""
        return {
            "bookings": tally.bookings,
            "states": tally.states,
            "revenue": [
                RevenueOut(
                    currency=currency,
                    booked_minor=money.booked_minor,
                    paid_minor=money.paid_minor,
                    refunded_minor=money.refunded_minor,
                )
                for currency, money in sorted(tally.revenue.items())
            ],
            "unpriced": tally.unpriced,
            "no_show_rate": tally.no_show_rate,
            "cancellation_rate": tally.cancellation_rate,
        }


class BookingTotalsOut(BookingCountsOut):
    """The same, and how far ahead people book."""

    lead_minutes: int | None = Field(description="From being made to the start, on average.")
    ahead: LeadTimesOut

    @classmethod
    def counter_fields(cls, tally: BookingCounts) -> dict[str, object]:
        """Return the fields a tally fills."""
        day, week, earlier = tally.by_lead_time
        ahead = LeadTimesOut(within_a_day=day, within_a_week=week, earlier=earlier)
        return super().counter_fields(tally) | {"lead_minutes": tally.lead_minutes, "ahead": ahead}


class UtilizationOut(ResponseModel):
    """How much of the open hours was kept for somebody, by the hours as they stand now."""

    open_minutes: int
    booked_minutes: int
    share: Ratio


class ProviderStatsOut(BookingTotalsOut):
    """A provider's part; `used` is null for who works there no more."""

    id: int
    name: str
    used: UtilizationOut | None


class ServiceStatsOut(BookingTotalsOut):
    """A service's part."""

    id: int
    name: str


class ChannelStatsOut(BookingTotalsOut):
    """What came by one channel, by the API or was made by the staff."""

    channel: str = Field(examples=["sms"])


class PeriodStatsOut(BookingCountsOut):
    """A day, a week from its Monday, or a month from its first."""

    begins: date


class HourStatsOut(ResponseModel):
    """How many visits begin in an hour of the shop's clocks; Monday is 0."""

    weekday: int
    hour: int
    bookings: int


class CustomerStatsOut(ResponseModel):
    """People with a standing visit in the period; new have none before it."""

    total: int
    new: int
    returning: int


class RecentBookingOut(ResponseModel):
    """A booking, in short."""

    id: int
    shop_id: int
    ref: str
    state: str
    starts_at: datetime
    service: str
    provider: str
    customer: str
    price_minor: int | None
    currency: str

    @classmethod
    def from_booking(cls, booking: Booking) -> RecentBookingOut:
        """Return a booking of core as an answer."""
        return cls(
            id=booking.id,
            shop_id=booking.shop_id,
            ref=booking.ref,
            state=booking.state,
            starts_at=booking.starts_at,
            service=str(booking.snapshot.get("service", "")),
            provider=str(booking.snapshot.get("provider", "")),
            customer=booking.customer_name,
            price_minor=booking.price_minor,
            currency=booking.currency,
        )


class AbandonedStepOut(ResponseModel):
    """A question in front of which talks ended; empty where nothing had been asked."""

    step: str = Field(examples=["which_day"])
    talks: int


class ConversationStatsOut(ResponseModel):
    """Talks that began in the period, and what became of them."""

    started: int = Field(description="What one person wrote until a day's silence is a talk.")
    booked: int = Field(description="In these bookings were made.")
    bookings: int
    turns_per_booking: float | None = Field(description="Messages people wrote; null without any.")
    segments_per_booking: float | None = Field(description="SMS segments of our answers.")
    left: list[AbandonedStepOut] = Field(description="Where the others gave up, most first.")

    @classmethod
    def from_stats(cls, found: ConversationStats) -> ConversationStatsOut:
        """Return core's counts as the API names them."""
        return cls(
            started=found.started,
            booked=found.booked,
            bookings=found.bookings,
            turns_per_booking=found.turns_per_booking,
            segments_per_booking=found.segments_per_booking,
            left=[
                AbandonedStepOut(step=one.step, talks=one.conversations) for one in found.abandoned
            ],
        )


class ShopStatsOut(BookingTotalsOut):
    """How a shop, or a part of it, did."""

    shop_id: int
    timezone: str
    since: date
    until: date
    by: Granularity
    customers: CustomerStatsOut
    talks: ConversationStatsOut | None = Field(
        description="Null for a part: providers or a service."
    )
    used: UtilizationOut
    providers: list[ProviderStatsOut]
    services: list[ServiceStatsOut]
    channels: list[ChannelStatsOut]
    trend: list[PeriodStatsOut]
    hours: list[HourStatsOut]
    latest: list[RecentBookingOut] = Field(description="The ten made last, whatever their date.")


class ShopSummaryOut(BookingCountsOut):
    """A shop's part."""

    id: int
    name: str


class InstallationStatsOut(BookingCountsOut):
    """How the whole installation does."""

    since: date
    until: date
    shops: int
    providers: int
    customers: int
    users: int
    by_shop: list[ShopSummaryOut]
    latest: list[RecentBookingOut]


@router.get("/shops/{shop_id}/stats")
async def show_shop_stats(
    shop_id: PathRowId,
    call: AuthorizedRequest,
    from_: Annotated[
        DateQuery, Query(alias="from", description="By default 30 days to `to`.")
    ] = None,
    to: Annotated[
        DateQuery, Query(description="The last date, included; today by default.")
    ] = None,
    provider: OptionalIdQuery = None,
    service: OptionalIdQuery = None,
    channel: Annotated[SearchQuery, Query(description="`sms`, `staff`, `api` …")] = "",
    by: Annotated[Granularity, Query(description="What a step of the trend is.")] = "day",
) -> ShopStatsOut:
    """Show how a shop did in a period of up to 366 of its own dates; a provider sees their part."""

    async def work(ctx: Context) -> ShopStatsOut:
        scope = await build_filter(
            ctx,
            shop_id,
            since=from_,
            until=to,
            provider_ids=_providers(call, provider),
            service_id=service,
            channel=channel,
        )
        found, used = (
            await build_shop_report(ctx, scope, by=by),
            await utilization_by_provider(ctx, scope),
        )
        return _shown(scope, by, found, used, await conversation_stats(ctx, scope))

    return await call.run_read(work)


@router.get("/stats")
async def show_installation_stats(
    call: AuthorizedRequest,
    from_: Annotated[
        DateQuery, Query(alias="from", description="By default 30 days to `to`.")
    ] = None,
    to: Annotated[
        DateQuery, Query(description="The last date, included; today by default.")
    ] = None,
) -> InstallationStatsOut:
    """Show how all shops did in a period of up to 366 dates, each on its own calendar."""

    async def work(ctx: Context) -> InstallationStatsOut:
        found = await build_installation_report(ctx, since=from_, until=to)
        parts = [
            ShopSummaryOut(
                id=line.id, name=line.name, **BookingCountsOut.counter_fields(line.counts)
            )
            for line in found.shop_summaries
        ]
        return InstallationStatsOut(
            since=found.since,
            until=found.until,
            shops=found.shops,
            providers=found.providers,
            customers=found.customers,
            users=found.users,
            by_shop=parts,
            latest=[RecentBookingOut.from_booking(one) for one in found.latest],
            **BookingCountsOut.counter_fields(found.total),
        )

    return await call.run_read(work)


def _providers(call: ApiRequest, provider: int | None) -> frozenset[int] | None:
    """Return whose figures are shown: those asked for, and of a provider only their own."""
    if provider is None:
        return call.own_provider_ids
    call.ensure_provider_allowed(provider)
    return frozenset({provider})


def _shown(
    scope: ReportFilter,
    by: Granularity,
    found: ShopReport,
    used: dict[int, Utilization],
    talks: ConversationStats | None,
) -> ShopStatsOut:
    known = scope.catalog
    open_ = sum(one.open_minutes for one in used.values())
    booked = sum(one.booked_minutes for one in used.values())
    names = {provider.id: provider.display_name for provider in known.providers}
    ids = [one.id for one in known.providers if one.id in used or one.id in found.providers]
    return ShopStatsOut(
        shop_id=scope.shop_id,
        timezone=scope.zone,
        since=scope.since,
        until=scope.until,
        by=by,
        customers=CustomerStatsOut.model_validate(found.customers),
        talks=None if talks is None else ConversationStatsOut.from_stats(talks),
        used=UtilizationOut(open_minutes=open_, booked_minutes=booked, share=ratio(booked, open_)),
        providers=[
            ProviderStatsOut(
                id=id_,
                name=names[id_],
                used=UtilizationOut.model_validate(used[id_]) if id_ in used else None,
                **BookingTotalsOut.counter_fields(found.providers.get(id_, BookingCounts())),
            )
            for id_ in ids
        ],
        services=[
            ServiceStatsOut(
                id=id_, name=known.service(id_).name, **BookingTotalsOut.counter_fields(tally)
            )
            for id_, tally in found.services.items()
        ],
        channels=[
            ChannelStatsOut(channel=name, **BookingTotalsOut.counter_fields(tally))
            for name, tally in found.channels.items()
        ],
        trend=[
            PeriodStatsOut(begins=b.first_day, **BookingCountsOut.counter_fields(b.counts))
            for b in found.trend
        ],
        hours=[HourStatsOut.model_validate(hour) for hour in found.hours],
        latest=[RecentBookingOut.from_booking(one) for one in found.latest],
        **BookingTotalsOut.counter_fields(found.total),
    )
