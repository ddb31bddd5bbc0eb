"""Staff commands within a turn, and forwarding of customer messages to staff during a handoff."""

from __future__ import annotations

from bot.dialogue.heard import STAFF_SILENCE, Heard
from bot.dialogue.prompts import OpenPrompt, match_words
from bot.engine.turn_state import DOUBTS, TurnState
from bot.flows.staff import STAFF_FLOWS, commands
from core.messaging import handoff
from core.messaging.messages import Incoming
from core.people import pairing
from core.people.identities import person_of_conversation
from core.people.members import staff_of_conversation

_OWN_WORDS = {"text", "words", "name", "purpose", "code"}
"""Expected answer types that accept arbitrary text."""


async def dispatch_staff_command(turn: TurnState, heard: Heard, prompts: list[OpenPrompt]) -> bool:
    """Start the flow of a staff command; return True if the message was one.

    Membership is queried only if the text matches a command, so customer messages cost no extra
    query. A staff line serves only staff.
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
    """Interpret a date on its own as the agenda of that day, unless a question expects a date."""
    said, top = heard.understood, turn.stack[-1] if turn.stack else None
    if said is None or said.date is None or (top and (top.flow not in STAFF_FLOWS or top.expects)):
        return None
    if said.time or said.time_to or said.service or said.provider or len(said.spans) != 1:
        return None
    return commands.StaffCommand("day", turn.incoming.text, is_soft=True)


def _means_else(
    turn: TurnState, given: commands.StaffCommand, heard: Heard, prompts: list[OpenPrompt]
) -> bool:
    """Return whether the message rather answers the current question or an open decision."""
    if turn.incoming.text.startswith("/"):
        return False
    if heard.understood and match_words(heard.understood, prompts, turn.seen_prompt_id):
        return True
    top = turn.stack[-1] if turn.stack else None
    if top is None:
        return False
    if top.expects in _OWN_WORDS:
        # A new command replaces one that waits for its staff code; the code is valid for it, too.
        return top.expects != "code" or top.flow not in STAFF_FLOWS.keys() | DOUBTS
    return given.is_soft and top.flow not in STAFF_FLOWS


def start_handoff(turn: TurnState) -> None:
    """Start a handoff: the bot stays silent and the member who wrote receives the replies."""
    turn.change_conversation(human_until=turn.ctx.now + STAFF_SILENCE)
    turn.relay_conversation_id = int(turn.incoming.payload) if turn.incoming.payload else None


async def forward_to_staff(turn: TurnState) -> None:
    """Forward a customer's message to the member of the handoff, if there is one."""
    if turn.relay_conversation_id is None or turn.incoming.kind == "event":
        return
    said = _words(turn.incoming)
    shop_id = turn.conversation.shop_id
    if not said or shop_id is None:
        return
    there = await staff_of_conversation(turn.ctx, turn.relay_conversation_id)
    if all(post.shop_id != shop_id for post in there.roles):
        # The sender no longer works there or the chat was unbound: the bot takes over again.
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
