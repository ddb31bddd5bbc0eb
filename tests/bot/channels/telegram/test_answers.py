"""The Bot API's answers, read for both SDKs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.channels.telegram.answers import load_answer


def test_updates_that_cannot_be_read_together_are_read_one_by_one() -> None:
    huge = "9" * 5000
    odd = '{"update_id": 2, "message": {"text": "a ] \\" } b", "date": ' + huge + "}}"
    good = '{"update_id": %d, "message": {"text": "[hi]"}}'
    deep = '{"update_id": 4, "message": ' + "[" * 5000 + "]" * 5000 + "}"
    answer = (
        '{"ok": true, "result": [' + ", ".join([good % 1, odd, good % 3, deep, good % 5]) + "]}"
    )
    assert load_answer(answer) == {
        "ok": True,
        "result": [
            {"update_id": 1, "message": {"text": "[hi]"}},
            {"update_id": 2, "unreadable": odd},
            {"update_id": 3, "message": {"text": "[hi]"}},
            {"update_id": 4, "unreadable": deep},
            {"update_id": 5, "message": {"text": "[hi]"}},
        ],
    }


@pytest.mark.parametrize("page", ["<html>Bad gateway", "", '{"ok": tru', '"result" [', "[" * 9999])
def test_what_is_no_answer_is_none(page: str) -> None:
    with pytest.raises(ValueError, match="no JSON"):
        load_answer(page)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (7, {"retry_after": 7}),
        ("7", {"retry_after": 7}),
        (0, {"retry_after": 1}),
        (-5, {"retry_after": 1}),
        (1.5, {"retry_after": 1}),
        (10**20, {"retry_after": 86_400}),
        ("1e400", {"retry_after": 86_400}),
        ("soon", None),
        (None, None),
        ([7], None),
        (float("nan"), None),
        (True, None),
    ],
)
def test_a_wait_of_any_form_is_whole_seconds_or_none(said: Any, read: Any) -> None:
    answer = {"ok": False, "error_code": 429, "parameters": {"retry_after": said}}
    expected: dict[str, Any] = {"ok": False, "error_code": 429, "description": "no description"}
    assert load_answer(json.dumps(answer)) == expected | ({"parameters": read} if read else {})
