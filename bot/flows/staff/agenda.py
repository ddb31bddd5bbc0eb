"""The agenda of a day, the next booking, and the actions on a booking."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, timedelta

from bot.dialogue.heard import Heard
from bot.dialogue.questions import MISSING, SwitchFlow
from bot.dialogue.talk import Talk
from bot.flows.staff import arguments, booking_lines
from bot.flows.staff.permissions import StaffContext, prove, require_staff
from bot.i18n.messages import text
from core.bookings import customer_actions, reschedule_proposals
from core.bookings.agenda import UPCOMING_STATES, booking_by_ref, load_agenda
from core.bookings.booking import Booking
from core.bookings.staff_actions import confirm_booking
from core.bookings.transitions import OPEN_STATES
from core.bookings.visit_states import (
    EARLY_START,
    mark_completed,
    mark_no_show,
    mark_started,
    undo_outcome,
)
from core.errors import InvalidTransition, ReasonNeeded
from core.messaging.messages import Choice, Json

PAGE_SIZE_BY_CHANNEL = {"telegram": 12}
"""Bookings on one page, by channel."""
DEFAULT_PAGE_SIZE = 4
"""Bookings on one page of other channels, which fit into two SMS segments."""

DAYS_A_WEEK = 7


async def show_agenda(talk: Talk) -> None:
    """Show the agenda of a day or of the seven days from today; a number opens a booking."""
    command = str(talk.args["command"])
    desk = await require_staff(talk, command)

    async def which(_key: str) -> Json:
        first = arguments.local_today(talk, desk)
        if command == "tomorrow":
            first += timedelta(days=1)
        if command in {"day", "picture"} and talk.args.get("rest"):
            named = arguments.named_days(
                arguments.understand_words(talk, desk, str(talk.args["rest"]))
            )
            first = named.first if named else first
        return first.isoformat()

    first = date.fromisoformat(await talk.once("day", which))
    if command == "week":
        first = date.fromisoformat(await _which_day(talk, desk, first))
    await show_day(talk, desk, first)


async def _which_day(talk: Talk, desk: StaffContext, first: date) -> str:
    zone = desk.catalog.shop.timezone
    start, end = (
        arguments.day_bounds(first, zone)[0],
        arguments.day_bounds(first + timedelta(days=DAYS_A_WEEK - 1), zone)[1],
    )
    found = await load_agenda(
        talk.ctx, desk.shop_id, start, end, provider_ids=desk.visible_provider_ids
    )

    async def options() -> Sequence[Choice]:
        listed = []
        for n in range(DAYS_A_WEEK):
            this = first + timedelta(days=n)
            count = sum(one.local_date == this for one in found)
            listed.append(Choice(this.isoformat(), text("desk.day", day=this, count=count)))
        return listed

    say = text("desk.week", shop=desk.catalog.shop.name, count=len(found))
    return str(await talk.choose("which", say, options))


async def show_day(talk: Talk, desk: StaffContext, this: date) -> None:
    """Show the bookings of one day in pages and open the chosen one."""
    start, end = arguments.day_bounds(this, desk.catalog.shop.timezone)
    found = await load_agenda(
        talk.ctx, desk.shop_id, start, end, provider_ids=desk.visible_provider_ids
    )
    if not found:
        await talk.say(text("desk.nothing", day=this))
        return
    head = text("desk.agenda", day=this, count=len(found))
    await _open(
        talk, desk, await booking_lines.pick_booking(talk, desk, found, head, size=_size(talk))
    )


async def show_next(talk: Talk) -> None:
    """Show the next booking."""
    desk = await require_staff(talk, "next")
    one = await _next(talk, desk)
    if one is None:
        await talk.say(text("desk.nobody"))
        return
    await _open(talk, desk, one)


async def _next(talk: Talk, desk: StaffContext) -> Booking | None:
    async def first(_key: str) -> Json:
        end = talk.ctx.now + timedelta(days=DAYS_A_WEEK)
        coming = await load_agenda(
            talk.ctx,
            desk.shop_id,
            talk.ctx.now,
            end,
            provider_ids=desk.visible_provider_ids,
            states=UPCOMING_STATES,
        )
        return next((one.id for one in coming if one.starts_at >= talk.ctx.now), None)

    found = await talk.once("next", first)
    return None if found is None else await booking_lines.reload_booking(talk, desk, found)


async def _open(talk: Talk, desk: StaffContext, one: Booking) -> None:
    """Show a booking with the actions available now."""

    async def options() -> Sequence[Choice]:
        return [
            Choice(action, text(f"desk.do.{action}"), words)
            for action, words in _ACTIONS.items()
            if _fits(action, one, desk, talk.ctx.now)
        ]

    todo = await talk.choose("todo", booking_lines.staff_booking_card(desk, one), options)
    if todo in {"message", "propose"}:
        raise SwitchFlow(f"desk.{todo}", booking=one.id)
    await act_on_booking(talk, desk, one, todo)


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


def _fits(action: str, one: Booking, desk: StaffContext, now: datetime) -> bool:
    begun = one.starts_at <= now
    match action:
        case "arrived":
            return one.state == "confirmed" and one.starts_at - EARLY_START <= now
        case "done":
            return one.state in {"in_progress", "confirmed"} and begun
        case "noshow":
            return one.state == "confirmed" and begun
        case "undo":
            return one.state in {"in_progress", "completed", "no_show"}
        case "approve":
            return one.state == "pending" and desk.can("decide")
        case "message":
            return one.user_id is not None or one.conversation_id is not None
        case "propose":
            comes = one.state in OPEN_STATES and not begun and one.session_id is None
            return comes and desk.can("propose")
        case "cancel":
            return one.state in {*OPEN_STATES, "in_progress"} and desk.can("decide")
    return True


_VERBS: dict[str, Callable[..., Awaitable[Booking]]] = {
    "arrived": mark_started,
    "done": mark_completed,
    "noshow": mark_no_show,
    "undo": undo_outcome,
    "approve": confirm_booking,
    "cancel": customer_actions.cancel_booking,
}


async def act_on_booking(
    talk: Talk, desk: StaffContext, one: Booking, action: str, *, answers: bool = False
) -> None:
    """Perform an action once and report the booking's new state.

    With `answers` it answers the bot's question, which corrects nothing decided meanwhile.
    """
    if action == "close":
        await talk.say(text("desk.closed"))
        return
    # Viewing the agenda requires a weaker proof than changing it.
    command = {"approve": "decide", "cancel": "decide"}.get(action, action)
    await prove(talk, desk, command, scope="act")

    async def corrects(_key: str) -> Json:
        return not answers and _is_correction(action, one, talk)

    more = {"reason": await _reason(talk, one)} if await talk.once("corrects", corrects) else {}

    async def do(_key: str) -> Json:
        try:
            await _VERBS[action](talk.ctx, one.id, actor=desk.actor, **more)
        except InvalidTransition as wrong:
            return {"state": wrong.params["state"], "early": wrong.params.get("begun") is False}
        except ReasonNeeded:
            return {"state": one.state}  # decided meanwhile: an answer corrects nothing
        if action == "cancel":
            await reschedule_proposals.withdraw_proposal(talk.ctx, one.id)
        return {"told": booking_lines.customer_told(talk, one.id)}

    result = await talk.once("did", do)
    now = await booking_lines.reload_booking(talk, desk, one.id)
    if result.get("early"):
        await talk.say(text("desk.too_early", booking=booking_lines.booking_summary(now)))
    elif "state" in result:
        state = text(f"state.{now.state}")
        await talk.say(
            text("desk.not_now", booking=booking_lines.booking_summary(now), state=state)
        )
    else:
        state = text(f"state.{now.state}")
        await talk.say(text("desk.did", booking=booking_lines.booking_summary(now), state=state))
        if told := result.get("told"):
            await talk.say(booking_lines.told_line(desk, now, told))


def _is_correction(action: str, one: Booking, talk: Talk) -> bool:
    """Return whether an action changes what is over, and so needs its reason."""
    settled = one.state in {"completed", "no_show"} and action in {"done", "noshow"}
    return one.ends_at <= talk.ctx.now and (action in {"undo", "cancel"} or settled)


async def _reason(talk: Talk, one: Booking) -> str:
    async def read(heard: Heard) -> Json:
        words = " ".join(heard.text.split())
        if heard.step != talk.step_key("why") or not words:
            return MISSING
        return words[:REASON_LENGTH]

    summary = booking_lines.booking_summary(one)
    return str(await talk.ask("why", text("desk.why", booking=summary), read, expects="text"))


REASON_LENGTH = 200
"""Letters of a reason that are kept."""


async def record_visit(talk: Talk) -> None:
    """Record an arrival, completion or no-show for the booking that is meant."""
    action = str(talk.args["command"])
    desk = await require_staff(talk, action)
    one = await _meant(talk, desk, action)
    if one is not None:
        await act_on_booking(talk, desk, one, action)


async def _meant(talk: Talk, desk: StaffContext, action: str) -> Booking | None:
    """Return the booking given by id or reference, the only one that fits, or the one chosen."""
    if talk.args.get("booking") is not None:
        return await booking_lines.reload_booking(talk, desk, int(talk.args["booking"]))
    ref = booking_lines.find_reference(str(talk.args.get("rest", "")))
    if ref:
        found = await booking_by_ref(talk.ctx, desk.shop_id, ref)
        if found is not None:
            return desk.ensure_visible(found)
    start, end = arguments.day_bounds(arguments.local_today(talk, desk), desk.catalog.shop.timezone)
    todays = await load_agenda(
        talk.ctx, desk.shop_id, start, end, provider_ids=desk.visible_provider_ids
    )
    fitting = [one for one in todays if _fits(action, one, desk, talk.ctx.now)]

    async def only(_key: str) -> Json:
        return fitting[0].id if len(fitting) == 1 else None

    if (single := await talk.once("only", only)) is not None:
        return await booking_lines.reload_booking(talk, desk, single)
    if not fitting:
        await talk.say(text("desk.none_fits"))
        return None
    return await booking_lines.pick_booking(
        talk, desk, fitting, text("desk.which"), size=_size(talk)
    )


def _size(talk: Talk) -> int:
    return PAGE_SIZE_BY_CHANNEL.get(talk.conversation.channel, DEFAULT_PAGE_SIZE)
