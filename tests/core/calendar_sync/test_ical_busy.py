"""Busy times of a calendar file: zones, whole days, series and their exceptions, hostile files."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest

from core.calendar_sync.ical_busy import UnreadableCalendar, busy_spans

START, END = datetime(2026, 3, 9, tzinfo=UTC), datetime(2026, 4, 13, tzinfo=UTC)


def file(*events: str, head: str = "") -> bytes:
    """Return a calendar with these events, each in lines parted by blanks."""
    body = "".join(
        "BEGIN:VEVENT\nUID:a\n" + "\n".join(event.split()) + "\nEND:VEVENT\n" for event in events
    )
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{head}{body}END:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()


def read(*events: str, head: str = "") -> list[str]:
    """Return the spans of a calendar, as 'MM-DD HH:MM>MM-DD HH:MM' in UTC."""
    found = busy_spans(file(*events, head=head), "Europe/Madrid", START, END)
    return [f"{a:%m-%d %H:%M}>{b:%m-%d %H:%M}" for a, b in found]


@pytest.mark.parametrize(
    ("event", "spans"),
    [
        ("DTSTART:20260310T100000Z DTEND:20260310T110000Z", ["03-10 10:00>03-10 11:00"]),
        ("DTSTART:20260310T100000 DURATION:PT30M", ["03-10 09:00>03-10 09:30"]),
        ("DTSTART:20260310T100200Z DTEND:20260310T100700Z", ["03-10 10:00>03-10 10:10"]),
        (
            "DTSTART;TZID=America/New_York:20260310T100000 DTEND:20260310T150000Z",
            ["03-10 14:00>03-10 15:00"],
        ),
        ("DTSTART;VALUE=DATE:20260329", ["03-28 23:00>03-29 22:00"]),  # 23 hours
        (
            "DTSTART;VALUE=DATE:20260310 DTEND;VALUE=DATE:20260312",
            ["03-09 23:00>03-11 23:00"],
        ),
        ("DTSTART:20260301T100000Z DTEND:20260309T010000Z", ["03-09 00:00>03-09 01:00"]),
        ("DTSTART:20260310T100000Z DTEND:20260310T110000Z TRANSP:TRANSPARENT", []),
        ("DTSTART:20260310T100000Z DTEND:20260310T110000Z STATUS:CANCELLED", []),
        ("DTSTART:20260310T100000Z", []),
        (
            # By the clocks of its zone: an hour earlier in UTC from 29 March on.
            """DTSTART;TZID=Europe/Madrid:20200106T090000 DURATION:PT1H
            RRULE:FREQ=WEEKLY;BYDAY=MO EXDATE;TZID=Europe/Madrid:20260316T090000
            RDATE;TZID=Europe/Madrid:20260318T090000""",
            [
                "03-09 08:00>03-09 09:00",
                "03-18 08:00>03-18 09:00",
                "03-23 08:00>03-23 09:00",
                "03-30 07:00>03-30 08:00",
                "04-06 07:00>04-06 08:00",
            ],
        ),
        (
            "DTSTART:20260310T100000Z DURATION:PT1H RRULE:FREQ=DAILY;UNTIL=20260311T100000Z",
            ["03-10 10:00>03-10 11:00", "03-11 10:00>03-11 11:00"],
        ),
        (
            "DTSTART;VALUE=DATE:20260310 RRULE:FREQ=DAILY;COUNT=3;INTERVAL=2",
            ["03-09 23:00>03-10 23:00", "03-11 23:00>03-12 23:00", "03-13 23:00>03-14 23:00"],
        ),
    ],
)
def test_ical_event_is_busy_at_its_times(event: str, spans: list[str]) -> None:
    assert read(event) == spans


def test_one_of_a_series_may_be_moved() -> None:
    series = "DTSTART:20260310T100000Z DURATION:PT1H RRULE:FREQ=DAILY;COUNT=2"
    moved = "RECURRENCE-ID:20260311T100000Z DTSTART:20260311T150000Z DURATION:PT1H"
    assert read(series, moved) == ["03-10 10:00>03-10 11:00", "03-11 15:00>03-11 16:00"]


def test_adjacent_busy_times_are_merged() -> None:
    one = "DTSTART:20260310T100000Z DURATION:PT1H"
    other = "DTSTART:20260310T110000Z DURATION:PT1H"
    assert read(other, one) == ["03-10 10:00>03-10 12:00"]


def test_what_names_no_zone_is_by_the_files_own() -> None:
    head = "X-WR-TIMEZONE:Asia/Kolkata\n"
    assert read("DTSTART:20260310T100000 DURATION:PT1H", head=head) == ["03-10 04:30>03-10 05:30"]


def free_busy(*lines: str) -> bytes:
    """Return a calendar of one component that lists times, from lines of it."""
    body = "".join(f"{line}\r\n" for line in lines)
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VFREEBUSY\r\nUID:a\r\n"
        f"{body}END:VFREEBUSY\r\nEND:VCALENDAR\r\n"
    ).encode()


@pytest.mark.parametrize(
    ("line", "spans"),
    [
        ("FREEBUSY:20260310T100000Z/20260310T110000Z", ["03-10 10:00>03-10 11:00"]),
        ("FREEBUSY;FBTYPE=BUSY:20260310T100200Z/PT30M", ["03-10 10:00>03-10 10:35"]),
        ("FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20260310T100000Z/PT1H", ["03-10 10:00>03-10 11:00"]),
        ("FREEBUSY;FBTYPE=BUSY-TENTATIVE:20260310T100000Z/PT1H", ["03-10 10:00>03-10 11:00"]),
        ("FREEBUSY;FBTYPE=X-LUNCH:20260310T100000Z/PT1H", ["03-10 10:00>03-10 11:00"]),
        ("FREEBUSY;FBTYPE=FREE:20260310T100000Z/PT1H", []),
        (
            "FREEBUSY:20260310T100000Z/PT1H,20260311T100000Z/PT1H",
            ["03-10 10:00>03-10 11:00", "03-11 10:00>03-11 11:00"],
        ),
        ("FREEBUSY:20260301T000000Z/20260309T010000Z", ["03-09 00:00>03-09 01:00"]),
        ("FREEBUSY:20260501T000000Z/PT1H", []),
        ("ATTENDEE:mailto:ana@example.com", []),
    ],
)
def test_ical_freebusy_entries_are_busy(line: str, spans: list[str]) -> None:
    found = busy_spans(free_busy(line), "Europe/Madrid", START, END)
    assert [f"{a:%m-%d %H:%M}>{b:%m-%d %H:%M}" for a, b in found] == spans


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "form"),
        (b"<html>sign in</html>", "form"),
        (b"\xff\xfe\x00", "form"),
        (b"BEGIN:VEVENT\r\nEND:VEVENT\r\n", "form"),
        (file("DTSTART:nonsense DURATION:PT1H"), "form"),
        (file("DTSTART:20260310T100000Z DURATION:PT1H RECURRENCE-ID:oops"), "form"),
        (free_busy("FREEBUSY:nonsense"), "form"),
        (free_busy("FREEBUSY:" + ",".join(["20260310T100000Z/PT1H"] * 10_001)), "much"),
        (file("DTSTART:20260310T100000Z DURATION:PT1H RRULE:FREQ=MINUTELY"), "much"),
        (file("DTSTART:00010101T000000Z DURATION:PT1H RRULE:FREQ=DAILY"), "much"),
        (file("DTSTART:20100101T000000Z DURATION:PT1H RRULE:FREQ=HOURLY"), "much"),
        (
            file(
                "DTSTART:20260309T000000Z DURATION:PT1M"
                " RRULE:FREQ=HOURLY;BYMINUTE=0,5,10,15,20,25,30,35,40;BYSECOND=0,1,2,3,4,5,6,7,8,9"
                ",10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29"
            ),
            "much",
        ),
    ],
    ids=[
        "nothing",
        "html",
        "bytes",
        "no calendar",
        "no time",
        "of none",
        "no span",
        "listed many",
        "minutely",
        "old",
        "hourly",
        "many",
    ],
)
def test_a_file_that_cannot_be_read_is_said_to_be(content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableCalendar) as refused:
        busy_spans(content, "Europe/Madrid", START, END)
    assert refused.value.reason == reason


def test_ical_parsing_is_stopped_after_its_time_limit() -> None:
    ticks = itertools.count(step=4.0)
    content = file(*["DTSTART:20260310T100000Z DURATION:PT1H"] * 3)
    with pytest.raises(UnreadableCalendar, match="much"):
        busy_spans(content, "Europe/Madrid", START, END, clock=lambda: next(ticks))
