"""A message changes the language of a conversation only if it is surely in another one."""

from __future__ import annotations

import pytest

from bot.nlu.language_switch import clear_language


@pytest.mark.parametrize(
    ("conversation", "text", "language"),
    [
        ("en", "hola, quiero cambiar mi cita del viernes", "es"),
        ("en", "quanto custa um corte?", "pt"),
        ("es", "can I come tomorrow after five?", "en"),
        ("pt", "quiero cortarme el pelo mañana por la tarde", "es"),
        ("es", "quero marcar um corte amanhã de tarde", "pt"),
        ("en", "मुझे कल बाल कटवाने हैं", "hi"),
        ("hi", "can you do tomorrow instead please", "en"),
    ],
)
def test_a_clear_message_changes_the_language(conversation: str, text: str, language: str) -> None:
    assert clear_language(text, conversation) == language


@pytest.mark.parametrize(
    ("conversation", "text"),
    [
        ("es", "ok 1"),
        ("es", "no, cancel"),
        ("en", "la 2 por favor"),
        ("en", "Ana Gil"),
        ("es", "me llamo Will Day"),
        ("pt", "gracias"),
        ("en", "kal shaam dant dard hai"),
        ("es", "sí, mañana a las cinco"),
        ("en", ""),
    ],
)
def test_a_word_a_name_or_hinglish_does_not(conversation: str, text: str) -> None:
    assert clear_language(text, conversation) == ""
