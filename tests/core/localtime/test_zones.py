"""Every IANA zone, every day around a change of its clocks in 2026–2028, against the reference.

Zones that share a rule share its reference, and zones that showed the same wall clock share what
is open by it; the engine under test is asked for every name anew.
"""

import zoneinfo
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date
from importlib.resources import files

import pytest

from core.localtime import opening_masks, zones
from core.localtime.ticks import TICK_SECONDS, TickWindow, busy_masks, mask_instants, start_mask
from tests.core.localtime import ticks_reference

FIRST, LAST = (
    ticks_reference.epoch_seconds("2026-01-01"),
    ticks_reference.epoch_seconds("2029-01-01"),
)
AROUND = 50 * 3600  # a changing day is up to 25 hours long, and so are its neighbours
TICKS = 2 * AROUND // TICK_SECONDS
NAMES = sorted(zoneinfo.available_timezones())

pytestmark = pytest.mark.xdist_group("zones")  # they share what the fixture finds


@dataclass(frozen=True)
class Shop:
    """Hours, and what is asked of them: minutes, buffer before, buffer after, grid."""

    weekly: tuple[ticks_reference.Hours, ...]
    ask: tuple[int, int, int, int]
    special: ticks_reference.Hours | None = (
        None  # hours of the changing date, and none on the date before
    )

    def exceptions(self, day: date) -> dict[date, ticks_reference.Hours]:
        return {} if self.special is None else {day: self.special, day - ticks_reference.DAY: ()}


SHOPS = {
    "always": Shop((((0, 1440),),) * 7, ask=(60, 10, 0, 45)),
    "daytime": Shop((((540, 780), (840, 1080)),) * 7, ask=(30, 0, 0, 30)),
    "past midnight": Shop((((1200, 1560),),) * 7, ask=(45, 15, 30, 15)),
    "around midnight": Shop((((0, 90), (1380, 1470)),) * 7, ask=(20, 5, 5, 5)),
    "around two": Shop(
        (((60, 100), (105, 210)), ((90, 150),)) * 3 + (((0, 240),),), ask=(25, 0, 20, 5)
    ),
    "to 48:00": Shop((((600, 2880),), (), ()) * 2 + (((30, 1500),),), ask=(120, 60, 60, 60)),
    "special hours": Shop(
        (((1200, 1620),),) * 7, ask=(50, 0, 10, 50), special=((15, 200), (1410, 1500))
    ),
    "closed": Shop((((0, 1440), (1300, 1600)),) * 7, ask=(1440, 0, 0, 10), special=()),
}


Expected = tuple[int, list[int]]
"""The open ticks as bits, and the starts in epoch seconds."""


def schedule(
    zone: str, weekly: Iterable[ticks_reference.Hours], special: dict[date, ticks_reference.Hours]
) -> opening_masks.OpeningHours:
    def intervals(hours: ticks_reference.Hours) -> tuple[opening_masks.Interval, ...]:
        return tuple(opening_masks.Interval(*each) for each in hours)

    exceptions = {day: intervals(hours) for day, hours in special.items()}
    return opening_masks.OpeningHours(zone, tuple(intervals(hours) for hours in weekly), exceptions)


