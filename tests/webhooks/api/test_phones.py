"""Who may see customers' phones: one rule for API, pages, chat and alerts."""

from __future__ import annotations

import pytest

from bot.flows.staff.permissions import PERMISSIONS
from core.values.phone_visibility import PHONE_ROLES, may_see_phones
from tests.webhooks.admin.conftest import AdminHarness, admin, visible_text  # noqa: F401
from tests.webhooks.api.harness import ApiHarness

PHONE = "+34600111222"
SEES = {"owner": True, "receptionist": True, "provider": False, "admin": True}


@pytest.mark.parametrize("who", SEES)
async def test_customer_phone_is_seen_by_role_in_api_and_page(
    api: ApiHarness,
    admin: AdminHarness,  # noqa: F811
    who: str,
) -> None:
    await api.add_booked_customer()
    path = f"/shops/{api.shop.shop_id}/bookings"
    one = (await api.get(f"{path}/{api.booking}", who)).json()
    (listed,) = (await api.get(path, who)).json()["items"]
    browser = await admin.signed_in_browser(who)
    page = visible_text(await browser.get(f"{path}/{api.booking}"))
    wanted = PHONE if SEES[who] else ""
    assert (one["customer_phone"], listed["customer_phone"]) == (wanted, wanted)
    assert (PHONE in page, "Marta" in page) == (SEES[who], True)


def test_chat_and_alerts_take_the_same_rule() -> None:
    assert set(PERMISSIONS["phones"]) == set(PHONE_ROLES)
    roles = ("owner", "receptionist", "provider")
    assert {role: may_see_phones([role]) for role in roles} == {
        "owner": True,
        "receptionist": True,
        "provider": False,
    }
    assert may_see_phones(["provider", "owner"])
