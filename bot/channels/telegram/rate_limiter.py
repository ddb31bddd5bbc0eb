"""Rate limits of a bot, as messages per sliding window.

Telegram counts a message at an unknown moment between request and response. A sender therefore
holds a place in the window from before the request until one window length after the response, so
no window can exceed its limit whatever the latency. With Valkey or Redis the places are shared by
all processes and timed by its clock; otherwise, or while it is unavailable, each process counts for
itself.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog

from bot.channels.telegram.api import BotApiError
from bot.observability import metrics

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RateWindow:
    """A maximum number of messages within a number of seconds."""

    max_messages: int
    seconds: float


@dataclass(frozen=True, slots=True)
class TelegramRates:
    """The limits of a bot, a chat and a group; None for no limit.

    Telegram's limits are about 30 a second, 1 a second and 20 a minute; ours are slightly lower:
    https://core.telegram.org/bots/faq#broadcasting-to-users
    """

    bot: RateWindow | None = RateWindow(28, 1.01)
    chat: RateWindow | None = RateWindow(1, 1.01)
    group: RateWindow | None = RateWindow(18, 60.1)


UNLIMITED = TelegramRates(None, None, None)

LEASE_SECONDS = 30.0
"""Seconds until the place of a crashed holder is released; longer than a request may take."""

MAX_WAIT_SECONDS = 20.0
"""Maximum seconds to wait for a paused chat; longer waits are rejected and retried."""

MAX_TRACKED_CHATS = 10_000
"""Windows kept in a process before empty ones are removed."""

_REST = "rest"

# Places of a window are members of a sorted set, scored by expiry time.
_COMMON = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local function put(key, how, seconds, place)
  redis.call('ZADD', key, how, string.format('%.6f', now + seconds), place)
  local last = redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')[2]
  if last then redis.call('PEXPIRE', key, math.max(1, math.ceil((last - now) * 1000) + 1)) end
end
"""
_TAKE = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.6f', now))
local rest = redis.call('ZSCORE', KEYS[1], 'rest')
if rest then return tostring(math.max(0.001, rest - now)) end
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then
  local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
  return tostring(math.max(0.001, math.min(first - now, tonumber(ARGV[3]))))
end
put(KEYS[1], 'NX', ARGV[4], ARGV[1])
return '0'
"""
_KEEP = """
for i, key in ipairs(KEYS) do put(key, ARGV[1], ARGV[i + 2], ARGV[2]) end
"""


def _unique() -> Iterator[str]:
    """Return names for places that are unique across processes."""
    process = secrets.token_hex(4)
    return (f"{process}.{number}" for number in itertools.count())


@dataclass(slots=True, eq=False)
class TelegramRateLimiter:
    """The places of one bot; `url` is the Valkey or Redis shared by processes."""

    bot: str
    url: str = ""
    rates: TelegramRates = TelegramRates()
    clock: Callable[[], float] = time.monotonic
    _held: dict[str, dict[str, float]] = field(default_factory=dict)
    _line: asyncio.Lock = field(default_factory=asyncio.Lock)
    _places: Iterator[str] = field(default_factory=_unique)
    _client: Any = None
    _scripts: Any = None

    @asynccontextmanager
    async def wait_turn(self, chat_id: int) -> AsyncIterator[None]:
        """Wait until a message to this chat may be sent; the caller sends it within the block.

        Raises BotApiError if the chat is paused for longer than `MAX_WAIT_SECONDS`.
        """
        place = next(self._places)
        took: dict[str, float] = {}
        begun = self.clock()
        try:
            # The chat first, so that waiting for a chat does not occupy a place of the bot.
            if window := self.rates.group if chat_id < 0 else self.rates.chat:
                await self._enter(self._chat(chat_id), window, place, took)
            if window := self.rates.bot:
                async with self._line:
                    await self._enter(f"telegram:{self.bot}", window, place, took)
            metrics.RATE_WAITS.labels("telegram").observe(self.clock() - begun)
            yield
        finally:
            if took:
                await self._keep(took, place)

    async def pause(self, chat_id: int, seconds: float) -> None:
        """Pause sending to one chat, as requested by Telegram."""
        await self._keep({self._chat(chat_id): seconds}, _REST)

    async def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            await self._client.aclose()
            self._client = self._scripts = None

    def _chat(self, chat_id: int) -> str:
        return f"telegram:{self.bot}:{chat_id}"

    async def _enter(
        self, name: str, window: RateWindow, place: str, took: dict[str, float]
    ) -> None:
        while (wait := await self._take(name, window, place)) > 0:
            if wait > max(MAX_WAIT_SECONDS, window.seconds):
                raise BotApiError(429, "told to wait by the answer to another message", wait)
            await asyncio.sleep(wait)
        took[name] = window.seconds

    async def _take(self, name: str, window: RateWindow, place: str) -> float:
        """Take a free place in a window, else return the seconds until one may be free.

        That is at most one window, because no place without a response is released earlier, unless
        the chat is paused.
        """
        if self.url:
            try:
                args = [place, window.max_messages, window.seconds, LEASE_SECONDS]
                return float(await self._shared()[0](keys=[name], args=args))
            except Exception as error:  # noqa: BLE001 - whatever it is, messages go on
                log.warning("telegram.limits_alone", error=f"{type(error).__name__}: {error}")
        now = self.clock()
        held = {who: until for who, until in self._held.get(name, {}).items() if until > now}
        if _REST in held:
            return held[_REST] - now
        if len(held) >= window.max_messages:
            return min(min(held.values()) - now, window.seconds)
        self._held[name] = {**held, place: now + LEASE_SECONDS}
        if len(self._held) > MAX_TRACKED_CHATS:
            self._held = {n: h for n, h in self._held.items() if max(h.values()) > now}
        return 0.0

    async def _keep(self, took: dict[str, float], place: str) -> None:
        """Extend the lease of places to this many seconds from now."""
        now, resting = self.clock(), place == _REST
        for name, seconds in took.items():
            held = self._held.setdefault(name, {}) if resting else self._held.get(name, {})
            if resting:
                held[place] = max(held.get(place, 0.0), now + seconds)
            elif place in held:
                held[place] = now + seconds
        if self.url:
            try:
                # Of two pauses the later end applies; an expired place is not extended.
                how = "GT" if resting else "XX"
                await self._shared()[1](keys=list(took), args=[how, place, *took.values()])
            except Exception as error:  # noqa: BLE001 - its lease will end
                log.warning("telegram.limits_alone", error=f"{type(error).__name__}: {error}")

    def _shared(self) -> Any:
        if self._scripts is None:
            from redis.asyncio import Redis

            self._client = Redis.from_url(self.url, socket_timeout=2, socket_connect_timeout=2)
            self._scripts = [self._client.register_script(_COMMON + x) for x in (_TAKE, _KEEP)]
        return self._scripts
