"""A whole day called off: taken off offer, and another time proposed to all concerned."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter
from pydantic import Field

from core.bookings import day_closure
from core.catalog.loader import load_catalog
from core.db.context import Context
from webhooks.api.availability import SlotOut
from webhooks.api.booking_output import BookingOut
from webhooks.api.dependencies import AuthorizedRequest
from webhooks.api.schemas import LocalDate, PathRowId, RequestModel, ResponseModel, RowId, ShortText

router = APIRouter(prefix="/shops/{shop_id}/days", tags=["days"])


class DayClosureIn(RequestModel):
    """Whose day is called off, and why."""

    provider_id: RowId | None = Field(None, description="The whole shop's without it.")
    reason: ShortText = Field("", description="For the team; customers are asked, not told why.")


class AffectedBookingOut(ResponseModel):
    """A booking of that day and what became of it."""

    booking: BookingOut
    done: day_closure.ClosureOutcome = Field(
        description="`asked`: another time is held and they are asked. `moved`: they had taken "
        "anybody, and somebody else comes at that time. `left`: nothing was found; it stands. "
        "`_alone`: the bot cannot reach them, so the shop has to."
    )
    instead: SlotOut | None = Field(description="The time that is proposed.")


class DayClosureOut(ResponseModel):
    """A day called off: every booking of it, in order of time."""

    day: date
    provider_ids: list[int]
    bookings: list[AffectedBookingOut]


@router.post("/{day}/call-off")
async def close_day(
    shop_id: PathRowId, day: LocalDate, body: DayClosureIn, call: AuthorizedRequest
) -> DayClosureOut:
    """Call a whole day off, of a provider or the shop, and propose another time to all concerned.

    The day goes off offer. Whoever is booked then keeps their booking until they answer: another
    time is held for them for a day, with somebody else at the same hour or near it. Nobody is
    called off unasked.
    """
    call.ensure_calendar_allowed(body.provider_id)

    async def work(ctx: Context) -> DayClosureOut:
        known = await load_catalog(ctx, shop_id)
        whose = [one.id for one in known.providers if one.active]
        if body.provider_id is not None:
            whose = [known.provider(body.provider_id).id]
        hits = await day_closure.close_day(
            ctx,
            shop_id,
            day,
            provider_ids=whose,
            reason=body.reason,
            actor=call.staff_actor,
            key=call.new_key,
        )
        return DayClosureOut(
            day=day,
            provider_ids=whose,
            bookings=[
                AffectedBookingOut(
                    booking=BookingOut.for_caller(call, hit.booking, ctx.told),
                    done=hit.outcome,
                    instead=hit.proposed_slot and SlotOut.model_validate(hit.proposed_slot),
                )
                for hit in hits
            ],
        )

    return await call.run_write(work)
