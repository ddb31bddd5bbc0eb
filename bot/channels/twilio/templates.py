"""WhatsApp templates stored at Twilio: buttons, lists, and messages outside the 24-hour window.

Buttons and lists are sent within 24 hours of the person's last message and need no approval, so one
template serves every question with the same number of options: all its text is placeholders. A
placeholder of the body takes one line (error 21656), so there is one template per number of lines.

Messages outside that window are fixed texts approved by WhatsApp, with placeholders for facts.

Pure: it maps definitions to API requests, and messages to placeholder values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b

from bot.i18n.translator import Translator, parse_template
from bot.rendering.keyboards import PromptOption
from bot.rendering.render import WHATSAPP, WHATSAPP_PLAIN, Capabilities, RenderedMessage
from core.messaging.messages import Json, Say

MAX_LINES = 2
"""Lines of a body; of a longer one all but the last are joined."""

SID_PATTERN = re.compile(r"HX[0-9a-fA-F]{32}")

APPROVAL_BUTTONS = {
    "reminder": ("reminder.come", "do_move", "do_cancel"),
    "reminder.sure": ("do_move", "do_cancel"),
    "tell.confirmed": (),
    "tell.declined": (),
    "tell.moved": (),
    "tell.cancelled": (),
    "tell.expired": (),
    "tell.confirmed.discreet": (),
    "tell.declined.discreet": (),
    "tell.moved.discreet": (),
    "tell.cancelled.discreet": (),
    "tell.expired.discreet": (),
}
"""Texts that may be sent outside the 24-hour window, each with the texts of its buttons."""

WHATSAPP_CODES = {"pt": "pt_BR", "zh": "zh_CN", "no": "nb"}
"""WhatsApp's codes of languages that it does not know by ours."""

_EMPTY = "-"


def whatsapp_language(language: str) -> str:
    """Return WhatsApp's code of a language."""
    return WHATSAPP_CODES.get(language, language)


@dataclass(frozen=True, slots=True)
class ContentTemplate:
    """A template definition; `key` is the text it renders if it needs approval."""

    name: str
    language: str
    kind: str
    parts: Json
    samples: Mapping[str, str]
    key: str = ""

    @property
    def our_language(self) -> str:
        """The language of the text by our own code, which WhatsApp's may differ from."""
        return self.name.partition("/")[2] or self.language

    @property
    def friendly_name(self) -> str:
        """The template's name at Twilio, which changes with its content."""
        digest = blake2b(json.dumps(self._facts(), sort_keys=True).encode(), digest_size=4)
        return f"slotline_{re.sub('[^a-z0-9]+', '_', self.name.lower())}_{digest.hexdigest()}"

    def request(self) -> Json:
        """Return the request body that creates the template."""
        return {"friendly_name": self.friendly_name, **self._facts()}

    def _facts(self) -> dict[str, Json]:
        return {
            "language": self.language,
            "variables": dict(self.samples),
            "types": {self.kind: self.parts},
        }


@dataclass(slots=True)
class _Blanks:
    """The placeholders of one template in order, each with a sample value."""

    samples: dict[str, str] = field(default_factory=dict)

    def add(self, sample: str) -> str:
        number = str(len(self.samples) + 1)
        self.samples[number] = sample
        return f"{{{{{number}}}}}"


# --- within 24 hours ----------------------------------------------------------------------------


def interactive_templates() -> Iterator[ContentTemplate]:
    """Yield the templates of buttons, lists, and lists with a second line."""
    for lines in range(1, MAX_LINES + 1):
        for count in range(1, WHATSAPP.max_buttons + 1):
            yield _buttons(count, lines)
        for count in range(1, WHATSAPP.max_list_items + 1):
            yield _list("list", count, lines)
            yield _list("details", count, lines)


def _buttons(count: int, lines: int) -> ContentTemplate:
    blanks = _Blanks()
    body = _body(blanks, lines)
    actions = [
        {"title": blanks.add(f"Choice {n + 1}"), "id": blanks.add(f"1.{n}")} for n in range(count)
    ]
    parts = {"body": body, "actions": actions}
    return ContentTemplate(
        f"buttons.{count}.{lines}", "en", "twilio/quick-reply", parts, blanks.samples
    )


def _list(shape: str, count: int, lines: int) -> ContentTemplate:
    blanks = _Blanks()
    body, opener, items = _body(blanks, lines), blanks.add("Choose"), []
    for n in range(count):
        item = {"item": blanks.add(f"Choice {n + 1}"), "id": blanks.add(f"1.{n}")}
        if shape == "details":
            item["description"] = blanks.add("30 min, 25 EUR")
        items.append(item)
    parts = {"body": body, "button": opener, "items": items}
    return ContentTemplate(
        f"{shape}.{count}.{lines}", "en", "twilio/list-picker", parts, blanks.samples
    )


