"""Codes that somebody else asked for, to my phone: my booking gets one of its own all the same."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa

from core.auth import phone_login
from core.db.runtime import Runtime
from core.messaging import lines
from core.people import otp_limits
from tests.support import shops
from tests.support.chat import ChatHarness, ChatPerson

PHONE = "+34600111222"


async def _booked_after_others(runtime: Runtime) -> str:
    """Ask on the page for codes to a phone, as often as that is answered; then book from it."""
    async with runtime.transaction() as ctx:
        place = await shops.build_salon(ctx)
        await lines.get_or_create_line(
            ctx, transport="terminal", channel="sms", address="+34910000001"
        )
    for n in range(5):
        async with runtime.transaction() as ctx:
            await phone_login.send_login_code(
                ctx, PHONE, requester=f"ticket {n}", address=f"203.0.113.{n}"
            )
    person = ChatPerson(
        ChatHarness(runtime),
        ChatHarness(runtime).line_of_channel(place.line_id, place.shop_id),
        PHONE,
    )
    said = await person.say("cut tomorrow at 10 with Ana")
    code = re.search(r"Bella Hair: reply (\d{6}) and your name to book", said)
    return await person.say(f"{code[1]} Marta") if code else said


async def test_a_booking_gets_its_code_whoever_asked_for_others(runtime: Runtime) -> None:
    assert (await _booked_after_others(runtime)).startswith("Booked, Marta! Cut with Ana")


async def test_without_a_pause_and_room_of_its_own_it_waits_for_none(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = otp_limits.CodesUsed.check

    def as_it_was(self: otp_limits.CodesUsed, ctx: object, **how: bool) -> None:
        real(self, ctx, **how | {"trusted": False})  # type: ignore[arg-type]

    monkeypatch.setattr(otp_limits.CodesUsed, "check", as_it_was)
    monkeypatch.setattr(otp_limits, "COUNT_CODES", _for_any_purpose(otp_limits.COUNT_CODES))
    assert "No more codes for now" in await _booked_after_others(runtime)


def _for_any_purpose(statement: sa.Select[Any]) -> Any:
    """Count the codes of a phone whatever they were for, as it was."""
    return sa.sql.visitors.replacement_traverse(
        statement,
        {},
        lambda element, **_: (
            sa.true()
            if isinstance(element, sa.sql.elements.BinaryExpression)
            and str(element) == "one_time_codes.purpose = :for_purpose"
            else None
        ),
    )
