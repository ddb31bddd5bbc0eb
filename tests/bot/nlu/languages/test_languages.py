"""Every language has what the grammar and the flows need; what is broken is refused at once."""

from __future__ import annotations

import pytest

from bot.nlu.languages import ANSWERS, CHOICES, LANGUAGES
from bot.nlu.lexicon import Language, build_language, repair_typo
from bot.nlu.patterns import compile_patterns
from bot.nlu.tags import TAG_MEANINGS

# A few acts need no words of every language: English ones are read in all of them.
CODES = sorted(LANGUAGES)


def _values(language: Language, kind: str) -> set[object]:
    return {
        entry.tags[kind]
        for entries in language.entries.values()
        for entry in entries
        if kind in entry.tags
    }


def _acts(language: Language) -> set[str]:
    return {pattern.act for group in language.patterns.values() for pattern in group}


@pytest.mark.parametrize("code", CODES)
def test_days_months_and_hours_are_complete(code: str) -> None:
    language = LANGUAGES[code]
    assert _values(language, "WEEKDAY") == set(range(7))
    assert _values(language, "MONTH") == set(range(1, 13))
    assert _values(language, "NUM") >= set(range(1, 21)) | {30}
    assert _values(language, "DAYREL") >= {-1, 0, 1, 2}


@pytest.mark.parametrize("code", CODES)
def test_every_language_knows_every_act(code: str) -> None:
    english = {act for act in _acts(LANGUAGES["en"]) if not act.startswith("_")}
    assert english - _acts(LANGUAGES[code]) == set()


def test_every_language_has_words_for_yes_and_no_and_for_choosing() -> None:
    assert set(ANSWERS) == set(CHOICES) == set(LANGUAGES)


@pytest.mark.parametrize("code", CODES)
def test_every_kind_that_is_used_is_documented(code: str) -> None:
    used = {
        kind
        for entries in LANGUAGES[code].entries.values()
        for entry in entries
        for kind in entry.tags
    }
    assert used - set(TAG_MEANINGS) == set()


def test_every_kind_is_used_somewhere() -> None:
    used = {
        kind
        for language in LANGUAGES.values()
        for entries in language.entries.values()
        for entry in entries
        for kind in entry.tags
    }
    assert set(TAG_MEANINGS) - used == set()


def test_a_kind_nobody_reads_is_refused() -> None:
    with pytest.raises(ValueError, match="no such kind of word: WEEKDAYS"):
        build_language("xx", {"WEEKDAYS": {"monday": 0}}, {}, {}, "")


def test_a_pattern_that_could_run_away_is_refused() -> None:
    with pytest.raises(ValueError, match="pattern too loose"):
        compile_patterns({"book": "a * b * c * d"}, {})
    with pytest.raises(ValueError, match="pattern too loose"):
        compile_patterns({"book": "* d"}, {})


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("appoinment", "appointment"),
        ("tommorow", "tommorow"),  # a spelling of its own in the word list
        ("wedensday", "wednesday"),
        ("saterday", "saturday"),
        ("satrudaay", "satrudaay"),  # two slips are one too many
        ("mondayy", "monday"),
        ("marta", "marta"),
        ("watch", "watch"),
    ],
)
def test_slips_of_the_thumb_are_repaired_and_words_left_alone(typed: str, meant: str) -> None:
    assert repair_typo(typed, LANGUAGES["en"]) == meant
