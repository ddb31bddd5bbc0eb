"""Rendering of a Say according to a channel's capabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bot.i18n.translator import ESCAPERS, Markup, Translator
from bot.rendering import keyboards, list_items, sms_segments
from bot.rendering.keyboards import ButtonRows, PromptOption
from core.messaging.messages import Choice, Say


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The capabilities of a channel for one message.

    `buttons` and `list` are the most options shown as buttons or in a list (0: unsupported; for
    list items see `bot.rendering.list_items`), `button_length` the maximum characters of a button.
    `distinct` channels reject two buttons with the same label. `length` is the maximum characters
    of a message, `options_length` of one with separate options (0: the same). `edit` says that sent
    messages can be edited, `contact` that a button can ask for the person's number, `location` and
    `document` that a map location or file can be sent. `gsm` says that characters outside GSM-7
    cost more.
    """

    max_buttons: int = 0
    max_list_items: int = 0
    max_button_length: int = 20
    needs_distinct_labels: bool = False
    max_options_length: int = 0
    can_edit: bool = False
    can_ask_contact: bool = False
    can_send_location: bool = False
    can_send_document: bool = False
    markup: Markup = "plain"
    max_length: int = 1600
    prefers_gsm: bool = False


SMS = Capabilities(prefers_gsm=True)
WHATSAPP = Capabilities(
    max_buttons=3,
    max_list_items=10,
    needs_distinct_labels=True,
    max_options_length=1024,
    markup="whatsapp",
    max_length=1600,
)
"""WhatsApp within the 24-hour window, if interactive templates are set up."""
WHATSAPP_PLAIN = Capabilities(markup="whatsapp", max_length=1600)
"""WhatsApp without configured templates, as in the sandbox: numbered text."""
TELEGRAM = Capabilities(
    max_buttons=100,
    max_button_length=64,
    can_edit=True,
    can_ask_contact=True,
    can_send_location=True,
    can_send_document=True,
    markup="html",
    max_length=4096,
)

EMAIL = Capabilities(max_buttons=100, max_button_length=64, max_length=20_000)
"""E-mail, which cannot be answered: options are omitted in favour of the booking's link."""


@dataclass(frozen=True, slots=True)
class ShownPrompt:
    """A question's options as displayed: the prompt's id and the number before the first.

    `layout` is the preferred button layout (`bot.rendering.keyboards`).
    """

    id: int
    options: tuple[Choice, ...]
    number_offset: int = 0
    layout: str = ""


