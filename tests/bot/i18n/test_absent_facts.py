"""Every text with every fact absent that may be: nothing is left hanging in any language."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.channels.twilio.templates import APPROVAL_BUTTONS, template_variables
from bot.i18n.absent_facts import join_present
from bot.i18n.messages import TRANSLATOR
from bot.i18n.translator import Markup, parse_template, supported_languages
from core.messaging.messages import Say, When

OPTIONAL = {"address", "phone", "reason", "attendee", "directions", "speciality", "name", "note"}
"""Facts that a shop, a booking or a person may lack."""

MARKUPS: tuple[Markup, ...] = ("plain", "html", "whatsapp")

HANGING = re.compile(
    r"[,;:·–(]\s*[.,;:!?·।)]|\s[.,;:!?।]|  |^\s*[.,;:·]|None|\(\s*\)|\n\s*\n|[,;:·]\s*$|\n$|^\s|\s$"
    r"|[.!?।]\s*[.,;]|[,;]\s*\n"
)
WHEN = When(datetime(2026, 3, 13, 10, tzinfo=UTC), "Europe/Madrid")
TIMES = {"when", "was", "at", "since", "until"}
NUMBERS = {"count", "minutes", "number"}

ALONE = {
    "address", "address_how", "phone", "emergency", "card.booked_for", "hi_name", "sure.name",
    "alert.human_new",
}  # fmt: skip
"""Texts that say this fact only: nobody says them without it."""


def _param(name: str, spec: str) -> object:
    if name in NUMBERS:
        return 2
    if name in TIMES:
        return WHEN
    if spec in {"long", "day"} or name in {"day", "first", "last"}:
        return date(2026, 3, 13)
    return ("Xx", "Yy") if spec in {"lines", "and"} else "Xx"


def _with_gaps() -> list[tuple[str, tuple[str, ...], dict[str, object]]]:
    found = []
    for key, template in TRANSLATOR.templates.items():
        text = template if isinstance(template, str) else template[1]
        params = {name: _param(name, spec) for _, name, spec in parse_template(text) if name}
        gaps = sorted(OPTIONAL & params.keys())
        sets = [(gap,) for gap in gaps] + ([tuple(gaps)] if len(gaps) > 1 else [])
        found += [(key, absent, {"count": 2, **params}) for absent in sets]
    return found


@pytest.mark.parametrize("language", supported_languages())
def test_no_text_has_anything_hanging_where_a_fact_is_absent(language: str) -> None:
    wrong = []
    for key, absent, params in _with_gaps():
        for markup in MARKUPS:
            gone: dict[str, object] = params | dict.fromkeys(absent, "")
            said = TRANSLATOR.translate(Say(key, gone), language, markup=markup)
            whole = TRANSLATOR.translate(Say(key, params), language, markup=markup)
            if HANGING.search(said) and not HANGING.search(whole):
                wrong.append((key, absent, said))
            elif not said and whole != "Xx" and key not in ALONE:
                wrong.append((key, absent, "nothing is said"))
    assert wrong == []


def test_the_check_finds_what_gluing_leaves() -> None:
    """The control: what the texts were before."""
    glued = ("9:00 am,. Ref K7Q", "Bella,. Phone 1.", "Booked,!", "at ()", "call Marta:", "a  b")
    assert [HANGING.search(words) is not None for words in glued] == [True] * len(glued)


@pytest.mark.parametrize("language", supported_languages())
def test_no_approved_whatsapp_template_is_filled_with_a_gap(language: str) -> None:
    wrong: list[Any] = []
    for key, absent, params in _with_gaps():
        if key in APPROVAL_BUTTONS:
            say = Say(key, params | dict.fromkeys(absent, "") | {"shop": "Bella Hair"})
            filled = template_variables(say, (), TRANSLATOR, language)
            wrong += [(key, absent) for value in filled.values() if value in {"", "-", "None"}]
    assert wrong == []


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        ([("", "Fri 9:00 am"), (", ", ""), (". Ref ", "K7Q")], "Fri 9:00 am. Ref K7Q"),
        ([("", "Bella"), (", ", ""), (". Phone ", ""), (".\n", "Mon 9-17")], "Bella.\nMon 9-17"),
        ([("Booked, ", ""), ("! ", "Cut")], "Booked! Cut"),
        ([("", "Bella"), (" cannot. ", ""), ("\nWrite me.", None)], "Bella cannot.\nWrite me."),
        ([("Please call ", "Marta"), (": ", "")], "Please call Marta"),
        ([("", "Marta"), (" ", ""), (" asked.", None)], "Marta asked."),
    ],
)
def test_an_absent_fact_takes_its_joint_along(
    pieces: list[tuple[str, str | None]], said: str
) -> None:
    assert join_present(pieces) == said
