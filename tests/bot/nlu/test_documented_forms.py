"""Every date and time of the next 30 days, said in each documented way, is read back exactly."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.nlu.pipeline import understand_message
from bot.nlu.types import NluContext
from tests.bot.nlu.documented_forms import FORMS_BY_LANGUAGE, DateForm, TimeForm

DATE_WAYS = [(code, name) for code, ways in FORMS_BY_LANGUAGE.items() for name in ways.dates]
TIME_WAYS = [(code, name) for code, ways in FORMS_BY_LANGUAGE.items() for name in ways.times]
# Each has something of its own: a clock change ahead, a year's end, a leap day, a short month.
NOWS = [
    datetime(2026, 3, 12, 9, tzinfo=UTC),
    datetime(2026, 10, 20, 20, tzinfo=UTC),
    datetime(2026, 12, 15, 9, tzinfo=UTC),
    datetime(2028, 2, 14, 9, tzinfo=UTC),
    datetime(2027, 1, 30, 9, tzinfo=UTC),
]


def _setting(code: str, now: datetime) -> NluContext:
    return NluContext(now, "Europe/Madrid", code, "ES")


def _wrong_dates(code: str, way: DateForm, now: datetime) -> list[tuple[str, date | None, date]]:
    today = now.date()
    wrong = []
    for ahead in range(31):
        day = today + timedelta(ahead)
        text = way(day, today)
        if text is not None and (read := understand_message(text, _setting(code, now)).date) != day:
            wrong.append((text, read, day))
    return wrong


@pytest.mark.parametrize("now", NOWS, ids=str)
@pytest.mark.parametrize(("code", "name"), DATE_WAYS)
def test_every_date_is_read_back(code: str, name: str, now: datetime) -> None:
    assert _wrong_dates(code, FORMS_BY_LANGUAGE[code].dates[name], now) == []


@pytest.mark.parametrize(("code", "name"), TIME_WAYS)
def test_every_time_is_read_back(code: str, name: str) -> None:
    way: TimeForm = FORMS_BY_LANGUAGE[code].times[name]
    wrong = []
    for minutes in range(0, 24 * 60, 5):
        moment = time(*divmod(minutes, 60))
        text = way(moment)
        if (
            text is not None
            and (read := understand_message(text, _setting(code, NOWS[0])).time) != moment
        ):
            wrong.append((text, read, moment))
    assert wrong == []


@given(
    code=st.sampled_from(sorted(FORMS_BY_LANGUAGE)),
    today=st.dates(date(2024, 1, 1), date(2030, 12, 31)),
    ahead=st.integers(0, 30),
    minutes=st.integers(0, 24 * 12 - 1),
    picks=st.tuples(st.integers(0, 99), st.integers(0, 99)),
    join=st.sampled_from([" ", ", "]),
)
@settings(max_examples=300, deadline=None)
def test_a_date_and_a_time_together_are_read_back(
    code: str, today: date, ahead: int, minutes: int, picks: tuple[int, int], join: str
) -> None:
    ways = FORMS_BY_LANGUAGE[code]
    day, moment = today + timedelta(ahead), time(*divmod(minutes * 5, 60))
    dates = [text for way in ways.dates.values() if (text := way(day, today)) is not None]
    times = [text for way in ways.times.values() if (text := way(moment)) is not None]
    said = dates[picks[0] % len(dates)] + join + times[picks[1] % len(times)]
    now = datetime.combine(today, time(9), UTC)
    read = understand_message(said, _setting(code, now))
    assert (said, read.date, read.time) == (said, day, moment)
