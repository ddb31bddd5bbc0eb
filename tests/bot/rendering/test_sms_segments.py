from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rendering.sms_segments import (
    GSM_BASIC,
    GSM_EXTENDED,
    count_segments,
    is_gsm,
    sms_encoding,
    to_gsm,
)
from tests.bot.rendering import sms_segments_reference


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),  # an extension takes two places
        ("€" * 81, 2),
        ("a" * 152 + "€" + "a" * 152, 3),  # and is not parted: one place stays empty
        ("á" * 70, 1),
        ("á" * 71, 2),
        ("á" * 134, 2),
        ("á" * 135, 3),
        ("😀" * 35, 1),  # two UTF-16 units each
        ("😀" * 36, 2),
        ("😀" * 67, 3),  # 33 fit a part of 67
        ("अ" * 70, 1),
    ],
)
def test_sms_segments_are_counted(text: str, count: int) -> None:
    assert count_segments(text) == count


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Peluquería Núñez, 25 €", "Peluqueria Nuñez, 25 €"),
        ("à é ì ò ù ä ö ü ñ ß Ç ¿ ¡", "à é ì ò ù ä ö ü ñ ß Ç ¿ ¡"),
        ("ÁÍÓÚ áíóú ç", "AIOU aiou c"),
        ("“Sí” – it’s… 5\u202fpm", '"Si" - it\'s... 5 pm'),
        ("n\u0303 decomposed", "ñ decomposed"),
        ("Łódź", "Lodz"),
    ],
)
def test_sms_text_is_simplified_to_gsm_7(text: str, written: str) -> None:
    assert to_gsm(text) == written
    assert is_gsm(written)


@pytest.mark.parametrize("text", ["शुक्र 13 मार्च", "Café 😀 está", "Привет, José"])
def test_what_no_simple_form_keeps_stays_as_it_is(text: str) -> None:
    assert to_gsm(text) == text


@given(st.text())
def test_text_becomes_gsm_7_as_a_whole_or_not_at_all(text: str) -> None:
    written = to_gsm(text)
    assert is_gsm(written) or written == text


@given(st.text(st.sampled_from(sorted(GSM_BASIC | GSM_EXTENDED))))
def test_gsm_7_text_is_left_unchanged(text: str) -> None:
    assert to_gsm(text) == text


KINDS = (
    "abcdefghij klmnop 0123456789.,",
    "éèñÑöÜß¿¡Δ@£_\n",
    "€[]{}~^|\\",
    "áíóúçãőΩжשא",
    "अआशुक्र",
    "😀👍🏽👨‍👩‍👧🇪🇸",
)
"""Characters of one place in GSM-7, of two, of UCS-2 alone, and of two places there."""


def test_ten_thousand_texts_take_as_many_segments_as_the_reference_counts() -> None:
    random = Random(38)
    seen = {"gsm7": 0, "ucs2": 0}
    for _ in range(10_000):
        kinds = random.sample(KINDS, random.choice((1, 1, 2, 3)))
        # Around the ends of parts, where miscounting shows, and anywhere.
        ends = (70, 134, 153, 160, 201, 306, 459)
        length = max(0, random.choice(ends) + random.randint(-3, 3))
        rare = "".join(kinds[1:])
        text = "".join(
            random.choice(rare if rare and random.random() < 0.03 else kinds[0])
            for _ in range(length)
        )
        expected = sms_segments_reference.expected_segments(text)
        assert (text, count_segments(text)) == (text, len(expected))
        written = "gsm7" if sms_segments_reference.septets_of_text(text) is not None else "ucs2"
        assert sms_encoding(text) == written
        seen[written] += 1
    assert min(seen.values()) > 2000


def test_the_alphabets_are_those_of_the_tables() -> None:
    assert set(sms_segments_reference.DEFAULT) - {chr(sms_segments_reference.ESCAPE)} == GSM_BASIC
    assert set(sms_segments_reference.EXTENSION.values()) == GSM_EXTENDED
    assert len(sms_segments_reference.DEFAULT) == 128
