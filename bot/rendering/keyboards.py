"""Layouts of options as button rows: a list, a grid of times, or a month's calendar.

Pure: the layout depends on the options only. Cells without a payload are inactive: weekdays, full
days and headings.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Literal
from zoneinfo import ZoneInfo

from bot.i18n import formats
from core.messaging.messages import Choice, Say, When

Layout = Literal["", "list", "pairs", "grid", "calendar", "contact"]
"""Layouts a prompt may request where there are buttons; "contact" asks for a phone number."""


@dataclass(frozen=True, slots=True)
class PromptOption:
    """An option as displayed: number, label and the payload a tap sends.

    An inactive cell has number 0 and no payload. `style` highlights an option where the channel
    can: "primary", "success" or "danger".
    """

    number: int
    label: str
    payload: str
    style: str = ""


ButtonRows = tuple[tuple[PromptOption, ...], ...]
ChoiceOptions = Sequence[tuple[Choice, PromptOption]]

EMPTY_CELL = "·"
"""Shown for a calendar day without free times."""

_WIDTHS = ((4, 8), (3, 11), (2, 18))
"""Pairs of buttons per row and the longest label that stays legible at 390 pixels."""

_PARTS = ((12, "grid.morning"), (17, "grid.afternoon"), (48, "grid.evening"))


def lay_out_rows(
    layout: str, pairs: ChoiceOptions, language: str, words: Callable[[str], str]
) -> ButtonRows:
    """Lay out options, with navigation (`Choice.is_navigation`) last; `words` renders a text."""
    options = [pair for pair in pairs if not pair[0].is_navigation]
    onward = [option for choice, option in pairs if choice.is_navigation]
    if layout == "calendar" and all(_day(choice) for choice, _ in options) and options:
        laid = _month(options, language)
    elif layout == "grid" and all(_hour(choice) is not None for choice, _ in options):
        laid = _grid(options, words)
    elif layout == "pairs":
        laid = _beside([option for _, option in options], most=2)
    else:
        laid = _list([option for _, option in options])
    return (*laid, *_beside(onward, most=3))


def _list(options: Sequence[PromptOption]) -> ButtonRows:
    """Place options one per row; a few short ones (yes and no) share a row."""
    if len(options) <= 3 and sum(len(option.label) for option in options) <= 24:
        return _beside(options, most=3)
    return tuple((option,) for option in options)


def _beside(options: Sequence[PromptOption], most: int = 4) -> ButtonRows:
    """Place as many options in a row as stay legible."""
    longest = max((len(option.label) for option in options), default=0)
    columns = next((n for n, width in _WIDTHS if longest <= width and n <= most), 1)
    return tuple(tuple(options[i : i + columns]) for i in range(0, len(options), columns))


def _grid(options: ChoiceOptions, words: Callable[[str], str]) -> ButtonRows:
    """Arrange times by part of the day, with headings if there are several parts."""
    parts = [
        (part, [option for _, option in group])
        for part, group in groupby(options, key=lambda pair: _part(_hour(pair[0]) or 0))
    ]
    longest = max((len(option.label) for _, option in options), default=0)
    columns = next((n for n, width in _WIDTHS if longest <= width), 1)
    laid: list[tuple[PromptOption, ...]] = []
    for part, cells in parts:
        if len(parts) > 1:
            laid.append((_dead(words(part)),))
        for i in range(0, len(cells), columns):
            row = cells[i : i + columns]
            # Pad the last row, whose buttons would otherwise be wider than the columns above.
            blank = [_dead(" ")] * (columns - len(row) if i else 0)
            laid.append((*row, *blank))
    return tuple(laid)


def _month(options: ChoiceOptions, language: str) -> ButtonRows:
    """Arrange days as a month calendar, omitting leading and trailing weeks without a free day."""
    free = {day: option for choice, option in options if (day := _day(choice)) is not None}
    first = min(free)
    where = formats.find_locale(language)
    weeks = calendar.Calendar(where.first_week_day).monthdatescalendar(first.year, first.month)
    shown = [week for week in weeks if min(free) <= week[-1] and week[0] <= max(free)]
    short = where.days["stand-alone"]["short"]
    laid: list[tuple[PromptOption, ...]] = [
        (_dead(formats.format_month(first, language)),),
        tuple(_dead(str(short[day.weekday()]).rstrip(".")) for day in weeks[0]),
    ]
    laid += [tuple(_cell(day, first, free) for day in week) for week in shown]
    return tuple(laid)


def _cell(day: date, first: date, free: dict[date, PromptOption]) -> PromptOption:
    if day.month != first.month:
        return _dead(" ")
    if day not in free:
        return _dead(EMPTY_CELL)
    return PromptOption(free[day].number, str(day.day), free[day].payload, "primary")


def _dead(label: str) -> PromptOption:
    return PromptOption(0, label, "")


def _part(hour: int) -> str:
    return next(name for before, name in _PARTS if hour < before)


def _hour(choice: Choice) -> int | None:
    when = _first(choice.label, When)
    return when.at.astimezone(ZoneInfo(when.zone)).hour if isinstance(when, When) else None


def _day(choice: Choice) -> date | None:
    day = _first(choice.label, date)
    return day if isinstance(day, date) and not isinstance(day, datetime) else None


def _first(say: Say, kind: type) -> object:
    """Return the first parameter of this type, searching nested Says as well."""
    for value in say.params.values():
        found = _first(value, kind) if isinstance(value, Say) else value
        if isinstance(found, kind):
            return found
    return None
