"""What core lets people decide has a flow, labels and words here; core itself has none."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
import sqlalchemy as sa

from bot.dialogue.decisions import DECISIONS, choices_of
from bot.dialogue.prompts import load_open_prompts
from bot.flows import FLOWS
from bot.i18n.messages import MESSAGES, text
from core.db.context import Context
from core.db.tables import prompts
from core.db.tables.bookings import BOOKING_STATES
from core.messaging.decisions import Decision, DecisionKind
from core.messaging.messages import Choice, Say, encode_value
from tests.support.row_factory import RowFactory

CORE = Path(__file__).resolve().parents[3] / "core"
SAMPLES = CORE / "demo"  # what shops and people of a demonstration are called, in any language
SHARED_WORDS = {choice.value for known in DECISIONS.values() for choice in known.choices} | {
    "answer",
    "confirm",
    "reply",
}
"""Words to type that core has for things of its own: options' values, actions, a lane."""


def test_core_and_the_table_name_the_same_kinds() -> None:
    assert set(DECISIONS) == set(get_args(DecisionKind))


def test_every_kind_starts_a_flow_there_is() -> None:
    assert {known.flow for known in DECISIONS.values()} - set(FLOWS) == set()


def test_a_stored_prompt_has_its_choices_by_its_kind() -> None:
    asked = Choice(7, text("yes"), ("@yes",))
    assert [
        [(choice.value, choice.label.key) for choice in choices_of(decision, options)]
        for decision, options in (
            ("reminder", ["move", "cancel"]),
            ("customer_message", ["write", "back"]),
            ("person_request", ["back", "write"]),
            ("ended_card", ["calendar"]),
            ("", [encode_value(asked)]),
            ("outcome", []),  # of somebody who was erased
        )
    ] == [
        [("move", "do_move"), ("cancel", "do_cancel")],
        [("write", "relay.answer"), ("back", "hand_back")],
        [("back", "hand_back"), ("write", "relay.answer")],
        [("calendar", "off_calendar")],
        [(7, "yes")],
        [],
    ]


async def test_a_kind_that_is_no_more_is_not_asked(ctx: Context) -> None:
    rows = RowFactory(ctx)
    columns = Decision("reminder", ("move",), {"booking": 7}).prompt_columns(Say("reminder"))
    known = await rows.add(prompts, **columns)
    await rows.add(prompts, **columns | {"decision": "of an older release"})
    talk = await ctx.scalar(sa.select(prompts.c.conversation_id))
    found = await load_open_prompts(ctx, talk, None, None)
    assert [(one.id, one.flow, one.options) for one in found] == [
        (known, "reminder", (("move", ("@move", "move")),))
    ]


# ------------------------------------------------------------------- what core does not know


def _strings(tree: ast.Module) -> Iterator[str]:
    """Yield the whole strings of a module, but for its docstrings."""
    passed = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            passed |= {id(part) for part in node.values}
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(whole)) if id(node) not in passed:
                yield whole


def _names(tree: ast.Module) -> Iterator[str]:
    """Yield what a module calls things: names, attributes, parameters and arguments."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield name
            case ast.keyword(arg=str(name)):
                yield name


def _bot_words(source: str) -> set[str]:
    """Return what of a module only the bot should know: words to match, flows, shown options."""
    tree = ast.parse(source)
    typed = {w for known in DECISIONS.values() for c in known.choices for w in c.keywords}
    flows = {name for name in FLOWS if "." in name or name in {"decide", "my_bookings"}}
    strings = set(_strings(tree))
    found = strings & ((typed - SHARED_WORDS) | flows)
    found |= {each for each in strings if re.match(r"@\w", each)}
    found |= {each for each in strings if re.search(r"[\u0900-\u097f]", each)}
    return found | ({"Choice", "flow", "keywords"} & set(_names(tree)))


def test_core_has_no_flows_and_no_words_to_match() -> None:
    # The type of what is asked within a talk: kept by core, made and read by the bot.
    known = {"messaging/messages.py": {"Choice", "keywords"}}
    found = {
        str(file.relative_to(CORE)): words
        for file in sorted(CORE.rglob("*.py"))
        if SAMPLES not in file.parents and (words := _bot_words(file.read_text("utf-8")))
    }
    assert found == known


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('OPTIONS = (Choice("approve", Say("approve"), ("@approve", "aprobar")),)',
         {"Choice", "@approve", "aprobar"}),
        ('ask(say, flow="desk.answer")', {"flow", "desk.answer"}),
        ('"""Docstrings may say "decide"."""\nWORDS = ("नहीं आया", "otra hora")',
         {"नहीं आया", "otra hora"}),
        ('Decision("approval", ("approve", "decline"), {"booking": 7})', set()),
    ],
)  # fmt: skip
def test_it_would_be_seen_if_core_had(source: str, found: set[str]) -> None:
    assert _bot_words(source) == found


def _told() -> Iterator[str]:
    """Yield the keys that core builds of a kind it is called with: "tell.moved", "alert.late"."""
    heads = {
        "notify_staff": ("alert.{}",),
        "notify_customer": ("tell.{}", "tell.{}.discreet"),
        "notify_other_side": ("alert.{}", "tell.{}", "tell.{}.discreet"),
    }
    for file in CORE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            name = node.func.id if isinstance(node.func, ast.Name) else name
            for kind in ast.walk(node.args[2]) if name in heads else ():
                if isinstance(kind, ast.Constant) and isinstance(kind.value, str):
                    yield from (head.format(kind.value) for head in heads[name])


def test_what_core_tells_of_a_booking_has_words() -> None:
    """Keys that are written whole are looked at in `tests/bot/i18n/test_messages.py`."""
    told = set(_told())
    assert {"alert.approve", "alert.moved", "tell.cancelled", "tell.behind.discreet"} <= told
    built = told | {f"state.{state}" for state in BOOKING_STATES} | {"alert.handed"}
    built |= {f"alert.{state}" for state in ("completed", "no_show")}
    built |= {f"tell.proposal.{how}" for how in ("somebody", "discreet")}
    assert built - set(MESSAGES) == set()
