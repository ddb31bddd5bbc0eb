"""Options apart from the text: what fits as buttons, what as a list, and what as neither."""

import pytest

from bot.i18n.messages import TRANSLATOR
from bot.rendering.keyboards import PromptOption
from bot.rendering.render import (
    SMS,
    WHATSAPP,
    WHATSAPP_PLAIN,
    Capabilities,
    RenderedMessage,
    ShownPrompt,
    render_say,
    with_numbered_options,
)
from core.clock import parse_instant
from core.messaging.messages import Choice, Money, Say, When

ASK = Say("which_service")
NOON = When(parse_instant("2026-03-13T12:00Z"), "Europe/Madrid")


def plain(words: str) -> Say:
    return Say("answer", {"answer": words})


def line(service: str, provider: str) -> Say:
    return Say("booking.line", {"service": service, "provider": provider, "when": NOON})


def service(name: str, minutes: int, price: int) -> Say:
    return Say("service", {"service": name, "minutes": minutes, "price": Money(price, "EUR")})


def shown(labels: list[Say], can: Capabilities = WHATSAPP, say: Say = ASK) -> RenderedMessage:
    prompt = ShownPrompt(7, tuple(Choice(n, label) for n, label in enumerate(labels)))
    return render_say(say, prompt, can, TRANSLATOR, "en")


@pytest.mark.parametrize(
    ("labels", "shape"),
    [
        ([plain("Yes"), plain("No")], "buttons"),
        ([plain("x" * 20)] * 1, "buttons"),
        ([plain("x" * 21)] * 1, "list"),
        ([plain("a"), plain("b"), plain("c"), plain("d")], "list"),
        ([plain("Yes"), plain("Yes")], "list"),
        ([plain("x" * 24)], "list"),
        ([plain("x" * 25)], "numbers"),
        ([plain("x" * 24 + " " + "y" * 72)], "list"),
        ([plain("x" * 24 + " " + "y" * 73)], "numbers"),
        ([plain("")], "numbers"),
        ([plain(f"Option {n}") for n in range(10)], "list"),
        ([plain(f"Option {n}") for n in range(11)], "numbers"),
    ],
)
def test_options_fit_whatsapp_buttons_or_list(labels: list[Say], shape: str) -> None:
    assert shown(labels).shape == shape


@pytest.mark.parametrize(
    ("text", "shape"), [("x" * 1024, "buttons"), ("x" * 1025, "numbers"), ("x" * 1700, "numbers")]
)
def test_a_long_text_leaves_no_room_for_buttons(text: str, shape: str) -> None:
    rendered = shown([plain("Yes")], say=plain(text))
    assert (rendered.shape, len(rendered.text) <= 1600) == (shape, True)


@pytest.mark.parametrize(
    ("labels", "items"),
    [
        (
            [plain("Cut · 30 min"), plain("Colour · 90 min"), plain("a"), plain("other times")],
            [("Cut · 30 min", ""), ("Colour · 90 min", ""), ("a", ""), ("other times", "")],
        ),
        (
            [plain("Cut · 30 min"), plain("Straightening · 90 min"), plain("Wash, cut · 9 min")],
            [("Cut · 30 min", ""), ("Straightening · 90 min", ""), ("Wash, cut · 9 min", "")],
        ),
        (
            [plain("Cut · 30 min"), plain("Wash, cut, blow-dry · 90 min"), plain("other times")],
            [("Cut", "30 min"), ("Wash, cut, blow-dry", "90 min"), ("other times", "or write 3")],
        ),
        (
            [plain("Japanese straightening 90 min €80")],
            [("Japanese straightening", "90 min €80")],
        ),
        (
            [line("Cut", "Leo"), line("Colour", "Ana")],
            [
                ("Cut with Leo", "Fri 13 Mar 1:00 pm"),
                ("Colour with Ana", "Fri 13 Mar 1:00 pm"),
            ],
        ),
        (
            [line("Cut", "Leo"), line("Cut", "Leo")],
            [
                ("1 Cut with Leo", "Fri 13 Mar 1:00 pm"),
                ("2 Cut with Leo", "Fri 13 Mar 1:00 pm"),
            ],
        ),
        (
            [service("Cut", 30, 2500), service("Cut and finish", 60, 3800), plain("another")],
            [
                ("Cut", "30 min · €25"),
                ("Cut and finish", "60 min · €38"),
                ("another", "or write 3"),
            ],
        ),
        (
            [Say("shop", {"shop": "Smile Dental", "type": "dentist", "city": "Pune"})],
            [("Smile Dental", "dentist, Pune")],
        ),
    ],
)
def test_list_item_has_title_and_description(
    labels: list[Say], items: list[tuple[str, str]]
) -> None:
    rendered = shown(labels)
    assert [(i.title, i.description) for i in rendered.items] == items
    assert (rendered.shape, rendered.list_button) == ("list", "Choose")
    # Whoever types instead of tapping has the same numbers.
    assert [o.number for o in rendered.options] == list(range(1, len(items) + 1))


def test_items_that_read_the_same_are_told_apart_by_their_numbers() -> None:
    same = plain("x" * 22 + " yy")
    nine = shown([same] * 9)
    assert [item.title for item in nine.items] == [f"{n} {'x' * 22}" for n in range(1, 10)]
    # Two digits leave the title a letter too few.
    assert shown([same] * 10).shape == "numbers"


def test_the_opener_is_in_the_language_of_the_talk() -> None:
    prompt = ShownPrompt(7, tuple(Choice(n, plain(f"{n}")) for n in range(4)))
    assert render_say(ASK, prompt, WHATSAPP, TRANSLATOR, "es_ES").list_button == "Elegir"


def test_native_and_numbered_rendering_say_the_same() -> None:
    labels = [plain("Cut 25 EUR"), plain("*Ana*"), plain("x"), plain("y")]
    said, numbered = with_numbered_options(shown(labels), WHATSAPP), shown(labels, WHATSAPP_PLAIN)
    assert (said.text, said.shape, said.list_button) == (numbered.text, "numbers", "")
    assert shown(labels, WHATSAPP_PLAIN).text == (
        "What would you like?\n1 Cut 25 EUR\n2 ∗Ana∗\n3 x\n4 y"
    )


def test_numbers_and_texts_are_numbered_already() -> None:
    for rendered in (shown([plain("a")], SMS), shown([], SMS)):
        assert with_numbered_options(rendered, SMS) is rendered


def test_a_button_shows_what_it_is_numbered_as() -> None:
    rendered = shown([plain("Yes"), plain("No")])
    assert rendered == RenderedMessage(
        "What would you like?",
        "buttons",
        (PromptOption(1, "Yes", "7.0"), PromptOption(2, "No", "7.1")),
    )
