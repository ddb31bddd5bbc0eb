"""Geometry of the charts: bar charts with a round scale, and a heatmap of the week.

A chart's words carry all that its picture does: a sentence for who hears it, and rows of a table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

CHART_WIDTH, CHART_HEIGHT = 420, 200
"""Units of a drawing; a page scales it to the room there is."""

MARGIN_LEFT, MARGIN_TOP, MARGIN_BOTTOM = 44, 12, 22
MAX_LABELS = 6
"""Words below the bars at most: more would run into each other."""

CELL_SIZE = 17
"""Units of an hour in the week."""


@dataclass(frozen=True, slots=True)
class ChartDatum:
    """A bar's label and its parts, from the bottom up."""

    words: str
    parts: tuple[int, ...]

    @property
    def total(self) -> int:
        """Return the sum of the parts."""
        return sum(self.parts)


@dataclass(frozen=True, slots=True)
class ChartBar:
    """A bar or part of one; `kind` is the part's number, `words` its description."""

    x: float
    y: float
    width: float
    height: float
    kind: int
    words: str


@dataclass(frozen=True, slots=True)
class BarChart:
    """A bar chart; `lines` are (y, label) of the scale, `labels` (x, label) of the axis below."""

    data: tuple[ChartDatum, ...]
    boxes: tuple[ChartBar, ...]
    lines: tuple[tuple[float, str], ...]
    labels: tuple[tuple[float, str], ...]
    spoken: str


def draw_bar_chart(
    data: Sequence[ChartDatum],
    format_value: Callable[[int], str],
    *,
    step: int = 1,
    scale: Callable[[int], str] = str,
) -> BarChart:
    """Return the bars of `steps`; `written` formats a value, `scale` a value of the scale.

    The scale counts in `step`.
    """
    top = round_scale_top(max((one.total for one in data), default=0), step)
    room = CHART_HEIGHT - MARGIN_TOP - MARGIN_BOTTOM
    each = (CHART_WIDTH - MARGIN_LEFT) / max(1, len(data))
    wide = each * (0.72 if len(data) < 90 else 1)
    boxes = []
    for n, one in enumerate(data):
        below = 0
        for kind, value in enumerate(one.parts):
            if value:
                high = room * value / top
                y = MARGIN_TOP + room * (1 - below / top) - high
                x = MARGIN_LEFT + n * each + (each - wide) / 2
                words = f"{one.words}: {format_value(value)}"
                box = ChartBar(
                    round(x, 2), round(y, 2), round(wide, 2), round(high, 2), kind, words
                )
                boxes.append(box)
            below += value
    every = -(-len(data) // MAX_LABELS) if data else 1
    middles = [MARGIN_LEFT + (n + 0.5) * each for n in range(len(data))]
    labels = [(round(x, 2), one.words) for x, one in zip(middles, data, strict=True)][::every]
    shares = (0, 0.5, 1)
    lines = [(round(MARGIN_TOP + room * (1 - part), 2), scale(int(top * part))) for part in shares]
    return BarChart(
        tuple(data), tuple(boxes), tuple(lines), tuple(labels), _spoken(data, format_value)
    )


def round_scale_top(most: int, step: int = 1) -> int:
    """Return a round top of the scale, at least `most`, that can be halved."""
    top = 2 * step
    while top < most:
        for factor in (2, 5, 10):
            if top * factor >= most:
                return top * factor
        top *= 10
    return top


def _spoken(data: Sequence[ChartDatum], written: Callable[[int], str]) -> str:
    total = sum(one.total for one in data)
    if not total:
        return "Nothing in this period."
    most = max(data, key=lambda one: one.total)
    return f"{written(total)} in all, the most on {most.words}: {written(most.total)}."


@dataclass(frozen=True, slots=True)
class WeekHeatmap:
    """A heatmap of the week; `cells` are (x, y, shade 0–4, description)."""

    width: int
    height: int
    cells: tuple[tuple[int, int, int, str], ...]
    hours: tuple[tuple[int, str], ...]
    days: tuple[tuple[int, str], ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]
    first: int
    spoken: str


WEEKDAY_LABELS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def draw_week_heatmap(found: dict[tuple[int, int], int]) -> WeekHeatmap:
    """Return the heatmap of how many visits begin in each (weekday, hour); Monday is 0."""
    hours = [hour for _, hour in found] or [9, 17]
    first, last = min(hours), max(hours)
    most = max(found.values(), default=0)
    cells, rows = [], []
    for day, name in enumerate(WEEKDAY_LABELS):
        counts = tuple(found.get((day, hour), 0) for hour in range(first, last + 1))
        rows.append((name, counts))
        for n, count in enumerate(counts):
            shade = -(-4 * count // most) if count else 0
            cells.append(
                (34 + n * CELL_SIZE, 16 + day * CELL_SIZE, shade, f"{name} {first + n}:00: {count}")
            )
    busy = max(found, key=lambda at: found[at]) if found else None
    return WeekHeatmap(
        34 + (last - first + 1) * CELL_SIZE,
        16 + 7 * CELL_SIZE,
        tuple(cells),
        tuple((34 + n * CELL_SIZE, str(first + n)) for n in range(0, last - first + 1, 2)),
        tuple((16 + day * CELL_SIZE, name) for day, name in enumerate(WEEKDAY_LABELS)),
        tuple(rows),
        first,
        f"{WEEKDAY_LABELS[busy[0]]} at {busy[1]}:00, {found[busy]} begun."
        if busy
        else "No visits in this period.",
    )
