"""Templates at Twilio: what is asked for, and what fills it, within WhatsApp's limits."""

from __future__ import annotations

import re

import pytest

from bot.channels.twilio import templates
from bot.i18n.messages import TRANSLATOR
from bot.i18n.translator import supported_languages
from bot.rendering.keyboards import PromptOption
from bot.rendering.render import WHATSAPP, WHATSAPP_PLAIN, RenderedMessage, ShownPrompt, render_say
from core.messaging.messages import Choice, Say

EVERY = {template.name: template for template in templates.interactive_templates()}
BLANK = re.compile(r"{{(\d+)}}")
SID = "HX" + "0" * 32


def shown(labels: list[str], text: str = "Which?") -> RenderedMessage:
    options = tuple(Choice(n, Say("answer", {"answer": label})) for n, label in enumerate(labels))
    return render_say(
        Say("answer", {"answer": text}), ShownPrompt(7, options), WHATSAPP, TRANSLATOR, "en"
    )


def blanks(part: object) -> list[str]:
    """Every blank of a template's parts, as often as it stands there."""
    return BLANK.findall(str(part))


def test_there_is_a_template_for_every_number_of_options_and_lines() -> None:
    assert sorted(EVERY) == sorted(
        f"{shape}.{count}.{lines}"
        for shape, most in (("buttons", 3), ("list", 10), ("details", 10))
        for count in range(1, most + 1)
        for lines in (1, 2)
    )


@pytest.mark.parametrize("template", list(EVERY.values()), ids=list(EVERY))
def test_template_variables_are_unique_and_have_samples(
    template: templates.ContentTemplate,
) -> None:
    assert sorted(blanks(template.parts), key=int) == list(template.samples)
    assert all(template.samples.values())


def test_a_template_keeps_its_name_until_anything_in_it_changes() -> None:
    again = {
        template.name: template.friendly_name for template in templates.interactive_templates()
    }
    names = {name: template.friendly_name for name, template in EVERY.items()}
    assert again == names
    assert len(set(names.values())) == len(names)
    one = EVERY["list.4.1"]
    other = templates.ContentTemplate(one.name, "es", one.kind, one.parts, one.samples)
    assert other.friendly_name != one.friendly_name
    assert re.fullmatch(r"slotline_list_4_1_[0-9a-f]{8}", one.friendly_name)


@pytest.mark.parametrize(
    ("rendered", "name", "variables"),
    [
        (
            shown(["Yes", "No"]),
            "buttons.2.1",
            {"1": "Which?", "2": "Yes", "3": "7.0", "4": "No", "5": "7.1"},
        ),
        (
            RenderedMessage("a\n\nb\t c\nd", "buttons", (PromptOption(1, "Yes", "7.0"),)),
            "buttons.1.2",
            {"1": "a b c", "2": "d", "3": "Yes", "4": "7.0"},
        ),
        (
            shown(["a" * 21]),
            "list.1.1",
            {"1": "Which?", "2": "Choose", "3": "a" * 21, "4": "7.0"},
        ),
        (
            shown(["Wash and blow-dry, 45 minutes"]),
            "details.1.1",
            {"1": "Which?", "2": "Choose", "3": "Wash and blow-dry", "4": "7.0", "5": "45 minutes"},
        ),
    ],
)
def test_template_variables_are_filled_from_the_message(
    rendered: RenderedMessage, name: str, variables: dict[str, str]
) -> None:
    assert templates.fill_template(rendered, EVERY) == (name, variables)
    assert set(variables) == set(EVERY[name].samples)


def test_where_only_one_line_is_known_all_lines_are_joined() -> None:
    rendered = RenderedMessage("a\nb", "buttons", (PromptOption(1, "Yes", "7.0"),))
    known = {"buttons.1.1"}
    assert templates.fill_template(rendered, known) == (
        "buttons.1.1",
        {"1": "a b", "2": "Yes", "3": "7.0"},
    )
    assert templates.fill_template(rendered, set()) is None
    assert templates.fill_template(RenderedMessage("a"), EVERY) is None


@pytest.mark.parametrize(
    ("known", "can"),
    [
        (set(EVERY), (3, 10)),
        ({"buttons.1.1", "buttons.2.2", "list.1.1"}, (2, 1)),
        ({"buttons.2.1"}, (0, 0)),
        (set(), (0, 0)),
    ],
)
def test_what_whatsapp_can_follows_from_the_templates(
    known: set[str], can: tuple[int, int]
) -> None:
    found = templates.template_capabilities(known)
    assert (found.max_buttons, found.max_list_items) == can
    assert (found == WHATSAPP_PLAIN) == (can == (0, 0))


@pytest.mark.parametrize(
    "template",
    [*templates.approval_templates(TRANSLATOR, supported_languages())],
    ids=lambda template: template.name,
)
def test_what_opens_a_talk_is_as_whatsapp_approves_it(template: templates.ContentTemplate) -> None:
    body = template.parts["body"]
    assert not re.search(r"^\s*{{|}}\s*$|}}\s*{{", body)
    assert "{message}" not in body
    assert len(body) <= 1024
    assert sorted(blanks(template.parts), key=int) == list(template.samples)
    assert all(0 < len(a["title"]) <= 20 for a in template.parts.get("actions", ()))


def test_an_approved_template_is_filled_with_the_facts_in_their_order() -> None:
    facts = {"shop": "Bella Hair", "service": "Cut\n", "when": "Fri", "reason": ""}
    say = Say("tell.declined", facts)
    options = (PromptOption(1, "Yes", "7.0"), PromptOption(2, "No", "7.1"))
    assert templates.template_variables(say, options, TRANSLATOR, "en") == {
        "1": "Bella Hair",
        "2": "Cut",
        "3": "Fri",
        "4": "We are sorry.",
        "5": "7.0",
        "6": "7.1",
    }


def test_hand_set_template_ids_are_parsed() -> None:
    setting = f"list.4.1={SID}, buttons.2.1={SID}\nlist.99.1={SID} list.3.1=HX1 x"
    assert templates.parse_template_sids(setting) == (
        {"list.4.1": SID, "buttons.2.1": SID},
        [f"list.99.1={SID}", "list.3.1=HX1", "x"],
    )
    assert templates.parse_template_sids("") == ({}, [])
