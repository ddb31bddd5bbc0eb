"""Slots by hand-written cases, and random ones against the reference."""

import random
import shutil
import subprocess
import sys
import tomllib
import zoneinfo
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from importlib.resources import as_file, files
from pathlib import Path

import pytest
import tzdata  # type: ignore[import-untyped] # it is all data
from hypothesis import given, settings
from hypothesis import strategies as st

from core.localtime import opening_masks, zones
from core.localtime.opening_masks import Interval, OpeningHours
from core.localtime.ticks import (
    TICK_SECONDS,
    TickWindow,
    between_mask,
    busy_masks,
    mask_instants,
    run_starts,
    span_mask,
    start_mask,
    tick_numbers,
)
from tests.core.localtime import ticks_reference

ROOT = Path(__file__).parents[3]
CLOSED: tuple[Interval, ...] = ()


def hours(*spans: str) -> tuple[Interval, ...]:
    """``hours("9:00-13:00", "22:00-26:00")``."""

    def minutes(clock: str) -> int:
        hour, minute = clock.split(":")
        return int(hour) * 60 + int(minute)

    return tuple(Interval(*map(minutes, span.split("-"))) for span in spans)


def daily(zone: str, *spans: str) -> OpeningHours:
    return OpeningHours(zone, (hours(*spans),) * 7)


