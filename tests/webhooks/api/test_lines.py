"""Numbers and senders added, given to shops, switched off and removed by an admin."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from bot.app import App
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import conversations, lines
from core.people.identities import get_or_create_contact
from tests.webhooks.api.harness import ApiHarness, open_api_harness, status_and_code

ACCOUNT = "AC" + "0" * 32
NUMBER = "+34915550177"


@pytest.fixture
async def api(runtime: Runtime) -> AsyncIterator[ApiHarness]:
    async with open_api_harness(
        runtime, twilio_account_sid=ACCOUNT, twilio_auth_token="token"
    ) as opened:
        yield opened


def fields(answer: httpx.Response) -> list[tuple[str, str]]:
    return [(one["field"], one["reason"]) for one in answer.json()["errors"]]


async def add(api: ApiHarness, **body: Any) -> Any:
    answer = await api.post("/lines", "admin", **{"channel": "sms", "address": NUMBER, **body})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def write(api: ApiHarness, line_id: int, shop_id: int | None = None) -> None:
    """Add a conversation on a line, about a shop if the line serves all."""

    async def work(ctx: Context) -> None:
        line = await ctx.first(sa.select(lines).where(lines.c.id == line_id))
        assert line is not None
        talk = await get_or_create_contact(ctx, line, "+34600111222")
        if shop_id is not None:
            those = conversations.update().where(conversations.c.id == talk.conversation_id)
            await ctx.execute(those.values(shop_id=shop_id))

    await api.runtime.run(work)


async def test_a_number_is_added_for_a_shop_and_found_by_what_is_written_to_it(
    api: ApiHarness,
) -> None:
    made = await add(api, address="+34 915 55 01 77", shop_id=api.shop.shop_id)
    assert made == {
        "id": made["id"],
        "shop_id": api.shop.shop_id,
        "transport": "twilio",
        "channel": "sms",
        "address": NUMBER,
        "staff": False,
        "active": True,
    }
    assert (await api.get(f"/lines/{made['id']}", "admin")).json() == made
    listed = (await api.get(f"/shops/{api.shop.shop_id}/lines", "owner")).json()["items"]
    assert listed[-1] == made
    app: App = api.app.state.slotline
    found = await app.find_line("twilio", "sms", NUMBER)
    assert found is not None
    assert (found.account, found.shop_id, found.staff) == (ACCOUNT, api.shop.shop_id, False)
    audit = (await api.get("/audit", "admin")).json()["items"]
    assert ("lines.add_line", "lines") in [(one["action"], one["target"]) for one in audit]


async def test_what_cannot_be_a_line_is_named_field_by_field(api: ApiHarness) -> None:
    await add(api)
    for body, wrong in (
        ({"address": NUMBER}, [("address", "taken")]),
        ({"address": "915550178"}, [("address", "phone")]),
        ({"address": "bella!", "shop_id": 99}, [("address", "phone"), ("shop_id", "unknown")]),
        ({"channel": "whatsapp", "address": "MG" + "0" * 32}, [("address", "phone")]),
    ):
        answer = await api.post("/lines", "admin", **{"channel": "sms", **body})
        assert (status_and_code(answer), fields(answer)) == ((422, "invalid"), wrong)
    both = await add(api, channel="whatsapp", address=f"whatsapp:{NUMBER}")
    service = await add(api, address="MG" + "0" * 32)
    toll_free = await add(api, address="+1 800 356 9377")
    assert [one["address"] for one in (both, service, toll_free)] == [
        NUMBER,
        "MG" + "0" * 32,
        "+18003569377",
    ]
    api.runtime.settings.twilio_account_sid = ""
    answer = await api.post("/lines", "admin", channel="sms", address="+34915550178")
    assert (status_and_code(answer), fields(answer)) == ((422, "invalid"), [("channel", "account")])


async def test_of_many_who_add_one_number_at_once_one_does(api: ApiHarness) -> None:
    await api.access_token("admin")
    asked = (
        api.post("/lines", "admin", channel="sms", address=NUMBER, shop_id=shop)
        for shop in [api.shop.shop_id, api.other.shop_id] * 4
    )
    answers = await asyncio.gather(*asked)
    (made,) = [answer.json() for answer in answers if answer.status_code == 201]
    assert [fields(a) for a in answers if a.status_code != 201] == [[("address", "taken")]] * 7
    assert (await api.get(f"/lines/{made['id']}", "admin")).json() == made


async def test_a_line_switched_off_hears_nothing_at_once(api: ApiHarness) -> None:
    line = await add(api)
    app: App = api.app.state.slotline
    assert await app.find_line("twilio", "sms", NUMBER) is not None
    answer = await api.request("PATCH", f"/lines/{line['id']}", "admin", json={"active": False})
    assert answer.json() == line | {"active": False}
    assert await app.find_line("twilio", "sms", NUMBER) is None


async def test_a_line_changes_hands_while_nobody_wrote_to_another_shop(api: ApiHarness) -> None:
    bella, smile = api.shop.shop_id, api.other.shop_id
    line = await add(api, shop_id=bella)
    path = f"/lines/{line['id']}"

    async def give(**body: Any) -> tuple[tuple[int, str], Any]:
        answer = await api.request("PATCH", path, "admin", json=body)
        return status_and_code(answer), answer.json().get("shop_id")

    assert await give(shop_id=smile) == ((200, ""), smile)
    assert await give(shop_id=99) == ((422, "invalid"), None)
    assert await give(shop_id=bella) == ((200, ""), bella)
    await write(api, line["id"])
    assert await give(shop_id=smile) == ((409, "line_in_use"), None)
    assert await give(staff=True) == ((409, "line_in_use"), None)
    assert status_and_code(await api.request("DELETE", path, "admin")) == (409, "line_in_use")

    # For all shops now: the talk stays Bella's, and so Smile cannot have the line.
    assert await give(shop_id=None) == ((200, ""), None)
    about = sa.select(conversations.c.shop_id).where(conversations.c.line_id == line["id"])
    assert await api.fetch_scalar(about) == bella
    assert await give(shop_id=smile) == ((409, "line_in_use"), None)
    assert await give(shop_id=bella, staff=False) == ((200, ""), bella)


async def test_a_line_nobody_wrote_on_is_removed(api: ApiHarness) -> None:
    line = await add(api)
    assert status_and_code(await api.request("DELETE", f"/lines/{line['id']}", "admin")) == (
        204,
        "",
    )
    assert status_and_code(await api.get(f"/lines/{line['id']}", "admin")) == (404, "not_found")
    assert status_and_code(await api.request("DELETE", f"/lines/{line['id']}", "admin")) == (
        404,
        "not_found",
    )
    assert await add(api) | {"id": 0} == line | {"id": 0}
