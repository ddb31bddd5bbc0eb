"""Calendar feeds: their content, and who may read them until when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import icalendar
import pytest
import sqlalchemy as sa
import structlog

from core.db.tables import audit, bookings, feeds, shops
from tests.webhooks.api.harness import ApiHarness, status_and_code


async def subscribe(api: ApiHarness, who: str, provider: str = "") -> str:
    """Add a feed as a user; return its path."""
    body = {"provider_id": api.shop.providers[provider]} if provider else {}
    made = await api.post(f"/shops/{api.shop.shop_id}/feeds", who, **body)
    assert made.status_code == 201, made.text
    return str(urlsplit(made.json()["url"]).path)


def entries(file: bytes) -> list[tuple[Any, ...]]:
    """Return a file's events as a calendar program reads them: start, end, summary, status."""
    calendar = icalendar.Calendar.from_ical(file)
    return [
        (
            event.decoded("dtstart"),
            event.decoded("dtend"),
            str(event["summary"]),
            str(event["status"]),
        )
        for event in calendar.walk("VEVENT")
    ]


def march(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


async def test_a_calendar_shows_what_is_booked_and_blocked(
    api: ApiHarness, web: httpx.AsyncClient
) -> None:
    await api.add_booked_customer()
    at = f"/shops/{api.shop.shop_id}"
    for name, hour in (("Ana", 15), ("Leo", 16)):
        block = {"provider_id": api.shop.providers[name], "reason": f"{name} is out"}
        times = {"starts_at": f"2026-03-11T{hour}:00Z", "ends_at": f"2026-03-11T{hour}:30Z"}
        assert (await api.post(f"{at}/blocks", "owner", **block, **times)).status_code == 201
    hers, whole = await subscribe(api, "provider", "Ana"), await subscribe(api, "owner")
    mine = await web.get(hers)
    everybodys = await web.get(whole)
    ana = march(11, 15), march(11, 15, 30), "Ana is out", "CONFIRMED"
    leo = march(11, 16), march(11, 16, 30), "Leo is out", "CONFIRMED"
    cut = march(10, 9), march(10, 9, 30)
    assert entries(mine.content) == [(*cut, "Cut – Marta", "CONFIRMED"), ana]
    assert entries(everybodys.content) == [(*cut, "Cut – Marta – Ana", "CONFIRMED"), ana, leo]
    assert b"600111222" not in everybodys.content
    assert mine.headers["content-type"] == "text/calendar; charset=utf-8"


async def test_feed_answers_not_modified_until_something_changes(
    api: ApiHarness, web: httpx.AsyncClient
) -> None:
    await api.add_booked_customer()
    path = await subscribe(api, "owner")
    first = await web.get(path)
    known = {"If-None-Match": first.headers["etag"]}
    api.clock.advance(timedelta(minutes=1))
    same = await web.get(path, headers=known)
    at = f"/shops/{api.shop.shop_id}/bookings/{api.booking}/cancel"
    assert (await api.post(at, "owner")).status_code == 200
    other = await web.get(path, headers=known)
    assert (same.status_code, same.content, other.status_code) == (304, b"", 200)
    assert entries(other.content) == []


async def test_a_discreet_shop_tells_nothing_but_the_reference(
    api: ApiHarness, web: httpx.AsyncClient
) -> None:
    await api.add_booked_customer()
    async with api.runtime.transaction() as ctx:
        await ctx.execute(sa.update(shops).values(discreet=True))
    file = (await web.get(await subscribe(api, "owner"))).content
    ref = await api.fetch_scalar(sa.select(bookings.c.ref))
    assert [one[2] for one in entries(file)] == [ref]
    assert (b"Marta" in file, b"Cut" in file) == (False, False)


async def test_an_address_is_revoked_for_good_and_kept_nowhere(
    api: ApiHarness, web: httpx.AsyncClient
) -> None:
    path, at = await subscribe(api, "owner"), f"/shops/{api.shop.shop_id}/feeds"
    listed = (await api.get(at, "owner")).json()["items"]
    assert [sorted(one) for one in listed] == [["created_at", "id", "provider_id"]]
    secret = path.removeprefix("/calendars/").removesuffix(".ics")
    kept = [
        str(await api.fetch_scalar(sa.select(feeds.c.digest))),
        str(await api.fetch_scalar(sa.select(audit.c.after).where(audit.c.action.like("feeds%")))),
    ]
    assert [secret in one for one in kept] == [False, False]
    assert (await web.get(path)).status_code == 200
    with structlog.testing.capture_logs() as logged:
        await web.get(path)
    assert [line["path"] for line in logged if line["event"] == "request"] == [
        "/calendars/[hidden].ics"
    ]
    gone = await api.request("DELETE", f"{at}/{listed[0]['id']}", "owner")
    assert (gone.status_code, (await web.get(path)).status_code) == (204, 404)


async def test_provider_feed_shows_own_bookings_only(api: ApiHarness) -> None:
    at = f"/shops/{api.shop.shop_id}/feeds"
    await subscribe(api, "owner")
    await subscribe(api, "owner", "Leo")
    refused = [
        await api.post(at, "provider"),
        await api.post(at, "provider", provider_id=api.shop.providers["Leo"]),
        await api.request("DELETE", f"{at}/1", "provider"),
        await api.request("DELETE", f"{at}/2", "provider"),
        await api.post(at, "owner", provider_id=api.other.providers["Rao"]),
    ]
    assert [status_and_code(answer) for answer in refused] == [(404, "not_found")] * 5
    assert (await api.get(at, "provider")).json()["items"] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_guessing_feed_addresses_is_rate_limited(
    api: ApiHarness, web: httpx.AsyncClient
) -> None:
    path = await subscribe(api, "owner")
    guesses = [(await web.get(f"/calendars/guess{n}.ics")).status_code for n in range(31)]
    barred = await web.get(path)
    assert (guesses, barred.status_code) == ([404] * 30 + [429], 429)
    assert 0 < int(barred.headers["retry-after"]) <= 900
