"""Finding the booking a person means among their own upcoming ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time

from bot.dialogue.heard import Heard
from bot.dialogue.questions import MISSING
from bot.dialogue.talk import Talk
from bot.flows import labels
from bot.flows.login import VerifiedPerson, login
from bot.flows.pick_shop import pick_shop
from bot.i18n.messages import text
from core.bookings import agenda
from core.bookings.booking import Booking, load_booking
from core.localtime import zones
from core.messaging.messages import Choice, Json

_PAGE = 8


async def my_upcoming_bookings(talk: Talk) -> tuple[VerifiedPerson, list[Booking]]:
    """Return the signed-in person and their upcoming bookings, after asking them to prove it."""
    catalog = await pick_shop(talk)
    who = await login(talk.scope("login"), catalog, first=text("prove_first"), with_name=False)
    mine = await agenda.upcoming_bookings(talk.ctx, user_id=who.user_id)
    return who, list(mine)


async def pick_own_booking(
    talk: Talk, question: str, *, moving: bool = False
) -> tuple[VerifiedPerson, Booking] | None:
    """Return the booking from the flow's arguments, the only one, or the one chosen.

    The choice is recorded, so that changes to other bookings do not affect it.
    """
    who, mine = await my_upcoming_bookings(talk)

    async def found(_key: str) -> Json:
        wanted = talk.args.get("booking")
        if wanted is not None:
            return wanted
        return mine[0].id if len(mine) == 1 else None

    only = await talk.once("only", found)
    if only is None and not mine:
        await talk.say(text("no_bookings"))
        return None
    if only is None:
        only = (await choose_booking(talk, mine, question, moving=moving)).id
    await talk.once("one", lambda _key: _same(only))
    return who, await load_booking(talk.ctx, only, user_id=who.user_id)


async def _same(value: Json) -> Json:
    return value


async def choose_booking(
    talk: Talk, mine: Sequence[Booking], question: str, *, moving: bool = False
) -> Booking:
    """Return the booking named by its day or time, else ask.

    For a move, "from" names the old day.
    """

    async def options() -> Sequence[Choice]:
        return [Choice(b.id, labels.booking_line(b), (b.ref.casefold(),)) for b in mine[:_PAGE]]

    async def read(heard: Heard) -> Json:
        said = heard.understood
        if said is None:
            return MISSING
        from_day = moving and heard.step != talk.step_key("which")
        day = said.from_date if from_day else said.from_date or said.date
        at = said.from_time if from_day else said.from_time or said.time
        if day is None and at is None:
            return MISSING
        fitting = [b.id for b in mine if (day in {None, b.local_date}) and _at(b, at)]
        return fitting[0] if len(fitting) == 1 else MISSING

    value = await talk.choose("which", text(question), options, read=read)
    return next(b for b in mine if b.id == value)


def _at(booking: Booking, at: time | None) -> bool:
    when = booking.local_start
    return at is None or zones.to_local(int(when.at.timestamp()), when.zone).time() == at
