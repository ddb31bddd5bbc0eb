"""What customers said about our messages, read and written down by the shop."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.db.tables import audit, consents, conversations
from core.messaging.outbox.delivery_status import record_opt_out
from tests.support.chat import ChatHarness, ChatPerson
from tests.support.statement_counter import count_statements
from tests.webhooks.api.harness import ApiHarness, status_and_code

MARTA = "+34600111222"


@pytest.fixture
async def marta(house: ApiHarness) -> ChatPerson:
    """A customer with a booking, who wrote by SMS."""
    await house.add_booked_customer()
    town = ChatHarness(house.runtime)
    person = ChatPerson(town, town.line_of_channel(house.shop.line_id, house.shop.shop_id), MARTA)
    await person.say("hello")
    return person


def path(house: ApiHarness, talk: int | None = None) -> str:
    whole = f"/shops/{house.shop.shop_id}/customers/{house.customer}/consents"
    return whole if talk is None else f"{whole}/{talk}"


async def state(house: ApiHarness) -> tuple[str, str, str, bool]:
    (one,) = (await house.get(path(house), "receptionist")).json()["items"]
    return one["state"], one["how"], one["wording"], one["theirs"]


async def tell(house: ApiHarness, *, given: bool, wording: str = "") -> tuple[int, str]:
    body = {"agreed": given, "wording": wording}
    return status_and_code(
        await house.request("PUT", path(house, house.talk), "receptionist", json=body)
    )


async def history(house: ApiHarness) -> list[tuple[bool, str]]:
    (one,) = (await house.get(path(house), "owner")).json()["items"]
    return [(said["agreed"], said["how"]) for said in one["history"]]


async def test_what_a_customer_said_is_shown_with_where_when_and_in_which_words(
    house: ApiHarness, marta: ChatPerson
) -> None:
    house.clock.advance(timedelta(hours=1))
    await marta.say("STOP")
    shown = (await house.get(path(house), "receptionist")).json()
    nine, ten = "2026-03-09T09:00:00Z", "2026-03-09T10:00:00Z"
    assert shown == {
        "items": [
            {
                "conversation_id": house.talk,
                "channel": "sms",
                "address": MARTA,
                "state": "opted_out",
                "since": ten,
                "how": "stop",
                "wording": "STOP",
                "theirs": True,
                "history": [
                    {"agreed": False, "how": "stop", "wording": "STOP", "at": ten},
                    {"agreed": True, "how": "wrote", "wording": "hello", "at": nine},
                ],
            }
        ]
    }


async def test_an_opt_out_on_their_word_holds_and_may_be_taken_back_so(
    house: ApiHarness, marta: ChatPerson
) -> None:
    assert await tell(house, given=False, wording="asked us on the phone") == (200, "")
    assert await state(house) == ("opted_out", "told", "asked us on the phone", False)
    assert await tell(house, given=False, wording="once more") == (200, "")
    assert await tell(house, given=True, wording="wants them again") == (200, "")
    assert await state(house) == ("agreed", "told", "wants them again", False)
    assert await tell(house, given=True) == (200, "")
    assert await history(house) == [(True, "told"), (False, "told"), (True, "wrote")]
    noted = sa.select(audit.c.before["state"].as_string(), audit.c.after["state"].as_string())
    noted = noted.where(audit.c.action == "consents.tell").order_by(audit.c.id)
    async with house.runtime.read_transaction() as ctx:
        pairs = [tuple(row) for row in await ctx.all(noted)]
    assert pairs[:3] == [
        ("agreed", "opted_out"),
        (None, None),  # nothing changed
        ("opted_out", "agreed"),
    ]


async def test_their_own_stop_only_they_take_back(house: ApiHarness, marta: ChatPerson) -> None:
    await marta.say("STOP")
    assert await tell(house, given=True) == (409, "opt_out_stands")
    # Nor does a no that the shop writes down make it the shop's.
    assert await tell(house, given=False) == (200, "")
    assert await tell(house, given=True) == (409, "opt_out_stands")
    assert await state(house) == ("opted_out", "stop", "STOP", True)
    await marta.say("START")
    assert await state(house) == ("agreed", "start", "START", False)


async def test_who_says_stop_after_the_shop_wrote_it_down_has_said_it_themselves(
    house: ApiHarness, marta: ChatPerson
) -> None:
    await tell(house, given=False, wording="at the desk")
    await marta.say("STOP")
    await marta.say("STOP")
    assert await history(house) == [(False, "stop"), (False, "told"), (True, "wrote")]
    assert await tell(house, given=True) == (409, "opt_out_stands")


async def test_what_a_network_refused_nobody_else_takes_back(
    house: ApiHarness, marta: ChatPerson
) -> None:
    async with house.runtime.transaction() as ctx:
        await record_opt_out(ctx, house.talk, how="refused", wording="21610")
    assert await tell(house, given=True) == (409, "opt_out_stands")


async def test_only_conversations_with_this_customer_about_this_shop_are_theirs(
    house: ApiHarness, marta: ChatPerson
) -> None:
    other = f"/shops/{house.shop.shop_id}/customers/{house.customer}/consents/{house.talk + 99}"
    body = {"agreed": False}
    assert status_and_code(await house.request("PUT", other, "owner", json=body)) == (
        404,
        "not_found",
    )
    theirs = f"/shops/{house.other.shop_id}/customers/{house.customer}/consents"
    assert status_and_code(await house.get(theirs, "other owner")) == (404, "not_found")
    out = sa.select(conversations.c.opted_out_at).where(conversations.c.id == house.talk)
    assert await house.fetch_scalar(out) is None


async def test_statements_do_not_grow_with_what_was_said(
    house: ApiHarness, marta: ChatPerson
) -> None:
    await house.get(path(house), "owner")
    with count_statements(house.runtime) as few:
        await house.get(path(house), "owner")
    rows: list[dict[str, Any]] = [
        {
            "conversation_id": house.talk,
            "given": False,
            "how": "stop",
            "wording": "STOP",
            "at": house.clock.now(),
        }
    ] * 100
    async with house.runtime.transaction() as ctx:
        await ctx.execute(consents.insert(), rows)
    with count_statements(house.runtime) as many:
        answer = await house.get(path(house), "owner")
    assert len(answer.json()["items"][0]["history"]) == 101
    assert len(many) == len(few)
