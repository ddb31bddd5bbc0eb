"""Signing in: by phone, by password, staying signed in, being signed out."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.db.tables import outbox, passwords, users
from core.messaging.messages import decode_value
from tests.webhooks.api.harness import PHONES, ApiHarness, status_and_code

pytestmark = [
    pytest.mark.usefixtures("only_database_awaits"),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

NEW = "ana@example.com"
GOOD = "correct horse battery"


async def code_sent(api: ApiHarness) -> str:
    """Return the code in the newest message of the outbox."""
    say = await api.fetch_scalar(sa.select(outbox.c.message).order_by(outbox.c.id.desc()))
    return str(decode_value(say).params["code"])


async def token_mailed(api: ApiHarness) -> str:
    """Return the token in the newest mail."""
    await api.wait_for_emails()
    found = re.search(r"token=(\S+)", api.mails.sent[-1].text)
    assert found
    return found[1]


async def register(api: ApiHarness, email: str = NEW, password: str = GOOD) -> None:
    """Register an account by e-mail and verify it."""
    await api.post("/auth/register", email=email, password=password, name="Ana")
    await api.post("/auth/verify", token=await token_mailed(api))


async def sign_in(api: ApiHarness, password: str = GOOD, **more: Any) -> Any:
    return await api.post("/auth/sign-in", email=NEW, password=password, **more)


async def me(api: ApiHarness, access: str) -> tuple[int, str]:
    return status_and_code(await api.get("/me", headers={"Authorization": f"Bearer {access}"}))


# ------------------------------------------------------------------------------------ phone


async def test_a_code_to_the_phone_signs_in(api: ApiHarness) -> None:
    phone = PHONES["owner"]
    assert (await api.post("/auth/code", phone=phone)).status_code == 202
    code = await code_sent(api)
    wrong = await api.post("/auth/code/check", phone=phone, code="x" + code[::-1][:3])
    assert (*status_and_code(wrong), wrong.json()["left"]) == (400, "code_wrong", 4)
    answer = await api.post("/auth/code/check", phone=phone, code=code)
    assert answer.status_code == 200
    shown = await api.get(
        "/me", headers={"Authorization": f"Bearer {answer.json()['access_token']}"}
    )
    assert {k: shown.json()[k] for k in ("user_id", "name", "admin", "roles")} == {
        "user_id": api.users["owner"],
        "name": "Owner",
        "admin": False,
        "roles": [{"shop_id": api.shop.shop_id, "role": "owner", "provider_id": None}],
    }
    again = await api.post("/auth/code/check", phone=phone, code=code)
    assert status_and_code(again) == (400, "code_dead")
    last = await api.fetch_scalar(
        sa.select(users.c.last_sign_in_at).where(users.c.id == api.users["owner"])
    )
    assert last == api.clock.now()


async def test_whether_a_phone_is_known_makes_no_difference(api: ApiHarness) -> None:
    stranger = "+34600999888"
    known = await api.post("/auth/code", phone=PHONES["owner"])
    unknown = await api.post("/auth/code", phone=stranger)
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
    answer = await api.post(
        "/auth/code/check", phone=stranger, code=await code_sent(api), name="Nuria"
    )
    assert answer.status_code == 200
    names = await api.fetch_scalar(sa.select(users.c.name).order_by(users.c.id.desc()))
    assert names == "Nuria"


async def test_a_deactivated_person_gets_no_further(api: ApiHarness) -> None:
    phone = PHONES["deactivated"]
    await api.post("/auth/code", phone=phone)
    answer = await api.post("/auth/code/check", phone=phone, code=await code_sent(api))
    assert status_and_code(answer) == (403, "not_allowed")
    assert status_and_code(await api.get("/me", "deactivated")) == (401, "not_signed_in")


# ------------------------------------------------------------------------------------ password


async def test_an_account_by_mail_is_there_once_the_link_is_opened(api: ApiHarness) -> None:
    answer = await api.post("/auth/register", email="Ana@Example.com", password=GOOD, name="Ana")
    assert answer.status_code == 202
    token = await token_mailed(api)
    mail = api.mails.sent[0]
    assert (mail.to, mail.subject) == (NEW, "Verify your e-mail address")
    assert f"http://127.0.0.1:8000/account/verify?token={token}" in mail.text
    assert status_and_code(await sign_in(api)) == (403, "email_unverified")
    assert status_and_code(await sign_in(api, "some other words")) == (401, "sign_in_failed")
    assert (await api.post("/auth/verify", token=token)).status_code == 200
    assert status_and_code(await api.post("/auth/verify", token=token)) == (400, "link_dead")
    assert (await sign_in(api)).status_code == 200


async def test_a_known_address_is_told_so_by_mail_and_by_nothing_else(api: ApiHarness) -> None:
    await register(api)
    answer = await api.post("/auth/register", email=NEW, password="another 8 chars", name="Eve")
    await api.wait_for_emails()
    assert answer.status_code == 202
    assert api.mails.sent[-1].subject == "You have an account already"
    assert (await sign_in(api)).status_code == 200
    forgotten = await api.post("/auth/forgotten", email="nobody@example.com")
    await api.wait_for_emails()
    assert forgotten.status_code == 202
    assert len(api.mails.sent) == 2


async def test_three_wrong_passwords_lock_for_longer_each_time(api: ApiHarness) -> None:
    await register(api)
    lefts, pauses = [], []
    for _ in range(5):
        for _ in range(3):
            answer = await sign_in(api, "wrong words")
            lefts.append((*status_and_code(answer), answer.json()["left"]))
        locked = await sign_in(api)
        assert status_and_code(locked) == (429, "sign_in_locked")
        pauses.append(int(locked.headers["retry-after"]))
        api.clock.advance(timedelta(seconds=pauses[-1]))
    assert lefts == [(401, "sign_in_failed", left) for left in (2, 1, 0)] * 5
    assert pauses == [30, 120, 600, 3600, 3600]
    assert (await sign_in(api)).status_code == 200
    answer = await sign_in(api, "wrong words")
    assert answer.json()["left"] == 2


async def test_a_forgotten_password_is_chosen_anew_by_mail(api: ApiHarness) -> None:
    await register(api)
    access = (await sign_in(api)).json()["access_token"]
    await api.post("/auth/forgotten", email=NEW)
    token = await token_mailed(api)
    short = await api.post("/auth/password", token=token, password="short")
    assert status_and_code(short) == (422, "invalid")
    same = await api.post("/auth/password", token=token, password=GOOD)
    assert same.json()["errors"] == [{"field": "password", "reason": "used_before", "most": 5}]
    assert (await api.post("/auth/password", token=token, password="a new one")).status_code == 200
    assert await me(api, access) == (401, "not_signed_in")
    assert status_and_code(await sign_in(api)) == (401, "sign_in_failed")
    assert (await sign_in(api, "a new one")).status_code == 200
    dead = await api.post("/auth/password", token=token, password="yet another")
    assert status_and_code(dead) == (400, "link_dead")
    await api.wait_for_emails()
    assert api.mails.sent[-1].subject == "Your password was changed"


async def test_a_changed_password_signs_other_devices_out_and_five_do_not_come_again(
    api: ApiHarness,
) -> None:
    await register(api)
    other = (await sign_in(api)).json()["access_token"]
    mine = (await sign_in(api)).json()["access_token"]
    headers = {"Authorization": f"Bearer {mine}"}
    used = [GOOD]
    for n in range(5):
        body = {"current": used[-1], "password": f"password number {n}"}
        changed = await api.request("POST", "/me/password", headers=headers, json=body)
        assert changed.status_code == 200
        used.append(body["password"])
    assert (await me(api, other), (await me(api, mine))[0]) == ((401, "not_signed_in"), 200)
    for old, status in ((used[1], 422), (used[0], 200)):
        body = {"current": used[-1], "password": old}
        answer = await api.request("POST", "/me/password", headers=headers, json=body)
        assert answer.status_code == status
    assert await api.fetch_scalar(sa.select(sa.func.count()).select_from(passwords)) == 5


async def test_a_link_is_good_for_a_while_and_five_mails_go_out_in_an_hour(
    api: ApiHarness,
) -> None:
    await api.post("/auth/register", email=NEW, password=GOOD, name="Ana")
    token = await token_mailed(api)
    for _ in range(7):
        await api.post("/auth/register", email=NEW, password=GOOD, name="Ana")
    await api.wait_for_emails()
    assert len(api.mails.sent) == 5
    api.clock.advance(timedelta(hours=24))
    assert status_and_code(await api.post("/auth/verify", token=token)) == (400, "link_dead")


# ------------------------------------------------------------------------------------ tokens


async def test_a_refresh_token_is_good_once_and_twice_ends_the_sign_in(api: ApiHarness) -> None:
    await register(api)
    first = (await sign_in(api)).json()
    second = (await api.post("/auth/refresh", refresh_token=first["refresh_token"])).json()
    third = (await api.post("/auth/refresh", refresh_token=second["refresh_token"])).json()
    assert (await me(api, third["access_token"]))[0] == 200
    stolen = await api.post("/auth/refresh", refresh_token=first["refresh_token"])
    assert status_and_code(stolen) == (401, "not_signed_in")
    assert await me(api, third["access_token"]) == (401, "not_signed_in")
    dead = await api.post("/auth/refresh", refresh_token=third["refresh_token"])
    assert status_and_code(dead) == (401, "not_signed_in")


async def test_tokens_end_by_the_clock(api: ApiHarness) -> None:
    await register(api)
    tokens = (await sign_in(api)).json()
    api.clock.advance(timedelta(minutes=15, seconds=-1))
    assert (await me(api, tokens["access_token"]))[0] == 200
    api.clock.advance(timedelta(seconds=1))
    assert await me(api, tokens["access_token"]) == (401, "not_signed_in")
    api.clock.advance(timedelta(days=30))
    late = await api.post("/auth/refresh", refresh_token=tokens["refresh_token"])
    assert status_and_code(late) == (401, "not_signed_in")


async def test_sign_ins_are_listed_and_ended(api: ApiHarness) -> None:
    await register(api)
    first, second = [(await sign_in(api)).json()["access_token"] for _ in range(2)]
    headers = {"Authorization": f"Bearer {second}"}
    listed = (await api.get("/me/sessions?total=true", headers=headers)).json()
    assert ([one["this"] for one in listed["items"]], listed["total"]) == ([True, False], 2)
    gone = await api.request("DELETE", f"/me/sessions/{listed['items'][1]['id']}", headers=headers)
    assert gone.status_code == 204
    assert await me(api, first) == (401, "not_signed_in")
    out = await api.request("POST", "/auth/sign-out", headers=headers)
    assert out.status_code == 204
    assert await me(api, second) == (401, "not_signed_in")


async def test_deactivated_means_out_at_once(api: ApiHarness) -> None:
    assert (await api.get("/me", "customer")).status_code == 200
    async with api.runtime.transaction() as ctx:
        gone = users.update().where(users.c.id == api.users["customer"])
        await ctx.execute(gone.values(deactivated_at=ctx.now))
    assert status_and_code(await api.get("/me", "customer")) == (401, "not_signed_in")


# ------------------------------------------------------------------------------------ cookie


async def test_a_browser_gets_a_cookie_and_changes_by_it_need_proof(api: ApiHarness) -> None:
    await register(api)
    answer = await sign_in(api, keep="cookie")
    assert answer.json() == {
        "access_token": None,
        "access_expires_at": None,
        "refresh_token": None,
        "refresh_expires_at": None,
        "csrf_token": answer.json()["csrf_token"],
    }
    cookie = answer.headers["set-cookie"]
    assert re.sub(r"=[\w.-]+;", "=…;", cookie, count=1) == (
        "slotline_session=…; HttpOnly; Max-Age=2592000; Path=/; SameSite=lax"
    )
    assert (await api.get("/me")).json()["name"] == "Ana"
    proof = {"X-CSRF-Token": answer.json()["csrf_token"]}
    ours, foreign = "http://127.0.0.1:8000", "https://evil.example"
    outcomes = [
        status_and_code(await api.request("PATCH", "/me", json={"name": "Eva"}, headers=headers))
        for headers in (
            {},
            {"X-CSRF-Token": "0" * 64},
            proof | {"Origin": foreign},
            proof | {"Sec-Fetch-Site": "cross-site"},
            proof | {"Origin": ours},
        )
    ]
    assert outcomes == [(403, "csrf")] * 4 + [(200, "")]
    login = await api.client.post(
        "/auth/sign-in",
        json={"email": NEW, "password": GOOD, "keep": "cookie"},
        headers={"Origin": foreign},
    )
    assert status_and_code(login) == (403, "csrf")
