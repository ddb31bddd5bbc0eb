"""Running late: everybody still to come today is told."""

from __future__ import annotations

import re

from bot.flows.desk import lists, spans, whose
from bot.flows.desk.roles import enter
from bot.talk import MISSING, Heard, Talk
from bot.texts import text
from core import day, outbox
from core.messages import Choice, Json

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
    providers = await whose.providers(talk, desk, rest)
    end = spans.whole(spans.today(talk, desk), desk.catalog.shop.timezone)[1]
    coming = await day.agenda(
        talk.ctx, desk.shop_id, talk.ctx.now, end, provider_ids=providers, states=day.COMING
    )
    concerned = [one for one in coming if one.starts_at > talk.ctx.now]
    if not concerned:
        await talk.say(text("desk.nobody_today"))
        return
    sure = text("desk.late_sure", who=whose.named(desk, providers), count=len(concerned))
    if not await talk.confirm("sure", text("desk.late", say=sure, minutes=minutes)):
        await talk.say(text("desk.nothing_done"))
        return

    async def tell(_key: str) -> Json:
        told = await day.run_late(
            talk.ctx, desk.shop_id, int(minutes), end, actor=desk.actor, provider_ids=providers
        )
        silent = [one.id for one in told if not await outbox.reachable(talk.ctx, one)]
        return {"told": len(told) - len(silent), "silent": silent}

    done = await talk.once("told", tell)
    talk.tell(text("desk.late_told", count=done["told"]))
    for booking_id in done["silent"]:
        talk.tell(lists.to_call(desk, await lists.again(talk, desk, booking_id)))


def _minutes(words: str) -> int:
    found = _NUMBER.search(words)
    minutes = int(found[0]) if found else 0
    return minutes if 1 <= minutes <= day.LATEST else 0
