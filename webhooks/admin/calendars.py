"""What takes time or gives it: free starts, blocks, rooms, sessions for several."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from core import availability, bookings, setup, slots, timetables
from core.catalog import catalog
from core.context import Context
from core.errors import Invalid, NotFound
from core.paging import Asked, cut
from webhooks.admin.calls import Call, Caller
from webhooks.admin.fields import (
    Id,
    In,
    Instant,
    Line,
    Listing,
    Minor,
    Name,
    Out,
    Paged,
    PathId,
    Words,
)

router = APIRouter(prefix="/shops/{shop_id}", tags=["calendars"])

LONGEST = timedelta(days=62)
"""What one question for free starts may span."""


class SlotOut(Out):
    """A start on offer, by the clocks of the zone that was asked for."""

    service_id: int
    provider_id: int
    starts_at: datetime
    ends_at: datetime
    price_minor: int | None
    currency: str
    session_id: int | None
    seats_left: int | None


class Free(Out):
    """Starts on offer, in order of time."""

    timezone: str
    slots: list[SlotOut]


class BlockIn(In):
    """Time the shop takes for itself, on a provider's calendar or a room's."""

    provider_id: Id | None = None
    calendar_id: Id | None = Field(None, description="Of a room, in place of a provider.")
    starts_at: Instant
    ends_at: Instant
    reason: Words = ""


class BlockOut(Out):
    """Time the shop takes for itself."""

    id: int
    calendar_id: int
    provider_id: int | None
    starts_at: datetime
    ends_at: datetime
    reason: str
    made_by: str


class RoomIn(In):
    """A room that bookings of these services take too."""

    name: Name
    service_ids: Annotated[list[Id], Field(max_length=100)] = Field([])


class RoomChange(In):
    """What to change of a room; what is left out stays."""

    name: Name | None = None
    service_ids: Annotated[list[Id], Field(max_length=100)] | None = Field(
        None, description="All the services whose bookings take it from now on."
    )


class RoomOut(Out):
    """A room; `id` is its calendar's."""

    id: int
    name: str
    service_ids: list[int] = Field(description="Services whose bookings take it too.")


class SessionIn(In):
    """A service given to several at once."""

    service_id: Id
    provider_id: Id
    starts_at: Instant
    capacity: Annotated[int, Field(ge=1, le=1000)]
    minutes: Annotated[int, Field(ge=5, le=1440, multiple_of=5)] | None = None
    price_minor: Minor | None = None


class SessionOut(Out):
    """A session and how many of its seats are taken."""

    id: int
    service_id: int
    provider_id: int
    starts_at: datetime
    ends_at: datetime
    capacity: int
    taken: int
    price_minor: int | None
    cancelled_at: datetime | None


class Reason(In):
    """Why, in words for the customer."""

    reason: Line = ""


class Cancelled(Out):
    """How many bookings were cancelled."""

    cancelled: int


@router.get("/availability")
async def free(
    shop_id: PathId,
    call: Caller,
    service: Annotated[int, Query(ge=1, le=2**63 - 1)],
    from_: Annotated[Instant, Query(alias="from", examples=["2026-03-09T00:00:00Z"])],
    to: Annotated[Instant, Query(examples=["2026-03-16T00:00:00Z"])],
    provider: Annotated[int | None, Query(ge=1, le=2**63 - 1, description="Or anybody.")] = None,
    zone: Annotated[str, Query(max_length=60, description="The shop's by default.")] = "",
) -> Free:
    """Find free starts of a service within 62 days; notice and horizon are the shop's."""
    if not timedelta() <= to - from_ <= LONGEST:
        raise Invalid(field="to", reason="span", most=LONGEST.days)

    async def work(ctx: Context) -> Free:
        known = await catalog(ctx, shop_id)
        known.service(service)
        if provider is not None:
            known.provider(provider)
        name = zone or known.shop.timezone
        where = _zone(name)
        found = await availability.find(
            ctx, known, service, provider_id=provider, start=from_, end=to
        )
        return Free(
            timezone=name,
            slots=[
                SlotOut(
                    service_id=slot.service_id,
                    provider_id=slot.provider_id,
                    starts_at=slot.starts_at.astimezone(where),
                    ends_at=slot.ends_at.astimezone(where),
                    price_minor=slot.price_minor,
                    currency=slot.currency,
                    session_id=slot.session_id,
                    seats_left=slot.seats_left,
                )
                for slot in found
            ],
        )

    return await call.read(work)


def _zone(name: str) -> Any:
    try:
        return slots.zone(name)
    except ValueError:
        raise Invalid(field="zone", reason="zone") from None


# ------------------------------------------------------------------------------------ blocks


@router.get("/blocks")
async def list_blocks(shop_id: PathId, call: Caller, asked: Paged) -> Listing[BlockOut]:
    """List blocks that are not over."""

    async def work(ctx: Context) -> Listing[BlockOut]:
        found = await timetables.blocked(ctx, shop_id, asked, provider_ids=call.own_providers)
        return Listing.of(found.map(BlockOut.model_validate))

    return await call.read(work)


