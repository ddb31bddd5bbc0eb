"""The day: who comes when, what is next, and what to do with one of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, timedelta

from bot.dialogue.talk import Goto, Talk
from bot.flows.staff import arguments, booking_lines
from bot.flows.staff.permissions import Desk, enter
from bot.i18n.messages import text
from core.bookings import agenda as bookings_agenda
from core.bookings import customer_actions, reschedule_proposals, staff_actions
from core.bookings.agenda import COMING, by_ref
from core.bookings.booking import Booking
from core.bookings.staff_actions import mark_no_show
from core.bookings.transitions import OPEN
from core.errors import WrongState
from core.messaging.messages import Choice, Json

PAGE = {"telegram": 12}
"""Bookings on one page, by channel."""
FEW = 4
"""Elsewhere: two SMS hold no more."""

WEEK = 7


async def agenda(talk: Talk) -> None:
    """Show a day, or the seven days from today; a number opens one of its bookings."""
    command = str(talk.args["command"])
    desk = await enter(talk, command)

    async def which(_key: str) -> Json:
        first = arguments.today(talk, desk)
        if command == "tomorrow":
            first += timedelta(days=1)
        if command in {"day", "picture"} and talk.args.get("rest"):
            named = arguments.days(arguments.understood(talk, desk, str(talk.args["rest"])))
            first = named.first if named else first
        return first.isoformat()

    first = date.fromisoformat(await talk.once("day", which))
    if command == "week":
        first = date.fromisoformat(await _which_day(talk, desk, first))
    await show(talk, desk, first)


async def _which_day(talk: Talk, desk: Desk, first: date) -> str:
    zone = desk.catalog.shop.timezone
    start, end = (
        arguments.whole(first, zone)[0],
        arguments.whole(first + timedelta(days=WEEK - 1), zone)[1],
    )
    found = await bookings_agenda.agenda(
        talk.ctx, desk.shop_id, start, end, provider_ids=desk.scope
    )

    async def options() -> Sequence[Choice]:
        listed = []
        for n in range(WEEK):
            this = first + timedelta(days=n)
            count = sum(one.local_date == this for one in found)
            listed.append(Choice(this.isoformat(), text("desk.day", day=this, count=count)))
        return listed

    say = text("desk.week", shop=desk.catalog.shop.name, count=len(found))
    return str(await talk.choose("which", say, options))


async def show(talk: Talk, desk: Desk, this: date) -> None:
    """Show one day, page by page, and open what is picked."""
    start, end = arguments.whole(this, desk.catalog.shop.timezone)
    found = await bookings_agenda.agenda(
        talk.ctx, desk.shop_id, start, end, provider_ids=desk.scope
    )
    if not found:
        await talk.say(text("desk.nothing", day=this))
        return
    head = text("desk.agenda", day=this, count=len(found))
    await _open(talk, desk, await booking_lines.pick(talk, desk, found, head, size=_size(talk)))


async def upcoming(talk: Talk) -> None:
    """Show who is next."""
    desk = await enter(talk, "next")
    one = await _next(talk, desk)
    if one is None:
        await talk.say(text("desk.nobody"))
        return
    await _open(talk, desk, one)


async def _next(talk: Talk, desk: Desk) -> Booking | None:
    async def first(_key: str) -> Json:
        end = talk.ctx.now + timedelta(days=WEEK)
        coming = await bookings_agenda.agenda(
            talk.ctx,
            desk.shop_id,
            talk.ctx.now,
            end,
            provider_ids=desk.scope,
            states=COMING,
        )
        return next((one.id for one in coming if one.starts_at >= talk.ctx.now), None)

    found = await talk.once("next", first)
    return None if found is None else await booking_lines.again(talk, desk, found)


async def _open(talk: Talk, desk: Desk, one: Booking) -> None:
    """Show a booking and what can be done with it now."""

    async def options() -> Sequence[Choice]:
        return [
            Choice(action, text(f"desk.do.{action}"), words)
            for action, words in _ACTIONS.items()
            if _fits(action, one, desk, talk.ctx.now)
        ]

    todo = await talk.choose("todo", booking_lines.card(desk, one), options)
    if todo in {"message", "propose"}:
        raise Goto(f"desk.{todo}", booking=one.id)
    await act(talk, desk, one, todo)


_ACTIONS: dict[str, tuple[str, ...]] = {
    "arrived": ("arrived",),
    "done": ("done",),
    "noshow": ("no show",),
    "undo": (),
    "approve": ("@approve", "approve"),
    "message": ("message",),
    "propose": ("@move", "other time"),
    "cancel": ("@cancel",),
    "close": ("@no", "@back", "ok"),
}


def _fits(action: str, one: Booking, desk: Desk, now: datetime) -> bool:
    begun = one.starts_at <= now
    match action:
        case "arrived":
            return one.state == "confirmed"
        case "done":
            return one.state == "in_progress" or (one.state == "confirmed" and begun)
        case "noshow":
            return one.state == "confirmed" and begun
        case "undo":
            return one.state in {"in_progress", "completed", "no_show"}
        case "approve":
            return one.state == "pending" and desk.may("decide")
        case "message":
            return one.user_id is not None or one.conversation_id is not None
        case "propose":
            comes = one.state in OPEN and not begun and one.session_id is None
            return comes and desk.may("propose")
        case "cancel":
            return one.state in OPEN and desk.may("decide")
    return True


_VERBS: dict[str, Callable[..., Awaitable[Booking]]] = {
    "arrived": staff_actions.start,
    "done": staff_actions.complete,
    "noshow": mark_no_show,
    "undo": staff_actions.correct,
    "approve": staff_actions.confirm,
    "cancel": customer_actions.cancel,
}


async def act(talk: Talk, desk: Desk, one: Booking, action: str) -> None:
    """Do one of the actions, once, and say how the booking stands."""
    if action == "close":
        await talk.say(text("desk.closed"))
        return

    async def do(_key: str) -> Json:
        try:
            await _VERBS[action](talk.ctx, one.id, actor=desk.actor)
        except WrongState as wrong:
            return {"state": wrong.params["state"], "early": wrong.params.get("begun") is False}
        if action == "cancel":
            await reschedule_proposals.withdraw(talk.ctx, one.id)
        return {}

    refused = await talk.once("did", do)
    now = await booking_lines.again(talk, desk, one.id)
    if refused.get("early"):
        await talk.say(text("desk.too_early", booking=booking_lines.line(now)))
    elif refused:
        state = text(f"state.{now.state}")
        await talk.say(text("desk.not_now", booking=booking_lines.line(now), state=state))
    else:
        state = text(f"state.{now.state}")
        await talk.say(text("desk.did", booking=booking_lines.line(now), state=state))


async def visit(talk: Talk) -> None:
    """Note that somebody came, is done, or did not come: the one meant, or ask which."""
    action = str(talk.args["command"])
    desk = await enter(talk, action)
    one = await _meant(talk, desk, action)
    if one is not None:
        await act(talk, desk, one, action)


async def _meant(talk: Talk, desk: Desk, action: str) -> Booking | None:
    """The booking named by its reference or chosen; the only one that fits is meant anyway."""
    if talk.args.get("booking") is not None:
        return await booking_lines.again(talk, desk, int(talk.args["booking"]))
    ref = booking_lines.reference(str(talk.args.get("rest", "")))
    if ref:
        found = await by_ref(talk.ctx, desk.shop_id, ref)
        if found is not None:
            return desk.check(found)
    start, end = arguments.whole(arguments.today(talk, desk), desk.catalog.shop.timezone)
    todays = await bookings_agenda.agenda(
        talk.ctx, desk.shop_id, start, end, provider_ids=desk.scope
    )
    fitting = [one for one in todays if _fits(action, one, desk, talk.ctx.now)]

    async def only(_key: str) -> Json:
        return fitting[0].id if len(fitting) == 1 else None

    if (single := await talk.once("only", only)) is not None:
        return await booking_lines.again(talk, desk, single)
    if not fitting:
        await talk.say(text("desk.none_fits"))
        return None
    return await booking_lines.pick(talk, desk, fitting, text("desk.which"), size=_size(talk))


def _size(talk: Talk) -> int:
    return PAGE.get(talk.conversation.channel, FEW)
