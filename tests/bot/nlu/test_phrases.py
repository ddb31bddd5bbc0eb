"""What hundreds of phrases mean, in four languages, at a fixed moment and with opening hours."""

from __future__ import annotations

import pytest

from bot.nlu.pipeline import understand_message
from tests.bot.nlu.phrase_tables import PHRASES_FOLDER, PhraseCase, load_phrases, parsed_meaning

NAMES = sorted(path.stem for path in PHRASES_FOLDER.glob("*.txt"))
LINES = [line for name in NAMES for line in load_phrases(name)]
_LEAST = 300
_LEAST_NOTHING = 100


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line.table}:{line.number}")
def test_phrase_means(line: PhraseCase) -> None:
    assert (line.phrase, parsed_meaning(line)) == (line.phrase, line.meaning)


@pytest.mark.parametrize("language", ["en", "es", "hi", "pt"])
def test_phrase_tables_are_large_enough_and_unique(language: str) -> None:
    phrases = [(line.phrase, line.setting) for line in LINES if line.table == language]
    assert len(phrases) >= _LEAST
    assert len(set(phrases)) == len(phrases)


def test_enough_phrases_mean_nothing() -> None:
    nothing = [line for line in LINES if line.table.endswith("_nothing")]
    assert len(nothing) >= _LEAST_NOTHING
    assert {line.meaning for line in nothing} == {""}


@pytest.mark.parametrize("line", LINES[::7], ids=lambda line: f"{line.table}:{line.number}")
def test_recognized_spans_lie_in_the_text_in_order(line: PhraseCase) -> None:
    spans = understand_message(line.phrase, line.setting).spans
    assert [s for s in spans if not 0 <= s.start < s.end <= len(line.phrase)] == []
    assert list(spans) == sorted(spans, key=lambda s: (s.start, s.end, s.kind))
