"""What an answer in words does at a question of yes or no, and at options that cannot be undone."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from bot.nlu.types import Understood
from bot.nlu.yes_no import Answer, read_answer
from core.messaging.messages import Incoming, Say

DOUBT = "doubt"
"""What is kept as the answer where none was clear: it is asked once more."""

_ASIDES = frozenset({"ask_address", "ask_hours", "ask_parking", "ask_payment", "ask_phone"})
"""Questions about the shop that make no condition of a yes: "yes, and what's the address?"."""

_ACTING = frozenset({"cancel", "approve"})
"""Acts that an option may do at once, so "don't cancel it" must not choose it."""


def answer_of(
    text: str, understood: Understood | None, about: str = "", own: Collection[str] = ()
) -> Answer:
    """Read words as an answer, in the language they were found to be in."""
    language = understood.language if understood else "en"
    return read_answer(text, language, about=about, own=own)


def names_option(act: str, text: str, understood: Understood | None, answer: Answer) -> bool:
    """Whether words choose an option that stands for an act: yes and no by their whole sense."""
    if act in {"yes", "no"}:
        return answer.value == act or (act == "yes" and _and_asks(answer, understood))
    if understood is None or act not in understood.acts:
        return False
    if act not in _ACTING:
        return True
    said = answer_of(text, understood, about=act)
    return said.value != "no" and not said.doubt


def _and_asks(answer: Answer, understood: Understood | None) -> bool:
    """Whether it is a yes with a question beside it that changes nothing of it."""
    asked = {a for a in (understood.acts if understood else ()) if a.startswith("ask_")}
    return answer.whole and bool(asked) and asked <= _ASIDES


def takes_back(incoming: Incoming, language: str) -> bool:
    """Whether the words around the number of an option speak against it: "1, no"."""
    if incoming.kind != "text" or incoming.text.strip().isdecimal():
        return False
    answer = read_answer(incoming.text, language, number_is_yes=True)
    return answer.value == "no" or answer.leaning == "no" or answer.doubt


def own_words(say: Say) -> frozenset[str]:
    """Return the words that a question shows: names of the service, of who gives it."""
    return frozenset(word for text in _texts(say.params.values()) for word in text.split())


def _texts(values: Collection[object]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, Say):
            yield from _texts(value.params.values())
        elif isinstance(value, tuple):
            yield from _texts(value)