@dataclass(frozen=True)
class Change:
    """An instant (epoch seconds) at which the clocks of some names change, and what they show."""

    names: list[str]
    at: int
    shown: list[ticks_reference.Wall]

    @property
    def day(self) -> date:
        return self.shown[TICKS // 2][0]

    @property
    def days(self) -> tuple[date, date, date]:
        return self.day - ticks_reference.DAY, self.day, self.day + ticks_reference.DAY

    def instant(self, tick: int) -> int:
        return self.at - AROUND + tick * TICK_SECONDS


def claims_around(change_s: int) -> list[ticks_reference.Claim]:
    """Some of them across the change, with and without buffers, one squeezed in over another."""
    minutes = [
        (-1600, 45, 0, 0), (-240, 60, 15, 0), (-10, 45, 0, 30), (15, 20, 0, 0), (190, 30, 5, 10),
        (220, 60, 10, 5), (900, 25, 60, 60), (2000, 300, 0, 0),
    ]  # fmt: skip
    return [
        (change_s + 60 * begins, change_s + 60 * (begins + length), before, after)
        for begins, length, before, after in minutes
    ]


def by_rule() -> list[list[str]]:
    """Names whose files in the tzdata package are the same, together."""
    root = files("tzdata") / "zoneinfo"
    same = defaultdict(list)
    for name in NAMES:
        same[root.joinpath(name).read_bytes()].append(name)
    return list(same.values())


def expected(shop: Shop, change: Change) -> Expected:
    minutes, before, after, grid = shop.ask
    opened = ticks_reference.open_ticks(change.shown, shop.weekly, shop.exceptions(change.day))
    offered = ticks_reference.expected_starts(
        change.instant(0),
        change.shown,
        opened,
        claims_around(change.at),
        minutes=minutes,
        before=before,
        after=after,
        grid=grid,
    )
    return sum(1 << n for n, each in enumerate(opened) if each), offered


def engine(shop: Shop, change: Change, name: str) -> Expected:
    minutes, before, after, grid = shop.ask
    window = TickWindow(change.instant(0) // TICK_SECONDS, TICKS)
    opened = opening_masks.open_mask(
        schedule(name, shop.weekly, shop.exceptions(change.day)), window
    )
    core, padded = busy_masks(claims_around(change.at), window)
    mask = start_mask(
        opened,
        core,
        padded,
        minutes=minutes,
        gap_before=before,
        gap_after=after,
        grid=opening_masks.grid_mask(name, grid, window),
    )
    return opened, mask_instants(mask, window)


@pytest.fixture(scope="module")
def changes() -> list[Change]:
    found = []
    for names in by_rule():
        rules = zones.load_zone(names[0])
        for change_s in ticks_reference.offset_changes(FIRST, LAST, rules):
            shown = ticks_reference.wall_times(change_s - AROUND, TICKS, rules)
            found.append(Change(names, change_s, shown))
    return found


def test_open_hours_and_starts_around_every_change(changes: list[Change]) -> None:
    seen: dict[tuple[str, int, tuple[ticks_reference.Wall, ...]], Expected] = {}
    for change in changes:
        for title, shop in SHOPS.items():
            key = title, change.at, tuple(change.shown)
            if key not in seen:
                seen[key] = expected(shop, change)
            for name in change.names:
                assert engine(shop, change, name) == seen[key], (name, title, change.day)
    assert len(seen) > 1000  # so many different walls and hours were compared


def test_day_bounds_around_every_clock_change(changes: list[Change]) -> None:
    for change in changes:
        for day in change.days:
            ticks = [n for n, (each, _) in enumerate(change.shown) if each == day]
            first, past = change.instant(ticks[0]), change.instant(ticks[-1] + 1)
            for name in change.names:
                assert zones.day_bounds(day, name) == (first, past), (name, day)


def test_wall_times_map_to_instants_in_every_zone(changes: list[Change]) -> None:
    for change in changes:
        shown = defaultdict(list)
        for n, reading in enumerate(change.shown):
            shown[reading].append(change.instant(n))
        for day in change.days:
            for minute in range(0, 24 * 60, 5):
                instants = zones.instants_at(day, minute, change.names[0])
                assert instants == tuple(shown[day, minute]), (change.names[0], day, minute)


def test_no_change_is_missed_in_three_years_and_all_keep_to_ticks(changes: list[Change]) -> None:
    """So that what is proved around changes holds between them, and in zones without any."""
    known = defaultdict(list)
    for change in changes:
        for name in change.names:
            known[name].append(change.at)
    window = TickWindow(FIRST // TICK_SECONDS, (LAST - FIRST) // TICK_SECONDS)
    for name in NAMES:
        cuts = zones.offset_segments(name, window)
        assert [begins * TICK_SECONDS for begins, _, _ in cuts[1:]] == known[name], name
        assert [ends for _, ends, _ in cuts[:-1]] == [begins for begins, _, _ in cuts[1:]], name
        for begins, ends, offset in cuts:
            for tick in (begins, (begins + ends) // 2, ends - 1):
                shown = zones.to_local(tick * TICK_SECONDS, name)
                ahead = shown.replace(tzinfo=UTC).timestamp() - tick * TICK_SECONDS
                assert ahead == offset * TICK_SECONDS, name
