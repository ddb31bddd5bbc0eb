"""What doctor learns from Twilio about the way in, asked of a strict stand-in."""

from __future__ import annotations

import pytest

from bot.channels.twilio.channel import CONNECTION_OVERRIDES
from bot.cli.doctor_twilio import twilio_findings
from core.settings import Settings
from tests.servers.twilio.server import TwilioServer

NUMBER, SERVICE = "+15005550006", "MG" + "a" * 32
OURS = "https://book.example.com/webhooks/twilio/messages"
OTHER = "https://fallback.example.net/webhooks/twilio/messages"
AGAIN = (
    "note  for {0} Twilio does not call again, so messages are lost while the database is "
    f"away: set {OURS}{CONNECTION_OVERRIDES}"
)
NOBODY = (
    "note  for {0} Twilio has no fallback address: messages are lost when we are away for "
    "longer than 15 seconds (docs/connect-twilio.md)"
)


async def asked(inbound: dict[str, object], *, service: bool = False, **more: str) -> list[str]:
    async with TwilioServer(numbers=(NUMBER,), services={SERVICE: NUMBER}) as twilio:
        twilio.inbound[SERVICE if service else NUMBER] = inbound
        given = {
            "public_url": "https://book.example.com",
            "twilio_account_sid": twilio.account_sid,
            "twilio_auth_token": twilio.auth_token,
            "twilio_api_url": twilio.url,
            "twilio_messaging_service_sid" if service else "twilio_sms_from": (
                SERVICE if service else NUMBER
            ),
        }
        settings = Settings(_env_file=None, **given | more)  # type: ignore[arg-type]
        return [f"{one.level}  {one.text}" for one in await twilio_findings(settings)]


@pytest.mark.parametrize(
    ("inbound", "found"),
    [
        ({}, [f"wrong  for {NUMBER} Twilio calls POST, not POST {OURS}"]),
        (
            {"sms_url": OURS, "sms_method": "GET"},
            [f"wrong  for {NUMBER} Twilio calls GET {OURS}, not POST {OURS}"],
        ),
        ({"sms_url": OURS}, [AGAIN.format(NUMBER), NOBODY.format(NUMBER)]),
        (
            {"sms_url": f"{OURS}#rc=2&rp=ct", "sms_fallback_url": OURS},
            [
                AGAIN.format(NUMBER),
                f"note  for {NUMBER} the fallback address is on our own host: away with us",
            ],
        ),
        (
            {"sms_url": OURS + CONNECTION_OVERRIDES, "sms_fallback_url": OTHER},
            [
                f"ok  for {NUMBER} Twilio calls again after a failure (3 times)",
                f"ok  for {NUMBER} the fallback address is on fallback.example.net",
            ],
        ),
    ],
)
async def test_it_says_what_twilio_does_when_we_are_away(
    inbound: dict[str, object], found: list[str]
) -> None:
    assert await asked(inbound) == found


async def test_a_messaging_service_is_asked_itself() -> None:
    set_up: dict[str, object] = {
        "inbound_request_url": f"{OURS}#rc=5&rp=5xx",
        "fallback_url": OTHER,
    }
    assert await asked(set_up, service=True) == [
        f"ok  for {SERVICE} Twilio calls again after a failure (5 times)",
        f"ok  for {SERVICE} the fallback address is on fallback.example.net",
    ]


async def test_a_number_of_another_account_is_named() -> None:
    words = "wrong  this Twilio account does not have +15005550099"
    assert await asked({}, twilio_sms_from="+15005550099") == [words]


async def test_a_wrong_token_is_a_note_and_no_end() -> None:
    (found,) = await asked({}, twilio_auth_token="nonsense")
    assert found.startswith("note  Twilio was not asked whom it calls: ")
