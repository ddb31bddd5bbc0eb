"""What `python -m bot understand` prints for a message."""

from __future__ import annotations

import json

from bot.nlu.pipeline import understand_message
from bot.nlu.to_json import understood_to_json
from tests.bot.nlu.phrase_tables import usual_situation


def test_everything_of_a_message_is_shown_as_plain_values() -> None:
    text = "no, a cut with Ana or Leo on Friday after 5, and is there parking?"
    shown = json.loads(
        json.dumps(understood_to_json(understand_message(text, usual_situation("en"))))
    )
    assert shown == {
        "text": text,
        "language": "en",
        "date": "2026-03-13",
        "date_to": None,
        "weekdays": [],
        "excluded_dates": [],
        "excluded_weekdays": [],
        "time": "17:00",
        "time_to": None,
        "at": "after",
        "part": None,
        "acts": ["no", "ask_parking", "book"],
        "intent": "book",
        "service": {"id": 1, "text": "Women's cut", "score": 100, "alternatives": []},
        "provider": {"id": 10, "text": "Ana Ruiz", "score": 88, "alternatives": [13, 11]},
        "shop": None,
        "type": None,
        "city": None,
        "refused": {
            "providers": [],
            "services": [],
            "shops": [],
            "dates": [],
            "weekdays": [],
            "times": [],
        },
        "attendee": None,
        "person_name": None,
        "code": None,
        "number": None,
        "minutes_late": None,
        "minutes_shifted": None,
        "alters": False,
        "phone": None,
        "language_wanted": None,
        "from_date": None,
        "from_time": None,
        "spans": [
            {"start": 0, "end": 2, "kind": "act", "value": "no"},
            {"start": 6, "end": 9, "kind": "service", "value": 1},
            {"start": 15, "end": 18, "kind": "provider", "value": 10},
            {"start": 29, "end": 35, "kind": "date", "value": "2026-03-13"},
            {"start": 36, "end": 43, "kind": "time", "value": "17:00"},
            {"start": 58, "end": 65, "kind": "act", "value": "ask_parking"},
        ],
        "ambiguous": [{"field": "provider", "candidates": [10, 13, 11], "start": 15, "end": 18}],
    }


def test_a_time_that_stays_open_is_shown_with_its_candidates() -> None:
    shown = understood_to_json(understand_message("tomorrow at 10 or at 11", usual_situation("en")))
    assert (shown["time"], shown["ambiguous"]) == (
        "10:00",
        [{"field": "time", "candidates": ["10:00", "11:00"], "start": 9, "end": 23}],
    )
