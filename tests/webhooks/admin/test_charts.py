"""Geometry of charts: heights on the scale, descriptions for screen readers, heatmap shades."""

from __future__ import annotations

import pytest

from webhooks.admin import charts
from webhooks.admin.charts import (
    CHART_HEIGHT,
    CHART_WIDTH,
    MARGIN_BOTTOM,
    MARGIN_LEFT,
    MARGIN_TOP,
    ChartDatum,
)

ROOM = CHART_HEIGHT - MARGIN_TOP - MARGIN_BOTTOM


@pytest.mark.parametrize(
    ("most", "step", "top"),
    [(0, 1, 2), (2, 1, 2), (3, 1, 4), (7, 1, 10), (11, 1, 20), (41, 1, 100), (101, 1, 200),
     (2500, 1000, 4000), (60_000, 1000, 100_000)],
)  # fmt: skip
def test_a_scale_holds_what_it_measures_and_has_a_round_middle(
    most: int, step: int, top: int
) -> None:
    assert charts.round_scale_top(most, step) == top


def test_bars_stand_on_each_other_to_scale() -> None:
    chart = charts.draw_bar_chart(
        [ChartDatum("Mon", (3, 1)), ChartDatum("Tue", (0, 0)), ChartDatum("Wed", (0, 2))], str
    )
    assert [(box.kind, box.words) for box in chart.boxes] == [
        (0, "Mon: 3"), (1, "Mon: 1"), (1, "Wed: 2"),
    ]  # fmt: skip
    heights = [box.height for box in chart.boxes]
    assert heights == [round(ROOM * n / 4, 2) for n in (3, 1, 2)]
    low, high, alone = chart.boxes
    assert low.y + low.height == pytest.approx(CHART_HEIGHT - MARGIN_BOTTOM, abs=0.02)
    assert high.y + high.height == pytest.approx(low.y, abs=0.02)
    assert alone.y + alone.height == pytest.approx(CHART_HEIGHT - MARGIN_BOTTOM, abs=0.02)
    assert all(box.x >= MARGIN_LEFT and box.x + box.width <= CHART_WIDTH for box in chart.boxes)
    assert [words for _, words in chart.lines] == ["0", "2", "4"]
    assert chart.spoken == "6 in all, the most on Mon: 4."


def test_words_below_a_year_of_bars_do_not_meet() -> None:
    chart = charts.draw_bar_chart([ChartDatum(str(n), (1,)) for n in range(366)], str)
    assert [words for _, words in chart.labels] == ["0", "61", "122", "183", "244", "305"]
    assert charts.draw_bar_chart([], str).spoken == "Nothing in this period."


def test_a_week_is_shaded_by_its_busiest_hour() -> None:
    week = charts.draw_week_heatmap({(0, 9): 1, (4, 17): 8, (4, 10): 4})
    shades = {words: shade for _, _, shade, words in week.cells if shade}
    assert shades == {"Mon 9:00: 1": 1, "Fri 10:00: 4": 2, "Fri 17:00: 8": 4}
    assert len(week.cells) == 7 * 9
    assert dict(week.rows)["Fri"] == (0, 4, 0, 0, 0, 0, 0, 0, 8)
    assert week.spoken == "Fri at 17:00, 8 begun."
    assert charts.draw_week_heatmap({}).spoken == "No visits in this period."
