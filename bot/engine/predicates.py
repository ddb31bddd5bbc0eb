"""What works anywhere in a talk: opting out, the menu, a person, questions to the shop."""

from __future__ import annotations

from bot.dialogue.answering import answer_of
from bot.dialogue.heard import Heard
from bot.engine.turn_state import TurnState
from bot.nlu.types import Understood


def says_booking_details(said: Understood) -> bool:
    """Whether it says anything of a booking."""
    wishes = (said.service, said.provider, said.date, said.time, said.time_to, said.at)
    return any(wish is not None for wish in wishes)


def only_says(said: Understood, acts: set[str]) -> bool:
    """Whether a message holds these acts and nothing else."""
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
    """Whether words say it; an act may also follow from a day alone."""
    return any(span.kind == "act" and span.value == act for span in said.spans)


def expects_yes(turn: TurnState) -> bool:
    """Whether the question on the table asks for yes or no."""
    return bool(turn.stack) and turn.stack[-1].expects == "yes_no"


def answer_to_cancel(heard: Heard) -> str:
    """What the words answer where cancelling is asked about: "yes", "no" or nothing."""
    value = answer_of(heard.text, heard.understood, "cancel").value
    return "" if value == "unclear" else value
