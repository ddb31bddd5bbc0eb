"""Busy times of a calendar file: zones, whole days, series and their exceptions, hostile files."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.calendar_sync.ical_busy import UnreadableCalendar, busy_spans
from core.calendar_sync.ical_lines import CalendarFilter

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
    found = busy_spans(file(*events, head=head), "Europe/Madrid", START, END).spans
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
    found = busy_spans(free_busy(line), "Europe/Madrid", START, END).spans
    assert [f"{a:%m-%d %H:%M}>{b:%m-%d %H:%M}" for a, b in found] == spans


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "form"),
        (b"<html>sign in</html>", "form"),
        (b"\xff\xfe\x00", "form"),
        (b"BEGIN:VEVENT\r\nEND:VEVENT\r\n", "form"),
        (file("DTSTART:20260310T100000Z DURATION:PT1H")[:-30], "cut"),
        (free_busy("FREEBUSY:" + ",".join(["20260310T100000Z/PT1H"] * 10_001)), "much"),
        (file(*["DTSTART:20260310T100000Z"] * 20_001), "much"),
        (file("DTSTART:20260309T000000Z DURATION:PT1M RRULE:FREQ=MINUTELY;INTERVAL=10"), "much"),
    ],
    ids=["nothing", "html", "bytes", "no calendar", "half", "listed many", "entries", "spans"],
)
def test_a_file_that_cannot_be_read_is_said_to_be(content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableCalendar) as refused:
        busy_spans(content, "Europe/Madrid", START, END)
    assert refused.value.reason == reason


GOOD = "DTSTART:20260312T100000Z DTEND:20260312T110000Z"
GOOD_SPAN = "03-12 10:00>03-12 11:00"


@pytest.mark.parametrize(
    ("odd", "own_spans", "reason"),
    [
        ("DTSTART:nonsense DURATION:PT1H", [], "no_time"),
        ("DTSTART: DURATION:PT1H", [], "no_start"),
        ("DTSTART:20260230T100000Z DURATION:PT1H", [], "no_time"),
        ("DTSTART:20260310T100000Z DURATION:soon", [], "no_length"),
        ("DTSTART:20260310T100000Z DTEND:20260310T090000Z", [], "backward"),
        ("DTSTART:20260310T100000Z DURATION:PT1H RECURRENCE-ID:oops", ["10"], "no_time"),
        ("DTSTART:20260310T100000Z DURATION:PT1H RRULE:FREQ=FORTNIGHTLY", ["10"], "rule"),
        ("DTSTART:20260310T100000Z DURATION:PT1H RRULE:FREQ=DAILY;X-MOON=FULL", ["10"], "rule"),
        ("DTSTART:20260310T100000Z DURATION:PT1H RRULE:FREQ=DAILY;UNTIL=", ["10"], "rule"),
        ("DTSTART:20260310T100000Z DURATION:PT1H RRULE:FREQ=SECONDLY", ["10"], "often"),
        ("DTSTART:20260310T100000Z DURATION:PT1H RDATE:oops", ["10"], "no_time"),
        ("DTSTART:20260310T100000Z DURATION:PT1H EXDATE:oops", ["10"], "no_time"),
        ("DTSTART;TZID=Nowhere/Land:20260310T110000 DURATION:PT1H", ["10"], "zone"),
    ],
)
def test_one_odd_entry_costs_itself_only(odd: str, own_spans: list[str], reason: str) -> None:
    found = busy_spans(file(odd, GOOD.replace("UID:a", "")), "Europe/Madrid", START, END)
    assert [f"{a:%m-%d %H:%M}>{b:%m-%d %H:%M}" for a, b in found.spans] == [
        *(f"03-10 {hour}:00>03-10 11:00" for hour in own_spans),
        GOOD_SPAN,
    ]
    assert [one.reason for one in found.problems] == [reason]


@pytest.mark.parametrize(
    ("event", "spans"),
    [
        (  # a birthday of 1955
            "DTSTART;VALUE=DATE:19550310 DTEND;VALUE=DATE:19550311 RRULE:FREQ=YEARLY",
            ["03-09 23:00>03-10 23:00"],
        ),
        (  # older than any calendar
            "DTSTART:00010105T100000Z DURATION:PT1H RRULE:FREQ=WEEKLY;INTERVAL=4",
            ["04-03 10:00>04-03 11:00"],
        ),
        ("DTSTART:20260310T100000Z DTEND:20260310T110000Z X-MICROSOFT-CDO-BUSYSTATUS:FREE", []),
        (
            "DTSTART:20260310T100000Z DURATION:PT1H X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE",
            [],
        ),
        (
            "DTSTART:20260310T100000Z DURATION:PT1H X-MICROSOFT-CDO-BUSYSTATUS:OOF",
            ["03-10 10:00>03-10 11:00"],
        ),
        (  # as Outlook names zones
            "DTSTART;TZID=Romance_Standard_Time:20260310T100000 DURATION:PT1H",
            ["03-10 09:00>03-10 10:00"],
        ),
        (  # unquoted, with a colon and commas
            "DTSTART;TZID=(UTC+02:00)_Athens,_Bucharest:20260310T100000 DURATION:PT1H",
            ["03-10 08:00>03-10 09:00"],
        ),
        (
            "DTSTART;TZID=/example.net/20250101/Asia/Tokyo:20260310T100000 DURATION:PT1H",
            ["03-10 01:00>03-10 02:00"],
        ),
        (
            (
                "DTSTART:20260310T100000Z RDATE;VALUE=PERIOD:20260311T080000Z/PT2H,"
                "20260312T080000Z/20260312T083000Z DURATION:PT1H"
            ),
            [
                "03-10 10:00>03-10 11:00",
                "03-11 08:00>03-11 10:00",
                "03-12 08:00>03-12 08:30",
            ],
        ),
        (  # a day excluded as a date
            (
                "DTSTART:20260310T100000Z DURATION:PT1H RRULE:FREQ=DAILY;COUNT=2 "
                "EXDATE;VALUE=DATE:20260311"
            ),
            ["03-10 10:00>03-10 11:00"],
        ),
        ("DTSTART;VALUE=DATE:20260310 DTEND;VALUE=DATE:20260310", ["03-09 23:00>03-10 23:00"]),
        (
            (
                "DTSTART:20260310T100000Z DURATION:PT1H RRULE:FREQ=DAILY;COUNT=3 "
                "EXRULE:FREQ=DAILY;INTERVAL=2;COUNT=2"
            ),
            ["03-11 10:00>03-11 11:00"],
        ),
    ],
)
def test_what_google_outlook_and_apple_write_is_understood(event: str, spans: list[str]) -> None:
    text = file(event).replace(b"_", b" ")
    found = busy_spans(text, "Europe/Madrid", START, END)
    assert found.problems == []
    assert [f"{a:%m-%d %H:%M}>{b:%m-%d %H:%M}" for a, b in found.spans] == spans


WEEKLY = "DTSTART;TZID=Europe/Madrid:20260310T100000 DURATION:PT1H RRULE:FREQ=WEEKLY"


@pytest.mark.parametrize(
    ("change", "spans"),
    [
        (  # two hours later and longer from 24 March on, also after the clocks change
            """RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Madrid:20260324T100000
            DTSTART;TZID=Europe/Madrid:20260324T120000 DURATION:PT2H""",
            ["03-10 09", "03-17 09", "03-24 11", "03-31 10", "04-07 10"],
        ),
        (
            """RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Madrid:20260324T100000
            DTSTART;TZID=Europe/Madrid:20260324T100000 STATUS:CANCELLED""",
            ["03-10 09", "03-17 09"],
        ),
        (
            """RECURRENCE-ID;TZID=Europe/Madrid:20260317T100000 STATUS:CANCELLED
            DTSTART;TZID=Europe/Madrid:20260317T100000 DURATION:PT1H""",
            ["03-10 09", "03-24 09", "03-31 08", "04-07 08"],
        ),
        (
            """RECURRENCE-ID;VALUE=DATE:20260317 DTSTART:20260318T150000Z DURATION:PT1H""",
            ["03-10 09", "03-18 15", "03-24 09", "03-31 08", "04-07 08"],
        ),
    ],
    ids=["onward", "onward cancelled", "one cancelled", "named by its day"],
)
def test_changes_of_a_series_replace_its_times(change: str, spans: list[str]) -> None:
    assert [one.split(":")[0] for one in read(WEEKLY, change)] == spans


def test_a_later_version_of_an_entry_replaces_it() -> None:
    old = "SEQUENCE:1 DTSTART:20260310T100000Z DURATION:PT1H"
    new = "SEQUENCE:2 DTSTART:20260310T150000Z DURATION:PT1H"
    assert read(new, old) == ["03-10 15:00>03-10 16:00"]


def test_our_own_appointments_that_come_back_take_no_time() -> None:
    own = ".shop-3.book.example@slotline"
    content = file("DTSTART:20260310T100000Z DURATION:PT1H", GOOD)
    ours = content.replace(b"UID:a", f"UID:17-K7Q-3MD{own}".encode(), 1)
    assert [a.day for a, _ in busy_spans(ours, "UTC", START, END, own=own).spans] == [12]
    # Another shop's, where somebody works, too, does.
    other = ".shop-4.book.example@slotline"
    assert [a.day for a, _ in busy_spans(ours, "UTC", START, END, own=other).spans] == [10, 12]


def test_a_zone_that_the_file_defines_is_followed() -> None:
    head = (
        "BEGIN:VTIMEZONE\nTZID:Customized\nBEGIN:STANDARD\nDTSTART:16011028T030000\n"
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\n"
        "END:STANDARD\nBEGIN:DAYLIGHT\nDTSTART:16010325T020000\n"
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\n"
        "END:DAYLIGHT\nEND:VTIMEZONE\n"
    )
    event = "DTSTART;TZID=Customized:20260325T100000 DURATION:PT1H RRULE:FREQ=WEEKLY;COUNT=2"
    assert read(event, head=head) == ["03-25 09:00>03-25 10:00", "04-01 08:00>04-01 09:00"]


def test_history_and_texts_are_dropped_while_reading() -> None:
    old = "DTSTART:20160310T100000Z DTEND:20160310T110000Z DESCRIPTION:" + "x" * 1000
    whole = file(
        *[old] * 500, GOOD + " SUMMARY:Secret", "DTSTART:19550310T100000Z RRULE:FREQ=DAILY"
    )
    for size in (7, 1000, len(whole)):
        kept = CalendarFilter(START)
        for at in range(0, len(whole), size):
            kept.feed(whole[at : at + size])
        result = kept.result()
        assert (len(result) < 500, kept.size == len(result)) == (True, True)
        assert b"Secret" not in result
        found = busy_spans(result, "UTC", START, END)
        assert found == busy_spans(whole, "UTC", START, END)
