"""The transcripts played on PostgreSQL send it every statement that any transcript sends.

So whatever that database may take otherwise than SQLite it is given at least once, and the other
talks need not be played twice. A statement is known by its text on SQLite, with lists of any length
as one.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from core.db.runtime import Runtime
from tests.conversations import test_telegram_transcripts, test_transcripts
from tests.support.runtimes import open_runtime, skip_disk_sync
from tests.support.statement_counter import count_statements

LISTS = ((re.compile(r"\?(, \?)+"), "?"), (re.compile(r"\(\?\)(, \(\?\))+"), "(?)"))


async def play_by_text(name: str, runtime: Runtime) -> None:
    await test_transcripts.Scene(runtime).play(
        (test_transcripts.FOLDER / f"{name}.txt").read_text()
    )


async def play_in_telegram(name: str, runtime: Runtime) -> None:
    written = (test_telegram_transcripts.FOLDER / f"{name}.txt").read_text()
    await test_telegram_transcripts.play(written, runtime, webhook=True)


TALKS = {
    **{("by text", name): play_by_text for name in test_transcripts.TRANSCRIPTS},
    **{("in Telegram", name): play_in_telegram for name in test_telegram_transcripts.TRANSCRIPTS},
}
ON_POSTGRESQL = {
    *(("by text", name) for name in test_transcripts.POSTGRESQL),
    *(("in Telegram", name) for name in test_telegram_transcripts.POSTGRESQL),
}


async def statements_of(talk: tuple[str, str], template: Path, folder: Path) -> set[str]:
    """Return the statements that are sent while a transcript is played."""
    file = folder / "slotline.db"
    shutil.copy(template, file)
    runtime = skip_disk_sync(open_runtime(f"sqlite+aiosqlite:///{file}", folder))
    with count_statements(runtime) as sent:
        await TALKS[talk](talk[1], runtime)
    await runtime.close()
    found = set()
    for statement in sent.statements:
        for pattern, short in LISTS:
            statement = pattern.sub(short, statement)
        found.add(statement)
    return found


@pytest.mark.experiment
@pytest.mark.heavy
async def test_no_statement_of_a_transcript_is_kept_from_postgresql(
    migrated_sqlite: Path, tmp_path: Path
) -> None:
    by_talk = {}
    for number, talk in enumerate(TALKS):
        folder = tmp_path / str(number)
        folder.mkdir()
        by_talk[talk] = await statements_of(talk, migrated_sqlite, folder)
    assert len(by_talk) > len(ON_POSTGRESQL) > 0
    played = set().union(*(by_talk[talk] for talk in ON_POSTGRESQL))
    missing = {talk: kept for talk, sent in by_talk.items() if (kept := sent - played)}
    assert missing == {}, "\n".join(
        f"{name} {how}: {kept}" for (how, name), kept in missing.items()
    )
