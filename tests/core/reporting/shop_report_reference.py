"""The figures once more, slowly: every row read, every date and tick taken by zoneinfo alone."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

FIVE = timedelta(minutes=5)
STANDING = {"confirmed", "in_progress", "completed"}


def local_start(row: Any, zone: str) -> datetime:
    """When a booking begins, by the shop's clocks."""
    starts_at: datetime = row.starts_at
    return starts_at.astimezone(ZoneInfo(zone))


def revenue_by_currency(rows: list[Any]) -> dict[str, tuple[int, int, int]]:
    """Booked, paid and refunded, by currency."""
    found: dict[str, list[int]] = {}
    for row in rows:
        if row.price_minor is None:
            continue
        sums = found.setdefault(row.currency, [0, 0, 0])
        sums[0] += row.price_minor if row.state in STANDING else 0
        sums[1] += row.price_minor if row.payment_status == "paid" else 0
        sums[2] += row.price_minor if row.payment_status == "refunded" else 0
    return {currency: (sums[0], sums[1], sums[2]) for currency, sums in found.items()}


def count_bookings(rows: list[Any]) -> dict[str, Any]:
    """What a tally holds."""
    made = [row for row in rows if row.state not in {"held", "expired"}]
    states = Counter(row.state for row in rows)
    leads = [max(0, int((row.starts_at - row.created_at).total_seconds())) for row in made]
    over = states["no_show"] + states["completed"]
    return {
        "states": dict(states),
        "bookings": len(made),
        "money": revenue_by_currency(rows),
        "unpriced": sum(r.price_minor is None for r in rows if r.state in STANDING),
        "no_show": round(states["no_show"] / over, 4) if over else None,
        "cancelled": round(states["cancelled"] / len(made), 4) if made else None,
        "lead": sum(leads) // 60 // len(made) if made else None,
        "ahead": (
            sum(lead < 86_400 for lead in leads),
            sum(86_400 <= lead < 7 * 86_400 for lead in leads),
            sum(lead >= 7 * 86_400 for lead in leads),
        ),
    }


def first_day_of_period(day: date, by: str) -> date:
    """The first date of a day, week or month."""
    if by == "week":
        while day.weekday():
            day -= timedelta(days=1)
    return date(day.year, day.month, 1) if by == "month" else day


def days_of_period(since: date, until: date) -> list[date]:
    """Every date of a period."""
    found = [since]
    while found[-1] < until:
        found.append(found[-1] + timedelta(days=1))
    return found


def count_customers(
    all_rows: list[Any], rows: list[Any], since: date, zone: str
) -> tuple[int, int]:
    """How many came, and how many of them for the first time."""
    came = {row.customer_id for row in rows if row.state in STANDING} - {None}
    before = {
        row.customer_id
        for row in all_rows
        if row.state in STANDING and local_start(row, zone).date() < since
    }
    return len(came), len(came - before)


def count_minutes(
    since: date,
    until: date,
    zone: str,
    hours: dict[date, list[tuple[int, int]]],
    off: list[tuple[datetime, datetime]],
    spans: list[tuple[datetime, datetime]],
) -> tuple[int, int]:
    """Minutes open and, of those, kept; every five minutes of the period looked at by itself."""
    at = datetime(since.year, since.month, since.day, tzinfo=UTC) - timedelta(days=1)
    end = at + timedelta(days=(until - since).days + 3)
    open_ = used = 0
    while at < end:
        wall = at.astimezone(ZoneInfo(zone))
        minute = 60 * wall.hour + wall.minute
        today = hours.get(wall.date(), [])
        yesterday = hours.get(wall.date() - timedelta(days=1), [])
        is_open = any(a <= minute < b for a, b in today) or any(
            a <= minute + 1440 < b for a, b in yesterday
        )
        if since <= wall.date() <= until and is_open and not any(a <= at < b for a, b in off):
            open_ += 5
            used += 5 if any(a <= at < b for a, b in spans) else 0
        at += FIVE
    return open_, used
