"""What a channel would be sent, taken apart for a page that trusts no markup."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.simulator.rich_text import Span, spans
from bot.i18n.translator import Markup

LINK = "http://127.0.0.1:8000/b/1-efoi42iln4"


@pytest.mark.parametrize(
    ("text", "markup", "expected"),
    [
        ("1 *5:00* pm", "plain", [Span("1 *5:00* pm")]),
        ("Map: " + LINK + ".", "plain", [Span("Map: "), Span(LINK, href=LINK), Span(".")]),
        ("see https://a.example/x?y=1)", "plain",
         [Span("see "), Span("https://a.example/x?y=1", href="https://a.example/x?y=1"),
          Span(")")]),
        ("javascript:alert(1)", "plain", [Span("javascript:alert(1)")]),
        ("a *b c* _d_ ~e~ `f`", "whatsapp",
         [Span("a "), Span("b c", "bold"), Span(" "), Span("d", "italic"), Span(" "),
          Span("e", "struck"), Span(" "), Span("f", "code")]),
        ("2*3*4 and snake_case_name", "whatsapp", [Span("2*3*4 and snake_case_name")]),
        ("<b>a &lt;b&gt;</b> &amp;", "html", [Span("a <b>", "bold"), Span(" &")]),
        ('<a href="https://a.example">here</a>', "html", [Span("here", "", "https://a.example")]),
        ('<a href="javascript:alert(1)">here</a>', "html", [Span("here")]),
        ("<script>x</script>", "html", [Span("x")]),
        ("", "html", []),
    ],
)  # fmt: skip
def test_spans(text: str, markup: Markup, expected: list[Span]) -> None:
    assert list(spans(text, markup)) == expected


@given(st.text(max_size=200))
def test_nothing_that_was_written_is_lost(text: str) -> None:
    assert "".join(span.text for span in spans(text, "plain")) == text
    escaped = html.escape(text.replace("\r", ""))
    assert "".join(span.text for span in spans(escaped, "html")) == text.replace("\r", "")
