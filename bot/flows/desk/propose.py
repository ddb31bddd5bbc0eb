"""Another time: the shop proposes it, the customer answers."""

from __future__ import annotations

from bot.flows import parts
from bot.flows.desk import lists
from bot.flows.desk.agenda import act
from bot.flows.desk.roles import enter
from bot.flows.pick_slot import pick_slot
from bot.talk import Goto, Talk
from bot.texts import text
from core import bookings, outbox, people, proposals
from core import catalog as catalogs
from core.availability import Slot
from core.errors import NotAllowed, SlotTaken, WrongState
from core.messages import Json


async def propose(talk: Talk) -> None:
    """Choose another time for a booking; both are held until the customer answers."""
    desk = await enter(talk, "propose")
    one = await lists.again(talk, desk, int(talk.args["booking"]))
    if one.state not in bookings.OPEN:
        state = text(f"state.{one.state}")
        await talk.say(text("desk.not_now", booking=lists.line(one), state=state))
        return
    if await outbox.home(talk.ctx, one) is None:
        await talk.say(text("desk.no_chat", customer=lists.who(one)))
        return
    talk.notes["named"] = True
    wish = {"provider": one.provider_id, "day": one.local_date.isoformat()}
    start = {"show": "times", "wish": wish}
    picked = await pick_slot(
        talk.scope("to"), desk.catalog, one.service_id, start=start, ignore_booking=one.id
    )

    async def hold(_key: str) -> Json:
        try:
            await proposals.propose(talk.ctx, one.id, picked.slot, actor=desk.actor)
        except SlotTaken:
            return False
        return True

    if not await talk.once("held", hold):
        await talk.say(text("desk.hit_taken", booking=lists.line(one)))
        return
    label = parts.slot_label(desk.catalog, picked.slot, day=True, provider=True)
    await talk.say(text("desk.proposed", customer=lists.who(one), slot=label))


async def proposal(talk: Talk) -> None:
    """What the customer says to another time."""
    person = await people.whoami(talk.ctx, talk.conversation.id)
    if person is None:
        raise NotAllowed
    one = await bookings.get(talk.ctx, int(talk.args["booking"]), user_id=person.user_id)
    choice = talk.args["choice"]
    if choice in {"other", "cancel"}:
        raise Goto("move" if choice == "other" else "cancel", booking=one.id)
    slot = Slot.from_json(talk.args["slot"])

    async def take(key: str) -> Json:
        try:
            await proposals.accept(
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
    now = await bookings.get(talk.ctx, one.id, user_id=person.user_id)
    if done == "settled":
        await talk.say(text("proposal.settled", booking=parts.booking_line(now)))
        return
    shop = (await catalogs.catalog(talk.ctx, now.shop_id)).shop
    await talk.say(text("proposal.moved", booking=parts.booking_line(now), shop=shop.name))


async def outcome(talk: Talk) -> None:
    """Say how a visit went that is over and that nobody noted."""
    choice = str(talk.args["choice"])
    desk = await enter(talk, choice)
    await act(talk, desk, await lists.again(talk, desk, int(talk.args["booking"])), choice)
