"""Texts marked up in HTML, read as strictly as the Bot API reads them."""

import html
import re
from typing import Any, NoReturn

from tests.servers.telegram.errors import Refused

_KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "a": "text_link",
}
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)((?:\s+[a-z-]+(?:=\"[^\"]*\")?)*)\s*>")
_REFERENCE = re.compile(r"&(#x?[0-9A-Fa-f]+|lt|gt|amp|quot);")
_HREF = re.compile(r"href=\"([^\"]*)\"")

MAX_TEXT, MAX_CAPTION = 4096, 1024


def units(text: str) -> int:
    """Count UTF-16 code units, in which Telegram measures everything."""
    return len(text.encode("utf-16-le")) // 2


def read(text: str, parse_mode: str, *, caption: bool = False) -> tuple[str, list[dict[str, Any]]]:
    """Return the plain text and its entities. Raises Refused."""
    if parse_mode.lower() == "html":
        plain, entities = _html(text)
    elif parse_mode == "":
        plain, entities = text, []
    else:
        raise Refused(400, "unsupported parse_mode")
    if caption and units(plain) > MAX_CAPTION:
        raise Refused(400, "message caption is too long")
    if not caption and not plain.strip():
        raise Refused(400, "message text is empty")
    if units(plain) > MAX_TEXT:
        raise Refused(400, "message is too long")
    return plain.strip(), entities


def _html(text: str) -> tuple[str, list[dict[str, Any]]]:
    plain, entities = "", []
    open_: list[tuple[str, int, str]] = []
    at = 0
    while at < len(text):
        if text[at] == "<":
            tag = _TAG.match(text, at)
            where = len(text[:at].encode())
            if tag is None:
                _refuse(f'Unsupported start tag "{text[at + 1 : at + 10]}" at byte offset {where}')
            closing, name, attributes = tag[1], tag[2].lower(), tag[3]
            if name not in _KINDS:
                kind = "end" if closing else "start"
                _refuse(f'Unsupported {kind} tag "{name}" at byte offset {where}')
            if closing:
                entities += _close(open_, name, plain, where)
            else:
                open_.append((name, units(plain), attributes))
            at = tag.end()
            continue
        reference = _REFERENCE.match(text, at) if text[at] == "&" else None
        plain += html.unescape(reference[0]) if reference else text[at]
        at = reference.end() if reference else at + 1
    if open_:
        _refuse(f'Can\'t find end tag corresponding to start tag "{open_[-1][0]}"')
    return plain, sorted(entities, key=lambda e: (e["offset"], -e["length"]))


def _close(
    open_: list[tuple[str, int, str]], name: str, plain: str, where: int
) -> list[dict[str, Any]]:
    if not open_:
        _refuse(f"Unexpected end tag at byte offset {where}")
    begun, since, attributes = open_.pop()
    if begun != name:
        _refuse(
            f'Unmatched end tag at byte offset {where}, expected "</{begun}>", found "</{name}>"'
        )
    length = units(plain) - since
    if not length:
        return []
    entity: dict[str, Any] = {"type": _KINDS[name], "offset": since, "length": length}
    if name == "a":
        href = _HREF.search(attributes)
        if href is None:
            return []
        entity["url"] = html.unescape(href[1])
    return [entity]


def _refuse(words: str) -> NoReturn:
    raise Refused(400, f"can't parse entities: {words}")
