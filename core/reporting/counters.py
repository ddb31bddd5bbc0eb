"""The counters of bookings, and the rates computed from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from core.db.tables import bookings, epoch_seconds
from core.db.tables.bookings import BOOKING_STATES

STANDING_STATES = ("confirmed", "in_progress", "completed")
"""Standing bookings: their price counts as booked, and their customers as visitors."""

RESERVED_STATES = (*STANDING_STATES, "no_show")
"""States in which the time was reserved, even if nobody came."""

UNMADE_STATES = ("held", "expired")
"""States that never became a booking, or a request that expired."""

_DAY = 86_400

LEAD_SECONDS = sa.case(
    (
        (bookings.c.starts_at > bookings.c.created_at) & bookings.c.state.not_in(UNMADE_STATES),
        epoch_seconds(bookings.c.starts_at) - epoch_seconds(bookings.c.created_at),
    ),
    else_=0,
)
"""Seconds from creation to start."""


def revenue_columns(price: sa.ColumnElement[Any]) -> tuple[sa.ColumnElement[int], ...]:
    """Return columns: number of bookings, total price, number with a price."""
    return sa.func.count(), sa.func.coalesce(sa.func.sum(price), 0), sa.func.count(price)


def lead_time_columns(
    lead: sa.ColumnElement[int], state: sa.ColumnElement[str]
) -> tuple[sa.ColumnElement[int], ...]:
    """Return columns: total lead time, and bookings made within a day, within a week, earlier."""

    def within(least: int, most: int) -> sa.ColumnElement[int]:
        inside = state.not_in(UNMADE_STATES) & lead.between(least, most - 1)
        return sa.func.sum(sa.case((inside, 1), else_=0))

    spans = within(0, _DAY), within(_DAY, 7 * _DAY), within(7 * _DAY, 10**6 * _DAY)
    return sa.func.sum(lead), *spans


REVENUE_COLUMNS = revenue_columns(bookings.c.price_minor)
"""The same columns on the bookings table itself."""


@dataclass(slots=True)
class Revenue:
    """Minor units of one currency: of standing, paid and refunded bookings."""

    booked_minor: int = 0
    paid_minor: int = 0
    refunded_minor: int = 0


@dataclass(slots=True)
class BookingCounts:
    """Counts of bookings; `unpriced` are standing ones with a price on request."""

    states: dict[str, int] = field(default_factory=lambda: dict.fromkeys(BOOKING_STATES, 0))
    revenue: dict[str, Revenue] = field(default_factory=dict)
    unpriced: int = 0
    lead_seconds: int = 0
    by_lead_time: tuple[int, int, int] = (0, 0, 0)

    @property
    def bookings(self) -> int:
        """Return how many were made, without holds and expired requests."""
        return sum(n for state, n in self.states.items() if state not in UNMADE_STATES)

    @property
    def no_show_rate(self) -> float | None:
        """Return the share of finished visits that were no-shows, or None without any."""
        return ratio(self.states["no_show"], self.states["no_show"] + self.states["completed"])

    @property
    def cancellation_rate(self) -> float | None:
        """Return the share of bookings cancelled by either side, or None without any."""
        return ratio(self.states["cancelled"], self.bookings)

    @property
    def lead_minutes(self) -> int | None:
        """Return the average lead time in whole minutes, or None without any."""
        return self.lead_seconds // 60 // self.bookings if self.bookings else None

    def add(self, state: str, payment: str, currency: str, values: Sequence[Any]) -> None:
        """Add a group of bookings: `values` of `revenue_columns` and maybe `lead_time_columns`."""
        count, minor, priced = (int(value) for value in values[:3])
        self.states[state] += count
        if priced:
            money = self.revenue.setdefault(currency, Revenue())
            money.booked_minor += minor if state in STANDING_STATES else 0
            money.paid_minor += minor if payment == "paid" else 0
            money.refunded_minor += minor if payment == "refunded" else 0
        if state in STANDING_STATES:
            self.unpriced += count - priced
        if len(values) > 3:
            lead, *ahead = (int(value) for value in values[3:7])
            self.lead_seconds += lead
            day, week, later = self.by_lead_time
            self.by_lead_time = day + ahead[0], week + ahead[1], later + ahead[2]


def ratio(part: int, whole: int) -> float | None:
    """Return part / whole to four digits, or None if whole is 0."""
    return round(part / whole, 4) if whole else None