def around(day: str, zone: str) -> TickWindow:
    """A local date with the day before and the day after."""
    middle = date.fromisoformat(day)
    first, _ = zones.day_bounds(middle - ticks_reference.DAY, zone)
    _, past = zones.day_bounds(middle + ticks_reference.DAY, zone)
    return TickWindow(first // TICK_SECONDS, (past - first) // TICK_SECONDS)


def offered(
    schedule: OpeningHours,
    window: TickWindow,
    minutes: int,
    *,
    grid: int = 60,
    claims: list[ticks_reference.Claim] | None = None,
) -> list[str]:
    """What a person would read: day, wall time and offset of every start."""
    core, padded = busy_masks(claims or [], window)
    mask = start_mask(
        opening_masks.open_mask(schedule, window),
        core,
        padded,
        minutes=minutes,
        grid=opening_masks.grid_mask(schedule.zone, grid, window),
    )
    return [
        f"{zones.to_local(s, schedule.zone):%a %d %H:%M %z}" for s in mask_instants(mask, window)
    ]


def only(day: str, zone: str, *spans: str) -> OpeningHours:
    """Open on that date alone."""
    return OpeningHours(zone, (CLOSED,) * 7, {date.fromisoformat(day): hours(*spans)})


# -------------------------------------------------------------------- days with a changing clock


def test_cairo_skips_the_midnight_before_a_friday_in_april() -> None:
    late = only("2026-04-23", "Africa/Cairo", "22:00-26:00")
    window = around("2026-04-24", "Africa/Cairo")
    assert offered(late, window, 60) == [
        "Thu 23 22:00 +0200",
        "Thu 23 23:00 +0200",
        "Fri 24 01:00 +0300",
    ]
    # Three hours pass from Thursday 22:00 to Friday 2:00, so the whole evening fits once.
    assert offered(late, window, 180) == ["Thu 23 22:00 +0200"]
    assert offered(late, window, 185) == []
    assert offered(only("2026-04-24", "Africa/Cairo", "0:00-3:00"), window, 60) == [
        "Fri 24 01:00 +0300",
        "Fri 24 02:00 +0300",
    ]
    assert zones.day_bounds(date(2026, 4, 24), "Africa/Cairo") == (
        ticks_reference.epoch_seconds("2026-04-23T22:00"),
        ticks_reference.epoch_seconds("2026-04-24T21:00"),
    )
    assert zones.instants_at(date(2026, 4, 24), 30, "Africa/Cairo") == ()


def test_cairo_lives_the_last_hour_of_a_thursday_in_october_twice() -> None:
    late = only("2026-10-29", "Africa/Cairo", "22:00-26:00")
    window = around("2026-10-29", "Africa/Cairo")
    assert offered(late, window, 60) == [
        "Thu 29 22:00 +0300",
        "Thu 29 23:00 +0300",
        "Thu 29 23:00 +0200",
        "Fri 30 00:00 +0200",
        "Fri 30 01:00 +0200",
    ]
    assert zones.day_bounds(date(2026, 10, 29), "Africa/Cairo") == (
        ticks_reference.epoch_seconds("2026-10-28T21:00"),
        ticks_reference.epoch_seconds("2026-10-29T22:00"),
    )
    assert zones.instants_at(date(2026, 10, 29), 23 * 60 + 30, "Africa/Cairo") == (
        ticks_reference.epoch_seconds("2026-10-29T20:30"),
        ticks_reference.epoch_seconds("2026-10-29T21:30"),
    )


def test_beirut_skips_the_midnight_before_a_sunday_in_march() -> None:
    window = around("2026-03-29", "Asia/Beirut")
    assert offered(only("2026-03-29", "Asia/Beirut", "0:00-3:00"), window, 60) == [
        "Sun 29 01:00 +0300",
        "Sun 29 02:00 +0300",
    ]
    assert offered(only("2026-03-28", "Asia/Beirut", "23:00-25:30"), window, 45, grid=30) == [
        "Sat 28 23:00 +0200",
        "Sat 28 23:30 +0200",
    ]
    assert zones.day_bounds(date(2026, 3, 29), "Asia/Beirut") == (
        ticks_reference.epoch_seconds("2026-03-28T22:00"),
        ticks_reference.epoch_seconds("2026-03-29T21:00"),
    )


def test_beirut_lives_the_last_hour_of_a_saturday_in_october_twice() -> None:
    window = around("2026-10-24", "Asia/Beirut")
    assert offered(only("2026-10-24", "Asia/Beirut", "22:00-24:00"), window, 60) == [
        "Sat 24 22:00 +0300",
        "Sat 24 23:00 +0300",
        "Sat 24 23:00 +0200",
    ]
    assert offered(only("2026-10-25", "Asia/Beirut", "0:00-2:00"), window, 60) == [
        "Sun 25 00:00 +0200",
        "Sun 25 01:00 +0200",
    ]


def test_havana_skips_the_midnight_before_a_sunday_in_march() -> None:
    window = around("2026-03-08", "America/Havana")
    assert offered(daily("America/Havana", "22:30-25:30"), window, 30) == [
        "Sat 07 00:00 -0500", "Sat 07 01:00 -0500", "Sat 07 23:00 -0500",
        "Sun 08 01:00 -0400", "Sun 08 23:00 -0400",
        "Mon 09 00:00 -0400", "Mon 09 01:00 -0400", "Mon 09 23:00 -0400",
    ]  # fmt: skip
    assert zones.day_bounds(date(2026, 3, 8), "America/Havana") == (
        ticks_reference.epoch_seconds("2026-03-08T05:00"),
        ticks_reference.epoch_seconds("2026-03-09T04:00"),
    )


def test_havana_lives_the_first_hour_of_a_sunday_in_november_twice() -> None:
    window = around("2027-11-07", "America/Havana")
    early = only("2027-11-07", "America/Havana", "0:00-2:00")
    assert offered(early, window, 60) == [
        "Sun 07 00:00 -0400",
        "Sun 07 00:00 -0500",
        "Sun 07 01:00 -0500",
    ]
    assert offered(early, window, 180) == ["Sun 07 00:00 -0400"]
    # The hours of Saturday reach past both midnights.
    assert offered(only("2027-11-06", "America/Havana", "23:30-24:30"), window, 30, grid=30) == [
        "Sat 06 23:30 -0400",
        "Sun 07 00:00 -0400",
        "Sun 07 00:00 -0500",
    ]
    assert zones.day_bounds(date(2027, 11, 7), "America/Havana") == (
        ticks_reference.epoch_seconds("2027-11-07T04:00"),
        ticks_reference.epoch_seconds("2027-11-08T05:00"),
    )
    assert zones.instants_at(date(2027, 11, 7), 0, "America/Havana") == (
        ticks_reference.epoch_seconds("2027-11-07T04:00"),
        ticks_reference.epoch_seconds("2027-11-07T05:00"),
    )


def test_havana_stays_on_summer_time_through_the_winter_of_2026() -> None:
    # New law: what every rule of the years before would have got wrong.
    assert offered(
        only("2026-11-01", "America/Havana", "0:00-2:00"),
        around("2026-11-01", "America/Havana"),
        60,
    ) == ["Sun 01 00:00 -0400", "Sun 01 01:00 -0400"]


def test_santiago_lives_the_last_hour_of_a_saturday_in_april_twice() -> None:
    window = around("2026-04-04", "America/Santiago")
    assert offered(only("2026-04-04", "America/Santiago", "22:00-25:00"), window, 60) == [
        "Sat 04 22:00 -0300",
        "Sat 04 23:00 -0300",
        "Sat 04 23:00 -0400",
        "Sun 05 00:00 -0400",
    ]


def test_santiago_skips_the_midnight_before_a_sunday_in_september() -> None:
    window = around("2026-09-06", "America/Santiago")
    assert offered(daily("America/Santiago", "0:00-2:00", "23:00-24:00"), window, 60) == [
        "Sat 05 00:00 -0400", "Sat 05 01:00 -0400", "Sat 05 23:00 -0400",
        "Sun 06 01:00 -0300", "Sun 06 23:00 -0300",
        "Mon 07 00:00 -0300", "Mon 07 01:00 -0300", "Mon 07 23:00 -0300",
    ]  # fmt: skip


def test_lord_howe_moves_by_half_an_hour() -> None:
    zone = "Australia/Lord_Howe"
    assert offered(
        only("2026-04-05", zone, "1:00-2:30"), around("2026-04-05", zone), 30, grid=30
    ) == [
        "Sun 05 01:00 +1100",
        "Sun 05 01:30 +1100",
        "Sun 05 01:30 +1030",
        "Sun 05 02:00 +1030",
    ]
    assert offered(
        only("2026-10-04", zone, "1:00-3:00"), around("2026-10-04", zone), 30, grid=30
    ) == [
        "Sun 04 01:00 +1030",
        "Sun 04 01:30 +1030",
        "Sun 04 02:30 +1100",
    ]
    # An hour from 1:30 ends at 3:00 on the wall.
    assert offered(
        only("2026-10-04", zone, "1:30-3:00"), around("2026-10-04", zone), 60, grid=30
    ) == ["Sun 04 01:30 +1030"]


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("Asia/Kathmandu", "2026-06-10T03:15"),  # +05:45
        ("Australia/Eucla", "2026-06-10T00:15"),  # +08:45
        ("Pacific/Chatham", "2026-06-09T20:15"),  # +12:45
    ],
)
def test_zones_at_a_quarter_keep_the_grid_of_their_own_clocks(zone: str, first: str) -> None:
    window = around("2026-06-10", zone)
    schedule = only("2026-06-10", zone, "9:00-10:30")
    mask = opening_masks.open_mask(schedule, window) & opening_masks.grid_mask(zone, 60, window)
    assert mask_instants(mask, window) == [
        ticks_reference.epoch_seconds(first),
        ticks_reference.epoch_seconds(first) + 3600,
    ]


