"""The documented way to a bot in Telegram, walked as it is written, against a local Bot API."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers.telegram.bots import Bot, Message
from tests.servers.telegram.people import Person
from tests.servers.telegram.server import TelegramServer

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/connect-telegram.md").read_text()
CUSTOMERS = GUIDE.partition("## A Telegram bot for customers")[2].partition("\n## ")[0]
OWNERS = GUIDE.partition("## A Telegram bot for the people of a shop")[2].partition("\n## ")[0]
COMMAND = re.compile(r"`((?:\.venv/bin/python -m bot|make) [^`]+)`")
PATIENCE = 60


def command(written: str) -> list[str]:
    """Return a command of the guide as it is run here; make's is what its target says."""
    if written.startswith("make "):
        makefile = (ROOT / "Makefile").read_text()
        recipe = re.search(rf"^{written.removeprefix('make ')}:.*\n\t(.*)$", makefile, re.MULTILINE)
        assert recipe is not None
        written = recipe[1].replace("$(BIN)", ".venv/bin")
    program, *rest = shlex.split(written)
    assert program == ".venv/bin/python"
    return [sys.executable, *rest]


@dataclass
class Folder:
    """A folder like the project's, with an `.env` made from the example."""

    path: Path

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "LANG"}}
        return kept | {"PYTHONPATH": str(ROOT)}

    def set(self, name: str, value: str) -> None:
        """Write a setting at its line of `.env`."""
        lines = (self.path / ".env").read_text()
        assert len(re.findall(rf"^{name}=.*$", lines, re.MULTILINE)) == 1
        written = re.sub(rf"^{name}=.*$", f"{name}={value}", lines, flags=re.MULTILINE)
        (self.path / ".env").write_text(written)

    async def run(self, written: str) -> str:
        """Run a command to its end, which must be good; return what it printed."""
        done = await asyncio.to_thread(
            subprocess.run, command(written),
            cwd=self.path, env=self.environment, capture_output=True, text=True,
            timeout=PATIENCE, check=False,
        )  # fmt: skip
        assert (written, done.returncode, done.stderr[-500:] if done.returncode else "") == (
            written,
            0,
            "",
        )
        return str(done.stdout)

    @asynccontextmanager
    async def running(self, written: str) -> AsyncIterator[None]:
        """Run a command in a terminal of its own, until Ctrl-C."""
        log = (self.path / "log").open("a")
        process = await asyncio.create_subprocess_exec(
            *command(written), cwd=self.path, env=self.environment, stdout=log, stderr=log
        )
        try:
            yield
            process.send_signal(signal.SIGINT)
            assert await asyncio.wait_for(process.wait(), PATIENCE) == 0
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
            log.close()


async def until(so: Callable[[], bool], what: Callable[[], object]) -> None:
    """Wait until it is so."""
    for _ in range(PATIENCE * 20):
        if so():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(what())


async def answered(bot: Bot, person: Person, beginning: str) -> Message:
    """Wait until the bot's newest message begins so; return it."""

    def there() -> bool:
        ours = [m for m in bot.messages.get(person.id, ()) if m.mine]
        return bool(ours) and ours[-1].text.startswith(beginning)

    await until(there, lambda: "\n".join(person.screen(bot)))
    return person.last(bot)


async def taps_first(bot: Bot, person: Person, message: Message) -> None:
    label = message.buttons[0][0]
    await person.taps(bot, label, message=message)


@pytest.mark.experiment
@pytest.mark.heavy
async def test_from_botfather_to_the_first_booking_and_the_owners_pairing(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    (tmp_path / ".env").write_text((ROOT / ".env.example").read_text())
    with socket.create_server(("127.0.0.1", 0)) as probe:
        folder.set("PORT", str(probe.getsockname()[1]))
    *before, run, setup = COMMAND.findall(CUSTOMERS)
    again, pair = COMMAND.findall(OWNERS)
    assert (run, again) == ("make run", "make run")
    async with TelegramServer() as telegram:
        folder.set("TELEGRAM_API_URL", telegram.url)
        bot = telegram.bot("TestBellaBot")
        folder.set("TELEGRAM_BOT_TOKEN", bot.token)
        said = [await folder.run(each) for each in before]
        assert said[-1].splitlines()[-1] == "Fit to serve."
        marta = telegram.person("Marta", "+34600111222")
        async with folder.running(run):
            await folder.run(setup)
            assert bot.commands["all_private_chats", ""][0]["command"] == "book"
            await marta.writes(bot, "/start")
            await answered(bot, marta, "")
            await marta.writes(bot, "BELLA")
            services = await answered(bot, marta, "Welcome to Bella Hair")
            await taps_first(bot, marta, services)
            times = await answered(bot, marta, "✓")
            # On the last day of the month shown: it can be called off, whatever the hour is now.
            await marta.taps(bot, "Calendar", message=times)
            await until(lambda: any("Soonest" in row for row in times.buttons), times.as_json)
            days = [label for row in times.buttons for label in row if label.isdecimal()]
            await marta.taps(bot, days[-1], message=times)
            await until(lambda: not any("Soonest" in row for row in times.buttons), times.as_json)
            hours = [label for row in times.buttons for label in row if ":" in label]
            await marta.taps(bot, hours[0], message=times)
            await until(lambda: ["Confirm", "For someone else"] in times.buttons, times.as_json)
            await marta.taps(bot, "Confirm")
            await answered(bot, marta, "Your phone number, please")
            await marta.shares_contact(bot)
            await answered(bot, marta, "For your calendar")
            assert marta.last(bot).content["document"]["file_name"].endswith(".ics")
            assert "✅ Booked, Marta!" in "\n".join(marta.screen(bot))
        desk = telegram.bot("TestDeskBot")
        folder.set("TELEGRAM_OWNER_BOT_TOKEN", desk.token)
        async with folder.running(again):
            link = re.search(r"https://t\.me/TestDeskBot\?start=(\S+)", await folder.run(pair))
            assert link is not None
            isabel = telegram.person("Isabel")
            await isabel.writes(desk, f"/start {link[1]}")
            await answered(desk, isabel, "Welcome, Isabel.")
            # From then on the shop's messages come there.
            await marta.writes(bot, "call it off")
            asked = await answered(bot, marta, "Cut")
            await marta.taps(bot, "Yes", message=asked)
            await answered(desk, isabel, "Called off: ")
        # Who starts anew may meet the end of their own last poll.
        refused = [x for x in (*bot.refused, *desk.refused) if not x.startswith("getUpdates: Conf")]
        assert refused == []
