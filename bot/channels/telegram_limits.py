"""How fast a bot may send: the next free instant for a bot and a chat, shared by processes.

Not "yes or no", but "in 0.4 seconds": whoever asks has a place in the line, nobody asks twice, and
nobody is overtaken. With Valkey or Redis one script gives the places of all processes, by its own
clock; without, or while it is away, this process counts for itself.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog

from bot import metrics

log = structlog.get_logger(__name__)

SECONDS_BOT = 1 / 28
SECONDS_CHAT = 1.05
SECONDS_GROUP = 3.1
"""Between two messages of a bot, to a chat, to a group. Telegram's limits are 30 a second, 1 a
second and 20 a minute (https://core.telegram.org/bots/faq#broadcasting-to-users); ours are a
little below, because not every message travels equally fast."""

KNOWN = 10_000
"""Chats remembered in a process before those whose time has passed are forgotten."""

_SCRIPT = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local start = now
for _, key in ipairs(KEYS) do
  local free = tonumber(redis.call('GET', key) or '0')
  if free > start then start = free end
end
for i, key in ipairs(KEYS) do
  local free = start + tonumber(ARGV[i])
  redis.call('SET', key, string.format('%.6f', free), 'PX', math.ceil((free - now) * 1000) + 1)
end
return tostring(start - now)
"""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between two messages."""

    bot: float = SECONDS_BOT
    chat: float = SECONDS_CHAT
    group: float = SECONDS_GROUP


@dataclass(slots=True, eq=False)
class Limiter:
    """The places in the line of one bot. `url` is the Valkey or Redis that processes share."""

    bot: str
    url: str = ""
    pace: Pace = Pace()
    clock: Callable[[], float] = time.monotonic
    _free: dict[str, float] = field(default_factory=dict)
    _client: Any = None
    _script: Any = None

    async def turn(self, chat_id: int) -> None:
        """Wait until a message to this chat may be sent."""
        steps = {
            f"telegram:{self.bot}": self.pace.bot,
            f"telegram:{self.bot}:{chat_id}": self.pace.group if chat_id < 0 else self.pace.chat,
        }
        wait = await self._reserve(steps)
        metrics.RATE_WAITS.labels("telegram").observe(max(0.0, wait))
        if wait > 0:
            await asyncio.sleep(wait)

    async def pause(self, chat_id: int, seconds: float) -> None:
        """Send nothing to a chat for a while: Telegram said so. Other chats go on."""
        await self._reserve({f"telegram:{self.bot}:{chat_id}": seconds})

    async def close(self) -> None:
        """Let go of the connection."""
        if self._client is not None:
            await self._client.aclose()
            self._client = self._script = None

    async def _reserve(self, steps: dict[str, float]) -> float:
        """Take the first instant that is free for all of `steps`; return the seconds until then."""
        if self.url:
            try:
                return await self._reserve_shared(steps)
            except Exception as error:  # noqa: BLE001 - whatever it is, messages go on
                log.warning("telegram.limits_alone", error=f"{type(error).__name__}: {error}")
        return self._reserve_alone(steps)

    async def _reserve_shared(self, steps: dict[str, float]) -> float:
        if self._script is None:
            from redis.asyncio import Redis

            self._client = Redis.from_url(self.url, socket_timeout=2, socket_connect_timeout=2)
            self._script = self._client.register_script(_SCRIPT)
        return float(await self._script(keys=list(steps), args=list(steps.values())))

    def _reserve_alone(self, steps: dict[str, float]) -> float:
        now = self.clock()
        start = max(now, *(self._free.get(key, 0.0) for key in steps))
        for key, seconds in steps.items():
            self._free[key] = start + seconds
        if len(self._free) > KNOWN:
            self._free = {key: free for key, free in self._free.items() if free > now}
        return start - now
