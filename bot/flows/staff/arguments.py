"""Parsing of staff command arguments: hours, dates, name and phone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from bot.dialogue import nlu_context
from bot.dialogue.talk import Talk
from bot.flows.staff.permissions import StaffContext
from bot.nlu.types import Understood
from core.localtime import zones

MINUTES_A_DAY = 24 * 60

_CLOCK = r"(\d{1,2})(?:[:.h](\d\d))?\s*(am|pm)?"
_HOURS = re.compile(
    rf"(?<![\d/])(?:from |de )?{_CLOCK}\s*(?:-|–|to|till|until|a|hasta|até)\s*{_CLOCK}(?![\d/])",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class HourRange:
    """A range in minutes since local midnight; values past midnight exceed 1440."""

    since: int
    until: int


def parse_hours(text: str) -> tuple[HourRange | None, str]:
    """Parse "14-16", "9:30 to 12" or "2-4pm"; return the range and the remaining text."""
    found = _HOURS.search(text)
    if found is None:
        return None, text
    since = _minutes(found[1], found[2], found[3] or _half(found[1], found[4], found[6]))
    until = _minutes(found[4], found[5], found[6])
    if since is None or until is None:
        return None, text
    if until <= since:
        until += MINUTES_A_DAY
    return HourRange(since, until), f"{text[: found.start()]} {text[found.end() :]}"


def _half(first: str, second: str, named: str | None) -> str | None:
    """Return the am/pm of the first time: in "2-4pm" it is pm, in "10-2pm" it is not."""
    return named if named and int(first) % 12 < int(second) % 12 else None


def _minutes(hour: str, minute: str | None, half: str | None) -> int | None:
    hours_, minutes = int(hour), int(minute or 0)
    if half:
        if not 1 <= hours_ <= 12:
            return None
        hours_ = hours_ % 12 + (12 if half.casefold() == "pm" else 0)
    return hours_ * 60 + minutes if hours_ <= 24 and minutes < 60 else None


@dataclass(frozen=True, slots=True)
class DayRange:
    """A range of local dates, both inclusive."""

    first: date
    last: date


def understand_words(talk: Talk, desk: StaffContext, words: str) -> Understood:
    """Understand text using the names and time zone of the member's shop."""
    return nlu_context.understand_in_context(talk.ctx, talk.conversation, words, desk.catalog, "")


def named_days(said: Understood) -> DayRange | None:
    """Return the dates named in a message, or None."""
    if said.date is None:
        return None
    return DayRange(said.date, said.date_to or said.date)


def local_today(talk: Talk, desk: StaffContext) -> date:
    """Return the current date in the shop's time zone."""
    return zones.to_local(int(talk.ctx.now.timestamp()), desk.catalog.shop.timezone).date()


def local_spans(
    desk: StaffContext, span: DayRange, when: HourRange | None
) -> list[tuple[datetime, datetime]]:
    """Return the UTC spans of these hours on each day, or one span of all days without hours."""
    zone = desk.catalog.shop.timezone
    if when is None:
        bounds = zones.day_bounds(span.first, zone)[0], zones.day_bounds(span.last, zone)[1]
        return [(_instant(bounds[0]), _instant(bounds[1]))]
    found = []
    for n in range((span.last - span.first).days + 1):
        day = span.first + timedelta(days=n)
        found.append((local_instant(day, when.since, zone), local_instant(day, when.until, zone)))
    return found


def local_instant(day: date, minute: int, zone: str) -> datetime:
    """Return the UTC instant of a minute of a local day; values past 1440 fall on later days."""
    return _instant(
        zones.first_instant_at(
            day + timedelta(days=minute // MINUTES_A_DAY), minute % MINUTES_A_DAY, zone
        )
    )


def day_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """Return the UTC start and end of a local day."""
    start, end = zones.day_bounds(day, zone)
    return _instant(start), _instant(end)


def name_and_phone(said: Understood) -> tuple[str, str]:
    """Return the name and phone left over when the rest of a message is understood."""
    left = list(said.text)
    for span in said.spans:
        # A greeting or act may be part of a name, whereas a date is not.
        left[span.start : span.end] = " " * (span.end - span.start)
    words = _WORD.findall("".join(left))
    name = " ".join(word for word in words if word[:1].isupper())
    return (said.person_name or name)[:100], said.phone or ""


def _instant(epoch_s: int) -> datetime:
    return datetime.fromtimestamp(epoch_s, UTC)
