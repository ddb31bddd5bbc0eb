"""Calendars out and in: secret addresses to subscribe to, and busy times from elsewhere."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter
from pydantic import Field

from core.calendar_sync import external_calendars, feeds
from core.calendar_sync.safe_fetch import (
    MAX_BYTES,
    MAX_URL_LENGTH,
    TIMEOUT_SECONDS,
    FetchError,
    normalize_url,
)
from core.db.context import Context
from core.errors import InvalidValue
from webhooks.api.api_request import ApiRequest
from webhooks.api.dependencies import AuthorizedRequest, PageQuery
from webhooks.api.schemas import PageResponse, PathRowId, RequestModel, ResponseModel, RowId

router = APIRouter(prefix="/shops/{shop_id}", tags=["feeds"])


class FeedIn(RequestModel):
    """Whose calendar other programs are to read."""

    provider_id: RowId | None = Field(None, description="The whole shop's without it.")


class FeedOut(ResponseModel):
    """An address of a calendar, without its secret."""

    id: int
    provider_id: int | None
    created_at: datetime


class NewFeedOut(FeedOut):
    """A new address of a calendar."""

    url: str = Field(description="Shown this once; whoever has it reads the calendar.")


FETCH_ERROR_MESSAGES = {
    "address": "The address is not one of http or https.",
    "private": "The address is not public: it leads into a network of its own.",
    "unreachable": "Nothing answers at this address.",
    "slow": f"The file did not come within {TIMEOUT_SECONDS:.0f} seconds.",
    "large": f"The file is larger than {MAX_BYTES // 1024**2} MB.",
    "redirects": "The address leads on to others without end.",
    "answer": "The address answers with an error.",
    "cut": "The file ends in the middle; what was read before stands.",
    "form": "What is there is no calendar (iCalendar, RFC 5545).",
    "much": "The calendar holds too much to be read.",
    "failed": "Something went wrong on our side; it is read again before long.",
}
"""Why a calendar cannot be read, in words."""

ENTRY_PROBLEM_MESSAGES = {
    "no_start": "It has no beginning. It takes no time here.",
    "no_time": "A time in it cannot be read. Only its other times are kept.",
    "no_length": "How long it lasts cannot be read. It takes no time here.",
    "backward": "It ends before it begins. It takes no time here.",
    "rule": "It repeats by a rule that nobody knows. Only its first time is kept.",
    "often": "It repeats too often. Only its first time is kept.",
    "slow": "Working out when it repeats takes too long. Only its first time is kept.",
    "zone": "Nobody knows its time zone. It is kept by the calendar's own.",
}
"""Why an entry of a calendar was not read as it stands, in words."""


class ExternalCalendarIn(RequestModel):
    """A calendar elsewhere whose busy times are to block a provider's."""

    provider_id: RowId
    url: Annotated[
        str, Field(max_length=MAX_URL_LENGTH, examples=["https://example.org/calendar.ics"])
    ]


class OddEntryOut(ResponseModel):
    """An entry of a calendar elsewhere that was not read as it stands."""

    start: str = Field(description="Its beginning, as it is written there; empty: it has none.")
    reason: str = Field(description="A word for why.")
    problem: str = Field(description="The same in words.")


class ExternalCalendarOut(ResponseModel):
    """A calendar elsewhere; its address is a secret, so only its host is shown."""

    id: int
    provider_id: int
    host: str
    created_at: datetime
    fetched_at: datetime | None = Field(description="When it was last read; null: not yet.")
    error: str = Field(description="A word for why it could not be read last time, or nothing.")
    problem: str = Field(description="The same in words.")
    blocks: int = Field(description="How many blocks it makes now.")
    odd: int = Field(description="How many entries could not be read as they stand.")
    odd_entries: list[OddEntryOut] = Field(description="The first of them, and why.")

    @classmethod
    def from_calendar(cls, row: external_calendars.ExternalCalendar) -> ExternalCalendarOut:
        """Return a calendar of core as an answer."""
        return cls(
            id=row.id,
            provider_id=row.provider_id,
            host=urlsplit(row.url).hostname or "",
            created_at=row.created_at,
            fetched_at=row.fetched_at,
            error=row.error,
            problem=FETCH_ERROR_MESSAGES.get(row.error.partition(" ")[0], ""),
            blocks=row.blocks,
            odd=row.odd_count,
            odd_entries=[
                OddEntryOut(**one, problem=ENTRY_PROBLEM_MESSAGES.get(one["reason"], ""))
                for one in row.odd_entries
            ],
        )


