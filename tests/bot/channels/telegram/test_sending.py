"""Sending: both limits, Telegram's refusals and silences, and signs of life while one waits."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.channels.telegram.rate_limiter import TelegramRateLimiter, TelegramRates
from bot.cli import telegram_setup
from bot.engine import turn
from bot.flows.staff.commands import SLASH_COMMANDS
from core.db import tables
from core.db.runtime import Runtime
from core.errors import NotReady
from core.messaging.messages import Say
from tests.servers.telegram.faults import Fault
from tests.servers.telegram.people import Person
from tests.servers.telegram.server import TelegramServer
from tests.support import shops
from tests.support.telegram_chat import TelegramHarness, telegram_harness

SERVICES = ["[Cut · 30 min · 25 €]", "[Colour · 90 min · 60 €]", "[Blow-dry · 30 min · 18 €]"]
WELCOME = ["< Welcome to Bella Hair.", "< What would you like?", *(f"  {x}" for x in SERVICES)]


@pytest.fixture
async def shop(runtime: Runtime) -> shops.BuiltShop:
    async with runtime.transaction() as ctx:
        return await shops.build_salon(ctx)


async def outbox(runtime: Runtime) -> list[tuple[str, int, str]]:
    o = tables.outbox.c
    async with runtime.read_transaction() as ctx:
        rows = await ctx.all(sa.select(o.state, o.attempts, o.error).order_by(o.id))
        return [(row.state, row.attempts, row.error) for row in rows]


# --- limits -------------------------------------------------------------------------------------


async def test_the_strict_server_sees_both_limits_kept(
    runtime: Runtime, shop: shops.BuiltShop
) -> None:
    limits = TelegramServer(limits=(30, 1, 20))
    async with telegram_harness(runtime, telegram=limits, pace=TelegramRates()) as chats:
        people = [chats.telegram.person(f"P{n}") for n in range(40)]
        await asyncio.gather(*(person.writes(chats.bot, "/start") for person in people))
        await people[0].writes(chats.bot, "/start")
        await chats.wait_until_idle()
        assert [p.screen(chats.bot)[1:] for p in people[1:]] == [WELCOME] * 39
        assert chats.bot.refused == []
        assert chats.bot.most(1) <= 30
        assert chats.bot.most(1, people[0].id) == 1


# --- refusals and silences ------------------------------------------------------------------------


async def again(chats: TelegramHarness, seconds: int) -> None:
    """Let time pass, and have what is due by then sent."""
    chats.clock.advance(timedelta(seconds=seconds))
    chats.app.sender.wake()
    await chats.wait_until_idle()


async def test_retry_after_holds_up_only_its_chat(runtime: Runtime, shop: shops.BuiltShop) -> None:
    async with telegram_harness(runtime) as chats:
        marta, leo = chats.telegram.person("Marta"), chats.telegram.person("Leo")
        chats.telegram.fail_next(1, Fault.THROTTLED, retry_after=35)
        await chats.write(marta, "/start")
        assert (await chats.write(leo, "/start"))[1:] == WELCOME
        limiter = _limiter(chats)
        resting = limiter._held[f"telegram:{chats.bot.id}:{marta.id}"]["rest"]
        assert resting > limiter.clock() + 30
        limiter._held.clear()
        await again(chats, 34)
        assert marta.screen(chats.bot) == ["> /start"]
        await again(chats, 1)
        assert marta.screen(chats.bot)[1:] == WELCOME
        assert (await outbox(runtime))[0][:2] == ("sent", 2)


def _limiter(chats: TelegramHarness) -> TelegramRateLimiter:
    bots = chats.app.channels["telegram", "telegram"]
    limiter = bots.by_id[str(chats.bot.id)].limiter  # type: ignore[attr-defined]
    assert isinstance(limiter, TelegramRateLimiter)
    return limiter


@pytest.mark.parametrize("fault", [Fault.BROKEN, Fault.CUT_BEFORE, Fault.GARBAGE])
async def test_temporary_telegram_errors_are_retried(
    runtime: Runtime, shop: shops.BuiltShop, fault: Fault
) -> None:
    async with telegram_harness(runtime) as chats:
        marta = chats.telegram.person("Marta")
        chats.telegram.fail_next(1, fault)
        assert await chats.write(marta, "/start") == ["> /start"]
        assert [row[:2] for row in await outbox(runtime)] == [("due", 1)]
        await again(chats, 20)
        assert marta.screen(chats.bot)[1:] == WELCOME


async def test_an_edit_that_arrived_unseen_is_no_error_when_repeated(
    runtime: Runtime, shop: shops.BuiltShop
) -> None:
    async with telegram_harness(runtime) as chats:
        marta = chats.telegram.person("Marta")
        await chats.write(marta, "/start")
        chats.telegram.fail_next(1, Fault.CUT_AFTER)
        await chats.tap(marta, "Cut · 30 min · 25 €")
        before = marta.screen(chats.bot)
        await again(chats, 20)
        assert chats.bot.refused[-1].startswith("editMessageText: Bad Request: message is not mod")
        assert marta.screen(chats.bot) == before
        assert [row[0] for row in await outbox(runtime)] == ["sent", "sent"]


async def test_a_message_that_is_gone_is_sent_anew(runtime: Runtime, shop: shops.BuiltShop) -> None:
    async with telegram_harness(runtime) as chats:
        marta = chats.telegram.person("Marta")
        await chats.write(marta, "/start")
        services = chats.bot.messages[marta.id].pop()
        await marta.taps(chats.bot, "Cut · 30 min · 25 €", message=services)
        await chats.wait_until_idle()
        assert marta.screen(chats.bot)[1:4] == [
            "< ✓ Cut · 30 min · 25 €",
            "<",
            "< Monday 9 March. Which time?",
        ]
        # From now on that one is the living one.
        await chats.tap(marta, "Calendar")
        assert len([m for m in chats.bot.messages[marta.id] if m.mine]) == 1


@pytest.mark.parametrize("how", ["blocked", "deleted", "never met"])
async def test_nobody_is_written_to_who_cannot_be(
    runtime: Runtime, shop: shops.BuiltShop, how: str
) -> None:
    async with telegram_harness(runtime) as chats:
        marta = chats.telegram.person("Marta")
        await chats.write(marta, "/start")
        if how == "blocked":
            chats.bot.unreachable[marta.id] = "bot was blocked by the user"
        elif how == "deleted":
            marta.leaves_telegram(chats.bot)
        else:
            del chats.bot.chats[marta.id]
        await _tell(chats, marta)
        state, attempts, _ = (await outbox(runtime))[-1]
        assert (state, attempts) == ("failed", 1)
        async with runtime.read_transaction() as ctx:
            unreachable = await ctx.scalar(sa.select(tables.conversations.c.unreachable_at))
        assert unreachable == chats.clock.now()


async def _tell(chats: TelegramHarness, person: Person) -> None:
    from core.messaging.outbox import enqueue

    async with chats.app.runtime.transaction() as ctx:
        talk = await ctx.scalar(sa.select(tables.conversations.c.id))
        await enqueue.enqueue(ctx, Say("hello"), conversation_id=talk)
    await chats.wait_until_idle()


# --- signs of life ------------------------------------------------------------------------------


async def test_whoever_waits_sees_that_an_answer_is_coming(
    runtime: Runtime, shop: shops.BuiltShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with telegram_harness(runtime) as chats:
        intake = chats.app.telegram
        assert intake is not None
        marta = chats.telegram.person("Marta")
        await chats.write(marta, "/start")
        assert chats.bot.actions == []
        intake.typing_after = 0
        go_on, work = asyncio.Event(), turn.run_pending_turns

        async def slow(runtime_: Runtime, conversation_id: int) -> int:
            await go_on.wait()
            return await work(runtime_, conversation_id)

        monkeypatch.setattr(turn, "run_pending_turns", slow)
        query = await marta.taps(chats.bot, "Cut · 30 min · 25 €")
        while not chats.bot.actions or query not in chats.bot.answers:  # noqa: ASYNC110 - no bell
            await asyncio.sleep(0.002)
        # Answered in any case, though nothing is known yet.
        assert chats.bot.actions == [(marta.id, "typing")]
        assert chats.bot.answers[query] == {}
        go_on.set()
        await chats.wait_until_idle()
        assert marta.last(chats.bot).text.startswith("✓ Cut")


# --- what is seen before a talk -----------------------------------------------------------------


async def test_commands_and_descriptions_are_set_in_every_language(
    runtime: Runtime, shop: shops.BuiltShop
) -> None:
    async with telegram_harness(runtime, desk=True) as chats:
        intake = chats.app.telegram
        assert intake is not None
        assert await telegram_setup.set_up_bots(intake.bots) == ["BellaHairBot", "BellaDeskBot"]
        languages = {language for _, language in chats.bot.commands}
        assert languages >= {"", "en", "es"}
        assert {scope for scope, _ in chats.bot.commands} == {"all_private_chats"}
        names = ["book", "bookings", "language", "help", "start", "stop"]
        for commands in chats.bot.commands.values():
            assert [command["command"] for command in commands] == names
        spanish = chats.bot.commands["all_private_chats", "es"][0]
        assert spanish == {"command": "book", "description": "Reservar una cita"}
        assert chats.bot.descriptions.keys() == chats.bot.short_descriptions.keys() == languages
        assert chats.bot.menu_button == chats.owner_bot.menu_button == {"type": "commands"}
        for commands in chats.owner_bot.commands.values():
            assert [command["command"] for command in commands] == list(SLASH_COMMANDS)
        assert chats.owner_bot.commands["all_private_chats", "es"][0] == {
            "command": "today",
            "description": "Las citas de hoy",
        }
        assert chats.owner_bot.descriptions.keys() == languages
        assert chats.bot.refused == chats.owner_bot.refused == []


def test_what_is_no_token_is_named() -> None:
    from bot.app import build_telegram_bots
    from core.settings import Settings

    with pytest.raises(NotReady, match="TELEGRAM_BOT_TOKEN"):
        build_telegram_bots(Settings(_env_file=None, telegram_bot_token="abc"))
