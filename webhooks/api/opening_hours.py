"""When a shop and its providers are there: the week, single dates, time off."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from http import HTTPStatus
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from core.bookings import closures
from core.bookings.booking import Booking
from core.catalog.loader import load_catalog
from core.db.context import Context
from core.errors import InvalidValue
from core.localtime.opening_masks import Interval
from core.scheduling import opening_hours
from core.scheduling.opening_hours import DateException, WeeklyInterval
from webhooks.api.api_request import ApiRequest
from webhooks.api.dependencies import AuthorizedRequest, PageQuery
from webhooks.api.schemas import (
    LocalDate,
    PageResponse,
    PathRowId,
    RequestModel,
    ResponseModel,
    ShortText,
    Timestamp,
    format_wall_time,
)

router = APIRouter(prefix="/shops/{shop_id}", tags=["hours"])

WallTime = Annotated[
    str,
    Field(
        pattern=r"^([0-3][0-9]|4[0-8]):[0-5][05]$",
        description="Wall time in steps of five minutes; past midnight up to 48:00.",
        examples=["09:00"],
    ),
]


class TimeRange(RequestModel):
    """From when until when, by the clocks of the shop."""

    opens: WallTime
    closes: WallTime


class WeekdayHours(TimeRange):
    """A stretch of a weekday."""

    weekday: Annotated[int, Field(ge=0, le=6, description="Monday is 0.")]


class WeekSchedule(RequestModel):
    """The hours of a week; a day without any is closed."""

    hours: Annotated[list[WeekdayHours], Field(max_length=100)]


class DateHoursIn(RequestModel):
    """The hours of one date instead of the week's; none at all: closed."""

    hours: Annotated[list[TimeRange], Field(max_length=20)] = Field([])
    reason: ShortText = ""


class DateHoursOut(ResponseModel):
    """The hours of one date."""

    day: date
    hours: list[TimeRange]
    reason: str


class DateHoursListOut(ResponseModel):
    """Dates with hours of their own, from a week ago on."""

    items: list[DateHoursOut]


class HitBookingOut(ResponseModel):
    """A booking that stands where the shop or its provider is not there any more."""

    id: int
    ref: str
    starts_at: datetime
    ends_at: datetime
    provider_id: int
    customer_name: str
    customer_phone: str = Field(description="Empty for providers, who may not see it.")


class DateHoursSetOut(DateHoursListOut):
    """The dates, and the bookings that the new hours hit: move, propose or cancel them."""

    bookings: list[HitBookingOut]


class TimeOffIn(RequestModel):
    """When a provider is away."""

    starts_at: Timestamp
    ends_at: Timestamp
    reason: ShortText = ""


class TimeOffOut(ResponseModel):
    """When a provider is away."""

    id: int
    starts_at: datetime
    ends_at: datetime
    reason: str


class TimeOffAddedOut(TimeOffOut):
    """Time off, and the bookings it hits: move, propose or cancel them."""

    bookings: list[HitBookingOut]


# ------------------------------------------------------------------------------------ the week


@router.get("/hours")
async def show_shop_hours(shop_id: PathRowId, call: AuthorizedRequest) -> WeekSchedule:
    """Show a shop's week."""
    return await _show_week(call, shop_id, None)


@router.put("/hours")
async def set_shop_hours(
    shop_id: PathRowId, body: WeekSchedule, call: AuthorizedRequest
) -> WeekSchedule:
    """Set a shop's whole week."""
    return await _set_week(call, shop_id, None, body)


@router.get("/providers/{provider_id}/hours")
async def show_provider_hours(
    shop_id: PathRowId, provider_id: PathRowId, call: AuthorizedRequest
) -> WeekSchedule:
    """Show a provider's own week; empty where they keep the shop's."""
    return await _show_week(call, shop_id, provider_id)


@router.put("/providers/{provider_id}/hours")
async def set_provider_hours(
    shop_id: PathRowId, provider_id: PathRowId, body: WeekSchedule, call: AuthorizedRequest
) -> WeekSchedule:
    """Set a provider's own week; an empty one lets them keep the shop's."""
    return await _set_week(call, shop_id, provider_id, body)


