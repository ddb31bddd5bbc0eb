"""Quiet hours: when we message nobody, except to answer."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from core.localtime import zones

QuietHours = tuple[int, int]
"""Start and end in minutes of the local day; equal means never quiet."""

DEFAULT_QUIET_HOURS: QuietHours = (21 * 60, 8 * 60)
"""The default of a shop that sets none: 21:00 to 8:00."""


def effective_quiet_hours(*wanted: tuple[int | None, int | None]) -> QuietHours:
    """Return the first quiet hours that are set (the person's, then the shop's), or the default.

    Both values of a pair are set, or neither.
    """
    for since, until in wanted:
        if since is not None and until is not None:
            return since, until
    return DEFAULT_QUIET_HOURS


def quiet_span(at: datetime, zone: str, quiet: QuietHours) -> tuple[datetime, datetime] | None:
    """Return the quiet hours [from, until) that contain an instant, or None.

    In the local time of `zone`; an hour repeated when clocks are set back is quiet twice.
    """
    since, until = quiet
    at_s = int(at.timestamp())
    local = zones.to_local(at_s, zone)
    minute, day = local.hour * 60 + local.minute, local.date()
    first = last = day
    if since <= until:
        inside = since <= minute < until
    else:
        inside = not until <= minute < since
        first -= timedelta(days=minute < until)
        last += timedelta(days=minute >= since)
    if not inside:
        return None
    begins = [s for s in _readings(first, since, zone) if s <= at_s]
    ends = [s for s in _readings(last, until, zone) if s > at_s]
    # Clocks set back across an edge: the local time begins or ends at the instant of the change.
    return _instant(max(begins, default=at_s)), _instant(min(ends, default=at_s))


def _readings(day: date, minute: int, zone: str) -> tuple[int, ...]:
    return zones.instants_at(day, minute, zone) or (zones.first_instant_at(day, minute, zone),)


def _instant(epoch_s: int) -> datetime:
    return datetime.fromtimestamp(epoch_s, UTC)
