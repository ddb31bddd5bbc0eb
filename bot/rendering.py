"""From a Say to what a channel sends, by what the channel can: one pure function for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot import segments
from bot.wording import Markup, Wording
from core.messages import Choice, Say


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do with one message.

    `buttons` and `list` are the most options it shows as buttons under a message or as a list
    to open (0: not at all); `button_length` and `list_length` the characters of one. `length`
    is the most characters of a message. `gsm` says that characters outside SMS's alphabet cost.
    """

    buttons: int = 0
    list: int = 0
    button_length: int = 20
    list_length: int = 24
    edit: bool = False
    contact: bool = False
    location: bool = False
    document: bool = False
    markup: Markup = "plain"
    length: int = 1600
    gsm: bool = False


SMS = Capabilities(gsm=True)
WHATSAPP = Capabilities(
    buttons=3, list=10, location=True, document=True, markup="whatsapp", length=1024
)
WHATSAPP_PLAIN = Capabilities(markup="whatsapp", length=1600)
"""WhatsApp where no templates are configured: numbered text, as in the sandbox."""
TELEGRAM = Capabilities(
    buttons=100,
    button_length=64,
    edit=True,
    contact=True,
    location=True,
    document=True,
    markup="html",
    length=4096,
)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question's options as they are shown: its row's id, and the number before the first."""

    id: int
    options: tuple[Choice, ...]
    base: int = 0


@dataclass(frozen=True, slots=True)
class Option:
    """One option as it is shown: its number, its words, and what a tap on it sends back."""

    number: int
    label: str
    payload: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a channel sends.

    `text` holds the options already when they are shown as "numbers"; as "buttons" or a "list"
    they are apart in `options`. `segments` counts the SMS of a channel that is paid by them.
    """

    text: str
    shape: Literal["text", "numbers", "buttons", "list"] = "text"
    options: tuple[Option, ...] = ()
    segments: int = 1


def render(
    say: Say, prompt: Prompt | None, capabilities: Capabilities, wording: Wording, language: str
) -> Rendered:
    """Write `say` and the options of `prompt` in `language` ("es_ES") for a channel."""
    can = capabilities
    text = wording.say(say, language, markup=can.markup, gsm=can.gsm)
    options = _options(prompt, can, wording, language) if prompt else ()
    shape = _shape(options, can)
    if shape == "numbers":
        # Now they are part of the text; on a button they are never read as markup.
        options = _options(prompt, can, wording, language, can.markup) if prompt else ()
        text = "\n".join([text, *(f"{option.number} {option.label}" for option in options)])
    if can.gsm:
        text = segments.to_gsm(text)
    text = cut(text, can.length)
    return Rendered(text, shape, options, segments.segments(text) if can.gsm else 1)


def _options(
    prompt: Prompt,
    can: Capabilities,
    wording: Wording,
    language: str,
    markup: Markup = "plain",
) -> tuple[Option, ...]:
    return tuple(
        Option(
            prompt.base + index + 1,
            wording.say(choice.label, language, markup=markup, gsm=can.gsm),
            f"{prompt.id}.{index}",
        )
        for index, choice in enumerate(prompt.options)
    )


def _shape(
    options: Sequence[Option], can: Capabilities
) -> Literal["text", "numbers", "buttons", "list"]:
    if not options:
        return "text"
    longest = max(len(option.label) for option in options)
    if len(options) <= can.buttons and longest <= can.button_length:
        return "buttons"
    # A list has a second line for what does not fit into the first.
    return "list" if len(options) <= can.list else "numbers"


def cut(text: str, length: int) -> str:
    """Shorten `text` to `length` characters, at a line or word if one is near, with a mark."""
    if len(text) <= length:
        return text
    head = text[: length - 3]
    for space in ("\n", " "):
        start, found, _ = head.rpartition(space)
        if found and len(start) >= length * 3 // 4:
            head = start
            break
    return head.rstrip() + "..."
