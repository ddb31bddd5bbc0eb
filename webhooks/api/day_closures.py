"""A whole day called off: taken off offer, and another time proposed to all concerned."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter
from pydantic import Field

from core.bookings import day_closure
from core.catalog.loader import catalog
from core.db.context import Context
from webhooks.api.availability import SlotOut
from webhooks.api.bookings import BookingOut
from webhooks.api.dependencies import Caller
from webhooks.api.schemas import Day, Id, In, Line, Out, PathId

router = APIRouter(prefix="/shops/{shop_id}/days", tags=["days"])


class CallOffIn(In):
    """Whose day is called off, and why."""

    provider_id: Id | None = Field(None, description="The whole shop's without it.")
    reason: Line = Field("", description="For the team; customers are asked, not told why.")


class HitOut(Out):
    """A booking of that day and what became of it."""

    booking: BookingOut
    done: day_closure.Done = Field(
        description="`asked`: another time is held and they are asked. `moved`: they had taken "
        "anybody, and somebody else comes at that time. `left`: nothing was found; it stands. "
        "`_alone`: the bot cannot reach them, so the shop has to."
    )
    instead: SlotOut | None = Field(description="The time that is proposed.")


class CalledOff(Out):
    """A day called off: every booking of it, in order of time."""

    day: date
    provider_ids: list[int]
    bookings: list[HitOut]


@router.post("/{day}/call-off")
async def call_off(shop_id: PathId, day: Day, body: CallOffIn, call: Caller) -> CalledOff:
    """Call a whole day off, of a provider or the shop, and propose another time to all concerned.

    The day goes off offer. Whoever is booked then keeps their booking until they answer: another
    time is held for them for a day, with somebody else at the same hour or near it. Nobody is
    called off unasked.
    """
    call.check_calendar(body.provider_id)

    async def work(ctx: Context) -> CalledOff:
        known = await catalog(ctx, shop_id)
        whose = [one.id for one in known.providers if one.active]
        if body.provider_id is not None:
            whose = [known.provider(body.provider_id).id]
        hits = await day_closure.call_off(
            ctx,
            shop_id,
            day,
            provider_ids=whose,
            reason=body.reason,
            actor=call.actor,
            key=call.key,
        )
        return CalledOff(
            day=day,
            provider_ids=whose,
            bookings=[
                HitOut(
                    booking=BookingOut.of(hit.booking),
                    done=hit.done,
                    instead=hit.slot and SlotOut.model_validate(hit.slot),
                )
                for hit in hits
            ],
        )

    return await call.write(work)
