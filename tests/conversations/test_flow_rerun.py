"""That a flow run again stands where it stood is seen, also where rounds are folded.

Every transcript is played under that watch (`moved`, in conftest.py); here are the one talk that
needs other settings for it, and the control.
"""

from __future__ import annotations

from typing import NoReturn

import pytest

from bot.dialogue.talk import Talk
from bot.flows.slot_picker import picker
from core.db.runtime import Runtime
from core.messaging.messages import Json
from tests.conversations import test_transcripts


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
