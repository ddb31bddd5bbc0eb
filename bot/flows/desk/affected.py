"""Bookings that a block hits: for each a proposal, and what the shop decides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.flows import parts
from bot.flows.desk import lists
from bot.flows.desk.roles import Desk
from bot.talk import Talk
from bot.texts import text
from core import availability, bookings, outbox, proposals
from core.availability import Slot
from core.bookings import Booking
from core.errors import BookingError
from core.messages import Choice, Json, Say

AHEAD = timedelta(days=14)
"""How far ahead another time is looked for."""


async def settle(talk: Talk, desk: Desk, hits: Sequence[int]) -> None:
    """Decide about the bookings one by one, or all at once as proposed."""
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


async def _one(talk: Talk, desk: Desk, booking_id: int, *, ask: bool) -> None:
    found: list[Slot] = []

    async def options() -> Sequence[Choice]:
        one = await lists.again(talk, desk, booking_id)
        found[:] = await _instead(talk, desk, one)
        hears = await outbox.reachable(talk.ctx, one)
        listed = [Choice(s.to_json(), _label(desk, one, s, hears=hears)) for s in found]
        if desk.may("decide"):
            listed.append(Choice("drop", text("desk.hit_drop"), ("@cancel",)))
        return [*listed, Choice("leave", text("desk.hit_leave"), ("@no",))]

    one = await lists.again(talk, desk, booking_id)
    if one.state not in bookings.OPEN:
        return  # settled meanwhile, by them or by a colleague

    async def first(_key: str) -> Json:
        return (await options())[0].value

    if ask:
        say = text("desk.hit", booking=lists.line(desk, one), how=_asked_for(one))
        choice = await talk.choose("what", say, options)
    else:
        choice = await talk.once("what", first)
        if choice == "drop" or not await outbox.reachable(talk.ctx, one):
            # Nobody's booking is called off unasked, nor moved where nobody can tell them.
            choice = "leave"
    said = await talk.once("done", lambda key: _do(talk, desk, one, choice, key))
    talk.tell(text(f"desk.hit_{said}", booking=lists.line(desk, one)))
    if said in {"moved_alone", "dropped_alone", "left_alone"}:
        # Nobody else tells them: not the bot, which has no way to.
        talk.tell(lists.to_call(desk, one))


def _unasked(desk: Desk, one: Booking, slot: Slot) -> bool:
    """Whether the shop moves them without asking: they took anyone, and the time stays."""
    return one.anyone and desk.catalog.shop.moves_anyone and slot.starts_at == one.starts_at


def _asked_for(one: Booking) -> Say:
    return text("desk.anyone") if one.anyone else text("desk.asked_for")


async def _do(talk: Talk, desk: Desk, one: Booking, choice: Json, key: str) -> Json:
    hears = await outbox.reachable(talk.ctx, one)
    if choice == "leave":
        return "left" if hears else "left_alone"
    if choice == "drop":
        await bookings.cancel(talk.ctx, one.id, actor=desk.actor)
        return "dropped" if hears else "dropped_alone"
    slot = Slot.from_json(choice)
    try:
        if not hears or _unasked(desk, one, slot):
            await bookings.move(talk.ctx, one.id, slot, actor=desk.actor, key=key)
            return "moved" if hears else "moved_alone"
        await proposals.propose(talk.ctx, one.id, slot, actor=desk.actor)
    except BookingError:
        # Taken this moment; the booking stands as it was.
        return "taken"
    return "asked"


async def _instead(talk: Talk, desk: Desk, one: Booking) -> list[Slot]:
    """Return the same time with somebody else, then another time, first with the same person."""
    if one.session_id is not None:
        return []
    catalog, shop = desk.catalog, talk.ctx

    async def find(start: datetime, end: datetime, provider: int | None, limit: int) -> list[Slot]:
        return await availability.all_providers(
            shop, catalog, one.service_id, provider_id=provider, start=start, end=end,
            ignore_booking=one.id, limit=limit,
        )  # fmt: skip

    same = await find(one.starts_at, one.starts_at + timedelta(minutes=1), None, 10)
    others = [slot for slot in same if slot.provider_id != one.provider_id]
    later = await find(talk.ctx.now, one.starts_at + AHEAD, one.provider_id, 200)
    later = [s for s in later if s.starts_at != one.starts_at]
    later.sort(key=lambda s: abs(s.starts_at - one.starts_at))
    scope = desk.scope
    chosen = [*others[:1], *later[:2]]
    return [s for s in chosen if scope is None or s.provider_id in scope or s in others][:3]


def _label(desk: Desk, one: Booking, slot: Slot, *, hears: bool) -> Say:
    facts = parts.slot_label(desk.catalog, slot, day=True, provider=True)
    silent = not hears or _unasked(desk, one, slot)
    return text("desk.hit_move" if silent else "desk.hit_ask", slot=facts)