@router.post("/blocks", status_code=HTTPStatus.CREATED)
async def add_block(shop_id: PathId, body: BlockIn, call: Caller) -> BlockOut:
    """Take time on a calendar; 409 when something is there."""
    if (body.provider_id is None) == (body.calendar_id is None):
        raise Invalid(field="provider_id", reason="one of provider_id and calendar_id")
    if body.provider_id is not None:
        call.check_provider(body.provider_id)
    elif call.own_providers is not None:
        raise NotFound(calendar=body.calendar_id)

    async def work(ctx: Context) -> BlockOut:
        calendar = body.calendar_id
        if body.provider_id is not None:
            calendar = (await catalog(ctx, shop_id)).provider(body.provider_id).calendar_id
        assert calendar is not None
        made = await bookings.block(
            ctx,
            shop_id=shop_id,
            calendar_id=calendar,
            start=body.starts_at,
            end=body.ends_at,
            actor=call.actor,
            reason=body.reason,
        )
        return await _block(call, ctx, shop_id, made)

    return await call.write(work)


@router.delete("/blocks/{block_id}", status_code=HTTPStatus.NO_CONTENT)
async def remove_block(shop_id: PathId, block_id: PathId, call: Caller) -> None:
    """Give a block's time back."""
    await call.write(
        lambda ctx: bookings.unblock(ctx, block_id, shop_id=shop_id, actor=call.actor),
        before=lambda ctx: _block(call, ctx, shop_id, block_id),
    )


async def _block(call: Call, ctx: Context, shop_id: int, block_id: int) -> BlockOut:
    """Return a block that is this caller's business; else NotFound."""
    found = await timetables.blocked(
        ctx, shop_id, Asked(1), provider_ids=call.own_providers, block_id=block_id
    )
    if not found.items:
        raise NotFound(block=block_id)
    return BlockOut.model_validate(found.items[0])


# ------------------------------------------------------------------------------------ rooms


@router.get("/rooms")
async def list_rooms(shop_id: PathId, call: Caller, asked: Paged) -> Listing[RoomOut]:
    """List a shop's rooms."""

    async def work(ctx: Context) -> Listing[RoomOut]:
        found = cut(await _rooms(ctx, shop_id), lambda room: room.id, asked)
        return Listing.of(found)

    return await call.read(work)


@router.post("/rooms", status_code=HTTPStatus.CREATED)
async def add_room(shop_id: PathId, body: RoomIn, call: Caller) -> RoomOut:
    """Add a room."""

    async def work(ctx: Context) -> RoomOut:
        chosen = dict.fromkeys(body.service_ids)
        made = await setup.add_room(ctx, shop_id, body.name, service_ids=list(chosen))
        return await _room(ctx, shop_id, made)

    return await call.write(work)


@router.patch("/rooms/{room_id}")
async def change_room(shop_id: PathId, room_id: PathId, body: RoomChange, call: Caller) -> RoomOut:
    """Change a room's name or what takes it; what is booked keeps the time it took."""

    async def work(ctx: Context) -> RoomOut:
        chosen = None if body.service_ids is None else list(dict.fromkeys(body.service_ids))
        await setup.change_room(ctx, shop_id, room_id, name=body.name, service_ids=chosen)
        return await _room(ctx, shop_id, room_id)

    return await call.write(work, before=lambda ctx: _room(ctx, shop_id, room_id))


async def _rooms(ctx: Context, shop_id: int) -> list[RoomOut]:
    taken = (await catalog(ctx, shop_id)).rooms
    return [
        RoomOut(id=row.id, name=row.name, service_ids=[s for s in taken if row.id in taken[s]])
        for row in await timetables.rooms(ctx, shop_id)
    ]


async def _room(ctx: Context, shop_id: int, room_id: int) -> RoomOut:
    """Return one of a shop's rooms; else NotFound."""
    for room in await _rooms(ctx, shop_id):
        if room.id == room_id:
            return room
    raise NotFound(room=room_id)


# ------------------------------------------------------------------------------------ sessions


@router.get("/sessions")
async def list_sessions(
    shop_id: PathId,
    call: Caller,
    asked: Paged,
    from_: Annotated[Instant | None, Query(alias="from", description="Now by default.")] = None,
) -> Listing[SessionOut]:
    """List sessions that are not over."""

    async def work(ctx: Context) -> Listing[SessionOut]:
        await catalog(ctx, shop_id)
        found = await timetables.sessions(ctx, shop_id, asked, start=from_ or ctx.now)
        return Listing.of(found.map(SessionOut.model_validate))

    return await call.read(work)


@router.post("/sessions", status_code=HTTPStatus.CREATED)
async def add_session(shop_id: PathId, body: SessionIn, call: Caller) -> SessionOut:
    """Put a session on a provider's calendar; 409 when something is there."""
    call.check_provider(body.provider_id)
    given: Mapping[str, Any] = body.model_dump()

    async def work(ctx: Context) -> SessionOut:
        made = await bookings.add_session(ctx, shop_id=shop_id, actor=call.actor, **given)
        return await _session(call, ctx, shop_id, made)

    return await call.write(work)


@router.post("/sessions/{session_id}/cancel")
async def cancel_session(
    shop_id: PathId, session_id: PathId, body: Reason, call: Caller
) -> Cancelled:
    """Cancel a session and the bookings of all its seats, each of whom is told."""

    async def work(ctx: Context) -> Cancelled:
        gone = await bookings.cancel_session(
            ctx, session_id, shop_id=shop_id, actor=call.actor, reason=body.reason
        )
        return Cancelled(cancelled=gone)

    return await call.write(work, before=lambda ctx: _session(call, ctx, shop_id, session_id))


async def _session(call: Call, ctx: Context, shop_id: int, session_id: int) -> SessionOut:
    found = await timetables.sessions(ctx, shop_id, Asked(1), session_id=session_id)
    if not found.items:
        raise NotFound(session=session_id)
    made = SessionOut.model_validate(found.items[0])
    call.check_provider(made.provider_id)
    return made
