"""Decisions that are open while a deploy goes forth or back are still shown and read."""

from typing import Any

import sqlalchemy as sa

from bot.dialogue.decisions import DECISIONS, choices_of
from core.db import migrate
from core.db.runtime import Runtime
from core.db.tables import prompts
from core.messaging.decisions import DecisionKind
from core.messaging.messages import Choice, encode_value
from tests.support.row_factory import RowFactory

BEFORE = "0014"
HAD_FLOW = sa.table("prompts", sa.column("id"), sa.column("flow"), sa.column("options", sa.JSON()))

ASKED: tuple[tuple[DecisionKind, list[str]], ...] = (
    ("approval", ["approve", "decline", "propose"]),
    ("bound_chat", ["end"]),
    ("card", ["move", "cancel", "calendar"]),
    ("customer_message", ["write", "back"]),
    ("ended_card", ["calendar"]),
    ("invitation", ["accept", "decline"]),
    ("outcome", ["done", "noshow"]),
    ("person_request", ["back", "write"]),
    ("proposal", ["accept", "other", "cancel"]),
    ("reminder", ["come", "move", "cancel"]),
    ("reminder", ["move", "cancel"]),
    ("reminder", []),  # of somebody who was erased
)
WITHIN = [encode_value(Choice(7, DECISIONS["card"].choices[0].label))]
"""What was asked within a talk, which stays as it is."""


async def _rows(runtime: Runtime, statement: sa.Select[Any]) -> list[tuple[Any, ...]]:
    async with runtime.read_transaction() as ctx:
        return [tuple(row) for row in await ctx.all(statement)]


async def test_decisions_go_back_to_flows_and_forth_again(runtime: Runtime) -> None:
    assert {kind for kind, _ in ASKED} == set(DECISIONS)
    async with runtime.transaction() as ctx:
        rows = RowFactory(ctx)
        for kind, options in (*ASKED, ("", WITHIN)):
            for _ in range(2):
                await rows.add(prompts, decision=kind, options=options)
    now = sa.select(prompts.c.decision, prompts.c.options).order_by(prompts.c.id)
    made = await _rows(runtime, now)
    assert len(made) == 2 * (len(ASKED) + 1)

    await migrate.downgrade(runtime, BEFORE)
    then = sa.select(HAD_FLOW.c.flow, HAD_FLOW.c.options).order_by(HAD_FLOW.c.id)
    assert (
        await _rows(runtime, then)
        == [
            (flow, [encode_value(choice) for choice in choices_of(kind, options)])
            for kind, options in ASKED
            for flow in [DECISIONS[kind].flow] * 2
        ]
        + [("", WITHIN)] * 2
    )

    await migrate.upgrade(runtime)
    await runtime.ensure_ready()
    assert await _rows(runtime, now) == made