async def _show_week(call: ApiRequest, shop_id: int, provider_id: int | None) -> WeekSchedule:
    return await call.run_read(lambda ctx: _week(ctx, shop_id, provider_id))


async def _set_week(
    call: ApiRequest, shop_id: int, provider_id: int | None, body: WeekSchedule
) -> WeekSchedule:
    days: dict[int, list[Interval]] = {}
    for one in body.hours:
        days.setdefault(one.weekday, []).append(_interval(one))

    async def work(ctx: Context) -> WeekSchedule:
        await opening_hours.set_weekly_hours(ctx, shop_id, provider_id, days)
        return await _week(ctx, shop_id, provider_id)

    return await call.run_write(work, before=lambda ctx: _week(ctx, shop_id, provider_id))


async def _week(ctx: Context, shop_id: int, provider_id: int | None) -> WeekSchedule:
    await _there(ctx, shop_id, provider_id)
    rows: list[WeeklyInterval] = await opening_hours.weekly_hours(ctx, shop_id, provider_id)
    return WeekSchedule(
        hours=[
            WeekdayHours(
                weekday=row.weekday,
                opens=format_wall_time(row.opens),
                closes=format_wall_time(row.closes),
            )
            for row in rows
        ]
    )


# ------------------------------------------------------------------------------------ dates


@router.get("/dates")
async def list_shop_date_hours(shop_id: PathRowId, call: AuthorizedRequest) -> DateHoursListOut:
    """List a shop's dates with hours of their own: holidays, long Saturdays."""
    return await _list_dates(call, shop_id, None)


@router.put("/dates/{day}")
async def set_shop_date_hours(
    shop_id: PathRowId, day: LocalDate, body: DateHoursIn, call: AuthorizedRequest
) -> DateHoursSetOut:
    """Set the hours of one date; none closes it. What is booked stands, and is listed."""
    return await _set_date(call, shop_id, None, day, body)


@router.delete("/dates/{day}", status_code=HTTPStatus.NO_CONTENT)
async def clear_shop_date_hours(
    shop_id: PathRowId, day: LocalDate, call: AuthorizedRequest
) -> None:
    """Let the week's hours hold again on a date."""
    await _clear_date(call, shop_id, None, day)


@router.get("/providers/{provider_id}/dates")
async def list_provider_date_hours(
    shop_id: PathRowId, provider_id: PathRowId, call: AuthorizedRequest
) -> DateHoursListOut:
    """List a provider's dates with hours of their own."""
    return await _list_dates(call, shop_id, provider_id)


@router.put("/providers/{provider_id}/dates/{day}")
async def set_provider_date_hours(
    shop_id: PathRowId,
    provider_id: PathRowId,
    day: LocalDate,
    body: DateHoursIn,
    call: AuthorizedRequest,
) -> DateHoursSetOut:
    """Set a provider's hours of one date. What is booked stands, and is listed."""
    return await _set_date(call, shop_id, provider_id, day, body)


@router.delete("/providers/{provider_id}/dates/{day}", status_code=HTTPStatus.NO_CONTENT)
async def clear_provider_date_hours(
    shop_id: PathRowId, provider_id: PathRowId, day: LocalDate, call: AuthorizedRequest
) -> None:
    """Let a provider's week hold again on a date."""
    await _clear_date(call, shop_id, provider_id, day)


async def _list_dates(call: ApiRequest, shop_id: int, provider_id: int | None) -> DateHoursListOut:
    return await call.run_read(lambda ctx: _dates(ctx, shop_id, provider_id))


async def _set_date(
    call: ApiRequest, shop_id: int, provider_id: int | None, day: LocalDate, body: DateHoursIn
) -> DateHoursSetOut:
    hours = [_interval(one) for one in body.hours]

    async def work(ctx: Context) -> DateHoursSetOut:
        await opening_hours.set_date_exception(
            ctx, shop_id, day, hours, provider_id=provider_id, reason=body.reason
        )
        hit = await closures.bookings_outside_hours(ctx, shop_id, day, provider_id)
        listed = await _dates(ctx, shop_id, provider_id)
        return DateHoursSetOut(items=listed.items, bookings=_hit(call, hit))

    return await call.run_write(work, before=lambda ctx: _dates(ctx, shop_id, provider_id))


