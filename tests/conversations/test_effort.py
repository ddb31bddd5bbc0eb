"""What a booking costs somebody who has booked before, counted in the transcripts themselves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
LANGUAGES = ("en", "es", "hi", "pt")
MOST_SENT = 3
MOST_SEGMENTS = 5
MOST_TAPS = 6


@pytest.mark.parametrize("language", LANGUAGES)
def test_returning_customer_books_by_sms_in_three_messages(language: str) -> None:
    talk = (FOLDER / f"returning_{language}.txt").read_text("utf-8")
    found = re.search(r"^= (\d+) sent, \d+ received, (\d+) segments$", talk, re.MULTILINE)
    assert found is not None
    assert (int(found[1]) <= MOST_SENT, int(found[2]) <= MOST_SEGMENTS) == (True, True)
    assert "{ref1}" in talk.splitlines()[-2]  # the last thing said is the booking


@pytest.mark.parametrize("language", LANGUAGES)
def test_returning_customer_books_on_whatsapp_in_six_taps(language: str) -> None:
    talk = (FOLDER / f"whatsapp_taps_{language}.txt").read_text("utf-8")
    steps = [line for line in talk.splitlines() if line.startswith("> ")]
    assert 0 < len(steps) <= MOST_TAPS
    assert all(step.startswith("> [") for step in steps[1:])  # after hello nothing is typed
    assert "{ref1}" in talk.splitlines()[-2]


@pytest.mark.parametrize("language", LANGUAGES)
def test_returning_customer_books_in_telegram_in_six_taps(language: str) -> None:
    talk = (FOLDER / "telegram" / f"taps_{language}.txt").read_text("utf-8")
    _, known, again = talk.partition("> /book\n")
    steps = re.findall(r"^(?:tap |> |share)", again, re.MULTILINE)
    assert known
    assert 0 < len(steps) <= MOST_TAPS
    assert set(steps) == {"tap "}
    assert "✅" in again
