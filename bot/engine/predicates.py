"""Predicates on an understood message that several engine modules share."""

from __future__ import annotations

from bot.dialogue.answering import answer_of
from bot.dialogue.heard import Heard
from bot.engine.turn_state import TurnState
from bot.nlu.types import Understood


def says_booking_details(said: Understood) -> bool:
    """Return whether the message contains any booking detail."""
    wishes = (said.service, said.provider, said.date, said.time, said.time_to, said.at)
    return any(wish is not None for wish in wishes)


def only_says(said: Understood, acts: set[str]) -> bool:
    """Return whether the message contains some of these acts and nothing else."""
    more = (said.attendee, said.code, said.number, said.person_name)
    return (
        bool(said.acts)
        and set(said.acts) <= acts
        and not says_booking_details(said)
        and not any(more)
    )


def names_service(heard: Heard) -> bool:
    """Whether the message names a service."""
    return bool(heard.understood and heard.understood.service)


def says_act(said: Understood, act: str) -> bool:
    """Whether the text states an act explicitly; an act may also be inferred from a date."""
    return any(span.kind == "act" and span.value == act for span in said.spans)


def expects_yes(turn: TurnState) -> bool:
    """Return whether the current question expects yes or no."""
    return bool(turn.stack) and turn.stack[-1].expects == "yes_no"


def answer_to_cancel(heard: Heard) -> str:
    """Return "yes" or "no" as the answer to a question about cancelling, or "" if unclear."""
    value = answer_of(heard.text, heard.understood, "cancel").value
    return "" if value == "unclear" else value
