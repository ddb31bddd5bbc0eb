"""The flow that tells today's remaining customers about a delay."""

from __future__ import annotations

import re

from bot.dialogue.heard import Heard
from bot.dialogue.questions import MISSING
from bot.dialogue.talk import Talk
from bot.flows.staff import arguments, booking_lines, pick_provider
from bot.flows.staff.permissions import require_staff
from bot.i18n.messages import text
from core.bookings import agenda, staff_actions
from core.messaging.messages import Choice, Json
from core.messaging.outbox.customer_reach import is_reachable

_NUMBER = re.compile(r"\d{1,3}")


async def announce_delay(talk: Talk) -> None:
    """Ask for the delay and the providers, show how many bookings are affected, and notify them."""
    desk = await require_staff(talk, "late")
    rest = str(talk.args.get("rest", ""))

    async def read(heard: Heard) -> Json:
        if heard.step != talk.step_key("minutes"):
            return MISSING
        return _minutes(heard.text) or MISSING

    minutes = _minutes(rest) or await talk.ask(
        "minutes",
        text("desk.how_late"),
        read,
        options=[Choice(n, text("minutes", count=n)) for n in (10, 15, 30)],
        expects="number",
    )
    providers = await pick_provider.pick_providers(talk, desk, rest)
    end = arguments.day_bounds(arguments.local_today(talk, desk), desk.catalog.shop.timezone)[1]
    coming = await agenda.load_agenda(
        talk.ctx,
        desk.shop_id,
        talk.ctx.now,
        end,
        provider_ids=providers,
        states=agenda.UPCOMING_STATES,
    )
    concerned = [one for one in coming if one.starts_at > talk.ctx.now]
    if not concerned:
        await talk.say(text("desk.nobody_today"))
        return
    sure = text(
        "desk.late_sure", who=pick_provider.providers_label(desk, providers), count=len(concerned)
    )
    if not await talk.confirm("sure", text("desk.late", say=sure, minutes=minutes)):
        await talk.say(text("desk.nothing_done"))
        return

    async def tell(_key: str) -> Json:
        told = await staff_actions.announce_delay(
            talk.ctx, desk.shop_id, int(minutes), end, actor=desk.actor, provider_ids=providers
        )
        silent = [one.id for one in told if not await is_reachable(talk.ctx, one)]
        return {"told": len(told) - len(silent), "silent": silent}

    done = await talk.once("told", tell)
    talk.say_now(text("desk.late_told", count=done["told"]))
    for booking_id in done["silent"]:
        talk.say_now(
            booking_lines.call_request(
                desk, await booking_lines.reload_booking(talk, desk, booking_id)
            )
        )


def _minutes(words: str) -> int:
    found = _NUMBER.search(words)
    minutes = int(found[0]) if found else 0
    return minutes if 1 <= minutes <= staff_actions.MAX_DELAY_MINUTES else 0
