"""From a Say to what a channel sends, by what the channel can: one pure function for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bot.i18n.translator import ESCAPES, Markup, Wording
from bot.rendering import keyboards, list_items, sms_segments
from bot.rendering.keyboards import Option, Rows
from core.messaging.messages import Choice, Say


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do with one message.

    `buttons` and `list` are the most options it shows as buttons under a message or as a list
    to open (0: not at all; its items are those of `bot.rendering.list_items`), `button_length` the characters of
    a button. `distinct` channels refuse two buttons that read the same. `length` is the most
    characters of a message, `options_length` of one that has its options apart (0: the same).
    `edit` says that a message can be changed once it was sent, `contact` that it can ask for the
    person's own number by a button, `location` and `document` that it takes a place for the map
    and a file. `gsm` says that characters outside SMS's alphabet cost.
    """

    buttons: int = 0
    list: int = 0
    button_length: int = 20
    distinct: bool = False
    options_length: int = 0
    edit: bool = False
    contact: bool = False
    location: bool = False
    document: bool = False
    markup: Markup = "plain"
    length: int = 1600
    gsm: bool = False


SMS = Capabilities(gsm=True)
WHATSAPP = Capabilities(
    buttons=3, list=10, distinct=True, options_length=1024, markup="whatsapp", length=1600
)
"""WhatsApp within 24 hours of the person's last word, where the templates for it are set up."""
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

EMAIL = Capabilities(buttons=100, button_length=64, length=20_000)
"""Mail, which nobody answers: options are left out, what was asked is behind the booking's link."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question's options as they are shown: its row's id, and the number before the first.

    `layout` is how they are best laid out where they are buttons (`bot.rendering.keyboards`).
    """

    id: int
    options: tuple[Choice, ...]
    base: int = 0
    layout: str = ""


@dataclass(frozen=True, slots=True)
class Venue:
    """A place for the channel's own map; degrees."""

    latitude: float
    longitude: float
    title: str
    address: str


@dataclass(frozen=True, slots=True)
class Document:
    """A file that is sent along."""

    name: str
    type: str
    body: bytes


Shape = Literal["text", "numbers", "buttons", "list", "venue", "document"]


@dataclass(frozen=True, slots=True)
class Content:
    """A template that is kept at the provider, by its id there, and what fills its blanks."""

    sid: str
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a channel sends.

    `text` holds the options already when they are shown as "numbers"; as "buttons" or a "list"
    they are apart in `options`, and buttons row by row, dead cells included, in `rows`.
    `segments` counts the SMS of a channel that is paid by them. `contact` is the label of a button
    by which a channel that can shares the person's number. `settled` is what the message that this
    one follows shows from now on, where messages can be changed; the same, without a question.
    A list has its `items`, in the options' order, and on the button that opens it `opener`.
    `content` is what is sent instead of all that where only an approved template may be.
    """

    text: str
    shape: Shape = "text"
    options: tuple[Option, ...] = ()
    segments: int = 1
    rows: Rows = ()
    contact: str = ""
    settled: str = ""
    venue: Venue | None = None
    document: Document | None = None
    items: tuple[list_items.Item, ...] = ()
    opener: str = ""
    content: Content | None = None


def render(
    say: Say,
    prompt: Prompt | None,
    capabilities: Capabilities,
    wording: Wording,
    language: str,
    *,
    done: Sequence[Say] = (),
    above: bool = True,
) -> Rendered:
    """Write `say` and the options of `prompt` in `language` ("es_ES") for a channel.

    `done` are the answers given so far: a channel that changes its messages shows them ticked off
    `above` the question, or on the message that this one follows.
    """
    can = capabilities
    text = wording.say(say, language, markup=can.markup, gsm=can.gsm)
    options = _options(prompt, can, wording, language) if prompt else ()
    items = _items(prompt, options, can, wording, language) if prompt else ()
    shape = _shape(text, options, items, can)
    rows: Rows = ()
    if shape == "buttons" and prompt and can.edit:
        pairs = list(zip(prompt.options, options, strict=True))
        rows = keyboards.rows(
            prompt.layout, pairs, language, lambda key: wording.say(Say(key), language)
        )
    if shape == "numbers":
        # Now they are part of the text; on a button they are never read as markup.
        options = _options(prompt, can, wording, language, can.markup) if prompt else ()
        text = "\n".join([text, *(f"{option.number} {option.label}" for option in options)])
    if can.gsm:
        text = sms_segments.to_gsm(text)
    ticked = [
        wording.say(Say("done", {"line": line}), language, markup=can.markup, button=True)
        for line in (done if can.edit else ())
    ]
    settled = "\n".join(ticked)
    contact = ""
    if can.contact and prompt and prompt.layout == "contact":
        # It cannot be put on a message that is there: this one will be new.
        contact, above = wording.say(Say("share_number"), language), False
    text = cut(f"{settled}\n\n{text}" if settled and above else text, can.length)
    venue = _venue(say) if say.key == "venue" and can.location else None
    return Rendered(
        text,
        "venue" if venue else shape,
        options,
        sms_segments.segments(text) if can.gsm else 1,
        rows,
        contact,
        settled,
        venue,
        items=items if shape == "list" else (),
        opener=wording.say(Say("list.open"), language) if shape == "list" else "",
    )


def _venue(say: Say) -> Venue:
    place, title, address = say.params, str(say.params["shop"]), str(say.params["address"])
    return Venue(float(str(place["latitude"])), float(str(place["longitude"])), title, address)


def as_numbers(rendered: Rendered, capabilities: Capabilities) -> Rendered:
    """Return a message whose options are apart as one that has them in its text, numbered."""
    if rendered.shape not in {"buttons", "list"}:
        return rendered
    # On a button words are never read as markup; in the text they would be.
    escape = ESCAPES[capabilities.markup]
    options = (f"{option.number} {escape(option.label)}" for option in rendered.options)
    text = cut("\n".join([rendered.text, *options]), capabilities.length)
    return replace(rendered, text=text, shape="numbers", rows=(), items=(), opener="")


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
            wording.say(choice.label, language, markup=markup, gsm=can.gsm, button=can.edit),
            f"{prompt.id}.{index}",
        )
        for index, choice in enumerate(prompt.options)
    )


def _items(
    prompt: Prompt,
    options: Sequence[Option],
    can: Capabilities,
    wording: Wording,
    language: str,
) -> tuple[list_items.Item, ...]:
    """Return the options as items of a list, if they are more than buttons and fit."""
    if not options or _are_buttons(options, can) or len(options) > can.list:
        return ()

    def fill(number: int) -> str:
        return wording.say(Say("list.or", {"number": number}), language)

    # What a button's words set off by a dot goes into the second line here.
    buttons = [wording.say(choice.label, language, button=True) for choice in prompt.options]
    labels = [
        button if list_items.PARTED in button else option.label
        for button, option in zip(buttons, options, strict=True)
    ]
    return list_items.items(labels, options[0].number, fill)


def _shape(
    text: str, options: Sequence[Option], items: Sequence[list_items.Item], can: Capabilities
) -> Shape:
    if not options:
        return "text"
    if len(text) > (can.options_length or can.length):
        return "numbers"
    if _are_buttons(options, can):
        return "buttons"
    return "list" if items else "numbers"


def _are_buttons(options: Sequence[Option], can: Capabilities) -> bool:
    labels = [option.label for option in options]
    return (
        len(labels) <= can.buttons
        and all(0 < len(label) <= can.button_length for label in labels)
        and (not can.distinct or len(set(labels)) == len(labels))
    )


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
