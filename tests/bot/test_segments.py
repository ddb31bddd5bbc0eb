import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.segments import BASIC, EXTENDED, is_gsm, segments, to_gsm


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
def test_counts_segments(text: str, count: int) -> None:
    assert segments(text) == count


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
def test_writes_what_gsm_7_has(text: str, written: str) -> None:
    assert to_gsm(text) == written
    assert is_gsm(written)


@pytest.mark.parametrize("text", ["शुक्र 13 मार्च", "Café 😀 está", "Привет, José"])
def test_what_no_simple_form_keeps_stays_as_it_is(text: str) -> None:
    assert to_gsm(text) == text


@given(st.text())
def test_either_all_of_a_text_is_gsm_7_or_none_of_it_changed(text: str) -> None:
    written = to_gsm(text)
    assert is_gsm(written) or written == text


@given(st.text(st.sampled_from(sorted(BASIC | EXTENDED))))
def test_gsm_7_is_left_alone(text: str) -> None:
    assert to_gsm(text) == text
