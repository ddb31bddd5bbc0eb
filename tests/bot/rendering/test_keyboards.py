"""Options as rows of buttons, as they are read on a phone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from bot.i18n.messages import TRANSLATOR, text
from bot.rendering.render import SMS, TELEGRAM, ShownPrompt, render_say
from core.messaging.messages import Choice, Money, Say, When

NINE = datetime(2026, 3, 13, 8, tzinfo=UTC)
"""Nine in the morning in Madrid."""


def shown(
    layout: str, choices: list[Choice], language: str = "en_ES", done: tuple[Say, ...] = ()
) -> list[list[str]]:
    prompt = ShownPrompt(7, tuple(choices), layout=layout)
    rendered = render_say(text("which_day"), prompt, TELEGRAM, TRANSLATOR, language, done=done)
    return [[option.label for option in row] for row in rendered.rows]


def days(*dates: date) -> list[Choice]:
    return [Choice(d.isoformat(), text("day", day=d, count=3)) for d in dates]


def times(*hours: float) -> list[Choice]:
    starts = [When(NINE + timedelta(hours=hour - 9), "Europe/Madrid") for hour in hours]
    return [Choice(n, text("slot.time", when=when)) for n, when in enumerate(starts)]


CALENDAR = Choice("days", text("other_times"), is_navigation=True)
PERSON = Choice("people", text("someone"), is_navigation=True)


def test_a_service_is_a_card_with_length_and_price() -> None:
    cut = text("service", service="Cut", minutes=30, price=Money(2500, "EUR"))
    colour = text("service.unpriced", service="Colour", minutes=90)
    assert shown("list", [Choice(1, cut), Choice(2, colour)], "en") == [
        ["Cut · 30 min · €25"],
        ["Colour · 90 min"],
    ]


def test_yes_and_no_buttons_share_a_row() -> None:
    assert shown("", [Choice(1, text("yes")), Choice(2, text("no"))]) == [["Yes", "No"]]


def test_navigation_buttons_stand_below_the_options() -> None:
    assert shown("list", [CALENDAR, *times(9, 17.5), PERSON]) == [
        ["9:00 am", "5:30 pm"],
        ["Calendar", "Person"],
    ]


def test_a_month_with_its_free_days() -> None:
    march = days(*(date(2026, 3, d) for d in (13, 16, 17, 20)))
    assert shown("calendar", [*march, CALENDAR]) == [
        ["March 2026"],
        ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"],
        ["·", "·", "·", "·", "13", "·", "·"],
        ["16", "17", "·", "·", "20", "·", "·"],
        ["Calendar"],
    ]


def test_a_month_begins_on_the_weekday_it_begins_on_there() -> None:
    assert shown("calendar", days(date(2026, 3, 1), date(2026, 3, 7)), "en_US")[:3] == [
        ["March 2026"],
        ["Su", "Mo", "Tu", "We", "Th", "Fr", "Sa"],
        ["1", "·", "·", "·", "·", "·", "7"],
    ]
    assert shown("calendar", days(date(2026, 3, 1)), "es_ES") == [
        ["Marzo de 2026"],
        ["LU", "MA", "MI", "JU", "VI", "SA", "DO"],
        [" ", " ", " ", " ", " ", " ", "1"],
    ]


def test_a_day_is_tapped_by_its_own_number_and_the_rest_is_dead() -> None:
    prompt = ShownPrompt(7, tuple(days(date(2026, 3, 13), date(2026, 3, 14))), 1000, "calendar")
    rendered = render_say(text("which_day"), prompt, TELEGRAM, TRANSLATOR, "en_ES")
    assert [(o.label, o.payload) for o in rendered.rows[2][3:]] == [
        ("·", ""),
        ("13", "7.0"),
        ("14", "7.1"),
        ("·", ""),
    ]


def test_times_stand_by_part_of_the_day() -> None:
    grid = times(9, 9.5, 10, 10.5, 11, 12, 12.5, 17, 17.5)
    assert shown("grid", [*grid, CALENDAR]) == [
        ["Morning"],
        ["9:00 am", "9:30 am", "10:00 am", "10:30 am"],
        ["11:00 am", " ", " ", " "],
        ["Afternoon"],
        ["12:00 pm", "12:30 pm"],
        ["Evening"],
        ["5:00 pm", "5:30 pm"],
        ["Calendar"],
    ]
    assert shown("grid", times(17, 17.5), "es_ES") == [["17:00", "17:30"]]


def test_every_label_can_be_read_on_a_phone() -> None:
    long = [Choice(n, text("person", provider=f"Doctor Anastasia {n}")) for n in range(4)]
    assert [len(row) for row in shown("list", long)] == [1, 1, 1, 1]


def test_answers_are_ticked_off_above_the_question_and_alone_when_it_moves_on() -> None:
    cut = text("service", service="<Cut>", minutes=30, price=Money(2500, "EUR"))
    prompt = ShownPrompt(7, tuple(times(9)))
    rendered = render_say(text("which_day"), prompt, TELEGRAM, TRANSLATOR, "en", done=[cut])
    assert rendered.text == ("✓ &lt;Cut&gt; · 30 min · €25\n\nWhich day? Pick one or write a date.")
    assert rendered.settled_text == "✓ &lt;Cut&gt; · 30 min · €25"
    plain = render_say(text("which_day"), None, SMS, TRANSLATOR, "en", done=[cut])
    assert (plain.text, plain.settled_text) == ("Which day? Pick one or write a date.", "")


def test_a_phone_is_asked_for_by_a_button_of_its_own() -> None:
    prompt = ShownPrompt(7, (), layout="contact")
    assert render_say(text("which_phone"), prompt, TELEGRAM, TRANSLATOR, "en").contact_button == (
        "Share my number"
    )
    assert render_say(text("which_phone"), prompt, SMS, TRANSLATOR, "en").contact_button == ""


def test_sms_has_no_keyboard() -> None:
    prompt = ShownPrompt(7, tuple(days(date(2026, 3, 13))), layout="calendar")
    rendered = render_say(text("which_day"), prompt, SMS, TRANSLATOR, "en_ES")
    assert (rendered.rows, rendered.text) == (
        (),
        "Which day? Pick one or write a date.\n1 Fri 13 Mar, 3 times",
    )
