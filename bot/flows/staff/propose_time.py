"""Another time: the shop proposes it, the customer answers."""

from __future__ import annotations

from bot.dialogue.talk import Goto, Talk
from bot.flows import labels
from bot.flows.slot_picker.picker import pick_slot
from bot.flows.staff import booking_lines
from bot.flows.staff.agenda import act
from bot.flows.staff.permissions import enter
from bot.i18n.messages import text
from core.bookings import booking, reschedule_proposals
from core.bookings.transitions import OPEN
from core.catalog import loader
from core.catalog.entities import Slot
from core.errors import NotAllowed, SlotTaken, WrongState
from core.messaging.messages import Json
from core.messaging.outbox import prompts
from core.people import identities


async def propose(talk: Talk) -> None:
    """Choose another time for a booking; both are held until the customer answers."""
    desk = await enter(talk, "propose")
    one = await booking_lines.again(talk, desk, int(talk.args["booking"]))
    if one.state not in OPEN:
        state = text(f"state.{one.state}")
        await talk.say(text("desk.not_now", booking=booking_lines.line(one), state=state))
        return
    if await prompts.home(talk.ctx, one) is None:
        await talk.say(text("desk.no_chat", customer=booking_lines.who(one)))
        return
    talk.notes["named"] = True
    wish = {"provider": one.provider_id, "day": one.local_date.isoformat()}
    start = {"show": "times", "wish": wish}
    picked = await pick_slot(
        talk.scope("to"), desk.catalog, one.service_id, start=start, ignore_booking=one.id
    )

    async def hold(_key: str) -> Json:
        try:
            await reschedule_proposals.propose(talk.ctx, one.id, picked.slot, actor=desk.actor)
        except SlotTaken:
            return False
        return True

    if not await talk.once("held", hold):
        await talk.say(text("desk.hit_taken", booking=booking_lines.line(one)))
        return
    label = labels.slot_label(desk.catalog, picked.slot, day=True, provider=True)
    await talk.say(text("desk.proposed", customer=booking_lines.who(one), slot=label))


async def proposal(talk: Talk) -> None:
    """What the customer says to another time."""
    person = await identities.whoami(talk.ctx, talk.conversation.id)
    if person is None:
        raise NotAllowed
    one = await booking.get(talk.ctx, int(talk.args["booking"]), user_id=person.user_id)
    choice = talk.args["choice"]
    if choice in {"other", "cancel"}:
        raise Goto("move" if choice == "other" else "cancel", booking=one.id)
    slot = Slot.from_json(talk.args["slot"])

    async def take(key: str) -> Json:
        try:
            await reschedule_proposals.accept(
                talk.ctx,
                one.id,
                slot,
                was=int(talk.args["was"]),
                user_id=person.user_id,
                key=key,
            )
        except SlotTaken:
            return "gone"
        except WrongState:
            return "settled"
        return "moved"

    done = await talk.once("took", take)
    if done == "gone":
        talk.tell(text("gone"))
        raise Goto("move", booking=one.id)
    now = await booking.get(talk.ctx, one.id, user_id=person.user_id)
    if done == "settled":
        await talk.say(text("proposal.settled", booking=labels.booking_line(now)))
        return
    shop = (await loader.catalog(talk.ctx, now.shop_id)).shop
    await talk.say(text("proposal.moved", booking=labels.booking_line(now), shop=shop.name))


async def outcome(talk: Talk) -> None:
    """Say how a visit went that is over and that nobody noted."""
    choice = str(talk.args["choice"])
    desk = await enter(talk, choice)
    await act(talk, desk, await booking_lines.again(talk, desk, int(talk.args["booking"])), choice)
