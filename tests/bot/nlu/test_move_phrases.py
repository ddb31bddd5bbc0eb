"""From every day to every other: what is moved, and to when, in each language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.nlu.pipeline import understand_message
from bot.nlu.types import NluContext
from tests.bot.nlu.documented_forms import WEEKDAYS

NOW = datetime(2026, 3, 12, 9, tzinfo=UTC)
WAYS = {
    "en": "move my {} appointment to {}",
    "es": "cambia mi cita del {} al {}",
    "pt": "muda meu horário de {} para {}",
    "hi": "मेरी बुकिंग {} से {} कर दो",
}
PAIRS = [(a, b) for a in range(7) for b in range(7) if a not in {b, NOW.weekday()}]


@pytest.mark.parametrize("language", sorted(WAYS))
def test_both_days_of_a_move_are_read(language: str) -> None:
    today = NOW.date()
    wrong = []
    for a, b in PAIRS:
        text = WAYS[language].format(WEEKDAYS[language][a], WEEKDAYS[language][b])
        old, new = (today + timedelta((day - today.weekday()) % 7 or 7) for day in (a, b))
        read = understand_message(text, NluContext(NOW, "Europe/Madrid", language, "ES"))
        if (read.from_date, read.date, read.intent, read.ambiguous) != (old, new, "move", ()):
            wrong.append((text, read.from_date, read.date, read.intent, read.ambiguous))
    assert wrong == []


@pytest.mark.parametrize("language", sorted(WAYS))
def test_while_a_booking_is_made_the_same_words_change_the_wish(language: str) -> None:
    text = WAYS[language].format(WEEKDAYS[language][4], WEEKDAYS[language][0])
    giving_up = {"en": "I can't come on {}", "es": "el {} no puedo ir"}
    giving_up |= {"pt": "não posso ir {}", "hi": "{} को नहीं आ पाऊंगा"}
    day = WEEKDAYS[language][4]
    setting = NluContext(NOW, "Europe/Madrid", language, "ES", expects="when")
    assert understand_message(text, setting).date == NOW.date() + timedelta(4)
    read = understand_message(giving_up[language].format(day), setting)
    assert (read.date, read.excluded_weekdays, read.intent) == (None, frozenset({4}), None)
    free = understand_message(
        giving_up[language].format(day), NluContext(NOW, "Europe/Madrid", language, "ES")
    )
    assert (free.date, free.intent) == (NOW.date() + timedelta(1), "cancel")
