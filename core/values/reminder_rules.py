"""When reminders are sent: their rules, the shop's local time, and quiet hours.

Without I/O. A multiple of 24 hours means days of local time: "24h" before 5:30 pm is 5:30 pm the
day before, even if the clocks change that night. Other spans are elapsed time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from core.localtime import quiet_hours, zones
from core.localtime.quiet_hours import QuietHours

DEFAULT_RULES = ("24h", "2h")
"""The default rules of a shop."""

QUIET_LEAD = timedelta(minutes=30)
"""How long before quiet hours a reminder is sent that cannot wait for their end."""

MAX_RULES = 10
"""The rules of a shop or service."""

MAX_OFFSET = timedelta(days=60)

QUIET_HOURS_REASON = "quiet hours"
SAME_MINUTE_REASON = "another reminder goes at that minute"

_FORM = re.compile(r"(after )?([1-9]\d{0,4})([hm])|at ([01]\d|2[0-3]):([0-5]\d)")
_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class ReminderRule:
    """A time before the start, at a local time on its day, or after the end; in minutes.

    Written "24h", "90m", "at 09:00", "after 2h".
    """

    kind: Literal["before", "at", "after"]
    minutes: int

    @classmethod
    def parse(cls, text: str) -> ReminderRule:
        """Parse a written rule; raise ValueError if it is malformed."""
        found = _FORM.fullmatch(text)
        if found is None:
            raise ValueError(f"no rule of reminders: {text!r}")
        after, number, unit, hour, minute = found.groups()
        if hour is not None:
            return cls("at", int(hour) * 60 + int(minute))
        minutes = int(number) * (60 if unit == "h" else 1)
        if timedelta(minutes=minutes) > MAX_OFFSET:
            raise ValueError(f"further than {MAX_OFFSET.days} days: {text!r}")
        return cls("after" if after else "before", minutes)

    def __str__(self) -> str:
        if self.kind == "at":
            return f"at {self.minutes // 60:02}:{self.minutes % 60:02}"
        hours, rest = divmod(self.minutes, 60)
        span = f"{self.minutes}m" if rest else f"{hours}h"
        return f"after {span}" if self.kind == "after" else span

    def due_at(self, starts_at: datetime, ends_at: datetime, zone: str) -> datetime:
        """Return when it is due, ignoring quiet hours."""
        if self.kind == "before":
            return _apart(starts_at, -self.minutes, zone)
        if self.kind == "after":
            return _apart(ends_at, self.minutes, zone)
        day = zones.to_local(int(starts_at.timestamp()), zone).date()
        return _instant(zones.first_instant_at(day, self.minutes, zone))


@dataclass(frozen=True, slots=True)
class PlannedReminder:
    """A reminder with its time; `dropped_reason` is why it is not sent, or ""."""

    rule: ReminderRule
    due_at: datetime
    expires_at: datetime
    dropped_reason: str = ""


def plan_reminders(
    rules: Sequence[ReminderRule],
    starts_at: datetime,
    ends_at: datetime,
    zone: str,
    quiet_hours: QuietHours,
    now: datetime,
    since: datetime | None = None,
) -> list[PlannedReminder]:
    """Return the upcoming reminders of `rules`, by time.

    Those due in the past, or before the booking was made (`since`; None: now), are left out. In
    quiet hours a reminder waits for their end. If that would take half of its notice or more, like
    the "2h" of a 9:00 booking, it is sent half an hour before they begin, or dropped if that is
    past. Each is obsolete once the next is due, the last from the start on.
    """
    found = []
    for rule in rules:
        ideal = rule.due_at(starts_at, ends_at, zone)
        if ideal <= (since or now) or (rule.kind != "after" and ideal >= starts_at):
            continue
        due, dropped = _around(rule, ideal, starts_at, zone, quiet_hours, now)
        if due > now:
            found.append(PlannedReminder(rule, due, due, dropped))
    # Of two in the same minute the later rule wins.
    found.sort(key=lambda one: one.due_at)
    kept: list[PlannedReminder] = []
    last: datetime | None = None  # when the one after it is due
    for one in reversed(found):
        after = one.rule.kind == "after"
        dropped = one.dropped_reason or (
            SAME_MINUTE_REASON if one.due_at == last and not after else ""
        )
        until = one.due_at + timedelta(days=1) if after else last or starts_at
        kept.append(PlannedReminder(one.rule, one.due_at, until, dropped))
        if not dropped and not after:
            last = one.due_at
    return kept[::-1]


def _around(
    rule: ReminderRule,
    ideal: datetime,
    starts_at: datetime,
    zone: str,
    silence: QuietHours,
    now: datetime,
) -> tuple[datetime, str]:
    """Return when a reminder is sent, and why it is not, or ""."""
    span = quiet_hours.quiet_span(ideal, zone, silence)
    if span is None:
        return ideal, ""
    begins, ends = span
    if rule.kind == "after" or 2 * (ends - ideal) < starts_at - ideal:
        return ends, ""
    early = begins - QUIET_LEAD
    if early <= now or quiet_hours.quiet_span(early, zone, silence) is not None:
        return ideal, QUIET_HOURS_REASON
    return early, ""


def _apart(at: datetime, minutes: int, zone: str) -> datetime:
    """Return the instant `minutes` later or earlier; whole days are in local time."""
    if minutes % _DAY:
        return at + timedelta(minutes=minutes)
    local = zones.to_local(int(at.timestamp()), zone)
    day = local.date() + timedelta(days=minutes // _DAY)
    # Bookings begin at whole minutes.
    return _instant(zones.first_instant_at(day, local.hour * 60 + local.minute, zone))


def _instant(epoch_s: int) -> datetime:
    return datetime.fromtimestamp(epoch_s, UTC)
