"""Texts of opening hours, and the next time a shop opens."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from bot.i18n.messages import text
from core.catalog.entities import Catalog
from core.localtime import opening_masks, ticks
from core.messaging.messages import Say

_MONDAY = date(2024, 1, 1)  # any Monday: only the weekday's name is shown
_LOOK_AHEAD = timedelta(days=14)


def weekly_hours(catalog: Catalog) -> Say:
    """Return the weekly hours, grouping consecutive days with the same hours."""
    weekly = catalog.shop_hours.weekly
    lines: list[Say] = []
    first = 0
    for day in range(1, 8):
        if day < 7 and weekly[day] == weekly[first]:
            continue
        if weekly[first]:
            spans = tuple(
                text("span", since=_clock(i.opens), until=_clock(i.closes)) for i in weekly[first]
            )
            days = (_MONDAY + timedelta(days=first), _MONDAY + timedelta(days=day - 1))
            key = "hours.day" if day - first == 1 else "hours.days"
            lines.append(text(key, first=days[0], last=days[1], spans=spans))
        first = day
    return text("hours", lines=tuple(lines)) if lines else text("no_hours")


def next_opening(catalog: Catalog, now: datetime) -> datetime | None:
    """Return when the shop opens next: `now` if it is open, None if not within two weeks."""
    window = ticks.TickWindow.between(now, now + _LOOK_AHEAD)
    mask = opening_masks.open_mask(catalog.shop_hours, window)
    if not mask:
        return None
    if mask & 1:
        return now
    first = next(iter(ticks.tick_numbers(mask)))
    return datetime.fromtimestamp((window.first_tick + first) * ticks.TICK_SECONDS, UTC)


def _clock(minutes: int) -> str:
    return f"{minutes // 60 % 24}:{minutes % 60:02d}"
