"""Whatever arrives: nothing raises, nothing is slow, the same text is read the same way."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.nlu.pipeline import understand_message
from bot.nlu.to_json import understood_to_json
from bot.nlu.types import NluContext
from tests.bot.nlu.phrase_tables import PHRASES_FOLDER, load_phrases, usual_situation

LANGUAGES = ("en", "es", "hi", "pt")
ASKED = (None, "yes_no", "date", "time", "when", "service", "provider", "name", "number", "code")
_WORDS = sorted(
    {
        word
        for path in PHRASES_FOLDER.glob("*.txt")
        for line in load_phrases(path.stem)
        for word in line.phrase.split()
    }
)
_MARKS = st.sampled_from(
    ["/", ":", ".", ",", "-", "–", "?", "!", "\n", "+", "(", "٣", "०", "५", "\0"]
)
_PIECES = st.one_of(st.sampled_from(_WORDS), st.integers(0, 99999).map(str), _MARKS)
# A message is read in this much CPU time for every 1,000 characters.
_SECONDS_PER_1000 = 0.005


@given(
    text=st.text(max_size=300),
    language=st.sampled_from(LANGUAGES),
    expects=st.sampled_from(ASKED),
)
@settings(max_examples=300, deadline=None)
def test_random_text_never_raises(text: str, language: str, expects: str | None) -> None:
    _reads(text, replace(usual_situation(language), expects=expects))


@given(
    pieces=st.lists(_PIECES, max_size=40),
    glue=st.sampled_from(["", " ", " "]),
    language=st.sampled_from(LANGUAGES),
    expects=st.sampled_from(ASKED),
)
@settings(max_examples=500, deadline=None)
def test_mixed_known_words_never_raise(
    pieces: list[str], glue: str, language: str, expects: str | None
) -> None:
    _reads(
        glue.join(pieces),
        replace(usual_situation(language), expects=expects, last_date=date(2026, 3, 20)),
    )


def _reads(text: str, setting: NluContext) -> None:
    u = understand_message(text, setting)
    assert u == understand_message(text, setting)
    assert json.loads(json.dumps(understood_to_json(u)))["text"] == text
    assert [s for s in u.spans if not 0 <= s.start < s.end <= len(text)] == []
    assert (u.date_to is None or u.date is None or u.date <= u.date_to) is True


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\0",
        "\ud800 tomorrow",
        "🙂" * 500,
        "שלום, מחר ב־5",
        "مرحبا غدا الساعة ٥",
        "9" * 5000,
        "१" * 3000,
        "-" * 3000,
        "'" * 3000,
        "a'" * 3000,
        "5:" * 2000,
        "5/" * 2000,
        "tomorrow " * 1000,
        "not " * 1000,
        "monday or " * 1000,
        "between 2 and " * 500,
        "ा" * 3000,
        "é́́́" * 1000,
        "I want " * 1000,
        "Ana " * 1000,
        "\n" * 3000,
        "31/12/9999 0000-00-00 99:99 32nd of Foo 29 Feb 2026",
    ],
    ids=lambda text: ascii(text[:12]),
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_strange_text_is_read(text: str, language: str) -> None:
    _reads(text, usual_situation(language))


@pytest.mark.parametrize(
    "now",
    [datetime(1, 1, 2, tzinfo=UTC), datetime(2099, 12, 31, 23, 59, tzinfo=UTC)],
    ids=["first", "last"],
)
@pytest.mark.parametrize("text", ["in 99 days", "31/12", "29 Feb", "in 99 months", "yesterday"])
def test_dates_at_the_ends_of_time_never_raise(text: str, now: datetime) -> None:
    _reads(text, replace(usual_situation("en"), now=now, zone="UTC"))


def _long_texts() -> Iterator[tuple[str, str]]:
    for language in LANGUAGES:
        phrases = [line.phrase for line in load_phrases(language)]
        joined = ", ".join(phrases)
        yield language, (joined * 3)[:10_000]
        yield language, ("zxqwv yyplk grmbl " * 600)[:10_000]
        yield language, ("ab1c" * 2500)[:10_000]
        yield language, ("5 or 6 not 7 to " * 700)[:10_000]
        yield language, (" ".join(_WORDS) * 2)[:10_000]


@pytest.mark.parametrize(("language", "text"), list(_long_texts()))
def test_ten_thousand_characters_take_a_bounded_time(language: str, text: str) -> None:
    setting = usual_situation(language)
    best = min(_cpu_seconds(text, setting) for _ in range(3))
    assert best <= _SECONDS_PER_1000 * len(text) / 1000


def _cpu_seconds(text: str, setting: NluContext) -> float:
    start = time.thread_time()
    understand_message(text, setting)
    return time.thread_time() - start
