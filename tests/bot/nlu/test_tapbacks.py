"""Reactions that quote us, in every language that phones send them."""

from __future__ import annotations

import pytest

from bot.nlu.tapbacks import is_tapback, without_quotes


@pytest.mark.parametrize(
    "text",
    [
        "Liked “Reply STOP to opt out”",
        'Loved "Cancel your cut? 1 Yes 2 No"',
        "Disliked “Yes”",
        "Laughed at “x”",
        "Emphasized “Keep Friday?”",
        "Questioned “Friday 5:30?”",
        "Removed a like from “x”",
        "Removed an exclamation from “x”",
        "Reacted 😂 to “x”",
        "Laughed at an image",
        "Le gustó “¿Anulo tu corte? 1 Sí 2 No”",
        "Le encantó «hola»",
        "Le dio risa “hola”",
        "Gostou de “Cancelar? 1 Sim 2 Não”",
        "Amou “oi”",
        "Riu de “oi”",
        "“रद्द करूँ?” को पसंद किया",
        "👍 to “Keep Friday 5:30?”",
        "\u200a👍\u200b to “\u200aHi\u200a” ",
        "❤️ a “hola”",
        "👍 para “oi”",
        "A aimé « oui »",
        "Liked “two\nlines”",
    ],
)
def test_a_reaction_is_none_of_the_persons_words(text: str) -> None:
    assert is_tapback(text)


@pytest.mark.parametrize(
    "text",
    [
        *("yes", "1", "👍", "Liked it", '"5:30"', "👍 a las 5", "STOP", "", "“yes”"),
        "I liked “Ana” last time",
        "le gustó el corte",
        "I loved the cut, thanks",
        'no, "Friday" please',
        'loved it. "same again"?',
        "gostou de mim",
    ],
)
def test_a_persons_own_words_are_no_reaction(text: str) -> None:
    assert not is_tapback(text)


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("> Cancel your cut? 1 Yes 2 No\n> Reply 1\nwhat is this?", "what is this?"),
        ("no\n> yes, cancel it", "no"),
        (" > 1 Yes\n\ntomorrow at 5\nplease", "tomorrow at 5\nplease"),
        (">5", ">5"),
        ("> yes", "> yes"),
        ("line one\nline two", "line one\nline two"),
        ("", ""),
    ],
)
def test_quoted_lines_are_not_the_persons_words(text: str, own: str) -> None:
    assert without_quotes(text) == own
