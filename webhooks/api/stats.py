"""Figures: how a shop does, or one of its providers, and for admins how all do."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from core.bookings.booking import Booking
from core.db.context import Context
from core.reporting import conversation_stats, installation_report, shop_report, utilization
from core.reporting.conversation_stats import Talks
from core.reporting.counters import Tally, share
from core.reporting.filters import Scope, scope_of
from core.reporting.shop_report import By, Figures
from core.reporting.utilization import Used
from webhooks.api.api_request import Call
from webhooks.api.dependencies import Caller
from webhooks.api.schemas import LARGEST, Out, PathId, Search

router = APIRouter(tags=["stats"])

Rate = Annotated[float | None, Field(ge=0, le=1, examples=[0.0625])]
Day = Annotated[date | None, Query(examples=["2026-03-01"])]
OneId = Annotated[int | None, Query(ge=1, le=LARGEST)]


class RevenueOut(Out):
    """Money of one currency, in its minor units."""

    currency: str = Field(examples=["EUR"])
    booked_minor: int = Field(description="Prices of confirmed, begun and completed bookings.")
    paid_minor: int = Field(description="Prices of those marked paid, whatever their state.")
    refunded_minor: int


class Ahead(Out):
    """How long before their start bookings were made."""

    within_a_day: int
    within_a_week: int
    earlier: int


class Counted(Out):
    """What is counted of some bookings."""

    bookings: int = Field(description="All that were made: without holds and what ran out.")
    states: dict[str, int] = Field(examples=[{"confirmed": 12, "no_show": 1}])
    revenue: list[RevenueOut]
    unpriced: int = Field(description="Standing ones whose price is on request.")
    no_show_rate: Rate = Field(description="Of those over; null without any.")
    cancellation_rate: Rate = Field(description="Of all made; null without any.")

    @classmethod
    def fields_of(cls, tally: Tally) -> dict[str, object]:
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


class Total(Counted):
    """The same, and how far ahead people book."""

    lead_minutes: int | None = Field(description="From being made to the start, on average.")
    ahead: Ahead

    @classmethod
    def fields_of(cls, tally: Tally) -> dict[str, object]:
        """Return the fields a tally fills."""
        day, week, earlier = tally.ahead
        ahead = Ahead(within_a_day=day, within_a_week=week, earlier=earlier)
        return super().fields_of(tally) | {"lead_minutes": tally.lead_minutes, "ahead": ahead}


class UsedOut(Out):
    """How much of the open hours was kept for somebody, by the hours as they stand now."""

    open_minutes: int
    booked_minutes: int
    share: Rate


class ProviderPart(Total):
    """A provider's part; `used` is null for who works there no more."""

    id: int
    name: str
    used: UsedOut | None


class ServicePart(Total):
    """A service's part."""

    id: int
    name: str


class ChannelPart(Total):
    """What came by one channel, by the API or was made by the staff."""

    channel: str = Field(examples=["sms"])


class Bucket(Counted):
    """A day, a week from its Monday, or a month from its first."""

    begins: date


class HourOut(Out):
    """How many visits begin in an hour of the shop's clocks; Monday is 0."""

    weekday: int
    hour: int
    bookings: int


class CustomersOut(Out):
    """People with a standing visit in the period; new have none before it."""

    total: int
    new: int
    returning: int


class Newest(Out):
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
    def of(cls, booking: Booking) -> Newest:
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


class LeftOut(Out):
    """A question in front of which talks ended; empty where nothing had been asked."""

    step: str = Field(examples=["which_day"])
    talks: int


class TalksOut(Out):
    """Talks that began in the period, and what became of them."""

    started: int = Field(description="What one person wrote until a day's silence is a talk.")
    booked: int = Field(description="In these bookings were made.")
    bookings: int
    turns_per_booking: float | None = Field(description="Messages people wrote; null without any.")
    segments_per_booking: float | None = Field(description="SMS segments of our answers.")
    left: list[LeftOut] = Field(description="Where the others gave up, most first.")


class ShopStats(Total):
    """How a shop, or a part of it, did."""

    shop_id: int
    timezone: str
    since: date
    until: date
    by: By
    customers: CustomersOut
    talks: TalksOut | None = Field(description="Null for a part: providers or a service.")
    used: UsedOut
    providers: list[ProviderPart]
    services: list[ServicePart]
    channels: list[ChannelPart]
    trend: list[Bucket]
    hours: list[HourOut]
    latest: list[Newest] = Field(description="The ten made last, whatever their date.")


