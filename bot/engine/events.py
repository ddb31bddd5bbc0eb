"""What works anywhere in a talk: opting out, the menu, a person, questions to the shop."""

from __future__ import annotations

from bot.engine import staff_commands
from bot.engine.turn_state import Handling
from bot.i18n.messages import text
from core.messaging import handoff


def event(h: Handling) -> None:
    """Mind what we sent to the conversation ourselves."""
    match h.incoming.text:
        case "handback" if h.with_person:
            h.set(human_until=None)
            h.says.append(text("back_again"))
        case "blocked" | "unblocked" as now:
            h.set(unreachable_at=h.ctx.now if now == "blocked" else None)
            h.quiet = True
        case handoff.EVENT:
            staff_commands.taken_over(h)
        case "edited":
            h.says.append(text("edited"))
        case "not_theirs":
            h.says.append(text("not_your_contact"))


async def stale(h: Handling) -> None:
    """A tap or number that nothing open has: never act, show where things stand."""
    if h.conversation.taps and h.incoming.kind == "tap":
        h.toast = text("stale")
        if h.incoming.message in (h.living, h.shown):
            h.quiet = True  # where things stand is what stands there
            return
    else:
        h.says.append(text("stale"))
    if not h.stack:
        h.push("standing")
