"""What works anywhere in a talk: opting out, the menu, a person, questions to the shop."""

from __future__ import annotations

from bot.dialogue.talk import Heard
from bot.nlu.types import Understood


def _wishes(said: Understood) -> bool:
    """Whether it says anything of a booking."""
    wishes = (said.service, said.provider, said.date, said.time, said.time_to, said.at)
    return any(wish is not None for wish in wishes)


def _only(said: Understood, acts: set[str]) -> bool:
    """Whether nothing but these acts is in a message."""
    more = (said.attendee, said.code, said.number, said.person_name)
    return bool(said.acts) and set(said.acts) <= acts and not _wishes(said) and not any(more)


def _service(heard: Heard) -> bool:
    return bool(heard.understood and heard.understood.service)


def _says(said: Understood, act: str) -> bool:
    """Whether words say it; an act may also follow from a day alone."""
    return any(span.kind == "act" and span.value == act for span in said.spans)
