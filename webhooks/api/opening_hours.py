"""When a shop and its providers are there: the week, single dates, time off."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from http import HTTPStatus
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from core.catalog.loader import catalog
from core.db.context import Context
from core.errors import Invalid
from core.localtime.opening_masks import Interval
from core.scheduling import opening_hours
from core.scheduling.opening_hours import Opening, Special
from webhooks.api.api_request import Call
from webhooks.api.dependencies import Caller, Paged
from webhooks.api.schemas import Day, In, Instant, Line, Listing, Out, PathId, clock

router = APIRouter(prefix="/shops/{shop_id}", tags=["hours"])

Clock = Annotated[
    str,
    Field(
        pattern=r"^([0-3][0-9]|4[0-8]):[0-5][05]$",
        description="Wall time in steps of five minutes; past midnight up to 48:00.",
        examples=["09:00"],
    ),
]


class Stretch(In):
    """From when until when, by the clocks of the shop."""

    opens: Clock
    closes: Clock


class DayHours(Stretch):
    """A stretch of a weekday."""

    weekday: Annotated[int, Field(ge=0, le=6, description="Monday is 0.")]


class Week(In):
    """The hours of a week; a day without any is closed."""

    hours: Annotated[list[DayHours], Field(max_length=100)]


class DateIn(In):
    """The hours of one date instead of the week's; none at all: closed."""

    hours: Annotated[list[Stretch], Field(max_length=20)] = Field([])
    reason: Line = ""


class DateOut(Out):
    """The hours of one date."""

    day: date
    hours: list[Stretch]
    reason: str


class Dates(Out):
    """Dates with hours of their own, from a week ago on."""

    items: list[DateOut]


class TimeOffIn(In):
    """When a provider is away."""

    starts_at: Instant
    ends_at: Instant
    reason: Line = ""


class TimeOffOut(Out):
    """When a provider is away."""

    id: int
    starts_at: datetime
    ends_at: datetime
    reason: str


# ------------------------------------------------------------------------------------ the week


@router.get("/hours")
async def show_hours(shop_id: PathId, call: Caller) -> Week:
    """Show a shop's week."""
    return await _show_week(call, shop_id, None)


@router.put("/hours")
async def set_hours(shop_id: PathId, body: Week, call: Caller) -> Week:
    """Set a shop's whole week."""
    return await _set_week(call, shop_id, None, body)


@router.get("/providers/{provider_id}/hours")
async def show_provider_hours(shop_id: PathId, provider_id: PathId, call: Caller) -> Week:
    """Show a provider's own week; empty where they keep the shop's."""
    return await _show_week(call, shop_id, provider_id)


@router.put("/providers/{provider_id}/hours")
async def set_provider_hours(
    shop_id: PathId, provider_id: PathId, body: Week, call: Caller
) -> Week:
    """Set a provider's own week; an empty one lets them keep the shop's."""
    return await _set_week(call, shop_id, provider_id, body)


async def _show_week(call: Call, shop_id: int, provider_id: int | None) -> Week:
    return await call.read(lambda ctx: _week(ctx, shop_id, provider_id))


async def _set_week(call: Call, shop_id: int, provider_id: int | None, body: Week) -> Week:
    days: dict[int, list[Interval]] = {}
    for one in body.hours:
        days.setdefault(one.weekday, []).append(_interval(one))

    async def work(ctx: Context) -> Week:
        await opening_hours.set_hours(ctx, shop_id, provider_id, days)
        return await _week(ctx, shop_id, provider_id)

    return await call.write(work, before=lambda ctx: _week(ctx, shop_id, provider_id))


async def _week(ctx: Context, shop_id: int, provider_id: int | None) -> Week:
    await _there(ctx, shop_id, provider_id)
    rows: list[Opening] = await opening_hours.week(ctx, shop_id, provider_id)
    return Week(
        hours=[
            DayHours(weekday=row.weekday, opens=clock(row.opens), closes=clock(row.closes))
            for row in rows
        ]
    )


# ------------------------------------------------------------------------------------ dates


@router.get("/dates")
async def list_dates(shop_id: PathId, call: Caller) -> Dates:
    """List a shop's dates with hours of their own: holidays, long Saturdays."""
    return await _list_dates(call, shop_id, None)


@router.put("/dates/{day}")
async def set_date(shop_id: PathId, day: Day, body: DateIn, call: Caller) -> Dates:
    """Set the hours of one date; none closes it. What is booked stands."""
    return await _set_date(call, shop_id, None, day, body)


@router.delete("/dates/{day}", status_code=HTTPStatus.NO_CONTENT)
async def clear_date(shop_id: PathId, day: Day, call: Caller) -> None:
    """Let the week's hours hold again on a date."""
    await _clear_date(call, shop_id, None, day)


