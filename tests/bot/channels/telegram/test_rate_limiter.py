"""How fast a bot sends, as whoever counts at the other end sees it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence

import pytest

from bot.channels.telegram import rate_limiter
from bot.channels.telegram.api import BotApiError
from bot.channels.telegram.rate_limiter import RateWindow, TelegramRateLimiter, TelegramRates
from tests.servers.telegram.bots import Bot
from tests.support import virtual_loop

CHATS, EACH = 40, 5


async def counted(way: random.Random) -> Bot:
    """Send much at once by one bot; return it with what was counted at the other end.

    A message is counted up to 0.8 s after it was let go, and answered up to 0.4 s after that.
    """
    bot, limiter = Bot("BellaHairBot", 7), TelegramRateLimiter("7", clock=virtual_loop.virtual_time)

    async def send(chat: int) -> None:
        for _ in range(EACH):
            async with limiter.wait_turn(chat):
                await asyncio.sleep(way.uniform(0, 0.8))
                bot.times.append((virtual_loop.virtual_time(), chat))
                await asyncio.sleep(way.uniform(0, 0.4))

    await asyncio.gather(*(send(chat) for chat in range(1, CHATS + 1)))
    return bot


def most(bot: Bot) -> tuple[int, int]:
    """Return the most messages within any second, in all and to one chat."""
    return bot.most(1), max(bot.most(1, chat) for chat in range(1, CHATS + 1))


def test_no_second_holds_too_many_whatever_the_way_takes() -> None:
    bot = virtual_loop.run_in_virtual_time(counted(random.Random(7)))
    assert most(bot) == (28, 1)
    assert len(bot.times) == CHATS * EACH
    # Places are not wasted either: 28 for each second and the way's 0.6, on the average.
    assert bot.times[-1][0] < CHATS * EACH / 28 * 1.6 + 2


def test_telegram_limit_is_exceeded_when_places_are_not_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control: a place is free again a second after it was taken."""

    async def keep(_limiter: TelegramRateLimiter, _took: object, _place: str) -> None:
        pass

    monkeypatch.setattr(TelegramRateLimiter, "_keep", keep)
    monkeypatch.setattr(rate_limiter, "LEASE_SECONDS", 1.01)
    in_all, to_one = most(virtual_loop.run_in_virtual_time(counted(random.Random(7))))
    assert (in_all > 30, to_one > 1) == (True, True)


def test_whoever_waits_for_a_chat_holds_up_no_other() -> None:
    at: list[tuple[int, float]] = []

    async def send(limiter: TelegramRateLimiter, chats: Sequence[int]) -> None:
        for chat in chats:
            async with limiter.wait_turn(chat):
                at.append((chat, round(virtual_loop.virtual_time(), 2)))

    async def talk() -> None:
        pace = TelegramRates(RateWindow(2, 1), RateWindow(1, 1), RateWindow(2, 60))
        limiter = TelegramRateLimiter("7", rates=pace, clock=virtual_loop.virtual_time)
        await asyncio.gather(send(limiter, [1, 1, 1, 2]), send(limiter, [3]))
        await send(limiter, [-5, -5, -5])

    virtual_loop.run_in_virtual_time(talk())
    assert at == [(1, 0), (3, 0), (1, 1), (1, 2), (2, 2), (-5, 3), (-5, 3), (-5, 63)]


def test_a_chat_that_rests_is_waited_for_if_that_is_soon() -> None:
    async def rest() -> list[float]:
        limiter = TelegramRateLimiter("7", clock=virtual_loop.virtual_time)
        await limiter.pause(1, 35)
        await limiter.pause(1, 5)  # the longer holds
        async with limiter.wait_turn(2):
            at = [virtual_loop.virtual_time()]
        with pytest.raises(BotApiError) as refused:
            async with limiter.wait_turn(1):
                pass
        assert refused.value.retry_after == 35
        await asyncio.sleep(20)
        async with limiter.wait_turn(1):
            return [*at, virtual_loop.virtual_time()]

    assert virtual_loop.run_in_virtual_time(rest()) == [0, 35]


def test_who_wrote_long_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    async def many() -> list[str]:
        limiter = TelegramRateLimiter("7", clock=virtual_loop.virtual_time)
        for chat in range(11):
            async with limiter.wait_turn(chat):
                pass
        await asyncio.sleep(5)
        async with limiter.wait_turn(99):
            pass
        return list(limiter._held)

    monkeypatch.setattr(rate_limiter, "MAX_TRACKED_CHATS", 10)
    assert virtual_loop.run_in_virtual_time(many()) == ["telegram:7:99", "telegram:7"]


@pytest.fixture
async def limiters(valkey_url: str) -> AsyncIterator[Sequence[TelegramRateLimiter]]:
    """Limiters of several processes."""
    made = [TelegramRateLimiter("7", valkey_url) for _ in range(4)]
    yield made
    for limiter in made:
        await limiter.close()


async def test_telegram_limits_are_shared_between_processes(
    limiters: Sequence[TelegramRateLimiter],
) -> None:
    window, chat = RateWindow(10, 5), RateWindow(1, 5)
    waits = [await limiters[n % 4]._take("many", window, f"{n}") for n in range(12)]
    # None is answered, so none of them is free before a whole window from now.
    assert waits == [0] * 10 + [5, 5]
    first, second = limiters[:2]
    assert await first._take("chat", chat, "a") == 0
    await first._keep({"chat": 0.01}, "a")
    await asyncio.sleep(0.02)
    assert await second._take("chat", chat, "b") == 0
    await first._keep({"chat": 3}, "a")  # no longer its own
    assert await first._take("chat", chat, "c") == 5
    await second._keep({"chat": 3}, "b")
    assert 2.5 < await first._take("chat", chat, "c") <= 3
    await second.pause(1, 60)
    await second.pause(1, 30)
    assert 55 < await first._take("telegram:7:1", chat, "d") <= 60


def test_without_its_valkey_a_process_counts_for_itself() -> None:
    async def alone() -> list[float]:
        limiter = TelegramRateLimiter("7", "redis://127.0.0.1:1", clock=virtual_loop.virtual_time)
        return [await limiter._take("chat", RateWindow(1, 5), f"{n}") for n in range(2)]

    assert virtual_loop.run_in_virtual_time(alone()) == [0, 5]
