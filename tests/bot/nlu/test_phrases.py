"""What hundreds of phrases mean, in four languages, at a fixed moment and with opening hours."""

from __future__ import annotations

import pytest

from bot.nlu.pipeline import understand_message
from tests.bot.nlu.phrase_tables import PHRASES_FOLDER, PhraseCase, load_phrases, parsed_meaning

NAMES = sorted(path.stem for path in PHRASES_FOLDER.glob("*.txt"))
LINES = {name: list(load_phrases(name)) for name in NAMES}
_LEAST = 300
_LEAST_NOTHING = 100


def read(line: PhraseCase) -> str:
    """Return what the bot makes of a phrase: an error is one row's fault, not the table's."""
    try:
        return parsed_meaning(line)
    except Exception as error:  # noqa: BLE001 - whatever is raised is what the row shows
        return repr(error)


def where(line: PhraseCase) -> str:
    return f"{line.table}.txt:{line.number} {line.phrase!r}"


@pytest.mark.parametrize("table", NAMES)
def test_every_phrase_means_what_its_line_says(table: str) -> None:
    wrong = [
        f"{where(line)}\n  should mean {line.meaning!r}\n  but means   {means!r}"
        for line in LINES[table]
        if (means := read(line)) != line.meaning
    ]
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("language", ["en", "es", "hi", "pt"])
def test_phrase_tables_are_large_enough_and_unique(language: str) -> None:
    phrases = [(line.phrase, line.setting) for line in LINES[language]]
    assert len(phrases) >= _LEAST
    assert len(set(phrases)) == len(phrases)


def test_enough_phrases_mean_nothing() -> None:
    nothing = [line for name in NAMES if name.endswith("_nothing") for line in LINES[name]]
    assert len(nothing) >= _LEAST_NOTHING
    assert {line.meaning for line in nothing} == {""}


@pytest.mark.parametrize("table", NAMES)
def test_recognized_spans_lie_in_the_text_in_order(table: str) -> None:
    wrong = []
    for line in LINES[table]:
        spans = understand_message(line.phrase, line.setting).spans
        outside = [s for s in spans if not 0 <= s.start < s.end <= len(line.phrase)]
        if outside or list(spans) != sorted(spans, key=lambda s: (s.start, s.end, s.kind)):
            wrong.append(f"{where(line)}: {spans}")
    assert wrong == [], "\n".join(wrong)
