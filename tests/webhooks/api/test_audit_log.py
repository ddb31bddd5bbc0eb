"""Every change by the API leaves an immutable row: who changed what, and from where."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import audit, audit_append_only, retention_marks
from core.privacy import retention
from tests.support.statement_counter import count_statements
from tests.webhooks.api.harness import ApiHarness, open_api_harness
from tests.webhooks.api.test_auth import GOOD, NEW, token_mailed
from tests.webhooks.api.test_bookings import book
from tests.webhooks.api.test_openapi_fuzz import furnish_more
from tests.webhooks.api.write_calls import (
    ALL_WRITES,
    BOOKING,
    DRY,
    SHOP,
    WriteCall,
    WriteCalls,
    operation_id,
    write_shop,
)
from webhooks.api import api_request
from webhooks.api.app import routes_by_permission_key

SILENT = {
    "POST /auth/code": "sends a code; nothing is changed",
    "POST /auth/code/check": "a sign-in is a row of its own",
    "POST /auth/register": "is kept aside until the address is verified",
    "POST /auth/sign-in": "a sign-in is a row of its own",
    "POST /auth/refresh": "a sign-in is a row of its own",
    "POST /auth/forgotten": "mails a link; nothing is changed",
    "POST /auth/sign-out": "the sign-in's own row says when and why it ended",
    f"POST {SHOP}/message-overrides/{{key}}/{{language}}/preview": "changes nothing",
    f"POST {SHOP}/imports{DRY}": "looks only",
}
"""What is no GET and leaves no row, and why."""

UNSAID = {
    "POST /auth/verify": "the address",
    "POST /auth/password": "a password",
    "POST /me/password": "a password",
    "POST /me/email": "an address, not yet verified",
    "DELETE /me/sessions": "a sign-in is a row of its own",
    "DELETE /me/sessions/{auth_session_id}": "a sign-in is a row of its own",
    f"POST {SHOP}/feeds": "a secret address",
    "POST /me/pairing": "a secret code",
    "DELETE /users/{user_id}": "what is to be forgotten",
}
"""What leaves a row that says neither what was before nor after, for it would be this."""

NOTHING_WAS = {
    f"POST {SHOP}/days/{{day}}/call-off": "the answer names each booking",
    f"POST {SHOP}/external-calendars/{{calendar_id}}/read": "what is read again stays as it was",
    f"POST {SHOP}/conversations/{{conversation_id}}/take-over": "the conversation shows it",
    f"POST {SHOP}/conversations/{{conversation_id}}/answers": "the conversation shows it",
    f"POST {SHOP}/conversations/{{conversation_id}}/hand-back": "the conversation shows it",
    f"POST {SHOP}/imports": "only adds",
    f"POST {BOOKING}/called": "the list of whom to call is shorter",
    f"DELETE {SHOP}/customers/{{customer_id}}/reach/{{reach_id}}": "is listed on, with its end",
    "POST /me/erase": "is to be forgotten",
    "POST /me/invitations/{invitation_id}/accept": "the shop's own words of it, on record there",
    "POST /me/invitations/{invitation_id}/decline": "the shop's own words of it, on record there",
    "POST /users/{user_id}/erase": "is to be forgotten",
    f"POST {SHOP}/customers/{{customer_id}}/erase": "is to be forgotten",
}
"""What leaves a row that says what came of it, not what was; as what was made new does."""


WITHOUT = {f"POST {SHOP}/invitations": {"code"}}
"""What an answer says once, and its row does not: a link's code."""

OF_A_SHOP = {
    "POST /me/invitations/{invitation_id}/accept",
    "POST /me/invitations/{invitation_id}/decline",
    "POST /me/pairing",
    "DELETE /me/chats/{chat_id}",
}
"""What is about oneself, and of a shop whose owners see it in their audit."""

STANDS = {f"POST {BOOKING}/propose": "the booking stands until the customer says yes"}
"""What leaves a row that says only who was told, as nothing is changed yet, and why."""