class ShopPart(Counted):
    """A shop's part."""

    id: int
    name: str


class Stats(Counted):
    """How the whole installation does."""

    since: date
    until: date
    shops: int
    providers: int
    customers: int
    users: int
    by_shop: list[ShopPart]
    latest: list[Newest]


@router.get("/shops/{shop_id}/stats")
async def of_shop(
    shop_id: PathId,
    call: Caller,
    from_: Annotated[Day, Query(alias="from", description="By default 30 days to `to`.")] = None,
    to: Annotated[Day, Query(description="The last date, included; today by default.")] = None,
    provider: OneId = None,
    service: OneId = None,
    channel: Annotated[Search, Query(description="`sms`, `staff`, `api` …")] = "",
    by: Annotated[By, Query(description="What a step of the trend is.")] = "day",
) -> ShopStats:
    """Show how a shop did in a period of up to 366 of its own dates; a provider sees their part."""

    async def work(ctx: Context) -> ShopStats:
        scope = await scope_of(
            ctx,
            shop_id,
            since=from_,
            until=to,
            provider_ids=_providers(call, provider),
            service_id=service,
            channel=channel,
        )
        found, used = (
            await shop_report.figures(ctx, scope, by=by),
            await utilization.used(ctx, scope),
        )
        return _shown(scope, by, found, used, await conversation_stats.talks(ctx, scope))

    return await call.read(work)


@router.get("/stats")
async def of_all(
    call: Caller,
    from_: Annotated[Day, Query(alias="from", description="By default 30 days to `to`.")] = None,
    to: Annotated[Day, Query(description="The last date, included; today by default.")] = None,
) -> Stats:
    """Show how all shops did in a period of up to 366 dates, each on its own calendar."""

    async def work(ctx: Context) -> Stats:
        found = await installation_report.whole(ctx, since=from_, until=to)
        parts = [
            ShopPart(id=line.id, name=line.name, **Counted.fields_of(line.tally))
            for line in found.by_shop
        ]
        return Stats(
            since=found.since,
            until=found.until,
            shops=found.shops,
            providers=found.providers,
            customers=found.customers,
            users=found.users,
            by_shop=parts,
            latest=[Newest.of(one) for one in found.latest],
            **Counted.fields_of(found.total),
        )

    return await call.read(work)


def _providers(call: Call, provider: int | None) -> frozenset[int] | None:
    """Return whose figures are shown: those asked for, and of a provider only their own."""
    if provider is None:
        return call.own_providers
    call.check_provider(provider)
    return frozenset({provider})


def _shown(
    scope: Scope, by: By, found: Figures, used: dict[int, Used], talks: Talks | None
) -> ShopStats:
    known = scope.catalog
    open_ = sum(one.open_minutes for one in used.values())
    booked = sum(one.booked_minutes for one in used.values())
    names = {provider.id: provider.called for provider in known.providers}
    ids = [one.id for one in known.providers if one.id in used or one.id in found.providers]
    return ShopStats(
        shop_id=scope.shop_id,
        timezone=scope.zone,
        since=scope.since,
        until=scope.until,
        by=by,
        customers=CustomersOut.model_validate(found.customers),
        talks=None if talks is None else TalksOut.model_validate(talks),
        used=UsedOut(open_minutes=open_, booked_minutes=booked, share=share(booked, open_)),
        providers=[
            ProviderPart(
                id=id_,
                name=names[id_],
                used=UsedOut.model_validate(used[id_]) if id_ in used else None,
                **Total.fields_of(found.providers.get(id_, Tally())),
            )
            for id_ in ids
        ],
        services=[
            ServicePart(id=id_, name=known.service(id_).name, **Total.fields_of(tally))
            for id_, tally in found.services.items()
        ],
        channels=[
            ChannelPart(channel=name, **Total.fields_of(tally))
            for name, tally in found.channels.items()
        ],
        trend=[Bucket(begins=b.begins, **Counted.fields_of(b.tally)) for b in found.trend],
        hours=[HourOut.model_validate(hour) for hour in found.hours],
        latest=[Newest.of(one) for one in found.latest],
        **Total.fields_of(found.total),
    )
