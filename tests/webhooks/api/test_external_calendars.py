"""External calendars: busy times block free time, and bookings stay."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.app import App
from bot.worker import Worker
from core.calendar_sync.safe_fetch import Fetcher
from core.db.tables import audit, claims, external_calendars
from tests.webhooks.api.harness import ApiHarness, status_and_code


@dataclass
class Elsewhere:
    """An external calendar on a server, and a worker that fetches it."""

    api: ApiHarness
    worker: Worker
    url: str = ""
    said: str = ""

    def says(self, *spans: tuple[str, str]) -> None:
        """Set the calendar's busy times, as in 20260310T100000Z."""
        events = "".join(
            f"BEGIN:VEVENT\r\nUID:{n}\r\nSUMMARY:private\r\nDTSTART:{start}\r\nDTEND:{end}\r\n"
            "END:VEVENT\r\n"
            for n, (start, end) in enumerate(spans)
        )
        self.said = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{events}END:VCALENDAR\r\n"

    async def read(self) -> int:
        """Let 15 minutes pass and the worker run."""
        self.api.clock.advance(timedelta(minutes=15))
        self.api.tokens.clear()  # which are over by then
        return await self.worker.refresh_calendars()

    async def taken(self) -> list[str]:
        """Return the spans of blocks on Ana's calendar."""
        async with self.api.runtime.read_transaction() as ctx:
            rows = await ctx.all(
                sa.select(claims.c.busy_from, claims.c.busy_until)
                .where(claims.c.block_id.is_not(None))
                .order_by(claims.c.busy_from)
            )
        return [f"{row.busy_from:%d %H:%M}>{row.busy_until:%d %H:%M}" for row in rows]

    async def shown(self, *members: str) -> list[Any]:
        """Return fields of the first calendar as the API shows it."""
        at = f"/shops/{self.api.shop.shop_id}/external-calendars"
        first = (await self.api.get(at, "provider")).json()["items"][0]
        return [first[name] for name in members]

    async def name(self, url: str) -> Any:
        """Add an external calendar as Ana, for herself."""
        body = {"provider_id": self.api.shop.providers["Ana"], "url": url}
        at = f"/shops/{self.api.shop.shop_id}/external-calendars"
        return await self.api.post(at, "provider", **body)


@pytest.fixture
async def elsewhere(api: ApiHarness) -> AsyncIterator[Elsewhere]:
    worker = App.from_runtime(api.runtime, {}).worker
    worker.fetch = Fetcher(lambda address: address.is_loopback)
    made = Elsewhere(api, worker)

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text=made.said, status=200 if made.said else 503)

    app = web.Application()
    app.router.add_get("/{any}", answer)
    async with TestServer(app, host="127.0.0.1") as server:
        # By name: the address itself would be refused at once.
        made.url = str(server.make_url("/a.ics")).replace("127.0.0.1", "localhost")
        yield made


async def test_busy_times_become_blocks_around_what_is_booked(elsewhere: Elsewhere) -> None:
    await elsewhere.api.add_booked_customer()  # Ana has a booking on the 10th, 9:00 to 9:30
    elsewhere.says(
        ("20260310T083000Z", "20260310T110000Z"), ("20260312T120000Z", "20260314T000000Z")
    )
    made = await elsewhere.name(elsewhere.url)
    assert (made.status_code, made.json()["host"], "url" in made.json()) == (
        201,
        "localhost",
        False,
    )
    assert await elsewhere.read() == 2
    booked = ["10 08:30>10 09:00", "10 09:30>10 11:00"]
    long = ["12 12:00>13 12:00", "13 12:00>14 00:00"]
    assert await elsewhere.taken() == [*booked, *long]
    assert await elsewhere.read() == 0
    assert await elsewhere.shown("error", "problem", "blocks") == ["", "", 2]
    at = f"/shops/{elsewhere.api.shop.shop_id}/bookings/{elsewhere.api.booking}/cancel"
    await elsewhere.api.post(at, "owner")
    assert await elsewhere.read() == 2
    assert await elsewhere.taken() == ["10 08:30>10 11:00", *long]
    elsewhere.says(("20260312T120000Z", "20260314T000000Z"))
    assert (await elsewhere.read(), await elsewhere.taken()) == (1, long)


