"""What works anywhere in a talk: opting out, the menu, a person, questions to the shop."""

from __future__ import annotations

from bot.dialogue.talk import Heard
from bot.engine.turn_state import Handling
from bot.i18n.messages import text
from bot.nlu.predicates import _only
from bot.nlu.types import Understood

_POLITE_WORDS = 8  # thanks and goodbyes may be longer


def _small_talk(h: Handling, heard: Heard, said: Understood) -> bool:
    """Answer what asks for nothing: a greeting, thanks, "one moment"."""
    if "wait" in said.acts and h.stack:
        h.says.append(text("take_time"))
        h.quiet = True
    elif not h.stack and _only(said, {"drop", "no"}):
        h.says.append(text("all_right"))
        h.quiet = True
    elif h.stack and _only(said, {"greet"}):
        h.says.append(text("hello"))
    elif _only(said, {"thanks", "bye"}) and len(heard.text.split()) <= _POLITE_WORDS:
        h.says.append(text("welcome_to_it") if "thanks" in said.acts else text("goodbye"))
        h.quiet = True
    else:
        return False
    return True
