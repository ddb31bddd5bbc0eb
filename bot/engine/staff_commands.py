"""Where the engine meets the shop's people: their commands, and words that are relayed to them."""

from __future__ import annotations

from datetime import timedelta

from bot.dialogue.prompts import OpenPrompt, match_words
from bot.dialogue.talk import Heard
from bot.engine.turn_state import DOUBTS, TurnState
from bot.flows.staff import STAFF_FLOWS, commands
from core.messaging import handoff
from core.messaging.messages import Incoming
from core.people import pairing
from core.people.identities import person_of_conversation
from core.people.members import staff_of_conversation

STAFF_SILENCE = timedelta(hours=12)
"""How long the bot keeps quiet after a person of the shop wrote."""

_OWN_WORDS = {"text", "words", "name", "purpose", "code"}
"""What a question may ask for whose answer can be any words."""


async def dispatch_staff_command(turn: TurnState, heard: Heard, prompts: list[OpenPrompt]) -> bool:
    """Begin what somebody of the shop orders; True if it was an order.

    Whether they work here is asked only where the words are a command's, so customers pay
    nothing for it. On a line of the shop's people nobody else is talked with.
    """
    given = commands.parse_command(turn.incoming.text) if turn.incoming.kind == "text" else None
    if given is None:
        given = _day(turn, heard)
    staff_line = turn.conversation.staff
    if given is None and not staff_line:
        return False
    if given is not None and given.command == "pair":
        if len(given.rest) != pairing.CODE_LENGTH and not staff_line:
            return False
        turn.begin_flow("desk.pair", rest=given.rest)
        return True
    if given is not None and given.command == "join":
        turn.begin_flow(
            "join" if turn.conversation.channel == "telegram" else "invitation", rest=given.rest
        )
        return True
    if given is not None and _means_else(turn, given, heard, prompts):
        given = None
    if given is not None and given.command == "invitation":
        turn.begin_flow("invitation")
        return True
    if given is None and turn.stack and turn.stack[-1].flow == "join":
        return False
    if given is None and not staff_line:
        return False
    staff = await staff_of_conversation(turn.ctx, turn.conversation.id)
    here = [r for r in staff.roles if turn.conversation.line_shop_id in (None, r.shop_id)]
    if not here:
        if staff_line:
            turn.begin_flow("desk.stranger")
        return staff_line
    if given is None:
        return False
    turn.begin_flow(f"desk.{given.command}", command=given.command, rest=given.rest)
    return True


def _day(turn: TurnState, heard: Heard) -> commands.StaffCommand | None:
    """A day and nothing else is that day's agenda, unless a question waits for one."""
    said, top = heard.understood, turn.stack[-1] if turn.stack else None
    if said is None or said.date is None or (top and (top.flow not in STAFF_FLOWS or top.expects)):
        return None
    if said.time or said.time_to or said.service or said.provider or len(said.spans) != 1:
        return None
    return commands.StaffCommand("day", turn.incoming.text, is_soft=True)


def _means_else(
    turn: TurnState, given: commands.StaffCommand, heard: Heard, prompts: list[OpenPrompt]
) -> bool:
    """Whether the words rather answer what is asked just now, or an open decision."""
    if turn.incoming.text.startswith("/"):
        return False
    if heard.understood and match_words(heard.understood, prompts, turn.seen_prompt_id):
        return True
    top = turn.stack[-1] if turn.stack else None
    if top is None:
        return False
    if top.expects in _OWN_WORDS:
        # An order takes the place of one that waits for its code: that code is good for it, too.
        return top.expects != "code" or top.flow not in STAFF_FLOWS.keys() | DOUBTS
    return given.is_soft and top.flow not in STAFF_FLOWS


def start_handoff(turn: TurnState) -> None:
    """Keep quiet from now on: a person of the shop wrote, and gets the answers."""
    turn.change_conversation(human_until=turn.ctx.now + STAFF_SILENCE)
    turn.relay_conversation_id = int(turn.incoming.payload) if turn.incoming.payload else None


async def forward_to_staff(turn: TurnState) -> None:
    """Bring what a customer says to the person they write with, if anybody does."""
    if turn.relay_conversation_id is None or turn.incoming.kind == "event":
        return
    said = _words(turn.incoming)
    shop_id = turn.conversation.shop_id
    if not said or shop_id is None:
        return
    there = await staff_of_conversation(turn.ctx, turn.relay_conversation_id)
    if all(post.shop_id != shop_id for post in there.roles):
        # Who wrote works there no more, or their chat acts for nobody: the bot answers again.
        turn.relay_conversation_id = None
        turn.change_conversation(human_until=None)
        return
    person = await person_of_conversation(turn.ctx, turn.conversation.id)
    name = (person.name if person else "") or turn.conversation.name
    await handoff.send_to_staff(
        turn.ctx,
        said,
        conversation_id=turn.conversation.id,
        shop_id=shop_id,
        name=name,
        to=turn.relay_conversation_id,
    )


def _words(incoming: Incoming) -> str:
    return incoming.text.strip() or (f"[{incoming.kind}]" if incoming.kind != "text" else "")
