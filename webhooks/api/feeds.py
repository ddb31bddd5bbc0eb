"""Calendars out and in: secret addresses to subscribe to, and busy times from elsewhere."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter
from pydantic import Field

from core.calendar_sync import external_calendars, feeds
from core.calendar_sync.safe_fetch import LARGEST, LONGEST, SECONDS, Unfetched, proper
from core.db.context import Context, Row
from core.errors import Invalid
from webhooks.api.api_request import Call
from webhooks.api.dependencies import Caller, Paged
from webhooks.api.schemas import Id, In, Listing, Out, PathId

router = APIRouter(prefix="/shops/{shop_id}", tags=["feeds"])


class FeedIn(In):
    """Whose calendar other programs are to read."""

    provider_id: Id | None = Field(None, description="The whole shop's without it.")


class FeedOut(Out):
    """An address of a calendar, without its secret."""

    id: int
    provider_id: int | None
    created_at: datetime


class NewFeed(FeedOut):
    """A new address of a calendar."""

    url: str = Field(description="Shown this once; whoever has it reads the calendar.")


WHY = {
    "address": "The address is not one of http or https.",
    "private": "The address is not public: it leads into a network of its own.",
    "unreachable": "Nothing answers at this address.",
    "slow": f"The file did not come within {SECONDS:.0f} seconds.",
    "large": f"The file is larger than {LARGEST // 1024**2} MB.",
    "redirects": "The address leads on to others without end.",
    "answer": "The address answers with an error.",
    "form": "What is there is no calendar (iCalendar, RFC 5545).",
    "much": "The calendar holds too much to be read.",
    "failed": "Something went wrong on our side; it is read again before long.",
}
"""Why a calendar cannot be read, in words."""


class OutsideIn(In):
    """A calendar elsewhere whose busy times are to block a provider's."""

    provider_id: Id
    url: Annotated[str, Field(max_length=LONGEST, examples=["https://example.org/calendar.ics"])]


class OutsideOut(Out):
    """A calendar elsewhere; its address is a secret, so only its host is shown."""

    id: int
    provider_id: int
    host: str
    created_at: datetime
    fetched_at: datetime | None = Field(description="When it was last read; null: not yet.")
    error: str = Field(description="A word for why it could not be read last time, or nothing.")
    problem: str = Field(description="The same in words.")
    blocks: int = Field(description="How many blocks it makes now.")

    @classmethod
    def of(cls, row: Row) -> OutsideOut:
        """Return a row of core as an answer."""
        return cls(
            id=row.id,
            provider_id=row.provider_id,
            host=urlsplit(row.url).hostname or "",
            created_at=row.created_at,
            fetched_at=row.fetched_at,
            error=row.error,
            problem=WHY.get(row.error.partition(" ")[0], ""),
            blocks=row.blocks,
        )


@router.get("/feeds")
async def list_feeds(shop_id: PathId, call: Caller, asked: Paged) -> Listing[FeedOut]:
    """List the addresses by which other programs read calendars."""

    async def work(ctx: Context) -> Listing[FeedOut]:
        found = await feeds.several(ctx, shop_id, asked, call.own_providers)
        return Listing.of(found.map(FeedOut.model_validate))

    return await call.read(work)


@router.post("/feeds", status_code=HTTPStatus.CREATED)
async def add_feed(shop_id: PathId, body: FeedIn, call: Caller) -> NewFeed:
    """Make a secret address for Google, Apple, Outlook: a provider's calendar or the shop's."""
    call.check_calendar(body.provider_id)

    async def work(ctx: Context) -> NewFeed:
        made, secret = await feeds.add(ctx, shop_id, body.provider_id)
        return NewFeed(
            id=made,
            provider_id=body.provider_id,
            created_at=ctx.now,
            url=f"{ctx.settings.base_url}/calendars/{secret}.ics",
        )

    return await call.write(work, secret=True)


@router.delete("/feeds/{feed_id}", status_code=HTTPStatus.NO_CONTENT)
async def revoke_feed(shop_id: PathId, feed_id: PathId, call: Caller) -> None:
    """Revoke an address: whoever has it reads nothing from now on."""

    async def before(ctx: Context) -> FeedOut:
        found = FeedOut.model_validate(await feeds.one(ctx, shop_id, feed_id))
        call.check_calendar(found.provider_id)
        return found

    await call.write(lambda ctx: feeds.revoke(ctx, shop_id, feed_id), before=before)


@router.get("/outside-calendars")
async def list_outside(shop_id: PathId, call: Caller, asked: Paged) -> Listing[OutsideOut]:
    """List the calendars elsewhere whose busy times block providers, and how reading them went."""

    async def work(ctx: Context) -> Listing[OutsideOut]:
        found = await external_calendars.several(ctx, shop_id, asked, call.own_providers)
        return Listing.of(found.map(OutsideOut.of))

    return await call.read(work)


@router.post("/outside-calendars", status_code=HTTPStatus.CREATED)
async def add_outside(shop_id: PathId, body: OutsideIn, call: Caller) -> OutsideOut:
    """Let the busy times of a calendar (.ics) elsewhere block a provider's.

    It is read within a minute, then every 15: by http or https, from public addresses only, up to
    2 MB, about half a year ahead. What is booked here stands.
    """
    call.check_provider(body.provider_id)
    try:
        url = proper(body.url)
    except Unfetched as error:
        raise Invalid(field="url", reason=WHY[error.reason]) from None

    async def work(ctx: Context) -> OutsideOut:
        made = await external_calendars.add(ctx, shop_id, body.provider_id, url)
        return await _outside(call, ctx, shop_id, made)

    return await call.write(work)


@router.post("/outside-calendars/{calendar_id}/read")
async def read_outside(shop_id: PathId, calendar_id: PathId, call: Caller) -> OutsideOut:
    """Have a calendar elsewhere read again now, within half a minute."""

    async def work(ctx: Context) -> OutsideOut:
        found = await _outside(call, ctx, shop_id, calendar_id)
        await external_calendars.look_again(ctx, shop_id, calendar_id)
        return found

    return await call.write(work)


@router.delete("/outside-calendars/{calendar_id}", status_code=HTTPStatus.NO_CONTENT)
async def remove_outside(shop_id: PathId, calendar_id: PathId, call: Caller) -> None:
    """Read a calendar elsewhere no more; what it blocked is on offer again."""
    await call.write(
        lambda ctx: external_calendars.remove(ctx, shop_id, calendar_id),
        before=lambda ctx: _outside(call, ctx, shop_id, calendar_id),
    )


async def _outside(call: Call, ctx: Context, shop_id: int, calendar_id: int) -> OutsideOut:
    """Return a calendar elsewhere that is this caller's business; else NotFound."""
    found = OutsideOut.of(await external_calendars.one(ctx, shop_id, calendar_id))
    call.check_provider(found.provider_id)
    return found
