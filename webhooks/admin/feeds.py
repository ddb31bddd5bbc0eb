"""Calendars out and in: secret addresses to subscribe to, and busy times from elsewhere."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter
from pydantic import Field

from core import feeds
from core.context import Context
from core.errors import NotFound
from webhooks.admin.calls import Call, Caller
from webhooks.admin.fields import Id, In, Listing, Out, Paged, PathId

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
    _check(call, body.provider_id)

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
        _check(call, found.provider_id)
        return found

    await call.write(lambda ctx: feeds.revoke(ctx, shop_id, feed_id), before=before)


def _check(call: Call, provider_id: int | None) -> None:
    """Raise NotFound for what is not this provider's business: the shop's is not either."""
    if provider_id is not None:
        call.check_provider(provider_id)
    elif call.own_providers is not None:
        raise NotFound(provider=None)
