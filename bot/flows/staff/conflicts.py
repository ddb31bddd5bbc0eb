"""Resolution of the bookings that conflict with a new block."""

from __future__ import annotations

from collections.abc import Sequence

from bot.dialogue.talk import Talk
from bot.flows import labels
from bot.flows.staff import booking_lines
from bot.flows.staff.permissions import StaffContext
from bot.i18n.messages import text
from core.bookings import day_closure
from core.bookings.booking import Booking
from core.bookings.transitions import OPEN_STATES
from core.catalog.entities import Slot
from core.messaging.messages import Choice, Json, Say
from core.messaging.outbox.customer_reach import is_reachable


async def decide_conflicts(talk: Talk, desk: StaffContext, hits: Sequence[int]) -> None:
    """Resolve conflicting bookings one by one, or all as proposed."""
    how = "each"
    if len(hits) > 1:

        async def options() -> Sequence[Choice]:
            return [
                Choice("all", text("desk.hits_all"), ("@yes", "all")),
                Choice("each", text("desk.hits_each")),
                Choice("leave", text("desk.hits_leave"), ("@no",)),
            ]

        how = await talk.choose("how", text("desk.hits_how"), options)
    if how == "leave":
        await talk.say(text("desk.hits_left", count=len(hits)))
        return
    for booking_id in hits:
        await _one(talk.scope(f"hit{booking_id}"), desk, booking_id, ask=how == "each")


async def _one(talk: Talk, desk: StaffContext, booking_id: int, *, ask: bool) -> None:
    found: list[Slot] = []

    async def options() -> Sequence[Choice]:
        one = await booking_lines.reload_booking(talk, desk, booking_id)
        found[:] = await day_closure.alternatives_for(
            talk.ctx, desk.catalog, one, scope=desk.visible_provider_ids
        )
        hears = await is_reachable(talk.ctx, one)
        listed = [Choice(s.to_json(), _label(desk, one, s, hears=hears)) for s in found]
        if desk.can("decide"):
            listed.append(Choice("drop", text("desk.hit_drop"), ("@cancel",)))
        return [*listed, Choice("leave", text("desk.hit_leave"), ("@no",))]

    one = await booking_lines.reload_booking(talk, desk, booking_id)
    if one.state not in OPEN_STATES:
        return  # resolved meanwhile by the customer or a colleague

    async def first(_key: str) -> Json:
        return (await options())[0].value

    if ask:
        say = text("desk.hit", booking=booking_lines.booking_summary(one), how=_asked_for(one))
        choice = await talk.choose("what", say, options)
    else:
        choice = await talk.once("what", first)
        if choice == "drop" or not await is_reachable(talk.ctx, one):
            # Never cancel automatically, nor move a booking whose customer cannot be reached.
            choice = "leave"
    said = await talk.once("done", lambda key: _do(talk, desk, one, choice, key))
    talk.say_now(text(f"desk.hit_{said}", booking=booking_lines.booking_summary(one)))
    if said in {"moved_alone", "dropped_alone", "left_alone"}:
        # The bot cannot reach the customer, so staff have to call.
        talk.say_now(booking_lines.call_request(desk, one))


def _asked_for(one: Booking) -> Say:
    return text("desk.anyone") if one.anyone else text("desk.asked_for")


async def _do(talk: Talk, desk: StaffContext, one: Booking, choice: Json, key: str) -> Json:
    chosen: day_closure.ClosureDecision = "drop" if choice == "drop" else "leave"
    if not isinstance(choice, str):
        chosen = Slot.from_json(choice)
    return await day_closure.apply_decision(
        talk.ctx, desk.catalog, one, chosen, actor=desk.actor, key=key
    )


def _label(desk: StaffContext, one: Booking, slot: Slot, *, hears: bool) -> Say:
    facts = labels.slot_label(desk.catalog, slot, day=True, provider=True)
    silent = not hears or day_closure.moves_without_asking(desk.catalog, one, slot)
    return text("desk.hit_move" if silent else "desk.hit_ask", slot=facts)
