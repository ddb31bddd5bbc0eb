"""Running late: everybody still to come today is told."""

from __future__ import annotations

import re

from bot.dialogue.talk import MISSING, Heard, Talk
from bot.flows.staff import arguments, booking_lines, pick_provider
from bot.flows.staff.permissions import enter
from bot.i18n.messages import text
from core.bookings import agenda, staff_actions
from core.messaging.messages import Choice, Json
from core.messaging.outbox import prompts

_NUMBER = re.compile(r"\d{1,3}")


async def delay(talk: Talk) -> None:
    """Ask how late and who, show how many it concerns, and tell them."""
    desk = await enter(talk, "late")
    rest = str(talk.args.get("rest", ""))

    async def read(heard: Heard) -> Json:
        if heard.step != talk.key("minutes"):
            return MISSING
        return _minutes(heard.text) or MISSING

    minutes = _minutes(rest) or await talk.ask(
        "minutes",
        text("desk.how_late"),
        read,
        options=[Choice(n, text("minutes", count=n)) for n in (10, 15, 30)],
        expects="number",
    )
    providers = await pick_provider.providers(talk, desk, rest)
    end = arguments.whole(arguments.today(talk, desk), desk.catalog.shop.timezone)[1]
    coming = await agenda.agenda(
        talk.ctx, desk.shop_id, talk.ctx.now, end, provider_ids=providers, states=agenda.COMING
    )
    concerned = [one for one in coming if one.starts_at > talk.ctx.now]
    if not concerned:
        await talk.say(text("desk.nobody_today"))
        return
    sure = text("desk.late_sure", who=pick_provider.named(desk, providers), count=len(concerned))
    if not await talk.confirm("sure", text("desk.late", say=sure, minutes=minutes)):
        await talk.say(text("desk.nothing_done"))
        return

    async def tell(_key: str) -> Json:
        told = await staff_actions.run_late(
            talk.ctx, desk.shop_id, int(minutes), end, actor=desk.actor, provider_ids=providers
        )
        silent = [one.id for one in told if not await prompts.reachable(talk.ctx, one)]
        return {"told": len(told) - len(silent), "silent": silent}

    done = await talk.once("told", tell)
    talk.tell(text("desk.late_told", count=done["told"]))
    for booking_id in done["silent"]:
        talk.tell(booking_lines.to_call(desk, await booking_lines.again(talk, desk, booking_id)))


def _minutes(words: str) -> int:
    found = _NUMBER.search(words)
    minutes = int(found[0]) if found else 0
    return minutes if 1 <= minutes <= staff_actions.LATEST else 0