@router.get("/providers/{provider_id}/dates")
async def list_provider_dates(shop_id: PathId, provider_id: PathId, call: Caller) -> Dates:
    """List a provider's dates with hours of their own."""
    return await _list_dates(call, shop_id, provider_id)


@router.put("/providers/{provider_id}/dates/{day}")
async def set_provider_date(
    shop_id: PathId, provider_id: PathId, day: Day, body: DateIn, call: Caller
) -> Dates:
    """Set a provider's hours of one date."""
    return await _set_date(call, shop_id, provider_id, day, body)


@router.delete("/providers/{provider_id}/dates/{day}", status_code=HTTPStatus.NO_CONTENT)
async def clear_provider_date(shop_id: PathId, provider_id: PathId, day: Day, call: Caller) -> None:
    """Let a provider's week hold again on a date."""
    await _clear_date(call, shop_id, provider_id, day)


async def _list_dates(call: Call, shop_id: int, provider_id: int | None) -> Dates:
    return await call.read(lambda ctx: _dates(ctx, shop_id, provider_id))


async def _set_date(
    call: Call, shop_id: int, provider_id: int | None, day: Day, body: DateIn
) -> Dates:
    hours = [_interval(one) for one in body.hours]

    async def work(ctx: Context) -> Dates:
        await opening_hours.set_exception(
            ctx, shop_id, day, hours, provider_id=provider_id, reason=body.reason
        )
        return await _dates(ctx, shop_id, provider_id)

    return await call.write(work, before=lambda ctx: _dates(ctx, shop_id, provider_id))


async def _clear_date(call: Call, shop_id: int, provider_id: int | None, day: Day) -> None:
    await call.write(
        lambda ctx: opening_hours.clear_exception(ctx, shop_id, day, provider_id=provider_id),
        before=lambda ctx: _dates(ctx, shop_id, provider_id),
    )


async def _dates(ctx: Context, shop_id: int, provider_id: int | None) -> Dates:
    await _there(ctx, shop_id, provider_id)
    since = (ctx.now - timedelta(days=7)).date()
    found = await opening_hours.exceptions(ctx, shop_id, provider_id, since)
    return Dates(items=[_date(list(rows)) for _, rows in groupby(found, lambda row: row.day)])


def _date(rows: list[Special]) -> DateOut:
    return DateOut(day=rows[0].day, hours=_stretches(rows), reason=rows[0].reason)


# ------------------------------------------------------------------------------------ time off


@router.get("/providers/{provider_id}/time-off")
async def list_time_off(
    shop_id: PathId, provider_id: PathId, call: Caller, asked: Paged
) -> Listing[TimeOffOut]:
    """List when a provider is away, from now on."""

    async def work(ctx: Context) -> Listing[TimeOffOut]:
        await _there(ctx, shop_id, provider_id)
        found = await opening_hours.time_off(ctx, shop_id, provider_id, asked)
        return Listing.of(found.map(TimeOffOut.model_validate))

    return await call.read(work)


@router.post("/providers/{provider_id}/time-off", status_code=HTTPStatus.CREATED)
async def add_time_off(
    shop_id: PathId, provider_id: PathId, body: TimeOffIn, call: Caller
) -> TimeOffOut:
    """Take a provider off offer for a while; what is booked stands."""

    async def work(ctx: Context) -> TimeOffOut:
        made = await opening_hours.add_time_off(
            ctx, shop_id, provider_id, body.starts_at, body.ends_at, body.reason
        )
        row = await opening_hours.one_time_off(ctx, shop_id, provider_id, made)
        return TimeOffOut.model_validate(row)

    return await call.write(work)


@router.delete("/providers/{provider_id}/time-off/{time_off_id}", status_code=HTTPStatus.NO_CONTENT)
async def remove_time_off(
    shop_id: PathId, provider_id: PathId, time_off_id: PathId, call: Caller
) -> None:
    """Put time that was taken off back on offer."""

    async def before(ctx: Context) -> TimeOffOut:
        row = await opening_hours.one_time_off(ctx, shop_id, provider_id, time_off_id)
        return TimeOffOut.model_validate(row)

    await call.write(
        lambda ctx: opening_hours.remove_time_off(ctx, shop_id, time_off_id), before=before
    )


# ------------------------------------------------------------------------------------ workings


async def _there(ctx: Context, shop_id: int, provider_id: int | None) -> None:
    """Raise NotFound for a shop or a provider there is not."""
    known = await catalog(ctx, shop_id)
    if provider_id is not None:
        known.provider(provider_id)


def _interval(stretch: Stretch) -> Interval:
    try:
        return Interval(_minutes(stretch.opens), _minutes(stretch.closes))
    except ValueError:
        raise Invalid(field="hours", reason="order") from None


def _stretches(rows: Iterable[Special]) -> list[Stretch]:
    return [
        Stretch(opens=clock(row.opens), closes=clock(row.closes))
        for row in rows
        if row.opens is not None and row.closes is not None
    ]


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)
