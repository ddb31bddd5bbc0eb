"""A wish: what somebody said about when and with whom, as it narrows an offer."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from bot.understanding import Understood
from core import slots
from core.availability import Slot
from core.messages import Json

_AROUND = 60  # minutes either way


@dataclass(frozen=True, slots=True)
class Wish:
    """Dates are the shop's local ones (`until` inclusive), times minutes after its midnight.

    `exactly` says that `since` is the wanted start itself, not the earliest one.
    """

    day: str = ""
    until: str = ""
    since: int | None = None
    before: int | None = None
    exactly: bool = False
    weekdays: tuple[int, ...] = ()
    not_weekdays: tuple[int, ...] = ()
    not_days: tuple[str, ...] = ()
    provider: int | None = None
    not_providers: tuple[int, ...] = ()

    def to_json(self) -> Json:
        """Return what is wished, without what is not."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
            if value not in ("", None, False, ())
        }

    @classmethod
    def from_json(cls, data: Json) -> Wish:
        """Read what `to_json` wrote."""
        fields: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in data.items()
        }
        return cls(**fields)

    def with_said(self, said: Understood, *, days: bool = True) -> Wish:
        """Return the wish with what was said anew; the rest of it stays."""
        wish = self
        refused = said.refused
        if days and (said.date or said.weekdays or said.excluded_weekdays or said.excluded_dates):
            wish = replace(
                wish,
                day=said.date.isoformat() if said.date else "",
                until=said.date_to.isoformat() if said.date_to else "",
                weekdays=tuple(sorted(said.weekdays)),
                not_weekdays=tuple(sorted(said.excluded_weekdays)),
                not_days=tuple(sorted(d.isoformat() for d in said.excluded_dates)),
            )
        if said.at == "asap":
            wish = replace(wish, day="", until="", since=None, before=None, exactly=False)
        elif said.time is not None or said.time_to is not None:
            wish = replace(
                wish,
                since=_minutes(said.time),
                before=_minutes(said.time_to),
                exactly=said.at == "exact",
            )
            if said.at == "around" and said.time is not None:
                middle = _minutes(said.time) or 0
                wish = replace(
                    wish, since=max(0, middle - _AROUND), before=middle + _AROUND, exactly=False
                )
        if said.provider is not None:
            wish = replace(wish, provider=said.provider.id, not_providers=())
        if refused.providers:
            kept = None if wish.provider in refused.providers else wish.provider
            wish = replace(wish, provider=kept, not_providers=tuple(refused.providers))
        if "anyone" in said.acts:
            wish = replace(wish, provider=None, not_providers=())
        return wish

    def on(self, day: str) -> Wish:
        """Return the wish for just this day, at any time of it."""
        return replace(
            self, day=day, until="", weekdays=(), not_weekdays=(), not_days=(),
            since=None, before=None, exactly=False,
        )  # fmt: skip

    @property
    def timed(self) -> bool:
        """Whether it names a time of day."""
        return self.since is not None or self.before is not None

    def window(self, zone: str, now: datetime, horizon_days: int) -> tuple[datetime, datetime]:
        """Return the instants the wish's days span; without a day, all that can be booked."""
        if not self.day:
            return now, now + timedelta(days=horizon_days + 1)
        first = date.fromisoformat(self.day)
        last = date.fromisoformat(self.until) if self.until else first
        start_s, _ = slots.day_bounds(first, zone)
        _, end_s = slots.day_bounds(max(first, last), zone)
        return datetime.fromtimestamp(start_s, now.tzinfo), datetime.fromtimestamp(
            end_s, now.tzinfo
        )

    def allows(self, slot: Slot, zone: str) -> bool:
        """Whether a slot within the window fits the rest of the wish."""
        local = slots.local(int(slot.starts_at.timestamp()), zone)
        minute = local.hour * 60 + local.minute
        return not (
            (self.exactly and minute != self.since)
            or (self.since is not None and minute < self.since)
            or (self.before is not None and minute >= self.before)
            or (self.weekdays and local.weekday() not in self.weekdays)
            or local.weekday() in self.not_weekdays
            or local.date().isoformat() in self.not_days
            or slot.provider_id in self.not_providers
        )


def _minutes(at: time | None) -> int | None:
    return None if at is None else at.hour * 60 + at.minute
