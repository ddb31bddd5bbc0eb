"""A day drawn as a timetable with one column per provider, legible on a phone.

It is drawn at twice the 390 points of a phone's width. Pure: the input is a `Say` with plain
numeric parameters, so drawing happens on sending, outside a transaction.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

IMAGE_WIDTH = 780
_FACE = Path(__file__).parent / "fonts" / "DejaVuSans.ttf"
_TOP, _LEFT, _HOUR, _PAD = 132, 84, 112, 10
_INK, _FAINT, _LINE, _PAPER = "#1d2733", "#647284", "#dfe5ec", "#ffffff"
_FILLS = {
    "confirmed": ("#dcebfb", "#1f6fc4"),
    "pending": ("#fff1cf", "#c98a00"),
    "in_progress": ("#d9f3e0", "#1c8a45"),
    "completed": ("#eceff3", "#8a97a6"),
    "no_show": ("#fbe0df", "#c0392b"),
    "off": ("#f1f3f6", "#c3ccd6"),
}


@dataclass(frozen=True, slots=True)
class DayCell:
    """A cell in a column: start and end in minutes of the local day, and its text."""

    column: int
    start_minute: int
    end_minute: int
    state: str
    title: str
    detail: str


def draw_day(
    title: str, columns: Sequence[str], cells: Sequence[DayCell], *, since: int, until: int
) -> bytes:
    """Return the timetable of [since, until), in minutes of the local day, as a PNG."""
    since = min([since, *(cell.start_minute for cell in cells)]) // 60 * 60
    until = -(-max([until, *(cell.end_minute for cell in cells)]) // 60) * 60
    height = _TOP + (until - since) * _HOUR // 60 + 28
    image = Image.new("RGB", (IMAGE_WIDTH, height), _PAPER)
    pen = ImageDraw.Draw(image)
    pen.text((_PAD * 2, 22), _fit(title, 32, IMAGE_WIDTH - 40), _INK, _font(32))
    width = (IMAGE_WIDTH - _LEFT - _PAD) // max(1, len(columns))
    for at, name in enumerate(columns):
        pen.text((_LEFT + at * width + 6, _TOP - 48), _fit(name, 24, width - 12), _INK, _font(24))
    for minute in range(since, until + 1, 60):
        y = _TOP + (minute - since) * _HOUR // 60
        pen.line((_LEFT - 8, y, IMAGE_WIDTH - _PAD, y), _LINE, 2)
        pen.text((_PAD, y - 12), f"{minute // 60 % 24}:00", _FAINT, _font(20))
    for cell in cells:
        _cell(pen, cell, since, width, _lanes(cell, cells))
    for at in range(1, len(columns)):
        pen.line((_LEFT + at * width, _TOP - 52, _LEFT + at * width, height - 28), _LINE, 2)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _cell(
    pen: ImageDraw.ImageDraw, cell: DayCell, since: int, width: int, lane: tuple[int, int]
) -> None:
    """Draw one cell; overlapping ones (overbookings) are placed side by side."""
    fill, edge = _FILLS.get(cell.state, _FILLS["confirmed"])
    at, of = lane
    left = _LEFT + cell.column * width + 4 + at * (width - 8) // of
    right = left + (width - 8) // of - 4
    top = _TOP + (cell.start_minute - since) * _HOUR // 60 + 3
    bottom = max(top + 34, _TOP + (cell.end_minute - since) * _HOUR // 60 - 3)
    pen.rounded_rectangle((left, top, right, bottom), 8, fill, edge, 2)
    pen.rectangle((left, top + 8, left + 5, bottom - 8), edge)
    room, size = right - left - 24, 23
    if bottom - top < 2 * size + 12 and cell.detail:
        # A short visit has room for only one line.
        cell = replace(cell, title=f"{cell.title}, {cell.detail}", detail="")
    lines = [(cell.title, _INK, size), (cell.detail, _FAINT, 20)]
    y = top + 5
    for words, ink, points in lines:
        if words and y + points <= bottom:
            pen.text((left + 14, y), _fit(words, points, room), ink, _font(points))
        y += points + 5


def _lanes(cell: DayCell, cells: Sequence[DayCell]) -> tuple[int, int]:
    beside = [
        one
        for one in cells
        if one.column == cell.column
        and one.start_minute < cell.end_minute
        and cell.start_minute < one.end_minute
        and "off" not in (one.state, cell.state)
    ] or [cell]
    return beside.index(cell) if cell in beside else 0, len(beside)


@lru_cache(maxsize=16)
def _font(points: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(_FACE, points)


def _fit(words: str, points: int, room: int) -> str:
    """Shorten words to fit a width in pixels."""
    font = _font(points)
    if font.getlength(words) <= room:
        return words
    while words and font.getlength(f"{words}...") > room:
        words = words[:-1]
    return f"{words.rstrip()}..."


def draw_from_params(params: Mapping[str, Any], title: str) -> bytes:
    """Draw the content of a Say "desk.picture"."""
    cells = [DayCell(*one) for one in params["cells"]]
    return draw_day(
        title, params["columns"], cells, since=int(params["since"]), until=int(params["until"])
    )
