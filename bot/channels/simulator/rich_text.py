"""Marked-up text parsed into pieces for a page that trusts no markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from html.parser import HTMLParser

from bot.i18n.translator import Markup
from core.messaging.messages import Json

_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underlined",
    "s": "struck",
    "del": "struck",
    "code": "code",
    "pre": "code",
}
_MARKS = {"*": "bold", "_": "italic", "~": "struck", "`": "code"}
_MARKED = re.compile(r"(?<![^\W_])([*_~`])(?=\S)(.+?)(?<=\S)\1(?![^\W_])")
_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?')\]]")


@dataclass(frozen=True, slots=True)
class RichTextSpan:
    """A piece of text in one style ("" or bold, italic …) with an optional link."""

    text: str
    style: str = ""
    href: str = ""

    def to_json(self) -> Json:
        """Return the piece without empty fields."""
        return {
            k: v for k, v in (("text", self.text), ("style", self.style), ("href", self.href)) if v
        }


def parse_rich_text(text: str, markup: Markup) -> tuple[RichTextSpan, ...]:
    """Parse a channel's text into pieces; URLs in it become links."""
    if markup == "html":
        pieces = _html(text)
    elif markup == "whatsapp":
        pieces = list(_marked(text))
    else:
        pieces = [RichTextSpan(text)]
    return tuple(_linked(pieces))


def _html(text: str) -> list[RichTextSpan]:
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.found


class _Reader(HTMLParser):
    """Keeps the styles and links of allowed tags and drops all other tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[RichTextSpan] = []
        self._styles: list[str] = []
        self._href = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _TAGS:
            self._styles.append(_TAGS[tag])
        elif tag == "a":
            href = dict(attrs).get("href") or ""
            self._href = href if _LINK.fullmatch(href) else ""
        elif tag == "br":
            self.handle_data("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _TAGS and self._styles:
            self._styles.pop()
        elif tag == "a":
            self._href = ""

    def handle_data(self, data: str) -> None:
        self.found.append(RichTextSpan(data, self._styles[-1] if self._styles else "", self._href))


def _marked(text: str) -> Iterator[RichTextSpan]:
    end = 0
    for found in _MARKED.finditer(text):
        yield RichTextSpan(text[end : found.start()])
        yield RichTextSpan(found[2], _MARKS[found[1]])
        end = found.end()
    yield RichTextSpan(text[end:])


def _linked(pieces: Iterable[RichTextSpan]) -> Iterator[RichTextSpan]:
    for piece in pieces:
        end = 0
        for found in () if piece.href else _LINK.finditer(piece.text):
            if found.start() > end:
                yield replace(piece, text=piece.text[end : found.start()])
            yield replace(piece, text=found[0], href=found[0])
            end = found.end()
        if piece.text[end:]:
            yield replace(piece, text=piece.text[end:])