def test_a_date_that_a_zone_left_out_is_empty() -> None:
    # Samoa went from 29 to 31 December 2011.
    skipped = date(2011, 12, 30)
    midnight = ticks_reference.epoch_seconds("2011-12-30T10:00")
    assert zones.day_bounds(skipped, "Pacific/Apia") == (midnight, midnight)
    assert zones.instants_at(skipped, 600, "Pacific/Apia") == ()
    assert zones.day_bounds(skipped - ticks_reference.DAY, "Pacific/Apia")[1] == midnight
    assert zones.day_bounds(skipped + ticks_reference.DAY, "Pacific/Apia")[0] == midnight


# -------------------------------------------------------------------- hours and exceptions


def test_hours_past_midnight_belong_to_the_date_they_begin_on() -> None:
    week = (CLOSED,) * 4 + (hours("20:00-26:00"),) + (CLOSED,) * 2  # Friday night
    window = around("2026-06-13", "Europe/Madrid")
    friday, saturday = date(2026, 6, 12), date(2026, 6, 13)
    night = ["Fri 12 20:00 +0200", "Fri 12 22:00 +0200", "Sat 13 00:00 +0200"]
    assert offered(OpeningHours("Europe/Madrid", week), window, 120, grid=120) == night
    closed_saturday = OpeningHours("Europe/Madrid", week, {saturday: ()})
    assert offered(closed_saturday, window, 120, grid=120) == night
    closed_friday = OpeningHours("Europe/Madrid", week, {friday: ()})
    assert offered(closed_friday, window, 120, grid=120) == []
    early_friday = OpeningHours("Europe/Madrid", week, {friday: hours("20:00-22:00")})
    assert offered(early_friday, window, 120, grid=120) == ["Fri 12 20:00 +0200"]


