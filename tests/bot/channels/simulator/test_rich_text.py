"""What a channel would be sent, taken apart for a page that trusts no markup."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.simulator.rich_text import RichTextSpan, parse_rich_text
from bot.i18n.translator import Markup

LINK = "http://127.0.0.1:8000/b/1-efoi42iln4"


@pytest.mark.parametrize(
    ("text", "markup", "expected"),
    [
        ("1 *5:00* pm", "plain", [RichTextSpan("1 *5:00* pm")]),
        ("Map: " + LINK + ".", "plain",
         [RichTextSpan("Map: "), RichTextSpan(LINK, href=LINK), RichTextSpan(".")]),
        ("see https://a.example/x?y=1)", "plain",
         [RichTextSpan("see "), RichTextSpan("https://a.example/x?y=1", href="https://a.example/x?y=1"),
          RichTextSpan(")")]),
        ("javascript:alert(1)", "plain", [RichTextSpan("javascript:alert(1)")]),
        ("a *b c* _d_ ~e~ `f`", "whatsapp",
         [RichTextSpan("a "), RichTextSpan("b c", "bold"), RichTextSpan(" "),
          RichTextSpan("d", "italic"), RichTextSpan(" "), RichTextSpan("e", "struck"),
          RichTextSpan(" "), RichTextSpan("f", "code")]),
        ("2*3*4 and snake_case_name", "whatsapp", [RichTextSpan("2*3*4 and snake_case_name")]),
        ("<b>a &lt;b&gt;</b> &amp;", "html", [RichTextSpan("a <b>", "bold"), RichTextSpan(" &")]),
        ('<a href="https://a.example">here</a>', "html", [RichTextSpan("here", "", "https://a.example")]),
        ('<a href="javascript:alert(1)">here</a>', "html", [RichTextSpan("here")]),
        ("<script>x</script>", "html", [RichTextSpan("x")]),
        ("", "html", []),
    ],
)  # fmt: skip
def test_rich_text_spans_of_markup(text: str, markup: Markup, expected: list[RichTextSpan]) -> None:
    assert list(parse_rich_text(text, markup)) == expected


@given(st.text(max_size=200))
def test_rich_text_spans_keep_all_the_text(text: str) -> None:
    assert "".join(span.text for span in parse_rich_text(text, "plain")) == text
    escaped = html.escape(text.replace("\r", ""))
    assert "".join(span.text for span in parse_rich_text(escaped, "html")) == text.replace("\r", "")
