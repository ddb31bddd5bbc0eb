"""Whole talks in Telegram, as the chat looks. `pytest --update` writes down what it looks like now.

A transcript begins with `#` lines that say what it shows and `key: value` lines that set the
scene. Then `>` is what the person writes, `tap` a button, `share` the number, `...` lets time
pass. What changed in the chat stands below: a message of ours with its number – the same number
again is the same message, changed – its buttons in brackets, dead ones too; `(toast)` is what a
tap was answered with, `SMS` what a phone got.

A line that begins with a name is somebody else's: another customer (`other:`), or a person of the
shop (`staff:`), who talks with the owners' bot.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.bookings import expiry, outcome_questions, reschedule_proposals
from core.clock import FixedClock
from core.db import tables
from core.db.runtime import Runtime
from core.messaging.lines import get_or_create_line
from core.shops import shops
from core.values.shop_changes import ShopChange
from tests.servers.telegram.bots import Bot
from tests.servers.telegram.people import Person, drawn
from tests.support.shops import (
    BuiltShop,
    add_staff,
    build_barber,
    build_clinic,
    build_salon,
    pairing_code,
)
from tests.support.telegram_chat import TelegramHarness, telegram_harness

FOLDER = Path(__file__).parent / "telegram"
TRANSCRIPTS = sorted(path.stem for path in FOLDER.glob("*.txt"))
POSTGRESQL = tuple(
    "first_booking owner_approves owner_changes owner_day reminder spanish too_late".split()
)
"""Played on PostgreSQL, too, by the rule of test_transcripts.py."""
SHOPS = {"salon": build_salon, "clinic": build_clinic, "barber": build_barber}
PHONE = "+34600111222"
UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86400}


@pytest.mark.usefixtures("only_database_awaits")
@pytest.mark.parametrize(
    ("database_url", "name"),
    [*(("sqlite", name) for name in TRANSCRIPTS), *(("postgresql", name) for name in POSTGRESQL)],
    indirect=["database_url"],
)
async def test_telegram_transcript(
    name: str, runtime: Runtime, moved: list[str], pytestconfig: pytest.Config
) -> None:
    path = FOLDER / f"{name}.txt"
    written = path.read_text()
    # Both ways in: each talk by one of them on one database, by the other on the other.
    sqlite = runtime.engine.dialect.name == "sqlite"
    webhook = (TRANSCRIPTS.index(name) % 2 == 0) is sqlite
    said = await play(written, runtime, webhook=webhook)
    if pytestconfig.getoption("update"):
        path.write_text(said)
    assert said == written
    assert moved == []


async def play(script: str, runtime: Runtime, *, webhook: bool) -> str:
    """Do what a script says; return it with the chats as they look."""
    out: list[str] = []
    lines = script.splitlines()
    head = [line for line in lines[: _first_step(lines)] if line]
    scene = [_fact(line) for line in head if not line.startswith("#")]
    codes = await _set(runtime, scene)
    desk = any(key == "staff" for key, _ in scene)
    async with telegram_harness(runtime, webhook=webhook, desk=desk) as chats:
        out += head
        stage = Stage(chats)
        for key, value in scene:
            stage.enter(key, value)
        for name, code in codes.items():
            await stage.pair(name, code)
        for line in lines[_first_step(lines) :]:
            if stage.reads(line):
                out += ["", line, *await stage.step(line)]
        assert (chats.bot.refused, chats.owner_bot.refused) == ([], [])
    return "\n".join(out) + "\n"


STEP = re.compile(r"(?:(\w+): )?(> .*|tap .*|share|\.\.\. .*)")


def _first_step(lines: list[str]) -> int:
    return next(n for n, line in enumerate(lines) if line and STEP.fullmatch(line))


def _fact(line: str) -> tuple[str, str]:
    key, _, value = line.partition(": ")
    return key, value


async def _set(runtime: Runtime, scene: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Make the shop and its people; return their pairing codes."""
    known = dict(scene)
    if "now" in known:
        assert isinstance(runtime.clock, FixedClock)
        runtime.clock.move_to(known["now"])
    shop, *rules = known["shop"].split()
    codes = {}
    async with runtime.transaction() as ctx:
        given = dict(rule.split("=") for rule in rules)
        flags: dict[str, int] = {
            key: value == "yes" for key, value in given.items() if value in {"yes", "no"}
        }
        flags |= {key: int(value) for key, value in given.items() if value.isdecimal()}
        place: BuiltShop = await SHOPS[shop](ctx, **flags)
        if "latitude" in given:
            changed = {k: float(v) for k, v in given.items() if k not in flags}
            await shops.change_shop(ctx, place.shop_id, ShopChange.from_columns(**changed))
        if "staff" in known:
            # What happens on a simulated line is told on simulated lines only.
            await ctx.execute(sa.update(tables.lines).values(transport="twilio"))
        if known.get("sms") != "none":
            await get_or_create_line(
                ctx, transport="twilio", channel="sms", address="+15005550006", shop_id=None
            )
        for number, member in enumerate([value for key, value in scene if key == "staff"], 1):
            name, role, *provider = member.split()
            own = place.providers[provider[0]] if provider else None
            phone = f"+3460000000{number}"
            await add_staff(ctx, place, phone, role, name, own)
            codes[name] = await pairing_code(ctx, phone)
    return codes


