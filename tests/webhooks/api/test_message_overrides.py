"""Message overrides and lines by the API, and deleting users."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from bot.rendering import overrides
from core.db.tables import audit, identities, lines, members, providers, users
from tests.webhooks.api.harness import ApiHarness, status_and_code
from tests.webhooks.api.test_shops import ok


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_words_are_tried_kept_and_given_up_again(api: ApiHarness) -> None:
    at = f"/shops/{api.shop.shop_id}/message-overrides"
    listed = (await api.get(at, "receptionist")).json()["items"]
    assert [one["key"] for one in listed] == list(overrides.OVERRIDABLE_KEYS)
    words = "Hola, somos {shop}."
    tried = await ok(api, "POST", f"{at}/welcome/es/preview", "owner", text=words)
    shown = ("text", "own", "segments", "sms_encoding")
    assert [tried[name] for name in shown] == ["Hola, somos Bella Hair.", False, 1, "gsm7"]
    before = (await api.get(f"{at}/welcome/es", "owner")).json()
    assert (before["own"], before["template"] == before["usual"]) == (False, True)
    kept = await ok(api, "PUT", f"{at}/welcome/es", "owner", text=words)
    assert [kept[name] for name in shown] == ["Hola, somos Bella Hair.", True, 1, "gsm7"]
    noted = await api.fetch_scalar(
        sa.select(audit.c.after).where(audit.c.action.like("%.set_message_override"))
    )
    assert noted["template"] == words
    assert (await api.request("DELETE", f"{at}/welcome/es", "owner")).status_code == 204
    assert (await api.get(f"{at}/welcome/es", "owner")).json() == before


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_words_that_cannot_be_are_refused(api: ApiHarness) -> None:
    at = f"/shops/{api.shop.shop_id}/message-overrides"
    for path, words, wanted in (
        ("login.code/en", "x", (404, "not_found")),
        ("welcome/tlh", "x", (422, "invalid")),
        ("welcome/en", "{nobody}", (422, "invalid")),
        ("welcome/en", "", (422, "invalid")),
    ):
        for method, route in (("PUT", path), ("POST", f"{path}/preview")):
            answer = await api.request(method, f"{at}/{route}", "owner", json={"text": words})
            assert status_and_code(answer) == wanted


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_shops_lines_are_listed_and_no_others(api: ApiHarness) -> None:
    shown = (await api.get(f"/shops/{api.shop.shop_id}/lines", "owner")).json()["items"]
    async with api.runtime.read_transaction() as ctx:
        every = await ctx.all(sa.select(lines.c.id, lines.c.shop_id))
    ours = {row.id for row in every if row.shop_id in {None, api.shop.shop_id}}
    assert {one["id"] for one in shown} == ours != {row.id for row in every}


async def test_a_deleted_user_has_no_role_no_name_and_no_way_in(api: ApiHarness) -> None:
    who = api.users["provider"]
    async with api.runtime.transaction() as ctx:
        hers = sa.update(providers).where(providers.c.id == api.shop.providers["Ana"])
        await ctx.execute(hers.values(user_id=who))
    await api.access_token("provider")
    refused = [
        await api.request("DELETE", f"/users/{who}", "owner"),
        await api.request("DELETE", f"/users/{api.users['admin']}", "admin"),
        await api.request("DELETE", "/users/999", "admin"),
    ]
    assert [status_and_code(answer) for answer in refused] == [
        (403, "not_allowed"),
        (422, "invalid"),
        (404, "not_found"),
    ]
    assert (await api.request("DELETE", f"/users/{who}", "admin")).status_code == 204
    assert (await api.get("/me", "provider")).status_code == 401
    left = [
        await api.fetch_scalar(sa.select(users.c.name).where(users.c.id == who)),
        await api.fetch_scalar(sa.select(sa.func.count()).where(members.c.user_id == who)),
        await api.fetch_scalar(sa.select(sa.func.count()).where(identities.c.user_id == who)),
        await api.fetch_scalar(sa.select(sa.func.count()).where(providers.c.user_id == who)),
        await api.fetch_scalar(
            sa.select(audit.c.target).where(audit.c.action == "users.delete_user")
        ),
    ]
    assert left == ["", 0, 0, 0, f"users/{who}"]
