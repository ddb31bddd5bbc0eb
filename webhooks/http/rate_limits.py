"""Rate limits of requests: per user, or per address if not signed in (IPv6: per /64).

Counted in Valkey or Redis where REDIS_URL names one, so that several processes share the count;
else in this process. When the server of the counts is away, this process counts for itself:
a limit that is too wide for a while beats an API that is down.
"""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from fastapi import FastAPI
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from core.networks import network_name
from core.settings import Settings

if TYPE_CHECKING:
    from redis.asyncio import ConnectionPool

log = structlog.get_logger(__name__)

WINDOW_MINUTES = 15

MAX_WRONG_LINKS = 30
"""So many links that open nothing one address may try in the window."""


class RateLimits:
    """The counts of one process, or of all that share a Valkey or Redis server."""

    def __init__(self, settings: Settings) -> None:
        self.anonymous = RateLimitItemPerMinute(settings.limit_anonymous, WINDOW_MINUTES)
        self.signed_in = RateLimitItemPerMinute(settings.limit_signed_in, WINDOW_MINUTES)
        self._wrong_links = RateLimitItemPerMinute(MAX_WRONG_LINKS, WINDOW_MINUTES)
        self._own = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._shared: SlidingWindowCounterRateLimiter | None = None
        self._pool: ConnectionPool | None = None
        if settings.redis_url:
            # Importing it takes a tenth of the start-up time, and few installations need it.
            from redis.asyncio import ConnectionPool

            self._pool = ConnectionPool.from_url(settings.redis_url, socket_timeout=1)
            pool: dict[str, Any] = {"connection_pool": self._pool}
            storage = RedisStorage(
                f"async+{settings.redis_url}",
                implementation="redispy",
                key_prefix="slotline",
                **pool,
            )
            self._shared = SlidingWindowCounterRateLimiter(storage)

    async def record_request(self, *, user_id: int | None, address: str) -> int:
        """Count a request; return 0, or the seconds to wait before the next."""
        item, whose = (
            (self.anonymous, f"address {network_name(address)}")
            if user_id is None
            else (self.signed_in, f"user {user_id}")
        )
        return await self._counted(partial(_take, item=item, whose=whose))

    async def record_wrong_link(self, address: str) -> None:
        """Count a wrong link, which may be a guess."""
        await self._counted(
            partial(_take, item=self._wrong_links, whose=f"links {network_name(address)}")
        )

    async def wrong_link_wait(self, address: str) -> int:
        """Return the seconds for which an address with too many wrong links is barred, or 0."""
        return await self._counted(
            partial(_left, item=self._wrong_links, whose=f"links {network_name(address)}")
        )

    async def _counted(
        self, count: Callable[[SlidingWindowCounterRateLimiter], Awaitable[int]]
    ) -> int:
        if self._shared is not None:
            try:
                return await count(self._shared)
            except Exception as error:  # noqa: BLE001 - whatever a driver raises
                log.warning("limits.alone", error=type(error).__name__)
        return await count(self._own)

    async def close_connections(self) -> None:
        """Close the connections to the Valkey or Redis server."""
        if self._pool is not None:
            await self._pool.disconnect()


def wrong_link_limits(web: FastAPI, settings: Settings) -> RateLimits:
    """Return the count of wrong links of a web application, made when the first is opened."""
    if not hasattr(web.state, "links"):
        web.state.links = RateLimits(settings)
    limits: RateLimits = web.state.links
    return limits


async def _take(limiter: SlidingWindowCounterRateLimiter, item: RateLimitItem, whose: str) -> int:
    if await limiter.hit(item, whose):
        return 0
    return await _left(limiter, item, whose)


async def _left(limiter: SlidingWindowCounterRateLimiter, item: RateLimitItem, whose: str) -> int:
    if await limiter.test(item, whose):
        return 0
    stats = await limiter.get_window_stats(item, whose)
    return max(1, math.ceil(stats.reset_time - time.time()))
