"""Whole talks in Telegram, as the chat looks. `pytest --update` writes down what it looks like now.

A transcript begins with `#` lines that say what it shows and `key: value` lines that set the
scene. Then `>` is what the person writes, `tap` a button, `share` the number, `...` lets time
pass. What changed in the chat stands below: a message of ours with its number – the same number
again is the same message, changed – its buttons in brackets, dead ones too; `(toast)` is what a
tap was answered with, `SMS` what the phone got.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from core import bookings, setup
from core.runtime import Runtime
from tests import world
from tests.servers.telegram import Bot, Person
from tests.servers.telegram.people import drawn
from tests.telegramming import Chats, chatting
from tests.world import Place

FOLDER = Path(__file__).parent / "telegram"
TRANSCRIPTS = sorted(path.stem for path in FOLDER.glob("*.txt"))
SHOPS = {"salon": world.salon, "clinic": world.clinic, "barber": world.barber}
PHONE = "+34600111222"
UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86400}


@pytest.mark.parametrize("name", TRANSCRIPTS)
async def test_transcript(name: str, runtime: Runtime, pytestconfig: pytest.Config) -> None:
    path = FOLDER / f"{name}.txt"
    written = path.read_text()
    # Both ways in, half of the talks each.
    webhook = TRANSCRIPTS.index(name) % 2 == 0
    said = await play(written, runtime, webhook=webhook)
    if pytestconfig.getoption("update"):
        path.write_text(said)
    assert said == written


async def play(script: str, runtime: Runtime, *, webhook: bool) -> str:
    """Do what a script says; return it with the chat as it looks."""
    out: list[str] = []
    lines = script.splitlines()
    head = [line for line in lines[: _first_step(lines)] if line]
    scene = dict(line.split(": ", 1) for line in head if not line.startswith("#"))
    await _set(runtime, scene)
    async with chatting(runtime, webhook=webhook) as chats:
        name, _, language = scene.get("person", "Marta en").partition(" ")
        person = chats.telegram.person(name, PHONE, language or "en")
        out += head
        stage = Stage(chats, person)
        for line in lines[_first_step(lines) :]:
            if line.startswith((">", "tap ", "share", "...")):
                out += ["", line, *await stage.step(line)]
        assert chats.bot.refused == []
    return "\n".join(out) + "\n"


def _first_step(lines: list[str]) -> int:
    return next(n for n, line in enumerate(lines) if line.startswith((">", "tap ")))


async def _set(runtime: Runtime, scene: dict[str, str]) -> None:
    shop, *rules = scene["shop"].split()
    async with runtime.transaction() as ctx:
        place: Place = await SHOPS[shop](ctx)
        given = dict(rule.split("=") for rule in rules)
        if "latitude" in given:
            await setup.change_shop(ctx, place.shop_id, **{k: float(v) for k, v in given.items()})
        if scene.get("sms") != "none":
            await setup.add_line(
                ctx, transport="twilio", channel="sms", address="+15005550006", shop_id=None
            )


class Stage:
    """One chat, step by step."""

    def __init__(self, chats: Chats, person: Person) -> None:
        self.chats = chats
        self.person = person
        self.seen: dict[int, list[str]] = {}
        self.buttons: dict[tuple[int, str], str] = {}
        self.sms = 0
        self.codes: list[str] = []

    @property
    def bot(self) -> Bot:
        """The bot at the other end."""
        return self.chats.bot

    async def step(self, line: str) -> list[str]:
        """Do one line; return what is new to be seen."""
        toast = ""
        if line.startswith("> "):
            code = self.codes[-1] if self.codes else "000000"
            await self.chats.writes(self.person, line[2:].replace("{code}", code))
        elif line.startswith("tap "):
            toast = await self._tap(line[4:])
        elif line == "share":
            await self.chats.shares(self.person)
        else:
            number, unit = line[3:].split()
            self.chats.clock.advance(timedelta(seconds=int(number) * UNITS[unit]))
            async with self.chats.app.runtime.transaction() as ctx:
                await bookings.expire(ctx)
            await self.chats.app.worker.deliver()
            await self.chats.idle()
        return [*self._sms(), *self._changed(), *([f"(toast) {toast}"] if toast else [])]

    async def _tap(self, written: str) -> str:
        """Tap a button; "@2" is one that message 2 had once, as a phone that is behind shows it."""
        label, _, number = written.partition(" @")
        if not number:
            return await self.chats.taps(self.person, label)
        message = [m for m in self.bot.messages[self.person.id] if m.mine][int(number) - 1]
        data = self.buttons[int(number), label]
        query = await self.person.taps_data(self.bot, data, message)
        await self.chats.idle()
        return str(self.bot.answers[query].get("text", ""))

    def _changed(self) -> list[str]:
        out: list[str] = []
        ours = [m for m in self.bot.messages.get(self.person.id, ()) if m.mine]
        for number, message in enumerate(ours, 1):
            for row in (message.markup or {}).get("inline_keyboard", ()):
                for button in row:
                    self.buttons.setdefault((number, button["text"]), button["callback_data"])
            shown = [self._steady(line.removeprefix("< ").rstrip()) for line in drawn(message)]
            if self.seen.get(number) != shown:
                self.seen[number] = shown
                first, *rest = [line if line != "<" else "" for line in shown]
                out += [f"{number} {first}", *(f"  {line}".rstrip() for line in rest)]
        return out

    def _sms(self) -> list[str]:
        sent = self.chats.sms.sent[self.sms :]
        self.sms += len(sent)
        for _, rendered in sent:
            self.codes += re.findall(r"\b\d{6}\b", rendered.text)
        return [f"SMS {self._steady(rendered.text)}" for _, rendered in sent]

    def _steady(self, text: str) -> str:
        """Name what chance decides: codes and references."""
        for code in self.codes:
            text = text.replace(code, "{code}")
        words = text.split(" ")
        for n, word in enumerate(words):
            ref = word.removesuffix(".ics)").removesuffix(".")
            if n and words[n - 1] in {"Ref", "Ref.", "(file:"} and len(ref) == 7:
                words[n] = word.replace(ref, "{ref}")
        return " ".join(words)
