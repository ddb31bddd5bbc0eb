"""Replies to small talk: greetings, thanks, "one moment"."""

from __future__ import annotations

from bot.dialogue.heard import Heard
from bot.engine.predicates import (
    answer_to_cancel,
    expects_yes,
    only_says,
    says_booking_details,
)
from bot.engine.turn_state import TurnState
from bot.i18n.messages import text
from bot.i18n.translator import supported_languages
from bot.nlu.types import Understood
from bot.nlu.yes_no import read_answer

_NO_WORDS = 4
_POLITE_WORDS = 8  # thanks and goodbyes may be longer than commands


def answer_small_talk(turn: TurnState, heard: Heard, said: Understood) -> bool:
    """Reply to a message without a request; return True if it was handled."""
    if "wait" in said.acts and turn.stack and not (expects_yes(turn) and answer_to_cancel(heard)):
        turn.says.append(text("take_time"))
        turn.stay_quiet = True
    elif not turn.stack and (only_says(said, {"drop", "no"}) or _answers_no(heard, said)):
        turn.says.append(text("all_right"))
        turn.stay_quiet = True
    elif not turn.stack and only_says(said, {"yes"}):
        turn.begin_flow("standing")
    elif turn.stack and only_says(said, {"greet"}):
        turn.says.append(text("hello"))
    elif only_says(said, {"thanks", "bye"}) and len(heard.text.split()) <= _POLITE_WORDS:
        turn.says.append(text("welcome_to_it") if "thanks" in said.acts else text("goodbye"))
        turn.stay_quiet = True
    else:
        return False
    return True


def _answers_no(heard: Heard, said: Understood) -> bool:
    """Return whether a short message is a no, as "definitely not", with nothing asked."""
    if len(heard.text.split()) > _NO_WORDS or says_booking_details(said):
        return False
    return any(read_answer(heard.text, code).value == "no" for code in supported_languages())
