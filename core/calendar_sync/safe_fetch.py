"""Fetching a user-supplied address without server-side request forgery.

An address could point at something only we can reach, such as a neighbouring port or a cloud's
metadata. So only http and https are allowed, and only to public addresses, checked on the resolved
address that is connected to and again at each redirect, with limits on size, time and redirects.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterable, Callable
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urljoin, urlsplit

from core.calendar_sync.ical_lines import CalendarFilter

if TYPE_CHECKING:
    from aiohttp import ClientSession

IpAddress = IPv4Address | IPv6Address

TIMEOUT_SECONDS = 20.0
"""Time limit of a fetch."""

MAX_BYTES = 2 * 1024 * 1024
"""Maximum size in bytes of what is kept of a file."""

MAX_RAW_BYTES = 16 * MAX_BYTES
"""Maximum size of a file whose history and texts are dropped while it is read."""

MAX_REDIRECTS = 5

MAX_URL_LENGTH = 2000
"""Maximum length of an address in characters."""

_TRANSLATED = IPv6Network("64:ff9b::/96")
"""Prefix for IPv4 addresses embedded in IPv6 (RFC 6052)."""


class FetchError(Exception):
    """The file cannot be fetched; `reason` is a code, `status` the server's HTTP status."""

    def __init__(self, reason: str, status: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.status = reason, status


def is_public(address: IpAddress) -> bool:
    """Return whether an IP address is public, including IPv4 addresses embedded in IPv6."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in _TRANSLATED:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


def normalize_url(url: str, is_allowed: Callable[[IpAddress], bool] = is_public) -> str:
    """Return the address to fetch (webcal becomes https), or raise FetchError ("address")."""
    url = url.strip()
    if url.lower().startswith("webcal://"):
        url = f"https://{url[9:]}"
    if len(url) > MAX_URL_LENGTH or not url.isascii() or not url.isprintable() or " " in url:
        raise FetchError("address")
    try:
        parts = urlsplit(url)
        fine = _fine(parts)
    except ValueError:
        raise FetchError("address") from None
    if not fine:
        raise FetchError("address")
    host = parts.hostname or ""
    try:
        literal = ip_address(host)
    except ValueError:
        # Some resolvers read 127.1 and 2130706433 as addresses, which skips name resolution.
        if ":" in host or host.replace(".", "").isdecimal():
            raise FetchError("address") from None
        return url
    if not is_allowed(literal):
        raise FetchError("private")
    return url


def _fine(parts: SplitResult) -> bool:
    return bool(
        parts.scheme in {"http", "https"}
        and parts.hostname
        and "@" not in parts.netloc
        and parts.port != 0
    )


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches files; `is_allowed` says from which addresses, so that tests may use others."""

    is_allowed: Callable[[IpAddress], bool] = is_public
    timeout_seconds: float = TIMEOUT_SECONDS
    max_bytes: int = MAX_BYTES

    async def __call__(self, url: str, since: datetime | None = None) -> bytes:
        """Return the file at an address, or raise FetchError.

        With `since` it is a calendar, of which only what matters from then on is kept.

        Reasons: address, private, unreachable, slow, large, redirects, answer (`status`).
        """
        import aiohttp
        from aiohttp.abc import AbstractResolver, ResolveResult

        allowed, refused = self.is_allowed, []

        class Checked(AbstractResolver):
            """A resolver that rejects addresses that are not allowed."""

            async def resolve(
                self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
            ) -> list[ResolveResult]:
                found = await aiohttp.ThreadedResolver().resolve(host, port, family)
                if not all(allowed(ip_address(one["host"])) for one in found):
                    refused.append(host)
                    message = "not a public address"
                    raise OSError(message)
                return found

            async def close(self) -> None:
                """Do nothing: there is nothing to close."""

        connector = aiohttp.TCPConnector(resolver=Checked(), use_dns_cache=False, force_close=True)
        options: dict[str, Any] = {
            "connector": connector,
            "cookie_jar": aiohttp.DummyCookieJar(),
            "auto_decompress": False,  # small on the wire may be large when decompressed
            "headers": {"Accept": "text/calendar", "Accept-Encoding": "identity"},
        }
        try:
            async with (
                asyncio.timeout(self.timeout_seconds),
                aiohttp.ClientSession(**options) as session,
            ):
                return await self._follow(session, url, since)
        except TimeoutError:
            raise FetchError("slow") from None
        except (aiohttp.ClientError, OSError, ValueError):
            raise FetchError("private" if refused else "unreachable") from None

    async def _follow(self, session: ClientSession, url: str, since: datetime | None) -> bytes:
        for _ in range(MAX_REDIRECTS + 1):
            url = normalize_url(url, self.is_allowed)
            async with session.get(url, allow_redirects=False) as answer:
                if answer.status in {301, 302, 303, 307, 308}:
                    url = urljoin(url, answer.headers.get("Location", ""))
                    continue
                if answer.status != 200:
                    raise FetchError("answer", answer.status)
                return await self._read(answer.content.iter_chunked(64 * 1024), since)
        raise FetchError("redirects")

    async def _read(self, parts: AsyncIterable[bytes], since: datetime | None) -> bytes:
        kept = CalendarFilter(since) if since is not None else None
        whole, size = [], 0
        async for part in parts:
            size += len(part)
            if kept is None:
                whole.append(part)
            else:
                kept.feed(part)
            if (size if kept is None else kept.size) > self.max_bytes or size > MAX_RAW_BYTES:
                raise FetchError("large")
        return b"".join(whole) if kept is None else kept.result()