def _body(blanks: _Blanks, lines: int) -> str:
    return "\n".join(blanks.add("What would you like?") for _ in range(lines))


def template_capabilities(known: Container[str]) -> Capabilities:
    """Return WhatsApp's capabilities given the known template names.

    Options are limited to the highest count without a gap; without templates text is numbered.
    """
    buttons = _most("buttons", WHATSAPP.max_buttons, known)
    items = _most("list", WHATSAPP.max_list_items, known)
    if not (buttons or items):
        return WHATSAPP_PLAIN
    return replace(WHATSAPP, max_buttons=buttons, max_list_items=items)


def _most(shape: str, limit: int, known: Container[str]) -> int:
    counts = range(1, limit + 1)
    there = (
        any(f"{shape}.{n}.{lines}" in known for lines in range(1, MAX_LINES + 1)) for n in counts
    )
    return next((n - 1 for n, here in zip(counts, there, strict=True) if not here), limit)


def fill_template(
    rendered: RenderedMessage, known: Container[str]
) -> tuple[str, dict[str, str]] | None:
    """Return the template name and values for a message with separate options.

    None if the message has none or no known template fits.
    """
    if rendered.shape == "buttons":
        shape, rest = "buttons", [w for o in rendered.options for w in (o.label, o.payload)]
    elif rendered.shape == "list":
        shape = "details" if rendered.items[0].description else "list"
        rest = [rendered.list_button, *_items(rendered)]
    else:
        return None
    lines = [line for line in map(_one_line, rendered.text.splitlines()) if line]
    for count in range(min(MAX_LINES, len(lines)), 0, -1):
        name = f"{shape}.{len(rendered.options)}.{count}"
        if name in known:
            first = len(lines) - count + 1
            body = [" ".join(lines[:first]), *lines[first:]]
            return name, _numbered([*body, *map(_one_line, rest)])
    return None


def _items(rendered: RenderedMessage) -> Iterator[str]:
    for item, option in zip(rendered.items, rendered.options, strict=True):
        yield item.title
        yield option.payload
        if item.description:
            yield item.description


# --- later ------------------------------------------------------------------------------------


def approval_templates(wording: Translator, languages: Sequence[str]) -> Iterator[ContentTemplate]:
    """Yield the templates that need approval: texts that may open a conversation.

    WhatsApp rejects a body that begins or ends with a placeholder, so "unasked" surrounds it.
    """
    for language in languages:
        frame = wording.find_template("unasked", language)
        for key, buttons in APPROVAL_BUTTONS.items():
            blanks = _Blanks()
            text = "".join(
                literal + (blanks.add(name) if name else "")
                for literal, name, _ in parse_template(wording.find_template(key, language, 2))
            )
            parts: dict[str, Json] = {"body": frame.replace("{message}", text)}
            kind = "twilio/quick-reply" if buttons else "twilio/text"
            if buttons:
                parts["actions"] = [
                    {"title": wording.find_template(button, language), "id": blanks.add(f"1.{n}")}
                    for n, button in enumerate(buttons)
                ]
            code = whatsapp_language(language)
            yield ContentTemplate(f"{key}/{language}", code, kind, parts, blanks.samples, key)


def template_variables(
    say: Say, options: Sequence[PromptOption], wording: Translator, locale: str
) -> dict[str, str]:
    """Return the values for an approved template: the facts in order, then the button payloads."""
    count = say.params.get("count", 1)
    template = wording.find_template(say.key, locale, count if isinstance(count, int) else 1)
    written = [
        wording.format_param(say.params[name], spec, locale, markup="whatsapp")
        or _stand_in(say, name, wording, locale)
        for _, name, spec in parse_template(template)
        if name
    ]
    payloads = (option.payload for option in options)
    return _numbered([_one_line(text) or _EMPTY for text in (*written, *payloads)])


def _stand_in(say: Say, name: str, wording: Translator, locale: str) -> str:
    """Return what an approved text says for an absent fact: its words are fixed around the gap."""
    if name == "reason":
        return wording.translate(Say("excuse"), locale, markup="whatsapp")
    return wording.format_param(say.params.get("shop", ""), "", locale, markup="whatsapp")


# --- both ---------------------------------------------------------------------------------------


def parse_template_sids(setting: str) -> tuple[dict[str, str], list[str]]:
    """Parse "list.4.1=HX…, buttons.2.1=HX…" into ids by name, and return the invalid parts."""
    ids, wrong = {}, []
    names = {template.name for template in interactive_templates()}
    for pair in filter(None, re.split(r"[,\s]+", setting)):
        name, _, sid = pair.partition("=")
        if name in names and SID_PATTERN.fullmatch(sid):
            ids[name] = sid
        else:
            wrong.append(pair)
    return ids, wrong


def _numbered(values: Sequence[str]) -> dict[str, str]:
    return {str(n): value for n, value in enumerate(values, 1)}


def _one_line(text: str) -> str:
    return " ".join(text.split())