async def test_what_cannot_be_read_is_said_and_the_blocks_stand(elsewhere: Elsewhere) -> None:
    elsewhere.says(("20260310T083000Z", "20260310T110000Z"))
    await elsewhere.name(elsewhere.url)
    await elsewhere.read()
    found = []
    for said in ("", "<html>"):
        elsewhere.said = said
        await elsewhere.read()
        found.append([*await elsewhere.shown("error", "problem"), await elsewhere.taken()])
    block = ["10 08:30>10 11:00"]
    assert found == [
        ["answer 503", "The address answers with an error.", block],
        ["form", "What is there is no calendar (iCalendar, RFC 5545).", block],
    ]
    elsewhere.worker.fetch = Fetcher()
    await elsewhere.read()
    said = "The address is not public: it leads into a network of its own."
    assert await elsewhere.shown("problem") == [said]


async def test_what_one_calendar_brings_about_is_no_others_concern(elsewhere: Elsewhere) -> None:
    elsewhere.says(("20260310T083000Z", "20260310T110000Z"))
    odd = elsewhere.url.replace("a.ics", "odd.ics")
    await elsewhere.name(odd)
    await elsewhere.name(elsewhere.url)
    fetched = elsewhere.worker.fetch

    async def fetch(url: str, since: datetime) -> bytes:
        if url == odd:
            raise RuntimeError("a file nobody thought of")
        return await fetched(url, since)

    elsewhere.worker.fetch = fetch
    assert (await elsewhere.read(), await elsewhere.taken()) == (1, ["10 08:30>10 11:00"])
    said = "Something went wrong on our side; it is read again before long."
    assert await elsewhere.shown("error", "problem") == ["failed", said]


async def test_taken_away_its_time_is_on_offer_again(elsewhere: Elsewhere) -> None:
    elsewhere.says(("20260310T083000Z", "20260310T110000Z"))
    made = (await elsewhere.name(elsewhere.url)).json()["id"]
    at = f"/shops/{elsewhere.api.shop.shop_id}/external-calendars/{made}"
    again = await elsewhere.api.post(f"{at}/read", "provider")
    assert (again.status_code, await elsewhere.worker.refresh_calendars()) == (200, 1)
    gone = await elsewhere.api.request("DELETE", at, "provider")
    assert (gone.status_code, await elsewhere.taken(), await elsewhere.read()) == (204, [], 0)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_address_is_refused_or_kept_to_ourselves(elsewhere: Elsewhere) -> None:
    api, at = elsewhere.api, f"/shops/{elsewhere.api.shop.shop_id}/external-calendars"
    refused = [
        await elsewhere.name("http://127.0.0.1/a.ics"),
        await elsewhere.name("file:///etc/passwd"),
        await api.post(at, "provider", provider_id=api.shop.providers["Leo"], url="https://a.b"),
    ]
    assert [status_and_code(answer) for answer in refused] == [
        (422, "invalid"),
        (422, "invalid"),
        (404, "not_found"),
    ]
    named = [await elsewhere.name(f"https://example.org/secret{n}.ics") for n in range(6)]
    assert [answer.status_code for answer in named] == [201] * 5 + [422]
    noted = [
        str(after)
        for after in [
            await api.fetch_scalar(sa.select(audit.c.after).order_by(audit.c.id.desc()).limit(1))
        ]
    ]
    assert ["secret" in one for one in noted] == [False]
    assert await api.fetch_scalar(sa.select(sa.func.count()).select_from(external_calendars)) == 5
