"""A provider's wait, in any size and form."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.values.waits import parse_wait

NOW = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (None, None), ("", None), ("soon", None), ([], None), (True, None), ("nan", None),
        (0, 0), (7, 7), ("7", 7), (" 7 ", 7), ("7.5", 7.5), ("٧", 7), (-1, 0), ("-1", 0),
        (10**400, 86_400), ("9" * 390, 86_400), ("1e999", 86_400), ("inf", 86_400),
        (float("inf"), 86_400), (float("nan"), None),
        ("Mon, 09 Mar 2026 09:00:30 GMT", 30),
        ("Mon, 09 Mar 2026 08:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
        ("Mon, 99 Mar 2026 09:00:30 GMT", None),
        ("Mon, 09 Mar 99999999999 09:00:30 +9999", None),
    ],
)  # fmt: skip
def test_a_wait_is_seconds_of_a_day_at_most(said: object, seconds: float | None) -> None:
    assert parse_wait(said, now=NOW) == seconds


def test_a_date_without_a_clock_is_no_wait() -> None:
    assert parse_wait("Mon, 09 Mar 2026 09:00:30 GMT") is None
