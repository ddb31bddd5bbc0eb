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
async def house(runtime: Runtime) -> AsyncIterator[ApiHarness]:
    async with open_api_harness(
        runtime, twilio_account_sid=ACCOUNT, twilio_auth_token="token"
    ) as opened:
        yield opened


def fields(answer: httpx.Response) -> list[tuple[str, str]]:
    return [(one["field"], one["reason"]) for one in answer.json()["errors"]]


async def add(house: ApiHarness, **body: Any) -> Any:
    answer = await house.post("/lines", "admin", **{"channel": "sms", "address": NUMBER, **body})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def write(house: ApiHarness, line_id: int, shop_id: int | None = None) -> None:
    """Have somebody write on a line, about a shop if it serves all."""

    async def work(ctx: Context) -> None:
        line = await ctx.first(sa.select(lines).where(lines.c.id == line_id))
        assert line is not None
        talk = await get_or_create_contact(ctx, line, "+34600111222")
        if shop_id is not None:
            those = conversations.update().where(conversations.c.id == talk.conversation_id)
            await ctx.execute(those.values(shop_id=shop_id))

    await house.runtime.run(work)


async def test_a_number_is_added_for_a_shop_and_found_by_what_is_written_to_it(
    house: ApiHarness,
) -> None:
    made = await add(house, address="+34 915 55 01 77", shop_id=house.shop.shop_id)
    assert made == {
        "id": made["id"],
        "shop_id": house.shop.shop_id,
        "transport": "twilio",
        "channel": "sms",
        "address": NUMBER,
        "staff": False,
        "active": True,
    }
    assert (await house.get(f"/lines/{made['id']}", "admin")).json() == made
    listed = (await house.get(f"/shops/{house.shop.shop_id}/lines", "owner")).json()["items"]
    assert listed[-1] == made
    app: App = house.api.state.slotline
    found = await app.find_line("twilio", "sms", NUMBER)
    assert found is not None
    assert (found.account, found.shop_id, found.staff) == (ACCOUNT, house.shop.shop_id, False)
    audit = (await house.get("/audit", "admin")).json()["items"]
    assert ("lines.add", "lines") in [(one["action"], one["target"]) for one in audit]


async def test_what_cannot_be_a_line_is_named_field_by_field(house: ApiHarness) -> None:
    await add(house)
    for body, wrong in (
        ({"address": NUMBER}, [("address", "taken")]),
        ({"address": "915550178"}, [("address", "phone")]),
        ({"address": "bella", "shop_id": 99}, [("address", "phone"), ("shop_id", "unknown")]),
        ({"channel": "whatsapp", "address": "MG" + "0" * 32}, [("address", "phone")]),
    ):
        answer = await house.post("/lines", "admin", **{"channel": "sms", **body})
        assert (status_and_code(answer), fields(answer)) == ((422, "invalid"), wrong)
    both = await add(house, channel="whatsapp", address=f"whatsapp:{NUMBER}")
    service = await add(house, address="MG" + "0" * 32)
    toll_free = await add(house, address="+1 800 356 9377")
    assert [one["address"] for one in (both, service, toll_free)] == [
        NUMBER,
        "MG" + "0" * 32,
        "+18003569377",
    ]
    house.runtime.settings.twilio_account_sid = ""
    answer = await house.post("/lines", "admin", channel="sms", address="+34915550178")
    assert (status_and_code(answer), fields(answer)) == ((422, "invalid"), [("channel", "account")])


async def test_of_many_who_add_one_number_at_once_one_does(house: ApiHarness) -> None:
    await house.access_token("admin")
    asked = (
        house.post("/lines", "admin", channel="sms", address=NUMBER, shop_id=shop)
        for shop in [house.shop.shop_id, house.other.shop_id] * 4
    )
    answers = await asyncio.gather(*asked)
    (made,) = [answer.json() for answer in answers if answer.status_code == 201]
    assert [fields(a) for a in answers if a.status_code != 201] == [[("address", "taken")]] * 7
    assert (await house.get(f"/lines/{made['id']}", "admin")).json() == made


async def test_a_line_switched_off_hears_nothing_at_once(house: ApiHarness) -> None:
    line = await add(house)
    app: App = house.api.state.slotline
    assert await app.find_line("twilio", "sms", NUMBER) is not None
    answer = await house.request("PATCH", f"/lines/{line['id']}", "admin", json={"active": False})
    assert answer.json() == line | {"active": False}
    assert await app.find_line("twilio", "sms", NUMBER) is None


async def test_a_line_changes_hands_while_nobody_wrote_to_another_shop(house: ApiHarness) -> None:
    bella, smile = house.shop.shop_id, house.other.shop_id
    line = await add(house, shop_id=bella)
    path = f"/lines/{line['id']}"

    async def give(**body: Any) -> tuple[tuple[int, str], Any]:
        answer = await house.request("PATCH", path, "admin", json=body)
        return status_and_code(answer), answer.json().get("shop_id")

    assert await give(shop_id=smile) == ((200, ""), smile)
    assert await give(shop_id=99) == ((422, "invalid"), None)
    assert await give(shop_id=bella) == ((200, ""), bella)
    await write(house, line["id"])
    assert await give(shop_id=smile) == ((409, "line_in_use"), None)
    assert await give(staff=True) == ((409, "line_in_use"), None)
    assert status_and_code(await house.request("DELETE", path, "admin")) == (409, "line_in_use")

    # For all shops now: the talk stays Bella's, and so Smile cannot have the line.
    assert await give(shop_id=None) == ((200, ""), None)
    about = sa.select(conversations.c.shop_id).where(conversations.c.line_id == line["id"])
    assert await house.fetch_scalar(about) == bella
    assert await give(shop_id=smile) == ((409, "line_in_use"), None)
    assert await give(shop_id=bella, staff=False) == ((200, ""), bella)


async def test_a_line_nobody_wrote_on_is_removed(house: ApiHarness) -> None:
    line = await add(house)
    assert status_and_code(await house.request("DELETE", f"/lines/{line['id']}", "admin")) == (
        204,
        "",
    )
    assert status_and_code(await house.get(f"/lines/{line['id']}", "admin")) == (404, "not_found")
    assert status_and_code(await house.request("DELETE", f"/lines/{line['id']}", "admin")) == (
        404,
        "not_found",
    )
    assert await add(house) | {"id": 0} == line | {"id": 0}
