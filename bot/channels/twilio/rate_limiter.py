"""Rate limits of Twilio senders: a queue per sender, shared by processes.

A message takes the next free place in its sender's queue and waits for its turn if that is soon;
otherwise the caller is told the queue's length and retries. Messages of low priority, such as
reminders, may only take places shortly ahead, so that an answer never waits longer than that. With
Valkey or Redis one script assigns the places of all processes by its clock; otherwise, or while it
is unavailable, each process counts for itself.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from bot.channels.base import RateLimited
from core.clock import Clock, SystemClock

log = structlog.get_logger(__name__)

MAX_QUEUE_SECONDS: Mapping[str, float] = {"reply": 5.0, "alert": 1.0, "reminder": 1.0}
"""How many seconds ahead a message of each outbox queue may take a place."""

_SCRIPT = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local wait = math.max(0, tonumber(redis.call('GET', KEYS[1]) or '0') - now)
if wait <= tonumber(ARGV[2]) then
  local free = now + wait + tonumber(ARGV[1])
  local kept = math.ceil((free - now) * 1000) + 1
  redis.call('SET', KEYS[1], string.format('%.6f', free), 'PX', kept)
end
return tostring(wait)
"""


def seconds_clock(clock: Clock) -> Callable[[], float]:
    """Return a function that returns seconds with fractions, from the machine or a test clock."""
    if isinstance(clock, SystemClock):
        return time.monotonic
    return lambda: clock.now().timestamp()


@dataclass(slots=True, eq=False)
class TwilioRateLimiter:
    """The queues of senders by name; `url` is the Valkey or Redis shared by processes."""

    url: str = ""
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    max_queue_seconds: Mapping[str, float] = field(default_factory=lambda: MAX_QUEUE_SECONDS)
    _free: dict[str, float] = field(default_factory=dict)
    _client: Any = None
    _script: Any = None

    async def wait_turn(self, sender: str, seconds: float, queue: str) -> float:
        """Wait until a message that occupies `sender` for `seconds` may be sent; return the wait.

        Raises NoRoom if the sender's queue is longer than `queue` allows.
        """
        most = self.max_queue_seconds[queue]
        wait = await self._take(sender, seconds, most)
        if wait > most:
            raise RateLimited(wait - most)
        if wait > 0:
            await self.sleep(wait)
        return wait

    async def pause(self, sender: str, seconds: float) -> None:
        """Pause one sender, as requested by the provider."""
        await self._take(sender, seconds, float("inf"))

    async def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            await self._client.aclose()
            self._client = self._script = None

    async def _take(self, sender: str, seconds: float, most: float) -> float:
        """Take the next place unless it is over `most` seconds ahead; return its distance."""
        if self.url:
            try:
                return await self._take_shared(sender, seconds, min(most, 1e9))
            except Exception as error:  # noqa: BLE001 - whatever it is, messages go on
                log.warning("pacing.alone", error=f"{type(error).__name__}: {error}")
        now = self.clock()
        wait = max(0.0, self._free.get(sender, 0.0) - now)
        if wait <= most:
            self._free[sender] = now + wait + seconds
        return wait

    async def _take_shared(self, sender: str, seconds: float, most: float) -> float:
        if self._script is None:
            from redis.asyncio import Redis

            self._client = Redis.from_url(self.url, socket_timeout=2, socket_connect_timeout=2)
            self._script = self._client.register_script(_SCRIPT)
        return float(await self._script(keys=[f"pace:{sender}"], args=[seconds, most]))
