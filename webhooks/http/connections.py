"""Limits on connections: their number, per client, and the time a request may take to arrive.

Whoever opens connections and then sends a byte now and then would otherwise hold a file each, until
there is none left for anybody else.
"""

from __future__ import annotations

import asyncio
import resource
import socket
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, ClassVar

import h11
import structlog
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.utils import get_remote_addr

from core.networks import network_name
from core.settings import RESERVED_FILES, Settings
from webhooks.http.proxies import TrustedProxies

log = structlog.get_logger(__name__)

MIN_BYTES_PER_SECOND = 1024
"""Each so many bytes of a body grant another second, as Apache's mod_reqtimeout does."""

WRITE_SECONDS = 30
"""Seconds after which an answer of which nothing more is read is given up."""

REFUSAL_SECONDS = 1.0
"""Seconds for which a refused connection stays, so that its caller can read why."""

MAX_REFUSALS = 64
"""Refused connections that are told why at once; others are just closed."""

BACKLOG = 2048
"""Connections that the system keeps for us until they are accepted."""

LOG_SECONDS = 10.0
"""Refusals are logged once in so many seconds."""

_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"retry-after: 5\r\ncontent-length: 38\r\nconnection: close\r\n\r\n"
    b"Too many connections; try again later."
)
_TOO_SLOW = (
    b"HTTP/1.1 408 Request Timeout\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"content-length: 25\r\nconnection: close\r\n\r\nThe request was too slow."
)


@dataclass(slots=True, eq=False)
class ConnectionLimits:
    """The limits of one process, and its open connections."""

    proxies: TrustedProxies
    total: int
    per_address: int
    read_seconds: float
    open: int = 0
    refusing: int = 0
    _by_address: Counter[str] = field(default_factory=Counter)
    _refused: int = 0
    _logged_at: float = 0.0

    @classmethod
    def from_settings(cls, settings: Settings) -> ConnectionLimits:
        """Return the limits of the settings, within the process's limit on open files."""
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return cls(
            TrustedProxies(settings.trusted_proxies),
            max(1, min(settings.max_connections, files - RESERVED_FILES)),
            settings.max_connections_per_address,
            settings.read_timeout_seconds,
        )

    def admit(self, address: str) -> bool:
        """Count a new connection unless there are too many; proxies have no limit per address."""
        whose = network_name(address)
        ours = self.proxies.is_trusted(address)
        if self.open >= self.total or not (ours or self._by_address[whose] < self.per_address):
            self._refused += 1
            if time.monotonic() - self._logged_at > LOG_SECONDS:
                log.warning("connections.refused", count=self._refused, open=self.open)
                self._refused, self._logged_at = 0, time.monotonic()
            return False
        self.open += 1
        self._by_address[whose] += 1
        return True

    def release(self, address: str) -> None:
        """Count the end of an admitted connection."""
        whose = network_name(address)
        self.open -= 1
        self._by_address[whose] -= 1
        if not self._by_address[whose]:
            del self._by_address[whose]


