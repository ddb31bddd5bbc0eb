"""Reading is linear: four times the text is at most about four times the work, of every kind.

Work is counted in lines that are run, not in time, so that a busy machine changes nothing.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from bot.nlu.languages import LANGUAGES
from bot.nlu.lexicon import repair_typo
from bot.nlu.pipeline import MAX_LENGTH, understand_message
from bot.nlu.redaction import redact_text
from bot.nlu.yes_no import read_answer
from tests.bot.nlu.phrase_tables import usual_situation

MARKS = [*".,;:!?-/#+()'\"\n@&%=*_~|<>[]{}$^\\`’“…¡¿। 019aéऩ\u200d\u0301李😀١"]
WORDS = (
    "monday|to|not|15|at|3pm|10:30|for|in|no|yes|the|second|next|and|from|until|tomorrow|march|3/4|"
    "2026-03-10|half|past|my name is|instead of|cancel|cut|ana|ana,|not ana|with|code|6 00|except|"
    "a'|1,|1.|12-|1/|d|el|de|lunes|pero|kal|कल|सोमवार|से|नहीं|hoje|não|minutes late|dr.|a.m.|or|"
    "+34600111222|instead of monday tuesday|option|#"
).split("|")


def lines_run(read: Callable[[str], object], text: str) -> int:
    """Return how many lines of Python reading a text runs."""
    count = 0

    def trace(_frame: FrameType, event: str, _arg: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        read(text)
    finally:
        sys.settrace(before)
    return count


def repeated(piece: str, size: int) -> str:
    """Return a text of `size` characters that is a piece again and again."""
    return (piece * size)[:size]


def _mixtures() -> list[str]:
    rng = random.Random(20261201)
    return ["".join(rng.choices([*MARKS, *WORDS, " "], k=rng.randint(2, 6))) for _ in range(20)]


def _language_of(piece: str) -> str:
    return ("en", "es", "hi", "pt")[sum(map(ord, piece)) % 4]


@pytest.mark.parametrize("kinds", [MARKS, [f"{w} " for w in WORDS], _mixtures()])
def test_a_text_four_times_as_long_is_four_times_the_work(kinds: list[str]) -> None:
    size = 96
    steep = {}
    for piece in kinds:
        setting = usual_situation(_language_of(piece))

        def read(text: str) -> object:
            return redact_text(understand_message(text, setting))  # noqa: B023 - called here only

        read(repeated(piece, 2 * size))  # what is kept from one text to the next is kept now
        short, long = (lines_run(read, repeated(piece, n)) for n in (size, 4 * size))
        if long > 5 * short + 2_000:
            steep[piece] = (short, long)
    assert steep == {}


@pytest.mark.parametrize("kinds", [MARKS, ["yes ", "no ", "not ", "but ", "ok "]])
def test_a_yes_or_no_four_times_as_long_is_four_times_the_work(kinds: list[str]) -> None:
    steep = {}
    for piece in kinds:

        def read(text: str) -> object:
            return read_answer(text)

        short, long = (lines_run(read, repeated(piece, n)) for n in (96, 384))
        if long > 5 * short + 2_000:
            steep[piece] = (short, long)
    assert steep == {}


def test_a_word_of_4096_letters_is_nobodys_typo() -> None:
    for language in LANGUAGES.values():
        assert lines_run(lambda word: repair_typo(word, language), "b" * MAX_LENGTH) < 10  # noqa: B023 - called here only


def test_control_a_quadratic_reading_is_noticed() -> None:
    def read(text: str) -> None:
        for _ in text:
            all(c == "." for c in text)

    assert lines_run(read, "." * 400) > 5 * lines_run(read, "." * 100)
