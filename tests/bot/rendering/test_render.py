import pytest

from bot.i18n.translator import Translator
from bot.rendering.keyboards import PromptOption
from bot.rendering.render import (
    SMS,
    TELEGRAM,
    WHATSAPP,
    WHATSAPP_PLAIN,
    RenderedMessage,
    ShownPrompt,
    render_say,
    truncate_text,
)
from core.messaging.messages import Choice, Money, Say

WORDING = Translator(
    {
        "which": "Which, {name}?",
        "option": "{name} {price}",
        "name": "{name}",
        "list.open": "Choose",
    }
)
ASK = Say("which", {"name": "Zoë & <Ana>"})


def prompt(*names: str, base: int = 0) -> ShownPrompt:
    options = tuple(Choice(name, Say("name", {"name": name})) for name in names)
    return ShownPrompt(7, options, base)


def test_sms_numbers_what_can_be_chosen() -> None:
    assert render_say(ASK, prompt("Ana", "José *"), SMS, WORDING, "en") == RenderedMessage(
        "Which, Zoe & <Ana>?\n1 Ana\n2 José *",
        "numbers",
        (PromptOption(1, "Ana", "7.0"), PromptOption(2, "José *", "7.1")),
        1,
    )


def test_numbers_go_on_after_another_question() -> None:
    rendered = render_say(ASK, prompt("Yes", "No", base=3), SMS, WORDING, "en")
    assert rendered.text == "Which, Zoe & <Ana>?\n4 Yes\n5 No"
    # What a tap sends back counts from the prompt's own first.
    assert [o.payload for o in rendered.options] == ["7.0", "7.1"]


def test_message_without_options_is_plain_text() -> None:
    assert render_say(ASK, None, SMS, WORDING, "en") == RenderedMessage("Which, Zoe & <Ana>?")


def test_whatsapp_shows_three_as_buttons_ten_as_a_list_and_more_as_numbers() -> None:
    names = [f"Option {n}" for n in range(1, 12)]
    shapes = {
        count: render_say(ASK, prompt(*names[:count]), WHATSAPP, WORDING, "en").shape
        for count in (1, 3, 4, 10, 11)
    }
    assert shapes == {1: "buttons", 3: "buttons", 4: "list", 10: "list", 11: "numbers"}


def test_a_label_too_long_for_a_button_goes_into_a_list() -> None:
    rendered = render_say(ASK, prompt("Wash, cut and blow-dry, long hair"), WHATSAPP, WORDING, "en")
    assert (rendered.shape, rendered.text) == ("list", "Which, Zoë & <Ana>?")


def test_a_label_is_markup_free_on_a_button_and_escaped_in_the_text() -> None:
    apart = render_say(ASK, prompt("*Ana*"), WHATSAPP, WORDING, "en")
    within = render_say(ASK, prompt("*Ana*"), WHATSAPP_PLAIN, WORDING, "en")
    assert apart.options[0].label == "*Ana*"
    assert within.text == "Which, Zoë & <Ana>?\n1 ∗Ana∗"


def test_telegram_escapes_the_text_and_not_the_buttons() -> None:
    assert render_say(ASK, prompt("<i>"), TELEGRAM, WORDING, "en") == RenderedMessage(
        "Which, Zoë &amp; &lt;Ana&gt;?",
        "buttons",
        (PromptOption(1, "<i>", "7.0"),),
        1,
        ((PromptOption(1, "<i>", "7.0"),),),
    )


def test_an_amount_has_its_sign_where_the_alphabet_has() -> None:
    say = Say("option", {"name": "Cut", "price": Money(80_000, "INR")})
    assert render_say(say, None, SMS, WORDING, "en_IN").text == "Cut 800 INR"
    assert render_say(say, None, TELEGRAM, WORDING, "en_IN").text == "Cut ₹800"


def test_another_script_is_counted_as_it_is_sent() -> None:
    rendered = render_say(Say("name", {"name": "ना" * 50}), None, SMS, WORDING, "en")
    assert rendered == RenderedMessage("ना" * 50, segments=2)


def test_no_message_is_longer_than_the_channel_takes() -> None:
    rendered = render_say(Say("name", {"name": "ab " * 4000}), None, SMS, WORDING, "en")
    assert len(rendered.text) == 1598
    assert rendered.text.endswith("ab ab...")
    assert rendered.segments == 11


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("short", "short"),
        ("exactly twenty chars", "exactly twenty chars"),
        ("a line, another word\nand more", "a line, another..."),
        ("sixteen letters\nand one more", "sixteen letters..."),
        ("abcdefghijklmnopqrstuvw", "abcdefghijklmnopq..."),
    ],
)
def test_cutting_prefers_the_end_of_a_line_or_word(text: str, written: str) -> None:
    assert truncate_text(text, 20) == written
