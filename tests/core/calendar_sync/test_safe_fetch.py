"""Fetching from addresses people typed: public hosts only, with time limits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from ipaddress import ip_address

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from core.calendar_sync import safe_fetch
from core.calendar_sync.safe_fetch import Fetcher, FetchError, IpAddress, is_public, normalize_url


@pytest.mark.parametrize(
    "address",
    """0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.1.2.3 169.254.169.254 172.16.0.1 192.168.1.1
    224.0.0.1 255.255.255.255 :: ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::7f00:1
    2002:7f00:1:: 2002:c0a8:101:: fc00::1 fe80::1 ff02::1 2001:db8::1""".split(),
)
def test_an_address_of_ours_is_not_public(address: str) -> None:
    assert is_public(ip_address(address)) is False


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_public_address_is_allowed(address: str) -> None:
    assert is_public(ip_address(address)) is True


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "address"),
        ("calendar.ics", "address"),
        ("file:///etc/passwd", "address"),
        ("ftp://example.org/a.ics", "address"),
        ("gopher://example.org", "address"),
        ("https://", "address"),
        ("https://me:secret@example.org/a.ics", "address"),
        ("https://example.org:0/", "address"),
        ("https://example.org:99999/", "address"),
        ("https://exa mple.org/", "address"),
        ("https://example.org/a\r\nHost: b", "address"),
        ("https://[::1", "address"),
        ("https://example.org/" + "a" * 2000, "address"),
        ("http://127.0.0.1/", "private"),
        ("http://[::1]/", "private"),
        ("http://169.254.169.254/latest/meta-data", "private"),
        ("webcal://10.0.0.1/a.ics", "private"),
    ],
)
def test_malformed_url_is_refused_at_once(url: str, reason: str) -> None:
    with pytest.raises(FetchError) as refused:
        normalize_url(url)
    assert refused.value.reason == reason


def test_a_proper_one_is_taken_and_webcal_is_https() -> None:
    assert normalize_url(" https://example.org/a.ics?x=1 ") == "https://example.org/a.ics?x=1"
    assert normalize_url("webcal://example.org/a.ics") == "https://example.org/a.ics"


@pytest.fixture
async def server() -> AsyncIterator[TestServer]:
    """A server on loopback with good and bad files."""

    async def file(_request: web.Request) -> web.Response:
        return web.Response(text="BEGIN:VCALENDAR")

    async def large(_request: web.Request) -> web.Response:
        return web.Response(body=b"x" * 4096)

    async def away(request: web.Request) -> web.Response:
        raise web.HTTPFound(request.query["to"])

    async def unready(_request: web.Request) -> web.Response:
        raise web.HTTPServiceUnavailable

    app = web.Application()
    for path, answer in (("file", file), ("large", large), ("away", away), ("unready", unready)):
        app.router.add_get(f"/{path}", answer)
    opened = TestServer(app, host="127.0.0.1")
    async with opened:
        yield opened


def loopback(address: IpAddress) -> bool:
    return address.is_loopback


async def fetched(fetcher: Fetcher, url: str) -> str:
    """Return the fetched content, or the reason of the failure."""
    try:
        return (await fetcher(url)).decode()
    except FetchError as why:
        return f"{why.reason} {why.status or ''}".strip()


async def test_fetch_returns_the_body_or_names_the_error(server: TestServer) -> None:
    at = str(server.make_url("")).rstrip("/")
    by_name = at.replace("127.0.0.1", "localhost")
    fetcher = Fetcher(loopback, max_bytes=1000)
    asked = {
        f"{at}/file": "BEGIN:VCALENDAR",
        f"{by_name}/file": "BEGIN:VCALENDAR",
        f"{at}/away?to=/file": "BEGIN:VCALENDAR",
        f"{at}/away?to={by_name}/file": "BEGIN:VCALENDAR",
        f"{at}/away?to=http://192.168.1.1/": "private",
        f"{at}/away?to=file:///etc/passwd": "address",
        f"{at}/away?to=/away?to=/away": "answer 500",
        f"{at}/large": "large",
        f"{at}/unready": "answer 503",
        f"{at}/nothing": "answer 404",
        "http://127.0.0.1:9/": "unreachable",
    }
    assert {url: await fetched(fetcher, url) for url in asked} == asked


async def test_fetch_stops_redirect_loops(server: TestServer) -> None:
    at = str(server.make_url("/away"))
    assert await fetched(Fetcher(loopback), f"{at}?to={at}?to=/file") == "BEGIN:VCALENDAR"
    circle = f"{at}?to=/away%3Fto=%252Faway"
    assert await fetched(Fetcher(loopback, timeout_seconds=5), circle) == "answer 500"


async def test_hostname_is_judged_by_its_resolved_address(server: TestServer) -> None:
    port = server.port
    names = ("localhost", "0x7f.1", "0x7f000001", "127.1", "2130706433", "127.0.0.1")
    said = [await fetched(Fetcher(), f"http://{name}:{port}/file") for name in names]
    assert said == ["private"] * 3 + ["address"] * 2 + ["private"]


async def test_a_redirect_into_our_own_network_is_refused(server: TestServer) -> None:
    only_first: list[IpAddress] = []

    def once(address: IpAddress) -> bool:
        only_first.append(address)
        return len(only_first) == 1

    to = str(server.make_url("/file"))
    assert await fetched(Fetcher(once), str(server.make_url(f"/away?to={to}"))) == "private"


async def test_fetch_has_a_total_timeout(server: TestServer) -> None:
    fetcher = Fetcher(loopback, timeout_seconds=0.0)
    assert await fetched(fetcher, str(server.make_url("/file"))) == "slow"


def test_fetcher_allows_only_public_addresses_by_default() -> None:
    allowed: Callable[[IpAddress], bool] = Fetcher().is_allowed
    assert allowed is safe_fetch.is_public
