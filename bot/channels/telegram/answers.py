"""Reading of the Bot API's answers, for both SDKs: nothing in an answer makes a request fail oddly.

The SDKs' own readers give up on a whole getUpdates answer for one update that is no JSON for
Python, and on an error for a wait of a size they do not expect.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from bot.channels.base import Unconfirmed
from core.messaging.messages import Json
from core.values.waits import parse_wait

UNREADABLE = "unreadable"
"""The key of an update of getUpdates that is no JSON for Python: its raw text."""

_TYPING = "sendchataction"
_UPDATE_ID = re.compile(r'"update_id"\s*:\s*(\d{1,18})(?!\d)')
_MARK = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


def load_answer(content: str | bytes) -> Json:
    """Return an answer's JSON; raise ValueError if it is none.

    A `retry_after` becomes whole seconds or is dropped. Updates are read one by one if they cannot
    be read together; an unreadable one becomes its `update_id` and its raw text.
    """
    text = content.decode("utf-8", "replace") if isinstance(content, bytes) else content
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        updates = list(_read_apart(text))
        if not updates:
            raise ValueError("the answer is no JSON") from None
        return {"ok": True, "result": updates}
    if isinstance(answer, dict):
        _read_parameters(answer)
    return answer


def reduce_sent(method: str, status: int, content: bytes) -> bytes:
    """Return the answer to a request that sends or edits, with no more than we need of it.

    Odd fields of a sent message must not make a success look like a failure. Raises Unconfirmed if
    the request succeeded (2xx) but the answer does not name the message.
    """
    name = method.lower()
    if not 200 <= status < 300 or not name.startswith(("send", "edit")) or name == _TYPING:
        return content
    try:
        answer = load_answer(content)
    except ValueError:
        answer = None
    if isinstance(answer, dict) and answer.get("ok") is False:
        return content  # refused, though an intermediary answered 200
    if name.startswith("edit"):
        return b'{"ok": true, "result": true}'
    result = answer.get("result") if isinstance(answer, dict) else None
    number = result.get("message_id") if isinstance(result, dict) else None
    if isinstance(number, bool) or not isinstance(number, int):
        raise Unconfirmed(f"{method}: {status} without a message")
    message = {"message_id": number, "date": 0, "chat": {"id": 0, "type": "private"}}
    return json.dumps({"ok": True, "result": message}).encode()


def _read_parameters(answer: dict[str, Any]) -> None:
    """Keep of an error's parameters what can be used, and its words as words."""
    if answer.get("ok") is True:
        return
    answer["ok"] = False
    answer["description"] = str(answer.get("description") or "no description")
    code = answer.get("error_code")
    if not isinstance(code, int):
        answer.pop("error_code", None)
    given = answer.pop("parameters", None)
    if not isinstance(given, dict):
        return
    known = {}
    if (wait := parse_wait(given.get("retry_after"))) is not None:
        known["retry_after"] = max(1, int(wait))
    moved = given.get("migrate_to_chat_id")
    if isinstance(moved, int) and abs(moved) < 2**52:
        known["migrate_to_chat_id"] = moved
    if known:
        answer["parameters"] = known


def _read_apart(text: str) -> Iterator[dict[str, Any]]:
    """Yield the updates of an answer as far as each can be read by itself."""
    start = text.find("[", text.find('"result"'))
    if '"result"' not in text or start < 0:
        return
    depth, began = 0, 0
    for mark in _MARK.finditer(text, start + 1):
        if mark[0] in "{[":
            began = mark.start() if depth == 0 else began
            depth += 1
        elif mark[0] in "}]":
            depth -= 1
            if depth < 0:
                return
            if depth == 0:
                yield from _one(text[began : mark.end()])


def _one(text: str) -> Iterator[dict[str, Any]]:
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        found = _UPDATE_ID.search(text)
        if found:
            yield {"update_id": int(found[1]), UNREADABLE: text}
        return
    if isinstance(read, dict):
        yield read
