"""Criteria that narrow the offered slots, as stated by the person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from bot.nlu.types import Understood
from core.catalog.entities import Slot
from core.localtime import zones
from core.messaging.messages import Json

_AROUND = 60  # minutes before and after
_HALF_DAY = 12 * 60
_TWO = 2


@dataclass(frozen=True, slots=True)
class SlotCriteria:
    """Criteria for slots: local dates of the shop, and minutes of the day.

    `until` is inclusive. With `exactly`, `since` is the wanted start itself and not the earliest
    one. `at` holds several such starts ("4 or 5"), `not_at` rejected ones.
    """

    day: str = ""
    until: str = ""
    since: int | None = None
    before: int | None = None
    exactly: bool = False
    weekdays: tuple[int, ...] = ()
    not_weekdays: tuple[int, ...] = ()
    not_days: tuple[str, ...] = ()
    at: tuple[int, ...] = ()
    not_at: tuple[int, ...] = ()
    provider: int | None = None
    not_providers: tuple[int, ...] = ()

    def to_json(self) -> Json:
        """Return the criteria that are set as JSON data."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name in self.__slots__
            if (value := getattr(self, name)) not in ("", None, False, ())
        }

    @classmethod
    def from_json(cls, data: Json) -> SlotCriteria:
        """Restore criteria from `to_json`."""
        fields: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in data.items()
        }
        return cls(**fields)

    def refined_by(self, said: Understood, *, days: bool = True) -> SlotCriteria:
        """Return the criteria updated with a message; criteria it does not mention are kept."""
        wish = self
        refused = said.refused
        if days and (said.date or said.weekdays):
            wish = replace(
                wish,
                day=said.date.isoformat() if said.date else "",
                until=said.date_to.isoformat() if said.date_to else "",
                weekdays=tuple(sorted(said.weekdays)),
                not_weekdays=(),
                not_days=(),
            )
        if days and (said.excluded_weekdays or said.excluded_dates):
            wish = wish.excluding_days(said.excluded_dates, said.excluded_weekdays)
        if refused.times:
            no = {minute_of_day(at) for at in refused.times}
            wish = replace(wish, not_at=tuple(sorted(no.union(wish.not_at))))
            if wish.exactly and wish.since in no:
                wish = replace(wish, since=None, exactly=False)
        if said.at == "asap":
            # The earliest of the days that were said; without any, of all.
            wish = replace(wish, since=None, before=None, exactly=False, at=())
        elif said.time is not None or said.time_to is not None:
            wish = replace(
                wish,
                at=(),
                not_at=(),
                since=_minutes(said.time),
                before=_minutes(said.time_to),
                exactly=said.at == "exact",
            )
            either = _either(said)
            if either:
                wish = replace(wish, since=None, exactly=False, at=either)
            if said.at == "around" and said.time is not None:
                middle = _minutes(said.time) or 0
                wish = replace(
                    wish, since=max(0, middle - _AROUND), before=middle + _AROUND, exactly=False
                )
        if "any_time" in said.acts:
            wish = wish.at_any_time()
        if days and "any_day" in said.acts:
            wish = replace(wish, day="", until="", weekdays=(), not_weekdays=(), not_days=())
        if said.provider is not None:
            wish = replace(wish, provider=said.provider.id, not_providers=())
        if refused.providers:
            kept = None if wish.provider in refused.providers else wish.provider
            wish = replace(wish, provider=kept, not_providers=tuple(refused.providers))
        if "anyone" in said.acts:
            wish = replace(wish, provider=None, not_providers=())
        return wish

    def excluding_days(self, days: Iterable[date], weekdays: Iterable[int]) -> SlotCriteria:
        """Return criteria that exclude these days and weekdays.

        A date range is kept and loses the excluded days.
        """
        not_days = {d.isoformat() for d in days}.union(self.not_days)
        wish = replace(
            self,
            not_days=tuple(sorted(not_days)),
            not_weekdays=tuple(sorted({*weekdays, *self.not_weekdays})),
        )
        if wish.day and not wish.until:
            gone = wish.day in not_days
            gone |= date.fromisoformat(wish.day).weekday() in wish.not_weekdays
            wish = replace(wish, day="") if gone else wish
        return wish

    def at_any_time(self) -> SlotCriteria:
        """Return the criteria without a time of day."""
        return replace(self, since=None, before=None, exactly=False, at=(), not_at=())

    def earlier_or_later(self, slot: Slot, act: str, zone: str) -> SlotCriteria:
        """Return criteria for "earlier" or "later" than a slot, on the slot's day."""
        local = zones.to_local(int(slot.starts_at.timestamp()), zone)
        day, at = self.on_day(local.date().isoformat()), minute_of_day(local.time())
        return replace(day, since=at + 1) if act == "later" else replace(day, before=at)

    def on_day(self, day: str) -> SlotCriteria:
        """Return criteria for any time on this day only."""
        return replace(
            self, day=day, until="", weekdays=(), not_weekdays=(), not_days=(),
            since=None, before=None, exactly=False, at=(), not_at=(),
        )  # fmt: skip

    @property
    def has_time(self) -> bool:
        """Whether the criteria include a time of day."""
        return self.since is not None or self.before is not None or bool(self.at or self.not_at)

    def search_window(
        self, zone: str, now: datetime, horizon_days: int
    ) -> tuple[datetime, datetime]:
        """Return the start and end of the days; without a day, the bookable horizon."""
        if not self.day:
            return now, now + timedelta(days=horizon_days + 1)
        first = date.fromisoformat(self.day)
        last = date.fromisoformat(self.until) if self.until else first
        start_s, _ = zones.day_bounds(first, zone)
        _, end_s = zones.day_bounds(max(first, last), zone)
        return datetime.fromtimestamp(start_s, now.tzinfo), datetime.fromtimestamp(
            end_s, now.tzinfo
        )

    def allows(self, slot: Slot, zone: str) -> bool:
        """Return whether a slot within the window meets the other criteria."""
        local = zones.to_local(int(slot.starts_at.timestamp()), zone)
        starts = minute_of_day(local.time())
        return not (
            (self.exactly and starts != self.since)
            or (self.since is not None and starts < self.since)
            or (self.before is not None and starts >= self.before)
            or (self.at and starts not in self.at)
            or starts in self.not_at
            or (self.weekdays and local.weekday() not in self.weekdays)
            or local.weekday() in self.not_weekdays
            or local.date().isoformat() in self.not_days
            or slot.provider_id in self.not_providers
        )


def _either(said: Understood) -> tuple[int, ...]:
    """Return both times of "4 or 5"; empty for one time that may be morning or evening."""
    for doubt in said.ambiguous:
        if doubt.field == "time":
            may = sorted(minute_of_day(at) for at in doubt.candidates if isinstance(at, time))
            if len(may) > 1 and not _halves_of_a_day(may):
                return tuple(may)
    return ()


def ambiguous_times(said: Understood) -> tuple[time, ...]:
    """Return both readings of a bare "5" if the shop is open at both."""
    for doubt in said.ambiguous:
        if doubt.field == "time":
            may = tuple(at for at in doubt.candidates if isinstance(at, time))
            if _halves_of_a_day(sorted(minute_of_day(at) for at in may)):
                return may
    return ()


def _halves_of_a_day(minutes: Sequence[int]) -> bool:
    return len(minutes) == _TWO and minutes[1] - minutes[0] == _HALF_DAY


def minute_of_day(at: time) -> int:
    """Return the minutes since midnight."""
    return at.hour * 60 + at.minute


def _minutes(at: time | None) -> int | None:
    return None if at is None else minute_of_day(at)
