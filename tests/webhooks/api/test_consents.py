"""Consents of customers, read and recorded by the shop."""

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
async def marta(api: ApiHarness) -> ChatPerson:
    """Return a customer with a booking who wrote by SMS."""
    await api.add_booked_customer()
    town = ChatHarness(api.runtime)
    person = ChatPerson(town, town.line_of_channel(api.shop.line_id, api.shop.shop_id), MARTA)
    await person.say("hello")
    return person


def path(api: ApiHarness, talk: int | None = None) -> str:
    whole = f"/shops/{api.shop.shop_id}/customers/{api.customer}/consents"
    return whole if talk is None else f"{whole}/{talk}"


async def state(api: ApiHarness) -> tuple[str, str, str, bool]:
    (one,) = (await api.get(path(api), "receptionist")).json()["items"]
    return one["state"], one["how"], one["wording"], one["theirs"]


async def tell(api: ApiHarness, *, given: bool, wording: str = "") -> tuple[int, str]:
    body = {"agreed": given, "wording": wording}
    return status_and_code(await api.request("PUT", path(api, api.talk), "receptionist", json=body))


async def history(api: ApiHarness) -> list[tuple[bool, str]]:
    (one,) = (await api.get(path(api), "owner")).json()["items"]
    return [(said["agreed"], said["how"]) for said in one["history"]]


async def test_what_a_customer_said_is_shown_with_where_when_and_in_which_words(
    api: ApiHarness, marta: ChatPerson
) -> None:
    api.clock.advance(timedelta(hours=1))
    await marta.say("STOP")
    shown = (await api.get(path(api), "receptionist")).json()
    nine, ten = "2026-03-09T09:00:00Z", "2026-03-09T10:00:00Z"
    assert shown == {
        "items": [
            {
                "conversation_id": api.talk,
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
    api: ApiHarness, marta: ChatPerson
) -> None:
    assert await tell(api, given=False, wording="asked us on the phone") == (200, "")
    assert await state(api) == ("opted_out", "told", "asked us on the phone", False)
    assert await tell(api, given=False, wording="once more") == (200, "")
    assert await tell(api, given=True, wording="wants them again") == (200, "")
    assert await state(api) == ("agreed", "told", "wants them again", False)
    assert await tell(api, given=True) == (200, "")
    assert await history(api) == [(True, "told"), (False, "told"), (True, "wrote")]
    noted = sa.select(audit.c.before["state"].as_string(), audit.c.after["state"].as_string())
    noted = noted.where(audit.c.action == "consents.record_consent").order_by(audit.c.id)
    async with api.runtime.read_transaction() as ctx:
        pairs = [tuple(row) for row in await ctx.all(noted)]
    assert pairs[:3] == [
        ("agreed", "opted_out"),
        (None, None),  # nothing changed
        ("opted_out", "agreed"),
    ]


async def test_their_own_stop_only_they_take_back(api: ApiHarness, marta: ChatPerson) -> None:
    await marta.say("STOP")
    assert await tell(api, given=True) == (409, "opt_out_stands")
    # Nor does a no that the shop writes down make it the shop's.
    assert await tell(api, given=False) == (200, "")
    assert await tell(api, given=True) == (409, "opt_out_stands")
    assert await state(api) == ("opted_out", "stop", "STOP", True)
    await marta.say("START")
    assert await state(api) == ("agreed", "start", "START", False)


async def test_who_says_stop_after_the_shop_wrote_it_down_has_said_it_themselves(
    api: ApiHarness, marta: ChatPerson
) -> None:
    await tell(api, given=False, wording="at the desk")
    await marta.say("STOP")
    await marta.say("STOP")
    assert await history(api) == [(False, "stop"), (False, "told"), (True, "wrote")]
    assert await tell(api, given=True) == (409, "opt_out_stands")


async def test_what_a_network_refused_nobody_else_takes_back(
    api: ApiHarness, marta: ChatPerson
) -> None:
    async with api.runtime.transaction() as ctx:
        await record_opt_out(ctx, api.talk, how="refused", wording="21610")
    assert await tell(api, given=True) == (409, "opt_out_stands")


async def test_only_conversations_with_this_customer_about_this_shop_are_theirs(
    api: ApiHarness, marta: ChatPerson
) -> None:
    other = f"/shops/{api.shop.shop_id}/customers/{api.customer}/consents/{api.talk + 99}"
    body = {"agreed": False}
    assert status_and_code(await api.request("PUT", other, "owner", json=body)) == (
        404,
        "not_found",
    )
    theirs = f"/shops/{api.other.shop_id}/customers/{api.customer}/consents"
    assert status_and_code(await api.get(theirs, "other owner")) == (404, "not_found")
    out = sa.select(conversations.c.opted_out_at).where(conversations.c.id == api.talk)
    assert await api.fetch_scalar(out) is None


async def test_statements_do_not_grow_with_what_was_said(
    api: ApiHarness, marta: ChatPerson
) -> None:
    await api.get(path(api), "owner")
    with count_statements(api.runtime) as few:
        await api.get(path(api), "owner")
    rows: list[dict[str, Any]] = [
        {
            "conversation_id": api.talk,
            "given": False,
            "how": "stop",
            "wording": "STOP",
            "at": api.clock.now(),
        }
    ] * 100
    async with api.runtime.transaction() as ctx:
        await ctx.execute(consents.insert(), rows)
    with count_statements(api.runtime) as many:
        answer = await api.get(path(api), "owner")
    assert len(answer.json()["items"][0]["history"]) == 101
    assert len(many) == len(few)
