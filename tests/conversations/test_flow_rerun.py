"""A flow run again at once, with nothing new heard, stands at the very same question.

That is what a journal is for. Where it does not hold, the next answer is asked for twice: some
step was passed in one run and not in the next, or was told by what only the last message said.
Every turn of every transcript is tried.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import NoReturn

import pytest

from bot.dialogue.journal import Journal
from bot.dialogue.talk import AwaitAnswer, FlowRun, Heard, Talk
from bot.engine.turn_state import FlowFrame, TurnState
from bot.flows import FLOWS
from bot.flows.slot_picker import picker
from core.db.runtime import Runtime
from core.messaging.messages import Json
from tests.conversations import test_telegram_transcripts, test_transcripts


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


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", test_transcripts.TRANSCRIPTS)
async def test_rerun_flow_repeats_its_question_in_text(
    name: str, runtime: Runtime, moved: list[str]
) -> None:
    written = (test_transcripts.FOLDER / f"{name}.txt").read_text()
    assert await test_transcripts.Scene(runtime).play(written) == written
    assert moved == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", test_telegram_transcripts.TRANSCRIPTS)
async def test_rerun_flow_repeats_its_question_in_telegram(
    name: str, runtime: Runtime, moved: list[str]
) -> None:
    written = (test_telegram_transcripts.FOLDER / f"{name}.txt").read_text()
    assert await test_telegram_transcripts.play(written, runtime, webhook=True) == written
    assert moved == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_rerun_flow_repeats_its_question_with_compacted_rounds(
    runtime: Runtime, moved: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picker, "MAX_ROUNDS", 2)
    folded = []
    fold = Talk.compact

    def folding(self: Talk, name: str, value: Json) -> NoReturn:
        folded.append(name)
        fold(self, name, value)

    monkeypatch.setattr(Talk, "compact", folding)
    written = (test_transcripts.FOLDER / "other_times.txt").read_text()
    assert await test_transcripts.Scene(runtime).play(written) == written
    assert (moved, set(folded)) == ([], {"from"})


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_skipped_flow_step_is_detected(
    runtime: Runtime, moved: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: without it, what was said with the shop's name would be asked for twice."""
    monkeypatch.setattr(Talk, "skip_answered", lambda *_: None)
    written = (test_transcripts.FOLDER / "shop_picked_afterwards.txt").read_text()
    await test_transcripts.Scene(runtime).play(written)
    assert moved[0] == "1/when/2, then 1/when/1, after 'madrid'"
