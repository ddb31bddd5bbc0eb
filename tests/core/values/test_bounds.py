"""The bounds of core are those the tables check."""

import re

import pytest
import sqlalchemy as sa

from core.db import tables
from core.values import bounds


def check_text(table: sa.Table, name: str) -> str:
    found = [
        str(check.sqltext)
        for check in table.constraints
        if isinstance(check, sa.CheckConstraint) and str(check.name or "").endswith(name)
    ]
    assert len(found) == 1
    return re.sub(r"\s+", " ", found[0])


def stepped(column: str, limits: tuple[int, int]) -> str:
    return f"{column} BETWEEN {limits[0]} AND {limits[1]} AND {column} % {bounds.MINUTE_STEP} = 0"


@pytest.mark.parametrize("table", [tables.services, tables.provider_services])
def test_lengths_and_prices_of_services(table: sa.Table) -> None:
    assert check_text(table, "minutes") == stepped("minutes", bounds.DURATION_MINUTES)
    assert check_text(table, "price") == f"price_minor >= {bounds.PRICE[0]}"


@pytest.mark.parametrize("table", [tables.shops, tables.services, tables.providers])
def test_booking_rules(table: sa.Table) -> None:
    gaps = ("gap_before", "gap_after")
    assert check_text(table, "grid") == stepped("grid_minutes", bounds.DURATION_MINUTES)
    assert [check_text(table, name) for name in gaps] == [
        stepped(f"{name}_minutes", bounds.GAP_MINUTES) for name in gaps
    ]
    least, most = bounds.HORIZON_DAYS
    assert check_text(table, "horizon") == f"horizon_days BETWEEN {least} AND {most}"
    assert [check_text(table, name) for name in ("notice", "cutoff")] == [
        f"{name}_minutes >= {bounds.NOTICE_MINUTES[0]}" for name in ("notice", "cutoff")
    ]


@pytest.mark.parametrize(
    ("table", "length"),
    [
        (tables.shops, bounds.NAME_LENGTH),
        (tables.categories, bounds.NAME_LENGTH),
        (tables.services, bounds.NAME_LENGTH),
        (tables.providers, bounds.PERSON_NAME_LENGTH),
        (tables.customers, bounds.PERSON_NAME_LENGTH),
    ],
)
def test_names(table: sa.Table, length: tuple[int, int]) -> None:
    least, most = length
    assert check_text(table, "name_length") == f"length(name) BETWEEN {least} AND {most}"


def test_limits_of_a_shop() -> None:
    low, high = bounds.MAX_OPEN_BOOKINGS
    assert [check_text(tables.shops, name) for name in ("hold", "max_open_bookings")] == [
        f"hold_minutes BETWEEN {bounds.HOLD_MINUTES[0]} AND {bounds.HOLD_MINUTES[1]}",
        f"max_open_bookings BETWEEN {low} AND {high}",
    ]