LISTS = {f"POST {SHOP}/customers/{{customer_id}}/reach": "the list, in which it ends others"}
"""What is made new and answers with more than itself, so that its row says what was, too."""


def told(one: WriteCall) -> list[tuple[Any, ...]]:
    """Return the rows a call must leave, by what was shown before it and what it answered."""
    if one.route in SILENT:
        return []
    was, now = one.was, one.answer
    if one.route in UNSAID:
        was = now = None
    elif one.route in NOTHING_WAS or (
        one.route not in LISTS
        and routes_by_permission_key()[one.route].status_code == HTTPStatus.CREATED
    ):
        was = None
    else:
        assert was is not None, one.route
    if was is not None and now is not None:
        was, now = (
            {k: v for k, v in said.items() if was.get(k) != now.get(k)} for said in (was, now)
        )
        # Whom it told is not a change of the booking.
        assert bool(now.keys() - {"told"}) is (one.route not in STANDS), one.route
    shop = re.match(r"/shops/(\d+)", one.url)
    shop_id = int(shop[1]) if shop else one.answer["id"] if one.route == "POST /shops" else None
    if one.route in OF_A_SHOP:
        shop_id = one.shop_id
    if now is not None:
        now = {k: v for k, v in now.items() if k not in WITHOUT.get(one.route, ())}
    return [
        (
            one.user_id,
            operation_id(one.route),
            one.url.removeprefix("/"),
            was,
            now,
            shop_id,
            "192.0.2.1",
            one.request,
        )
    ]


def left(one: WriteCall) -> list[tuple[Any, ...]]:
    """Return the rows a call left."""
    return [
        (r.user_id, r.action, r.target, r.before, r.after, r.shop_id, r.address, r.request)
        for r in one.rows
    ]


