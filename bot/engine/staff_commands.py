"""Where the engine meets the shop's people: their commands, and words that are relayed to them."""

from __future__ import annotations

from datetime import timedelta

from bot.dialogue import prompts as dialogue_prompts
from bot.dialogue.prompts import Waiting
from bot.dialogue.talk import Heard
from bot.engine.turn_state import Handling
from bot.flows.staff import FLOWS, commands
from core.messaging import handoff
from core.messaging.messages import Incoming
from core.people import identities, members, pairing

FOR = timedelta(hours=12)
"""How long the bot keeps quiet after a person of the shop wrote."""

_OWN_WORDS = {"text", "words", "name", "purpose", "code"}
"""What a question may ask for whose answer can be any words."""


async def order(h: Handling, heard: Heard, prompts: list[Waiting]) -> bool:
    """Begin what somebody of the shop orders; True if it was an order.

    Whether they work here is asked only where the words are a command's, so customers pay
    nothing for it. On a line of the shop's people nobody else is talked with.
    """
    given = commands.read(h.incoming.text) if h.incoming.kind == "text" else None
    if given is None:
        given = _day(h, heard)
    staff_line = h.conversation.staff
    if given is None and not staff_line:
        return False
    if given is not None and given.command == "pair":
        if len(given.rest) != pairing.LENGTH and not staff_line:
            return False
        h.push("desk.pair", rest=given.rest)
        return True
    if given is not None and _means_else(h, given, heard, prompts):
        given = None
    if given is None and not staff_line:
        return False
    staff = await members.staff(h.ctx, h.conversation.id)
    here = [r for r in staff.roles if h.conversation.line_shop_id in (None, r.shop_id)]
    if not here:
        if staff_line:
            h.push("desk.stranger")
        return staff_line
    if given is None:
        return False
    h.push(f"desk.{given.command}", command=given.command, rest=given.rest)
    return True


def _day(h: Handling, heard: Heard) -> commands.Order | None:
    """A day and nothing else is that day's agenda, unless a question waits for one."""
    said, top = heard.understood, h.stack[-1] if h.stack else None
    if said is None or said.date is None or (top and (top.flow not in FLOWS or top.expects)):
        return None
    if said.time or said.time_to or said.service or said.provider or len(said.spans) != 1:
        return None
    return commands.Order("day", h.incoming.text, soft=True)


def _means_else(h: Handling, given: commands.Order, heard: Heard, prompts: list[Waiting]) -> bool:
    """Whether the words rather answer what is asked just now, or an open decision."""
    if h.incoming.text.startswith("/"):
        return False
    if heard.understood and dialogue_prompts.named(heard.understood, prompts, h.seen):
        return True
    top = h.stack[-1] if h.stack else None
    if top is None:
        return False
    if top.expects in _OWN_WORDS:
        return True
    return given.soft and top.flow not in FLOWS


def taken_over(h: Handling) -> None:
    """Keep quiet from now on: a person of the shop wrote, and gets the answers."""
    h.set(human_until=h.ctx.now + FOR)
    h.relay = int(h.incoming.payload) if h.incoming.payload else None


async def relayed(h: Handling) -> None:
    """Bring what a customer says to the person they write with, if anybody does."""
    if h.relay is None or h.incoming.kind == "event":
        return
    said = _words(h.incoming)
    shop_id = h.conversation.shop_id
    if not said or shop_id is None:
        return
    person = await identities.whoami(h.ctx, h.conversation.id)
    name = (person.name if person else "") or h.conversation.name
    await handoff.answer(
        h.ctx,
        said,
        conversation_id=h.conversation.id,
        shop_id=shop_id,
        name=name,
        to=h.relay,
    )


def _words(incoming: Incoming) -> str:
    return incoming.text.strip() or (f"[{incoming.kind}]" if incoming.kind != "text" else "")