class GuardedProtocol(H11Protocol):
    """HTTP on one connection within the limits."""

    limits: ClassVar[ConnectionLimits]

    _address: str | None = None
    _refused = False
    _ending = False
    _timer: asyncio.TimerHandle | None = None
    _write_timer: asyncio.TimerHandle | None = None
    _owed = ""
    _since = 0.0
    _received = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept a connection, or answer 503."""
        peer = get_remote_addr(transport)
        address = peer[0] if peer else ""
        if not self.limits.admit(address):
            self._refuse(transport)
            return
        self._address = address
        opened = transport.get_extra_info("socket")
        if opened is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
            # Also ends closed connections with unsent data that is never read.
            with suppress(OSError):
                option = socket.TCP_USER_TIMEOUT
                opened.setsockopt(socket.IPPROTO_TCP, option, WRITE_SECONDS * 1000)
        super().connection_made(transport)
        self._watch()

    def _refuse(self, transport: asyncio.Transport) -> None:
        self._refused = True
        self.transport = transport
        self.limits.refusing += 1
        if self.limits.refusing > MAX_REFUSALS:
            transport.abort()
            return
        self._end(_BUSY)

    def _end(self, words: bytes) -> None:
        """Send the last response and close gently, so that later input does not reset it."""
        self._ending = True
        self.transport.write(words)
        self.transport.write_eof()
        self._timer = self.loop.call_later(REFUSAL_SECONDS, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count the end of the connection."""
        for timer in (self._timer, self._write_timer):
            if timer is not None:
                timer.cancel()
        if self._refused:
            self.limits.refusing -= 1
            return
        if self._address is not None:
            self.limits.release(self._address)
            self._address = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Process received bytes."""
        if self._ending:
            return
        self._received += len(data)
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Process what was received meanwhile."""
        super().on_response_complete()
        self._watch()

    # --- reading ------------------------------------------------------------------------------

    def _watch(self) -> None:
        """Set the deadline for the rest of a request's head or body."""
        if self._ending:
            return
        state = self.conn.their_state
        # Between two requests uvicorn's own keep-alive timer runs, until something arrives.
        idle = state is h11.IDLE and self.timeout_keep_alive_task is None
        owed = "head" if idle else "body" if state is h11.SEND_BODY else ""
        if owed == self._owed:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._owed, self._since = owed, self.loop.time()
        if owed == "body":
            self._received = 0
        if owed:
            self._timer = self.loop.call_later(self.limits.read_seconds, self._check)

    def _check(self) -> None:
        """End a request that is too slow; a body gets more time as it arrives."""
        self._timer = None
        if self.transport.is_closing():
            return
        seconds, now = self.limits.read_seconds, self.loop.time()
        if self._owed == "body":
            if self.flow.read_paused:
                self._since = now  # it is us who do not read
            until = self._since + seconds + self._received / MIN_BYTES_PER_SECOND
            if until > now:
                self._timer = self.loop.call_at(until, self._check)
                return
        log.debug("connections.too_slow", owed=self._owed)
        began = False
        if self._owed == "body":
            began = self.cycle.response_started
            self.cycle.disconnected = True  # whoever waits for the body is told, and says no more
            self.cycle.message_event.set()
        self._end(_TOO_SLOW if self._received and not began else b"")

    # --- writing ------------------------------------------------------------------------------

    def pause_writing(self) -> None:
        """Pause until the client reads more of the response, up to a limit."""
        super().pause_writing()
        self._write_timer = self.loop.call_later(
            WRITE_SECONDS, self._check_writing, self.transport.get_write_buffer_size()
        )

    def resume_writing(self) -> None:
        """Resume the response."""
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None
        super().resume_writing()

    def _check_writing(self, before: int) -> None:
        left = self.transport.get_write_buffer_size()
        if before - left < WRITE_SECONDS * MIN_BYTES_PER_SECOND:
            self.transport.abort()
            return
        self._write_timer = self.loop.call_later(WRITE_SECONDS, self._check_writing, left)


def guarded_protocol(limits: ConnectionLimits) -> type[GuardedProtocol]:
    """Return the class of connections that share `limits`."""
    return type("LimitedProtocol", (GuardedProtocol,), {"limits": limits})


def open_listener(host: str, port: int) -> socket.socket:
    """Return a socket that listens; raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # socket.create_server leaves the protocol at 0, and asyncio turns Nagle's algorithm off only
    # for TCP by number: every answer on a kept connection would wait 40 ms.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family is socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def server_options(settings: Settings) -> dict[str, Any]:
    """Return the options of uvicorn's Config that make a server of ours."""
    return {
        "http": guarded_protocol(ConnectionLimits.from_settings(settings)),
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "lifespan": "off",
        "ws": "none",
        "proxy_headers": False,  # TRUSTED_PROXIES says whom to believe: ForwardedHeaders
        "backlog": BACKLOG,
    }
