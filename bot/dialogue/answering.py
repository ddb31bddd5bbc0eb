"""Interpretation of free-text answers to yes/no questions and to irreversible options."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from bot.nlu.types import Understood
from bot.nlu.yes_no import Answer, read_answer
from core.messaging.messages import Incoming, Say

DOUBT = "doubt"
"""The value recorded for an unclear answer; the question is then asked once more."""

_ASIDES = frozenset({"ask_address", "ask_hours", "ask_parking", "ask_payment", "ask_phone"})
"""Shop questions that do not qualify a yes, as in "yes, and what's the address?"."""

_ACTING = frozenset({"cancel", "approve"})
"""Acts an option may carry out immediately; "don't cancel it" must not select one."""


def answer_of(
    text: str, understood: Understood | None, about: str = "", own: Collection[str] = ()
) -> Answer:
    """Interpret text as an answer, in the language detected for it."""
    language = understood.language if understood else "en"
    return read_answer(text, language, about=about, own=own)


def names_option(act: str, text: str, understood: Understood | None, answer: Answer) -> bool:
    """Whether the text selects an option for `act`; yes and no are judged on the whole text."""
    if act in {"yes", "no"}:
        return answer.value == act or (act == "yes" and _and_asks(answer, understood))
    if understood is None or act not in understood.acts:
        return False
    if act not in _ACTING:
        return True
    said = answer_of(text, understood, about=act)
    return said.value != "no" and not said.doubt


def _and_asks(answer: Answer, understood: Understood | None) -> bool:
    """Return whether the answer is a yes followed only by questions that do not qualify it."""
    asked = {a for a in (understood.acts if understood else ()) if a.startswith("ask_")}
    return answer.whole and bool(asked) and asked <= _ASIDES


def takes_back(incoming: Incoming, language: str) -> bool:
    """Return whether the words next to an option number contradict it, as in "1, no"."""
    if incoming.kind != "text" or incoming.text.strip().isdecimal():
        return False
    answer = read_answer(incoming.text, language, number_is_yes=True)
    return answer.value == "no" or answer.leaning == "no" or answer.doubt


def own_words(say: Say) -> frozenset[str]:
    """Return the words shown in a question's parameters, such as service and provider names."""
    return frozenset(word for text in _texts(say.params.values()) for word in text.split())


def _texts(values: Collection[object]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, Say):
            yield from _texts(value.params.values())
        elif isinstance(value, tuple):
            yield from _texts(value)