@router.get("/feeds")
async def list_feeds(
    shop_id: PathRowId, call: AuthorizedRequest, asked: PageQuery
) -> PageResponse[FeedOut]:
    """List the addresses by which other programs read calendars."""

    async def work(ctx: Context) -> PageResponse[FeedOut]:
        found = await feeds.list_feeds(ctx, shop_id, asked, call.own_provider_ids)
        return PageResponse.from_page(found.map(FeedOut.model_validate))

    return await call.run_read(work)


@router.post("/feeds", status_code=HTTPStatus.CREATED)
async def add_feed(shop_id: PathRowId, body: FeedIn, call: AuthorizedRequest) -> NewFeedOut:
    """Make a secret address for Google, Apple, Outlook: a provider's calendar or the shop's."""
    call.ensure_calendar_allowed(body.provider_id)

    async def work(ctx: Context) -> NewFeedOut:
        made, secret = await feeds.add_feed(ctx, shop_id, body.provider_id)
        return NewFeedOut(
            id=made,
            provider_id=body.provider_id,
            created_at=ctx.now,
            url=f"{ctx.settings.public_base_url}/calendars/{secret}.ics",
        )

    return await call.run_write(work, secret=True)


@router.delete("/feeds/{feed_id}", status_code=HTTPStatus.NO_CONTENT)
async def revoke_feed(shop_id: PathRowId, feed_id: PathRowId, call: AuthorizedRequest) -> None:
    """Revoke an address: whoever has it reads nothing from now on."""

    async def before(ctx: Context) -> FeedOut:
        found = FeedOut.model_validate(await feeds.get_feed(ctx, shop_id, feed_id))
        call.ensure_calendar_allowed(found.provider_id)
        return found

    await call.run_write(lambda ctx: feeds.revoke_feed(ctx, shop_id, feed_id), before=before)


@router.get("/external-calendars")
async def list_external_calendars(
    shop_id: PathRowId, call: AuthorizedRequest, asked: PageQuery
) -> PageResponse[ExternalCalendarOut]:
    """List the calendars elsewhere whose busy times block providers, and how reading them went."""

    async def work(ctx: Context) -> PageResponse[ExternalCalendarOut]:
        found = await external_calendars.list_calendars(ctx, shop_id, asked, call.own_provider_ids)
        return PageResponse.from_page(found.map(ExternalCalendarOut.from_calendar))

    return await call.run_read(work)


@router.post("/external-calendars", status_code=HTTPStatus.CREATED)
async def add_external_calendar(
    shop_id: PathRowId, body: ExternalCalendarIn, call: AuthorizedRequest
) -> ExternalCalendarOut:
    """Let the busy times of a calendar (.ics) elsewhere block a provider's.

    It is read within a minute, then every 15: by http or https, from public addresses only, up to
    2 MB without its history and texts, half a year ahead or as far as the shop takes bookings. An
    entry that cannot be read costs itself only, and is named. What is booked here stands.
    """
    call.ensure_provider_allowed(body.provider_id)
    try:
        url = normalize_url(body.url)
    except FetchError as error:
        raise InvalidValue(field="url", reason=FETCH_ERROR_MESSAGES[error.reason]) from None

    async def work(ctx: Context) -> ExternalCalendarOut:
        made = await external_calendars.add_calendar(ctx, shop_id, body.provider_id, url)
        return await _outside(call, ctx, shop_id, made)

    return await call.run_write(work)


@router.post("/external-calendars/{calendar_id}/read")
async def refresh_external_calendar(
    shop_id: PathRowId, calendar_id: PathRowId, call: AuthorizedRequest
) -> ExternalCalendarOut:
    """Have a calendar elsewhere read again now, within half a minute."""

    async def work(ctx: Context) -> ExternalCalendarOut:
        found = await _outside(call, ctx, shop_id, calendar_id)
        await external_calendars.request_refresh(ctx, shop_id, calendar_id)
        return found

    return await call.run_write(work)


@router.delete("/external-calendars/{calendar_id}", status_code=HTTPStatus.NO_CONTENT)
async def remove_external_calendar(
    shop_id: PathRowId, calendar_id: PathRowId, call: AuthorizedRequest
) -> None:
    """Read a calendar elsewhere no more; what it blocked is on offer again."""
    await call.run_write(
        lambda ctx: external_calendars.remove_calendar(ctx, shop_id, calendar_id),
        before=lambda ctx: _outside(call, ctx, shop_id, calendar_id),
    )


async def _outside(
    call: ApiRequest, ctx: Context, shop_id: int, calendar_id: int
) -> ExternalCalendarOut:
    """Return a calendar elsewhere that is this caller's business; else NotFound."""
    found = ExternalCalendarOut.from_calendar(
        await external_calendars.get_calendar(ctx, shop_id, calendar_id)
    )
    call.ensure_provider_allowed(found.provider_id)
    return found