@dataclass(slots=True)
class Chat:
    """One person's chat with one of the bots."""

    person: Person
    bot: Bot
    seen: dict[int, list[str]] = field(default_factory=dict)
    buttons: dict[tuple[int, str], str] = field(default_factory=dict)


class Stage:
    """The chats, step by step."""

    def __init__(self, chats: TelegramHarness) -> None:
        self.chats = chats
        self.people: dict[str, Chat] = {}
        self.sms = 0
        self.codes: list[str] = []
        self.enter("person", "Marta en")

    def enter(self, key: str, value: str) -> None:
        """Let somebody of the scene in; "" is the one whose lines have no name."""
        name, *more = value.split()
        telegram = self.chats.telegram
        if key == "person":
            self.people[""] = Chat(telegram.person(name, PHONE, *more), self.chats.bot)
        elif key == "other":
            self.people[name] = Chat(telegram.person(name, *more), self.chats.bot)
        elif key == "staff":
            self.people[name] = Chat(telegram.person(name), self.chats.owner_bot)

    async def pair(self, name: str, code: str) -> None:
        """Let somebody of the shop open the link with their code, before the talk begins."""
        chat = self.people[name]
        await self.chats.write(chat.person, f"/start pair_{code}", chat.bot)
        self._changed(name)

    def reads(self, line: str) -> bool:
        """Whether a line of a script is a step."""
        found = STEP.fullmatch(line)
        return found is not None and (found[1] or "") in self.people

    async def step(self, line: str) -> list[str]:
        """Do one line; return what is new to be seen."""
        found = STEP.fullmatch(line)
        assert found is not None
        chat, what, toast = self.people[found[1] or ""], found[2], ""
        if what.startswith("> "):
            code = self.codes[-1] if self.codes else "000000"
            await self.chats.write(chat.person, what[2:].replace("{code}", code), chat.bot)
        elif what.startswith("tap "):
            toast = await self._tap(chat, what[4:])
        elif what == "share":
            await self.chats.share_contact(chat.person)
        else:
            number, unit = what[3:].split()
            self.chats.clock.advance(timedelta(seconds=int(number) * UNITS[unit]))
            async with self.chats.app.runtime.transaction() as ctx:
                await expiry.expire_overdue(ctx)
                await reschedule_proposals.expire_proposals(ctx)
                await outcome_questions.ask_outcomes(ctx)
            await self.chats.app.worker.deliver_due()
            await self.chats.wait_until_idle()
        changed = [line for name in self.people for line in self._changed(name)]
        return [*self._sms(), *changed, *([f"(toast) {toast}"] if toast else [])]

    async def _tap(self, chat: Chat, written: str) -> str:
        """Tap a button; "@2" is one that message 2 had once, as a phone that is behind shows it."""
        label, _, number = written.partition(" @")
        if not number:
            return await self.chats.tap(chat.person, label, bot=chat.bot)
        message = [m for m in chat.bot.messages[chat.person.id] if m.mine][int(number) - 1]
        data = chat.buttons[int(number), label]
        query = await chat.person.taps_data(chat.bot, data, message)
        await self.chats.wait_until_idle()
        return str(chat.bot.answers[query].get("text", ""))

    def _changed(self, name: str) -> list[str]:
        out: list[str] = []
        chat, head = self.people[name], f"{name} " if name else ""
        ours = [m for m in chat.bot.messages.get(chat.person.id, ()) if m.mine]
        for number, message in enumerate(ours, 1):
            for row in (message.markup or {}).get("inline_keyboard", ()):
                for button in row:
                    chat.buttons.setdefault((number, button["text"]), button["callback_data"])
            shown = [self._steady(line.removeprefix("< ").rstrip()) for line in drawn(message)]
            if chat.seen.get(number) != shown:
                chat.seen[number] = shown
                first, *rest = [line if line != "<" else "" for line in shown]
                out += [f"{head}{number} {first}", *(f"  {line}".rstrip() for line in rest)]
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
            ref = word.removesuffix(".ics)").rstrip(".")
            if n and words[n - 1] in {"Ref", "Ref.", "(file:"} and len(ref) == 7:
                words[n] = word.replace(ref, "{ref}")
        return " ".join(words)