async def _clear_date(
    call: ApiRequest, shop_id: int, provider_id: int | None, day: LocalDate
) -> None:
    await call.run_write(
        lambda ctx: opening_hours.clear_date_exception(ctx, shop_id, day, provider_id=provider_id),
        before=lambda ctx: _dates(ctx, shop_id, provider_id),
    )


async def _dates(ctx: Context, shop_id: int, provider_id: int | None) -> DateHoursListOut:
    await _there(ctx, shop_id, provider_id)
    since = (ctx.now - timedelta(days=7)).date()
    found = await opening_hours.list_date_exceptions(ctx, shop_id, provider_id, since)
    return DateHoursListOut(
        items=[_date(list(rows)) for _, rows in groupby(found, lambda row: row.day)]
    )


def _date(rows: list[DateException]) -> DateHoursOut:
    return DateHoursOut(day=rows[0].day, hours=_stretches(rows), reason=rows[0].reason)


# ------------------------------------------------------------------------------------ time off


@router.get("/providers/{provider_id}/time-off")
async def list_time_off(
    shop_id: PathRowId, provider_id: PathRowId, call: AuthorizedRequest, asked: PageQuery
) -> PageResponse[TimeOffOut]:
    """List when a provider is away, from now on."""

    async def work(ctx: Context) -> PageResponse[TimeOffOut]:
        await _there(ctx, shop_id, provider_id)
        found = await opening_hours.list_time_off(ctx, shop_id, provider_id, asked)
        return PageResponse.from_page(found.map(TimeOffOut.model_validate))

    return await call.run_read(work)


@router.post("/providers/{provider_id}/time-off", status_code=HTTPStatus.CREATED)
async def add_time_off(
    shop_id: PathRowId, provider_id: PathRowId, body: TimeOffIn, call: AuthorizedRequest
) -> TimeOffAddedOut:
    """Take a provider off offer for a while; what is booked stands, and is listed."""

    async def work(ctx: Context) -> TimeOffAddedOut:
        made = await opening_hours.add_time_off(
            ctx, shop_id, provider_id, body.starts_at, body.ends_at, body.reason
        )
        row = await opening_hours.get_time_off(ctx, shop_id, provider_id, made)
        hit = await closures.bookings_in_time_off(
            ctx, shop_id, provider_id, row.starts_at, row.ends_at
        )
        added = TimeOffOut.model_validate(row)
        return TimeOffAddedOut(**added.model_dump(), bookings=_hit(call, hit))

    return await call.run_write(work)


@router.delete("/providers/{provider_id}/time-off/{time_off_id}", status_code=HTTPStatus.NO_CONTENT)
async def remove_time_off(
    shop_id: PathRowId, provider_id: PathRowId, time_off_id: PathRowId, call: AuthorizedRequest
) -> None:
    """Put time that was taken off back on offer."""

    async def before(ctx: Context) -> TimeOffOut:
        row = await opening_hours.get_time_off(ctx, shop_id, provider_id, time_off_id)
        return TimeOffOut.model_validate(row)

    await call.run_write(
        lambda ctx: opening_hours.remove_time_off(ctx, shop_id, time_off_id), before=before
    )


# ------------------------------------------------------------------------------------ workings


async def _there(ctx: Context, shop_id: int, provider_id: int | None) -> None:
    """Raise NotFound for a shop or a provider there is not."""
    known = await load_catalog(ctx, shop_id)
    if provider_id is not None:
        known.provider(provider_id)


def _hit(call: ApiRequest, those: list[Booking]) -> list[HitBookingOut]:
    found = [HitBookingOut.model_validate(one) for one in those]
    return [
        one if call.sees_phones(booking.shop_id) else one.model_copy(update={"customer_phone": ""})
        for one, booking in zip(found, those, strict=True)
    ]


def _interval(stretch: TimeRange) -> Interval:
    try:
        return Interval(_minutes(stretch.opens), _minutes(stretch.closes))
    except ValueError:
        raise InvalidValue(field="hours", reason="order") from None


def _stretches(rows: Iterable[DateException]) -> list[TimeRange]:
    return [
        TimeRange(opens=format_wall_time(row.opens), closes=format_wall_time(row.closes))
        for row in rows
        if row.opens is not None and row.closes is not None
    ]


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)