def test_hours_reach_a_window_that_begins_two_dates_after_theirs() -> None:
    # In Hawaii it is 14:00 on the 9th when the 10th begins in UTC; the 8th is open until then.
    schedule = only("2026-06-08", "Pacific/Honolulu", "20:00-39:00")
    window = TickWindow(ticks_reference.epoch_seconds("2026-06-10") // TICK_SECONDS, 288)
    opened = mask_instants(opening_masks.open_mask(schedule, window), window)
    assert opened == list(
        range(
            ticks_reference.epoch_seconds("2026-06-10"),
            ticks_reference.epoch_seconds("2026-06-10T01:00"),
            300,
        )
    )


def test_a_grid_that_does_not_divide_the_day_begins_anew_each_midnight() -> None:
    window = around("2026-06-13", "Asia/Kolkata")
    mask = opening_masks.grid_mask("Asia/Kolkata", 500, window)
    shown = [f"{zones.to_local(s, 'Asia/Kolkata'):%d %H:%M}" for s in mask_instants(mask, window)]
    assert shown == [
        f"{day} {clock}" for day in (12, 13, 14) for clock in ("00:00", "08:20", "16:40")
    ]


def test_schedules_of_the_same_hours_are_the_same() -> None:
    closed: dict[date, tuple[Interval, ...]] = {date(2026, 12, 25): ()}
    one = OpeningHours("Europe/Madrid", (hours("9:00-13:00"),) * 7, closed)
    other = OpeningHours("Europe/Madrid", (hours("9:00-13:00"),) * 7, {date(2026, 12, 25): ()})
    assert (one == other, hash(one) == hash(other)) == (True, True)
    closed.clear()  # a caller's later change does not reach a schedule already in use
    assert one == other
    assert one != daily("Europe/Madrid", "9:00-13:00")


@pytest.mark.parametrize(
    ("opens", "closes"), [(-5, 60), (1440, 1500), (60, 60), (0, 2885), (0, 7), (3, 60)]
)
def test_impossible_hours_are_refused(opens: int, closes: int) -> None:
    with pytest.raises(ValueError, match="hours"):
        Interval(opens, closes)


def test_impossible_questions_are_refused() -> None:
    window = TickWindow(0, 288)
    with pytest.raises(ValueError, match="seven days"):
        OpeningHours("UTC", (CLOSED,) * 6)
    with pytest.raises(ValueError, match="unknown time zone 'Mars/Olympus'"):
        daily("Mars/Olympus", "9:00-10:00")
    with pytest.raises(ValueError, match="window"):
        TickWindow(0, -1)
    with pytest.raises(ValueError, match="at least one tick"):
        start_mask(1, 0, 0, minutes=0, grid=1)
    for grid in (0, 7, 1445):
        with pytest.raises(ValueError, match="grid"):
            opening_masks.grid_mask("UTC", grid, window)
    for minute in (-1, 1440):
        with pytest.raises(ValueError, match="minutes 0 to 1439"):
            zones.instants_at(date(2026, 6, 1), minute, "UTC")


# -------------------------------------------------------------------- claims and buffers

NINE = ticks_reference.epoch_seconds("2026-06-10T09:00")
MORNING = TickWindow(NINE // TICK_SECONDS, 4 * 12)  # 9:00 to 13:00 UTC


def free_at(
    claims: list[ticks_reference.Claim],
    minutes: int,
    before: int = 0,
    after: int = 0,
    grid: int = 15,
) -> list[str]:
    core, padded = busy_masks(claims, MORNING)
    mask = start_mask(
        span_mask(MORNING.start_s, MORNING.end_s, MORNING),
        core,
        padded,
        minutes=minutes,
        gap_before=before,
        gap_after=after,
        grid=opening_masks.grid_mask("UTC", grid, MORNING),
    )
    return [f"{zones.to_local(s, 'UTC'):%H:%M}" for s in mask_instants(mask, MORNING)]


def claim(begins: str, ends: str, before: int = 0, after: int = 0) -> ticks_reference.Claim:
    return (
        ticks_reference.epoch_seconds(f"2026-06-10T{begins}"),
        ticks_reference.epoch_seconds(f"2026-06-10T{ends}"),
        before,
        after,
    )


def test_between_neighbours_the_larger_buffer_counts() -> None:
    plain, asks_15 = claim("10:00", "12:00"), claim("10:00", "12:00", 15, 15)
    assert free_at([plain], 30) == ["09:00", "09:15", "09:30", "12:00", "12:15", "12:30"]
    assert free_at([asks_15], 30) == ["09:00", "09:15", "12:15", "12:30"]
    assert free_at([asks_15], 30, before=15, after=15) == ["09:00", "09:15", "12:15", "12:30"]
    assert free_at([asks_15], 30, before=30, after=5) == ["09:00", "09:15", "12:30"]
    assert free_at([plain], 30, after=30) == ["09:00", "12:00", "12:15", "12:30"]


def test_buffers_need_not_be_open() -> None:
    assert free_at([], 240, before=60, after=60) == ["09:00"]


def test_a_claim_beyond_the_window_reaches_in_by_its_buffer() -> None:
    early, late = claim("08:00", "09:00", 0, 20), claim("13:00", "14:00", 65, 0)
    assert free_at([early, late], 60, grid=5)[::30] == ["09:20"]
    assert free_at([early, late], 60, grid=5)[-1] == "10:55"
    assert free_at([claim("07:00", "08:00", 0, 20)], 240) == ["09:00"]


def test_claims_may_overlap_come_in_any_order_and_off_the_ticks() -> None:
    mixed = [
        claim("11:01", "11:32"),
        claim("09:30", "10:30"),
        claim("10:00", "10:10"),
        claim("10:30", "11:00"),
    ]
    assert free_at(mixed, 30, grid=5) == [
        "09:00",
        *[f"{11 + m // 60}:{m % 60:02}" for m in range(35, 95, 5)],
    ]


def test_a_block_of_a_century_costs_no_more_than_the_window() -> None:
    whole = (1 << MORNING.tick_count) - 1
    assert busy_masks([(0, 1 << 40, 0, 0)], MORNING) == (whole, whole)
    assert busy_masks([(NINE + 300, 1 << 40, 0, 0)], MORNING) == (whole - 1, whole - 1)
    assert busy_masks([(1 << 40, 1 << 50, 0, 0)], MORNING) == (0, 0)


def test_provider_and_room_are_both_needed_and_anyone_will_do() -> None:
    room, ana, leo = claim("09:00", "10:00"), claim("10:00", "11:00"), claim("11:00", "13:00")
    everything = span_mask(MORNING.start_s, MORNING.end_s, MORNING)
    grid = opening_masks.grid_mask("UTC", 60, MORNING)

    def free(*claims: ticks_reference.Claim) -> list[int]:
        core, padded = busy_masks(claims, MORNING)
        mask = start_mask(everything, core, padded, minutes=60, grid=grid)
        return [n // 12 + 9 for n in tick_numbers(mask)]

    assert free(room, ana) == [11, 12]
    assert free(room, leo) == [10]
    both = [busy_masks([room, other], MORNING) for other in (ana, leo)]
    anyone = 0
    for core, padded in both:
        anyone |= start_mask(everything, core, padded, minutes=60, grid=grid)
    assert [n // 12 + 9 for n in tick_numbers(anyone)] == [10, 11, 12]


def test_notice_and_horizon_begin_with_the_next_tick() -> None:
    mask = between_mask(NINE + 1, NINE + 901, MORNING)
    assert mask_instants(mask, MORNING) == [NINE + 300, NINE + 600, NINE + 900]
    assert between_mask(NINE, NINE, MORNING) == 0
    assert between_mask(NINE + 600, NINE, MORNING) == 0
    assert between_mask(0, 1 << 40, MORNING) == (1 << MORNING.tick_count) - 1


def test_slot_window_bounds() -> None:
    nine = datetime(2026, 6, 10, 9, 0, tzinfo=UTC)
    second = timedelta(seconds=1)
    assert TickWindow.between(nine, nine + timedelta(hours=4)) == MORNING
    assert TickWindow.between(nine - second, nine + second) == TickWindow(MORNING.first_tick - 1, 2)
    assert (
        TickWindow.between(nine.astimezone(zones.load_zone("Asia/Kolkata")), nine).tick_count == 0
    )
    assert TickWindow.between(nine, nine - timedelta(days=1)) == TickWindow(MORNING.first_tick, 0)
    assert (MORNING.start_s, MORNING.end_s) == (NINE, NINE + 4 * 3600)
    assert MORNING.widen(7) == TickWindow(MORNING.first_tick - 2, MORNING.tick_count + 4)
    empty = TickWindow(MORNING.first_tick, 0)
    assert opening_masks.open_mask(daily("Europe/Madrid", "0:00-24:00"), empty) == 0
    assert busy_masks([claim("08:00", "12:00", 5, 5)], empty) == (0, 0)


# -------------------------------------------------------------------- bits


@given(st.integers(0, 1 << 200), st.integers(1, 70))
def test_runs_are_as_many_bits_in_a_row(mask: int, ticks: int) -> None:
    every = (1 << ticks) - 1
    assert list(tick_numbers(run_starts(mask, ticks))) == [
        n for n in range(201) if mask >> n & every == every
    ]


@given(st.sets(st.integers(0, 3000)))
def test_ticks_are_the_bits_that_were_set(bits: set[int]) -> None:
    assert list(tick_numbers(sum(1 << n for n in bits))) == sorted(bits)


# -------------------------------------------------------------------- random, by the reference

ZONES = st.sampled_from(sorted(zoneinfo.available_timezones()))
STEPS = st.integers(0, 287)
DAY_HOURS = st.lists(
    st.tuples(STEPS, st.integers(1, 288)).map(lambda at: (at[0] * 5, (at[0] + at[1]) * 5)),
    max_size=3,
).map(tuple)
WEEKS = st.tuples(*[DAY_HOURS] * 7)
GAPS = st.sampled_from([0, 0, 0, 5, 15, 40, 120])
LENGTHS = st.sampled_from([5, 20, 30, 45, 60, 90, 240])
GRIDS = st.sampled_from([5, 10, 15, 25, 30, 60, 90, 1440])
SPAN = 3 * 288
"""Ticks of a window: three days."""
CLAIMS = st.lists(
    st.tuples(st.integers(-60, SPAN + 60), st.integers(1, 60), GAPS, GAPS), max_size=12
)


def intervals(spans: ticks_reference.Hours) -> tuple[Interval, ...]:
    return tuple(Interval(*span) for span in spans)


@settings(max_examples=300)
@given(
    zone=ZONES,
    hour=st.integers(
        ticks_reference.epoch_seconds("2000-01-01") // 3600,
        ticks_reference.epoch_seconds("2037-12-01") // 3600,
    ),
    weekly=WEEKS,
    special=st.dictionaries(st.integers(-1, 3), DAY_HOURS, max_size=2),
    raw=CLAIMS,
    minutes=LENGTHS,
    gaps=st.tuples(GAPS, GAPS),
    grid=GRIDS,
)
def test_whatever_is_asked_the_reference_answers_the_same(
    zone: str,
    hour: int,
    weekly: tuple[ticks_reference.Hours, ...],
    special: dict[int, ticks_reference.Hours],
    raw: list[ticks_reference.Claim],
    minutes: int,
    gaps: tuple[int, int],
    grid: int,
) -> None:
    first_s = hour * 3600
    shown = ticks_reference.wall_times(first_s, SPAN, zones.load_zone(zone))
    exceptions = {shown[0][0] + n * ticks_reference.DAY: spans for n, spans in special.items()}
    claims = [
        (first_s + 300 * a, first_s + 300 * (a + n), own_before, own_after)
        for a, n, own_before, own_after in raw
    ]
    opened = ticks_reference.open_ticks(shown, weekly, exceptions)

    window = TickWindow(first_s // TICK_SECONDS, SPAN)
    schedule = OpeningHours(
        zone,
        tuple(intervals(spans) for spans in weekly),
        {day: intervals(spans) for day, spans in exceptions.items()},
    )
    mask = opening_masks.open_mask(schedule, window)
    assert list(tick_numbers(mask)) == [n for n, each in enumerate(opened) if each]

    # The engine knows claims outside the window only by their own buffers, so ask a wider one.
    wide = window.widen(max(gaps))
    core, padded = busy_masks(claims, wide)
    found = start_mask(
        opening_masks.open_mask(schedule, wide) & span_mask(window.start_s, window.end_s, wide),
        core,
        padded,
        minutes=minutes,
        gap_before=gaps[0],
        gap_after=gaps[1],
        grid=opening_masks.grid_mask(zone, grid, wide),
    )
    before, after = gaps
    assert mask_instants(found, wide) == ticks_reference.expected_starts(
        first_s, shown, opened, claims, minutes=minutes, before=before, after=after, grid=grid
    )


def test_a_month_of_random_claims_is_answered_as_by_the_reference() -> None:
    """Longer than the random cases above, across the change of 29 March, with many claims."""
    rng = random.Random(20260329)
    zone, weekly = "Europe/Madrid", (((540, 780), (840, 1200)),) * 5 + (((600, 1560),), ())
    first_s, ticks = ticks_reference.epoch_seconds("2026-03-10"), 30 * 288
    claims: list[ticks_reference.Claim] = []
    for _ in range(400):
        begins = first_s + 300 * rng.randrange(-300, ticks + 300)
        gaps = rng.choice([(0, 0), (0, 0), (15, 15), (0, 30)])
        claims.append((begins, begins + 300 * rng.randrange(1, 15), *gaps))
    shown = ticks_reference.wall_times(first_s, ticks, zones.load_zone(zone))
    window = TickWindow(first_s // TICK_SECONDS, ticks)
    core, padded = busy_masks(claims, window)
    mask = start_mask(
        opening_masks.open_mask(
            OpeningHours(zone, tuple(intervals(spans) for spans in weekly)), window
        ),
        core,
        padded,
        minutes=40,
        grid=opening_masks.grid_mask(zone, 20, window),
    )
    opened = ticks_reference.open_ticks(shown, weekly, {})
    wanted = ticks_reference.expected_starts(
        first_s, shown, opened, claims, minutes=40, before=0, after=0, grid=20
    )
    assert mask_instants(mask, window) == wanted
    assert wanted


@given(
    raw=st.lists(st.tuples(st.integers(-9000, 24000), st.integers(1, 9000)), max_size=6),
    minutes=st.integers(1, 90),
    gaps=st.tuples(st.integers(0, 20), st.integers(0, 20)),
)
def test_what_is_off_the_ticks_never_lets_two_meet(
    raw: list[tuple[int, int]], minutes: int, gaps: tuple[int, int]
) -> None:
    claims = [(NINE + a, NINE + a + n, gaps[1], gaps[0]) for a, n in raw]
    core, padded = busy_masks(claims, MORNING)
    every = opening_masks.grid_mask("UTC", 5, MORNING)
    before, after = gaps
    mask = start_mask(
        every, core, padded, minutes=minutes, gap_before=before, gap_after=after, grid=every
    )
    for start_s in mask_instants(mask, MORNING):
        assert start_s + 60 * minutes <= MORNING.end_s
        inside = [each for each in claims if each[1] > MORNING.start_s]
        assert ticks_reference.is_free(start_s, start_s + 60 * minutes, before, after, inside)


# -------------------------------------------------------------------- one source of zones


def test_zones_are_read_from_the_pinned_package() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        pins = tomllib.load(file)["project"]["dependencies"]
    assert f"tzdata=={version('tzdata')}" in pins
    rules = (files("tzdata") / "zoneinfo" / "tzdata.zi").read_text()
    assert rules.splitlines()[0] == f"# version {tzdata.IANA_VERSION}"
    assert zoneinfo.TZPATH == ()


def test_other_files_of_the_machine_do_not_count(tmp_path: Path) -> None:
    """A wrong Madrid on zoneinfo's path, even one read before, is not what slots read."""
    (tmp_path / "Europe").mkdir()
    with as_file(files("tzdata") / "zoneinfo" / "Asia" / "Tokyo") as tokyo:
        shutil.copy(tokyo, tmp_path / "Europe" / "Madrid")
    script = (
        "from datetime import datetime\n"
        "from zoneinfo import ZoneInfo\n"
        "june = datetime(2026, 6, 1)\n"
        "print(june.replace(tzinfo=ZoneInfo('Europe/Madrid')).utcoffset())\n"
        "from core.localtime import zones\n"
        "print(june.replace(tzinfo=zones.load_zone('Europe/Madrid')).utcoffset())\n"
        "print(june.replace(tzinfo=ZoneInfo('Europe/Madrid')).utcoffset())\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={"PYTHONTZPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == ["9:00:00", "2:00:00", "2:00:00"]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Mars/Olympus",
        "europe/madrid",
        "../UTC",
        "Europe",
        "/etc/localtime",
        "a\0b",
        "tzdata.zi",
        "\ud800",
    ],
)
def test_what_is_no_zone_is_a_value_error(name: str) -> None:
    with pytest.raises(ValueError, match="unknown time zone"):
        zones.load_zone(name)


def test_zone_has_its_iana_key_and_offset() -> None:
    assert zones.load_zone("Europe/Madrid").key == "Europe/Madrid"
    assert zones.to_local(0, "Asia/Kolkata").isoformat() == "1970-01-01T05:30:00+05:30"
