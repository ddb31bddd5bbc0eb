"""Internal events of a conversation and stale choices."""

from __future__ import annotations

from bot.engine import staff_commands
from bot.engine.turn_state import TurnState
from bot.i18n.messages import text
from core.messaging import handoff


def handle_event(turn: TurnState) -> None:
    """Handle an event that the system itself put into the conversation's inbox."""
    match turn.incoming.text:
        case handoff.HANDBACK_EVENT if turn.is_handed_off:
            turn.change_conversation(human_until=None)
            turn.says.append(text("back_again"))
        case "blocked" | "unblocked" as now:
            turn.change_conversation(unreachable_at=turn.ctx.now if now == "blocked" else None)
            turn.stay_quiet = True
        case handoff.RELAY_EVENT:
            staff_commands.start_handoff(turn)
        case "reaction":
            turn.stay_quiet = True  # to our own words, which are not the person's
        case "edited":
            turn.says.append(text("edited"))
        case "not_theirs":
            turn.says.append(text("not_your_contact"))


async def answer_stale_choice(turn: TurnState) -> None:
    """Answer a tap or number that matches no open prompt by showing the current state."""
    if turn.conversation.has_editable_buttons and turn.incoming.kind == "tap":
        turn.toast = text("stale")
        if turn.incoming.message in (turn.edited_message_id, turn.question_message_id):
            turn.stay_quiet = True  # the tapped message already shows the current state
            return
    else:
        turn.says.append(text("stale"))
    if not turn.stack:
        turn.begin_flow("standing")
