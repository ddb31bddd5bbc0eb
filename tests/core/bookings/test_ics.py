from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest

from core.bookings import ics
from core.bookings.ics import BookingView, booking_ics, load_booking_view
from core.clock import parse_instant
from core.db.context import Context
from core.db.tables import bookings, claims, shops
from core.errors import NotFound
from core.messaging.messages import Money, When
from tests.support.row_factory import RowFactory

BOOKED = BookingView(
    id=17,
    ref="K7Q-3MD",
    state="confirmed",
    starts_at=parse_instant("2026-03-13T16:30Z"),
    ends_at=parse_instant("2026-03-13T17:00Z"),
    timezone="Europe/Madrid",
    held_until=None,
    price_minor=2500,
    currency="EUR",
    attendee="",
    sequence=2,
    updated_at=parse_instant("2026-03-09T09:00Z"),
    service="Cut",
    provider="Leo",
    title="",
    speciality="",
    shop="Bella Hair",
    shop_phone="+34915550100",
    address="Calle Mayor 8",
    city="Madrid",
    directions="",
    latitude=40.4155,
    longitude=-3.7074,
    language="es",
    discreet=False,
)

ZONES = ("Europe/Madrid", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")

CHANGES = {
    "Europe/Madrid": ("2026-03-29T01:00Z", "2026-10-25T01:00Z"),
    "America/New_York": ("2026-03-08T07:00Z", "2026-11-01T06:00Z"),
    "Asia/Kolkata": ("2026-03-29T01:00Z", "2026-10-25T01:00Z"),  # none of its own
    "Australia/Lord_Howe": ("2026-04-04T15:00Z", "2026-10-03T15:30Z"),
}


def written(booking: BookingView, **texts: Any) -> bytes:
    words: dict[str, Any] = {
        "summary": "Cut with Leo",
        "description": "Ref K7Q-3MD",
        "url": "https://x.example/b/1",
    }
    return booking_ics(booking, **{**words, **texts})


def parsed(file: bytes) -> tuple[Any, Any]:
    calendar = icalendar.Calendar.from_ical(file)
    (event,) = calendar.walk("VEVENT")
    return calendar, event


def by_its_own_rules(calendar: Any, local: datetime) -> datetime:
    """Read a local time by nothing but the file's VTIMEZONE, as RFC 5545 3.6.5 tells a client."""
    (rules,) = calendar.walk("VTIMEZONE")
    begun = [rule for rule in rules.subcomponents if rule["DTSTART"].dt <= local]
    latest = max(begun, key=lambda rule: rule["DTSTART"].dt)
    instant: datetime = (local - latest["TZOFFSETTO"].td).replace(tzinfo=UTC)
    return instant


def test_ics_file_of_a_booking() -> None:
    calendar, event = parsed(written(BOOKED))
    assert (calendar["VERSION"], calendar["METHOD"]) == ("2.0", "PUBLISH")
    assert {name: str(event[name]) for name in ("UID", "STATUS", "TRANSP", "SUMMARY")} == {
        "UID": "17-K7Q-3MD@slotline",
        "STATUS": "CONFIRMED",
        "TRANSP": "OPAQUE",
        "SUMMARY": "Cut with Leo",
    }
    assert event["SEQUENCE"] == 2
    assert event["DTSTAMP"].dt == event["LAST-MODIFIED"].dt == BOOKED.updated_at
    assert event["LOCATION"] == "Calle Mayor 8, Madrid"
    assert event["GEO"].to_ical() == "40.4155;-3.7074"
    assert event["URL"] == "https://x.example/b/1"
    lines = written(BOOKED).decode().split("\r\n")
    assert "DTSTART;TZID=Europe/Madrid:20260313T173000" in lines
    assert "DTEND;TZID=Europe/Madrid:20260313T180000" in lines


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("held", "TENTATIVE"),
        ("pending", "TENTATIVE"),
        ("confirmed", "CONFIRMED"),
        ("in_progress", "CONFIRMED"),
        ("completed", "CONFIRMED"),
        ("no_show", "CONFIRMED"),
        ("declined", "CANCELLED"),
        ("cancelled", "CANCELLED"),
        ("expired", "CANCELLED"),
    ],
)
def test_ics_status_follows_the_booking_state(state: str, status: str) -> None:
    booking = replace(BOOKED, state=state)
    _, event = parsed(written(booking))
    assert event["STATUS"] == status
    assert event["TRANSP"] == ("TRANSPARENT" if status == "CANCELLED" else "OPAQUE")
    assert booking.is_void == (status == "CANCELLED")


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("season", [0, 1])
def test_the_times_are_right_around_a_change_of_the_clocks(zone: str, season: int) -> None:
    change = parse_instant(CHANGES[zone][season])
    for quarters in range(-8 * 4, 8 * 4):
        start = change + timedelta(minutes=15 * quarters)
        booking = replace(
            BOOKED, timezone=zone, starts_at=start, ends_at=start + timedelta(minutes=45)
        )
        calendar, event = parsed(written(booking))
        for name, instant in (("DTSTART", booking.starts_at), ("DTEND", booking.ends_at)):
            at = event[name].dt
            assert at.astimezone(UTC) == instant
            if event[name].params.get("TZID"):
                local = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
                assert at.replace(tzinfo=None) == local
                assert by_its_own_rules(calendar, local) == instant


