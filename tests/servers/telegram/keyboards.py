"""Reply markups, as the Bot API accepts them."""

import json
import re
from typing import Any
from urllib.parse import urlsplit

from tests.servers.telegram.errors import Refused

MAX_DATA = 64
MAX_BUTTONS = 100
MAX_ROW = 8

_ACTIONS = {"callback_data", "url", "web_app", "login_url", "switch_inline_query", "pay"}
_INLINE = {"text", "style", "icon_custom_emoji_id", *_ACTIONS}
_REPLY = {"text", "request_contact", "request_location", "style", "icon_custom_emoji_id"}
_HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def read(text: str, *, editing: bool = False) -> dict[str, Any]:
    """Return a markup of one of the four kinds; `editing` takes inline keyboards only."""
    try:
        markup = json.loads(text)
    except ValueError:
        raise Refused(400, "can't parse reply keyboard markup JSON object") from None
    if not isinstance(markup, dict):
        raise Refused(400, "object expected as reply markup")
    if "inline_keyboard" in markup:
        _only(markup, {"inline_keyboard"})
        _inline(markup["inline_keyboard"])
        return markup
    if editing:
        raise Refused(400, "inline keyboard expected")
    if "keyboard" in markup:
        flags = {"is_persistent", "resize_keyboard", "one_time_keyboard", "selective"}
        _only(markup, {"keyboard", "input_field_placeholder", *flags})
        for button in _buttons(markup["keyboard"], "keyboard"):
            _only(button, _REPLY)
    elif markup.get("remove_keyboard") is True:
        _only(markup, {"remove_keyboard", "selective"})
    elif markup.get("force_reply") is True:
        _only(markup, {"force_reply", "input_field_placeholder", "selective"})
    elif markup:
        raise Refused(400, "object expected as reply markup")
    return markup


def _inline(rows: Any) -> None:
    for button in _buttons(rows, "inline keyboard"):
        _only(button, _INLINE)
        actions = _ACTIONS & set(button)
        if len(actions) != 1:
            raise Refused(
                400,
                "can't parse inline keyboard button: Text buttons are unallowed in the inline "
                "keyboard",
            )
        data = button.get("callback_data")
        if data is not None and not 1 <= len(str(data).encode()) <= MAX_DATA:
            raise Refused(400, "BUTTON_DATA_INVALID")
        url = button.get("url")
        if url is not None:
            parts = urlsplit(url)
            if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(parts.hostname or ""):
                raise Refused(400, f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")


def _buttons(rows: Any, what: str) -> list[dict[str, Any]]:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise Refused(400, f'field "{what.replace(" ", "_")}" must be of type Array of Array')
    buttons = [button for row in rows for button in row]
    if any(not isinstance(button, dict) or not button.get("text") for button in buttons):
        raise Refused(400, f'can\'t parse {what} button: Field "text" must be of type String')
    if len(buttons) > MAX_BUTTONS or any(len(row) > MAX_ROW for row in rows):
        raise Refused(400, "reply markup is too long")
    return buttons


def _only(given: dict[str, Any], known: set[str]) -> None:
    # The real one passes over unknown fields: it would hide our mistakes.
    if unknown := set(given) - known:
        raise Refused(400, f"unknown field {', '.join(sorted(unknown))}")


def labels(markup: dict[str, Any] | None) -> list[list[str]]:
    """Return what stands on the buttons, row by row."""
    if not markup:
        return []
    rows = markup.get("inline_keyboard") or markup.get("keyboard") or []
    return [[str(button["text"]) for button in row] for row in rows]
