"""Numbers in front of a list of options: which words around them leave them an option."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from bot.nlu.pipeline import understand_message
from bot.nlu.types import NluContext, ShownOptions, Understood

NOW = datetime(2026, 3, 12, 9, tzinfo=UTC)
FIVE_OPTIONS = ShownOptions(frozenset(range(1, 6)), 3)
"""Three times and two ways onward."""


def read(text: str, language: str, shown: ShownOptions = FIVE_OPTIONS) -> Understood:
    """Read an answer to a list of times."""
    setting = NluContext(NOW, "UTC", language, "ES", expects="when", shown=shown)
    return understand_message(text, setting)


CHOSEN = {
    "en": """
        ok 1 => 1 | 1 please => 1 | yes, 2 => 2 | the 2nd one => 2 | the second one please => 2
        I'll take 1 => 1 | 2 works for me => 2 | let's go with the first one => 1 | 3) => 3
        number 3 => 3 | No. 2 => 2 | #4 => 4 | 2 👍 => 2 | one please => 1 | option two => 2
        hmm 2 i guess => 2 | 3 would be great thanks => 3 | the last one => 3 | the 2nd => 2
        1st please => 1 | can i get 2 => 2 | 2 is fine => 2 | ok 2. is there parking? => 2
    """,
    "es": """
        la 2 por favor => 2 | ok la 1 => 1 | la primera => 1 | quiero la 3 => 3 | el 2 => 2
        me quedo con la segunda => 2 | la última => 3 | la 2ª => 2 | opción dos => 2
        la dos porfa => 2 | me va bien la 1 => 1 | mejor la 3 => 3 | vale, la 2 => 2
    """,
    "pt": """
        a 2 por favor => 2 | o primeiro => 1 | a segunda opção => 2 | quero a 3 => 3
        fico com a 2 => 2 | pode ser a 1 => 1 | a primeira => 1 | 2 pfv => 2 | a última => 3
        tá bom, a 2 => 2 | vou de 1 => 1
    """,
    "hi": """
        2 wala => 2 | pehla wala => 1 | do number => 2 | 1 wala kar do => 1 | haan 2 => 2
        dusra wala chahiye => 2 | 2 नंबर => 2 | पहला वाला => 1 | theek hai 1 => 1
        doosra option => 2 | 1 hi kar do => 1 | aakhri wala => 3
    """,
}


def _rows(table: dict[str, str]) -> list[tuple[str, str, str]]:
    return [
        (language, *map(str.strip, row.split("=>")))  # type: ignore[misc]
        for language, rows in table.items()
        for line in rows.strip().splitlines()
        for row in line.split(" | ")
    ]


@pytest.mark.parametrize(("language", "text", "number"), _rows(CHOSEN))
def test_a_number_with_polite_words_is_the_option(language: str, text: str, number: str) -> None:
    """Nothing but choosing words: the option, and no time of day."""
    said = read(text, language)

    assert (said.number, said.time, said.date) == (int(number), None, None)


MARKED = {
    "en": "at 2 => 14:00 | 2 pm => 14:00 | 2:30 => 14:30 | 2.30 => 14:30 | 7 => 19:00",
    "es": "a las 2 => 14:00 | las 2 => 14:00 | 2 de la tarde => 14:00 | 7 => 19:00",
    "pt": "às 2 => 14:00 | 2 da tarde => 14:00 | 14h => 14:00 | à 1 => 13:00",
    "hi": "2 baje => 14:00 | dopahar 2 baje => 14:00",
}


@pytest.mark.parametrize(("language", "text", "clock"), _rows(MARKED))
def test_a_mark_or_a_number_no_option_has_is_a_time(language: str, text: str, clock: str) -> None:
    """A word for the clock, or a number that is not on the list."""
    said = read(text, language)

    assert (said.number, said.time) == (None, time.fromisoformat(clock))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "2 people"),
        ("en", "i want 2 haircuts"),
        ("en", "1 or 3"),
        ("en", "2 with leo"),
        ("en", "ok 1 but not with Ana"),
        ("es", "2 personas"),
        ("hi", "2 log"),
    ],
)
def test_a_number_with_other_words_is_neither_option_nor_time(language: str, text: str) -> None:
    """What the number counts is not known: nothing is chosen."""
    said = read(text, language)

    assert (said.number, said.time) == (None, None)


@pytest.mark.parametrize(
    ("language", "text", "day"),
    [
        ("en", "the 14th", date(2026, 3, 14)),
        ("es", "el 14", date(2026, 3, 14)),
        ("pt", "segunda", date(2026, 3, 16)),
        ("en", "2 tomorrow", date(2026, 3, 13)),
    ],
)
def test_a_day_stays_a_day(language: str, text: str, day: date) -> None:
    """A day of the month that no option has, a weekday, a number beside a day."""
    said = read(text, language, ShownOptions(frozenset(range(1, 10)), 6))

    assert (said.number, said.date) == (None, day)


def test_without_a_list_a_bare_number_is_a_time() -> None:
    """Control: the very words, with nothing shown, are read as a clock."""
    said = read("ok 1", "en", ShownOptions())

    assert said.time == time(13)