@pytest.fixture
async def writer(runtime: Runtime) -> AsyncIterator[WriteCalls]:
    twilio = {"twilio_account_sid": "AC1", "twilio_auth_token": "t"}
    async with open_api_harness(runtime, **twilio) as api:
        await api.add_booked_customer()
        await furnish_more(api)
        yield WriteCalls.of(api)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_route_that_changes_something_keeps_the_audit(writer: WriteCalls) -> None:
    for part in ALL_WRITES:
        await part(writer)
    wrong = [(left(one), told(one)) for one in writer.done if left(one) != told(one)]
    assert wrong == []
    writing = {route for route in routes_by_permission_key() if not route.startswith("GET ")}
    called = {one.route for one in writer.done}
    assert called == writing | {f"POST {SHOP}/imports{DRY}"}
    assert {*SILENT, *UNSAID, *NOTHING_WAS, *STANDS} - called == set()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_route_without_an_audit_row_is_found(
    writer: WriteCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(_ctx: Context, **_said: object) -> None:
        pass

    monkeypatch.setattr(api_request, "record_change", nothing)
    await write_shop(writer)
    found = {one.route for one in writer.done if left(one) != told(one)}
    assert found == {one.route for one in writer.done} - set(SILENT) != set()


async def test_a_row_says_who_what_before_and_after_and_from_where(api: ApiHarness) -> None:
    made = (await book(api)).json()["id"]
    at = f"/shops/{api.shop.shop_id}/bookings/{made}"
    assert (await api.request("PATCH", at, "owner", json={"note": "tea"})).status_code == 200
    async with api.runtime.read_transaction() as ctx:
        row = (await ctx.all(sa.select(audit).order_by(audit.c.id.desc())))[0]
    assert (row.user_id, row.action, row.target, row.before, row.after, row.address) == (
        api.users["owner"],
        "bookings.set_booking_note",
        at.removeprefix("/"),
        {"note": ""},
        {"note": "tea"},
        "192.0.2.1",
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_password_change_leaves_an_audit_row_without_the_password(api: ApiHarness) -> None:
    await api.post("/auth/register", email=NEW, password=GOOD, name="Ana")
    await api.post("/auth/verify", token=await token_mailed(api))
    await api.post("/auth/forgotten", email=NEW)
    await api.post("/auth/password", token=await token_mailed(api), password="another one")
    async with api.runtime.read_transaction() as ctx:
        rows = await ctx.all(sa.select(audit).order_by(audit.c.id))
    assert [(row.action, row.before, row.after) for row in rows] == [
        ("auth.verify_email", None, None),
        ("auth.reset_password", None, None),
    ]
    assert None not in {row.user_id for row in rows}
    assert len({row.user_id for row in rows}) == 1


@pytest.fixture
async def noted(api: ApiHarness) -> ApiHarness:
    await book(api)
    return api


async def refused(api: ApiHarness, statement: sa.Executable) -> bool:
    """Return whether the audit log's guard refuses a statement."""
    try:
        async with api.runtime.transaction() as ctx:
            await ctx.execute(statement)
    except sa.exc.DBAPIError as error:
        return audit_append_only.APPEND_ONLY_TRIGGER in str(error.orig)
    return False


async def test_nobody_changes_or_takes_away_a_row(noted: ApiHarness) -> None:
    update, delete = sa.update(audit), sa.delete(audit)
    kept = await noted.fetch_scalar(sa.select(sa.func.count()).select_from(audit))
    tried = [
        update.values(user_id=noted.users["admin"]),
        update.values(action="nothing"),
        update.values(at=audit.c.at),
        update.values(target="elsewhere"),
        update.values(after={"note": "forged"}),
        update.values(address="203.0.113.1"),
        delete,
        delete.where(audit.c.id > 0),
    ]
    # The third changes nothing, so there is nothing to refuse.
    assert [await refused(noted, one) for one in tried] == [True, True, False, *[True] * 5]
    assert await noted.fetch_scalar(sa.select(sa.func.count()).select_from(audit)) == kept
    if noted.runtime.engine.dialect.name == "postgresql":
        assert await refused(noted, sa.text("TRUNCATE audit"))


async def test_a_row_may_lose_its_values_and_retention_may_cut(noted: ApiHarness) -> None:
    blank = sa.update(audit).values(before=sa.null(), after=sa.null(), address="")
    assert not await refused(noted, blank)
    runtime = noted.runtime
    noted.clock.move_to("2028-03-10T09:00Z")
    swept = await runtime.run(lambda ctx: retention.sweep_batch(ctx, "audit"))
    assert (swept.count, await noted.fetch_scalar(sa.select(audit.c.id))) == (1, None)
    assert await noted.fetch_scalar(sa.select(retention_marks.c.name)) == "audit"


async def test_audit_row_can_be_changed_without_the_guard(noted: ApiHarness) -> None:
    names = ("update", "delete")
    drop = [f"DROP TRIGGER {audit_append_only.APPEND_ONLY_TRIGGER}_{name}" for name in names]
    if noted.runtime.engine.dialect.name == "postgresql":
        drop = [f"DROP TRIGGER {audit_append_only.APPEND_ONLY_TRIGGER} ON audit"]
    async with noted.runtime.transaction() as ctx:
        for statement in drop:
            await ctx.execute(sa.text(statement))
        assert await ctx.connection.run_sync(audit_append_only.missing_triggers) != []
    assert not await refused(noted, sa.update(audit).values(action="nothing"))
    async with noted.runtime.transaction() as ctx:
        await ctx.connection.run_sync(audit_append_only.install_triggers)
        assert await ctx.connection.run_sync(audit_append_only.missing_triggers) == []
    assert await refused(noted, sa.update(audit).values(action="something"))


async def test_a_change_and_its_row_are_one_transaction(api: ApiHarness) -> None:
    with count_statements(api.runtime) as sent:
        answer: httpx.Response = await book(api)
    assert answer.status_code == 201
    written = [one for one in sent.statements if one.startswith("INSERT INTO")]
    assert written[-1].startswith("INSERT INTO audit")
