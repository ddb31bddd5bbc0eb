"""Thirty days of slots, computation only: ``python -m tests.benchmarks.bench_slots``.

Median CPU microseconds over many rounds. The loop it is compared with asks zoneinfo for every
start of every day, as much booking code does; both are timed in turns, in the same rounds, and
must find the same starts before anything is measured.
"""

import gc
import random
import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from time import process_time_ns

from core.localtime import opening_masks, ticks, zones
from core.localtime.opening_masks import Interval, OpeningHours
from core.localtime.ticks import BusyClaim, TickWindow

ROUNDS = 100
ZONE = "Europe/Madrid"
SERVICE = 30
"""Minutes of the service, and of the grid."""

# Across the change of the clocks on 29 March.
FIRST_DAY, DAYS = date(2026, 3, 10), 30
HOURS = (Interval(9 * 60, 13 * 60), Interval(14 * 60, 19 * 60))
CLOSED: tuple[Interval, ...] = ()


@dataclass(frozen=True)
class Provider:
    """One calendar: when it is open, and what of it is taken."""

    schedule: OpeningHours
    claims: Sequence[BusyClaim]


def window() -> TickWindow:
    start, _ = zones.day_bounds(FIRST_DAY, ZONE)
    end, _ = zones.day_bounds(FIRST_DAY + timedelta(days=DAYS), ZONE)
    return TickWindow(start // ticks.TICK_SECONDS, (end - start) // ticks.TICK_SECONDS)


def half_booked(seed: int, span: TickWindow, gap: int = 0) -> Provider:
    """Monday to Saturday, 18 starts a day, one day off; half of the starts are booked."""
    weekly = (HOURS,) * 6 + (CLOSED,)
    schedule = OpeningHours(ZONE, weekly, {FIRST_DAY + timedelta(days=9 + seed): CLOSED})
    grid = opening_masks.grid_mask(ZONE, SERVICE, span)
    every = ticks.start_mask(
        opening_masks.open_mask(schedule, span), 0, 0, minutes=SERVICE, grid=grid
    )
    possible = ticks.mask_instants(every, span)
    booked = sorted(random.Random(seed).sample(possible, len(possible) // 2))
    return Provider(schedule, [(s, s + 60 * SERVICE, gap, gap) for s in booked])


def masks(provider: Provider, span: TickWindow) -> int:
    """What a request does: hours and grid are kept between requests, claims are new."""
    core, padded = ticks.busy_masks(provider.claims, span)
    opened = opening_masks.open_mask(provider.schedule, span)
    grid = opening_masks.grid_mask(ZONE, SERVICE, span)
    return ticks.start_mask(opened, core, padded, minutes=SERVICE, grid=grid)


def masks_anew(provider: Provider, span: TickWindow) -> int:
    """The same with nothing kept, as after a change of the hours."""
    opening_masks.open_mask.cache_clear()
    opening_masks.grid_mask.cache_clear()
    return masks(provider, span)


def naive(provider: Provider) -> list[int]:
    """Every start of every day as an aware datetime, held against the claims of its day."""
    rules = zones.load_zone(ZONE)
    taken = defaultdict(list)
    for begins_s, ends_s, _, _ in provider.claims:
        begins, ends = datetime.fromtimestamp(begins_s, UTC), datetime.fromtimestamp(ends_s, UTC)
        taken[begins.astimezone(rules).date()].append((begins, ends))
    found = []
    for n in range(DAYS):
        day = FIRST_DAY + timedelta(days=n)
        hours = provider.schedule.exceptions.get(day, provider.schedule.weekly[day.weekday()])
        for interval in hours:
            for minute in range(interval.opens, interval.closes - SERVICE + 1, SERVICE):
                wall = datetime.combine(day, time(minute // 60, minute % 60), rules)
                start = wall.astimezone(UTC)
                end = start + timedelta(minutes=SERVICE)
                if all(end <= begins or ends <= start for begins, ends in taken[day]):
                    found.append(int(start.timestamp()))
    return found


def measured(cases: dict[str, tuple[int, Callable[[], object]]]) -> dict[str, float]:
    """Median CPU microseconds of a call, by rounds in which all take turns.

    A case is how often it is called in a row, a turn being the mean of these, and what is called.
    """
    turns: dict[str, list[float]] = {title: [] for title in cases}
    gc.collect()
    gc.disable()
    try:
        for _ in range(ROUNDS):
            for title, (times, case) in cases.items():
                began = process_time_ns()
                for _ in range(times):
                    case()
                turns[title].append((process_time_ns() - began) / times / 1000)
    finally:
        gc.enable()
    return {title: statistics.median(each) for title, each in turns.items()}


def main() -> None:
    """Check that both ways agree, then measure and print."""
    span = window()
    one, clinic = half_booked(0, span), half_booked(0, span, gap=15)
    twenty = [half_booked(seed, span) for seed in range(20)]
    for provider in twenty:
        if ticks.mask_instants(masks(provider, span), span) != naive(provider):
            raise AssertionError("the two ways disagree: nothing to compare")

    def any_of_twenty() -> int:
        anyone = 0
        for provider in twenty:
            anyone |= masks(provider, span)
        return anyone

    def naive_any_of_twenty() -> set[int]:
        return {start for provider in twenty for start in naive(provider)}

    loop, loop_20 = "zoneinfo loop, one", "zoneinfo loop, any of 20"
    figures = measured(
        {
            "one": (20, lambda: masks(one, span)),
            "one, to epoch seconds": (20, lambda: ticks.mask_instants(masks(one, span), span)),
            "one, claims with buffers": (20, lambda: masks(clinic, span)),
            "one, hours and grid anew": (20, lambda: masks_anew(one, span)),
            "any of 20": (10, any_of_twenty),
            loop: (1, lambda: naive(one)),
            loop_20: (1, naive_any_of_twenty),
            # Not in a row, and after others have filled the processor's caches.
            "one, once and cold": (1, lambda: masks(one, span)),
            "any of 20, once and cold": (1, any_of_twenty),
        }
    )
    free = masks(one, span).bit_count()
    print(f"{DAYS} days, {SERVICE} min, {len(one.claims)} claims and {free} free starts each")
    print(f"{'computation only, median of ' + str(ROUNDS):34}{'CPU us':>9}{'loop takes':>12}")
    for title, figure in figures.items():
        ratio = figures[loop_20 if "20" in title else loop] / figure
        print(f"{title:34}{figure:9.1f}{ratio:10.1f} x")


if __name__ == "__main__":
    main()
