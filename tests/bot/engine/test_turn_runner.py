"""Turns of conversations, begun from anywhere."""

from __future__ import annotations

import pytest
import structlog

from bot.engine import turn
from bot.engine.turn_runner import TurnRunner
from core.db.runtime import Runtime


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_turn_begun_within_anothers_is_taken_and_logged_by_its_own_name(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns, worked = TurnRunner(runtime), []

    async def work(_: Runtime, conversation_id: int) -> int:
        worked.append((conversation_id, structlog.contextvars.get_contextvars()))
        if conversation_id == 1:
            turns.begin_turns(2)
        return 1

    monkeypatch.setattr(turn, "run_pending_turns", work)
    with structlog.contextvars.bound_contextvars(request="r1"):
        turns.begin_turns(1)
        await turns.wait_until_idle()
    assert worked == [
        (1, {"request": "r1", "conversation": 1}),
        (2, {"request": "r1", "conversation": 2}),
    ]