@dataclass(frozen=True, slots=True)
class VenuePin:
    """A location for the channel's map, in degrees."""

    latitude: float
    longitude: float
    title: str
    address: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file sent with the message."""

    name: str
    type: str
    body: bytes


Shape = Literal["text", "numbers", "buttons", "list", "venue", "document"]


@dataclass(frozen=True, slots=True)
class TemplateMessage:
    """A template stored at the provider: its id and the values of its placeholders."""

    sid: str
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RenderedMessage:
    """A rendered message.

    `text` includes the options if they are shown as numbers; as buttons or a list they are separate
    in `options`, and buttons by row, inactive cells included, in `rows`. `segments` counts SMS
    segments. `contact` labels a button that shares the person's number. `settled` replaces the
    previous question's text on channels that edit messages. A list has `items` in the options'
    order, and `opener` on its button. `content` is sent instead if only an approved template is
    allowed.
    """

    text: str
    shape: Shape = "text"
    options: tuple[PromptOption, ...] = ()
    segments: int = 1
    rows: ButtonRows = ()
    contact_button: str = ""
    settled_text: str = ""
    venue: VenuePin | None = None
    document: Attachment | None = None
    items: tuple[list_items.ListItem, ...] = ()
    list_button: str = ""
    template: TemplateMessage | None = None


def render_say(
    say: Say,
    prompt: ShownPrompt | None,
    capabilities: Capabilities,
    wording: Translator,
    language: str,
    *,
    done: Sequence[Say] = (),
    above: bool = True,
) -> RenderedMessage:
    """Write `say` and the options of `prompt` in `language` ("es_ES") for a channel.

    `done` are the answers given so far: a channel that changes its messages shows them ticked off
    `above` the question, or on the message that this one follows.
    """
    can = capabilities
    text = wording.translate(say, language, markup=can.markup, gsm=can.prefers_gsm)
    options = _options(prompt, can, wording, language) if prompt else ()
    items = _items(prompt, options, can, wording, language) if prompt else ()
    shape = _shape(text, options, items, can)
    rows: ButtonRows = ()
    if shape == "buttons" and prompt and can.can_edit:
        pairs = list(zip(prompt.options, options, strict=True))
        rows = keyboards.lay_out_rows(
            prompt.layout, pairs, language, lambda key: wording.translate(Say(key), language)
        )
    if shape == "numbers":
        # They are now part of the text; on a button they are never parsed as markup.
        options = _options(prompt, can, wording, language, can.markup) if prompt else ()
        text = "\n".join([text, *(f"{option.number} {option.label}" for option in options)])
    if can.prefers_gsm:
        text = sms_segments.to_gsm(text)
    ticked = [
        wording.translate(Say("done", {"line": line}), language, markup=can.markup, button=True)
        for line in (done if can.can_edit else ())
    ]
    settled = "\n".join(ticked)
    contact = ""
    if can.can_ask_contact and prompt and prompt.layout == "contact":
        # It cannot be added to an existing message, so a new one is sent.
        contact, above = wording.translate(Say("share_number"), language), False
    text = truncate_text(f"{settled}\n\n{text}" if settled and above else text, can.max_length)
    venue = _venue(say) if say.key == "venue" and can.can_send_location else None
    return RenderedMessage(
        text,
        "venue" if venue else shape,
        options,
        sms_segments.count_segments(text) if can.prefers_gsm else 1,
        rows,
        contact,
        settled,
        venue,
        items=items if shape == "list" else (),
        list_button=wording.translate(Say("list.open"), language) if shape == "list" else "",
    )


def _venue(say: Say) -> VenuePin:
    place, title, address = say.params, str(say.params["shop"]), str(say.params["address"])
    return VenuePin(float(str(place["latitude"])), float(str(place["longitude"])), title, address)


def with_numbered_options(rendered: RenderedMessage, capabilities: Capabilities) -> RenderedMessage:
    """Return a message with separate options as one that lists them numbered in its text."""
    if rendered.shape not in {"buttons", "list"}:
        return rendered
    # Button labels are never parsed as markup, unlike the text.
    escape = ESCAPERS[capabilities.markup]
    options = (f"{option.number} {escape(option.label)}" for option in rendered.options)
    text = truncate_text("\n".join([rendered.text, *options]), capabilities.max_length)
    return replace(rendered, text=text, shape="numbers", rows=(), items=(), list_button="")


def _options(
    prompt: ShownPrompt,
    can: Capabilities,
    wording: Translator,
    language: str,
    markup: Markup = "plain",
) -> tuple[PromptOption, ...]:
    return tuple(
        PromptOption(
            prompt.number_offset + index + 1,
            wording.translate(
                choice.label, language, markup=markup, gsm=can.prefers_gsm, button=can.can_edit
            ),
            f"{prompt.id}.{index}",
        )
        for index, choice in enumerate(prompt.options)
    )


def _items(
    prompt: ShownPrompt,
    options: Sequence[PromptOption],
    can: Capabilities,
    wording: Translator,
    language: str,
) -> tuple[list_items.ListItem, ...]:
    """Return the options as list items if there are too many for buttons and they fit."""
    if not options or _are_buttons(options, can) or len(options) > can.max_list_items:
        return ()

    def fill(number: int) -> str:
        return wording.translate(Say("list.or", {"number": number}), language)

    # The part of a label after a dot becomes the second line here.
    buttons = [wording.translate(choice.label, language, button=True) for choice in prompt.options]
    labels = [
        button if list_items.PART_SEPARATOR in button else option.label
        for button, option in zip(buttons, options, strict=True)
    ]
    return list_items.build_list_items(labels, options[0].number, fill)


def _shape(
    text: str,
    options: Sequence[PromptOption],
    items: Sequence[list_items.ListItem],
    can: Capabilities,
) -> Shape:
    if not options:
        return "text"
    if len(text) > (can.max_options_length or can.max_length):
        return "numbers"
    if _are_buttons(options, can):
        return "buttons"
    return "list" if items else "numbers"


def _are_buttons(options: Sequence[PromptOption], can: Capabilities) -> bool:
    labels = [option.label for option in options]
    return (
        len(labels) <= can.max_buttons
        and all(0 < len(label) <= can.max_button_length for label in labels)
        and (not can.needs_distinct_labels or len(set(labels)) == len(labels))
    )


def truncate_text(text: str, length: int) -> str:
    """Shorten `text` to `length` characters with an ellipsis, preferably at a line or word."""
    if len(text) <= length:
        return text
    head = text[: length - 3]
    for space in ("\n", " "):
        start, found, _ = head.rpartition(space)
        if found and len(start) >= length * 3 // 4:
            head = start
            break
    return head.rstrip() + "..."
