"""Every turn of every talk is run a second time and must stand at the very same question.

That is what a journal is for. Where it does not hold, the next answer is asked for twice: some
step was passed in one run and not in the next, or was told by what only the last message said.
"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bot.dialogue.heard import Heard
from bot.dialogue.journal import Journal
from bot.dialogue.questions import AwaitAnswer
from bot.dialogue.talk import FlowRun, Talk
from bot.engine.flow_frame import FlowFrame
from bot.engine.turn_state import TurnState
from bot.flows import FLOWS


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Run whatever asks a second time; collect the steps that then stand elsewhere."""
    found: list[str] = []
    flow = TurnState.run_flows

    async def twice(self: TurnState, heard: Heard | None) -> None:
        await flow(self, heard)
        if self.question is not None:
            again = await _asked_again(self, self.stack[-1])
            if again != self.question.step:
                found.append(f"{self.question.step}, then {again}, after {self.incoming.text!r}")

    monkeypatch.setattr(TurnState, "run_flows", twice)
    return found


async def _asked_again(handling: TurnState, frame: FlowFrame) -> str:
    kept = json.loads(json.dumps(frame.to_json()))
    run = FlowRun(
        handling.ctx,
        replace(handling.conversation),
        frame.number,
        kept["args"],
        Journal.from_json(kept["journal"]),
        kept["notes"],
        None,
        [],
        {},
        handling.catalog,
    )
    try:
        await FLOWS[frame.flow](Talk(run))
    except AwaitAnswer as suspended:
        return suspended.question.step
    except Exception as error:  # noqa: BLE001 - any other way out is what is looked for
        return type(error).__name__
    return "the end"