@pytest.mark.parametrize("zone", ZONES)
def test_a_time_that_comes_twice_is_written_in_utc(zone: str) -> None:
    twice = []
    for season in CHANGES[zone]:
        for quarters in range(-8, 8):
            start = parse_instant(season) + timedelta(minutes=15 * quarters)
            end = start + timedelta(minutes=15)
            booking = replace(BOOKED, timezone=zone, starts_at=start, ends_at=end)
            _, event = parsed(written(booking))
            if "TZID" not in event["DTSTART"].params:
                twice.append(f"{start:%m-%d %H:%M}")
    assert twice == {
        "Europe/Madrid": [
            "10-25 00:45", "10-25 01:00", "10-25 01:15", "10-25 01:30", "10-25 01:45",
        ],
        "America/New_York": [
            "11-01 05:45", "11-01 06:00", "11-01 06:15", "11-01 06:30", "11-01 06:45",
        ],
        "Asia/Kolkata": [],
        "Australia/Lord_Howe": ["04-04 14:45", "04-04 15:00", "04-04 15:15"],
    }[zone]  # fmt: skip


@pytest.mark.parametrize("zone", ZONES)
def test_the_rules_of_a_zone_hold_for_the_year_of_the_booking_and_those_beside_it(
    zone: str,
) -> None:
    calendar, _ = parsed(written(replace(BOOKED, timezone=zone)))
    hour = parse_instant("2025-01-02T00:00Z")
    while hour < parse_instant("2027-12-30T00:00Z"):
        local = hour.astimezone(ZoneInfo(zone))
        if not local.fold:
            assert by_its_own_rules(calendar, local.replace(tzinfo=None)) == hour
        hour += timedelta(hours=5)


def test_what_people_wrote_is_escaped_and_comes_back_as_it_was() -> None:
    hostile = 'Cut, "short"; C:\\new\nBEGIN:VEVENT\r\nX:1 ' + "💇🏽‍♀️ " * 30 + "नमस्ते {0} %s <b>"
    file = written(replace(BOOKED, address=hostile, city=""), summary=hostile, description=hostile)
    _, event = parsed(file)
    as_it_was = hostile.replace("\r\n", "\n")
    assert [event[name] for name in ("SUMMARY", "DESCRIPTION", "LOCATION")] == [as_it_was] * 3
    assert file.count(b"BEGIN:VEVENT\r\n") == 1
    assert max(len(line) for line in file.split(b"\r\n")) <= 75


def test_a_move_keeps_the_uid_and_raises_the_sequence() -> None:
    _, before = parsed(written(BOOKED))
    moved = replace(
        BOOKED, starts_at=BOOKED.ends_at, ends_at=BOOKED.ends_at + timedelta(minutes=30), sequence=3
    )
    _, after = parsed(written(moved))
    assert before["UID"] == after["UID"]
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (2, 3)


def test_ics_location_names_the_city_once() -> None:
    assert replace(BOOKED, address="Calle Mayor 8, 28013 MADRID").place == (
        "Calle Mayor 8, 28013 MADRID"
    )
    assert replace(BOOKED, address="").place == "Madrid"
    assert replace(BOOKED, city="").place == "Calle Mayor 8"


async def test_an_invite_shows_what_was_booked_and_where_the_shop_is_now(ctx: Context) -> None:
    rows = RowFactory(ctx)
    shop = await rows.add(
        shops, address="Calle Mayor 8", phone="+34915550100", latitude=40.4155, longitude=-3.7074
    )
    start = parse_instant("2026-03-13T16:30Z")
    booking_id = await rows.add(
        bookings,
        shop_id=shop,
        ref="K7Q-3MD",
        starts_at=start,
        ends_at=start + timedelta(minutes=30),
        snapshot={
            "service": "Cut",
            "provider": "Leo",
            "address": "Gone 1",
            "phone": "+34600000001",
        },
        sequence=2,
        updated_at=parse_instant("2026-03-09T09:00Z"),
    )
    await rows.add(claims)
    shown = await load_booking_view(ctx, booking_id)
    assert shown == replace(BOOKED, id=booking_id)
    assert (shown.local_start, shown.local_end) == (
        When(start, "Europe/Madrid"),
        When(start + timedelta(minutes=30), "Europe/Madrid"),
    )
    assert shown.price == Money(2500, "EUR")
    assert "+34600000001" not in repr(shown)


async def test_there_is_no_invite_to_no_booking(ctx: Context) -> None:
    with pytest.raises(NotFound):
        await ics.load_booking_view(ctx, 1)
