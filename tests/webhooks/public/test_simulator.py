"""The simulator over HTTP: what is written on one phone is seen on the others."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from bot.app import App
from bot.simulator.controller import REAL_SETTINGS, demo_settings
from core.db import tables
from core.db.runtime import Runtime
from core.messaging.lines import get_or_create_line
from core.settings import Settings
from tests.webhooks.public.simulator_harness import (
    SimulatorHarness,
    SimulatorView,
    message_text,
    simulator_harness,
)
from webhooks.app import create_app

OFFER = """< Bella Hair. Cut, 30 min, 25 EUR, Tue 10 Mar:
1 5:00 pm Ana
2 5:30 pm Ana
3 other times
4 choose the person"""
HELD = "< Ana, Tue 10 Mar 5:00 pm, Cut. Held for 5 min."

SALON, CLINIC = "Bella Hair", "Smile Dental"


@pytest.fixture
async def simulator(runtime: Runtime) -> AsyncIterator[SimulatorHarness]:
    async with simulator_harness(runtime) as served:
        yield served


async def write(simulator: SimulatorHarness, phone: tuple[int, str], text: str) -> None:
    answer = await simulator.post("messages", line=phone[0], address=phone[1], text=text)
    assert answer.status_code == 200


async def tap(
    simulator: SimulatorHarness, watcher: SimulatorView, phone: tuple[int, str], label: str
) -> None:
    offered = [o for m in watcher.messages for o in m["options"] if o["label"] == label][-1]
    answer = await simulator.post(
        "messages",
        line=phone[0],
        address=phone[1],
        kind="tap",
        text=label,
        payload=offered["payload"],
    )
    assert answer.status_code == 200


def code_in(message: dict[str, Any]) -> str:
    return str(re.findall(r"\b\d{6}\b", message_text(message))[0])


async def test_booking_by_sms_is_on_the_owners_phone_the_moment_it_is_made(
    simulator: SimulatorHarness,
) -> None:
    async with simulator.follow_events() as page:
        marta, owner = page.phone(SALON, "sms"), page.phone(SALON, "staff")
        await write(simulator, marta, "can I get a cut tomorrow after 5?")
        await page.read_until(lambda w: len(w.shown(marta)) == 2)
        await write(simulator, marta, "1")
        await page.read_until(lambda w: len(w.shown(marta)) == 4)
        code = code_in(page.last(marta))
        await write(simulator, marta, f"{code} Marta")
        await page.read_until(lambda w: w.shown(owner) and len(w.shown(marta)) == 6)
        ref = page.facts["bookings"][0]["ref"]
        assert page.shown(marta)[:5] == [
            "> can I get a cut tomorrow after 5?",
            OFFER,
            "> 1",
            f"{HELD}\nBella Hair: reply {code} and your name to book. Didn't ask? Ignore this.",
            f"> {code} Marta",
        ]
        assert page.shown(owner) == [
            f"< New: Cut with Ana, Tue 10 Mar 5:00 pm, Marta +34600111222. Ref {ref}"
        ]
        await page.read_until(lambda w: w.facts["tour"]["book"])
        (booking,) = page.facts["bookings"]
        assert booking["title"] == "Cut with Ana"
        assert booking["when"] == "Tue 10 Mar 5:00 pm"
        assert (booking["state"], booking["stateName"]) == ("confirmed", "Confirmed")
        link = page.last(marta)["text"][-1]
        assert link == {
            "text": simulator.url + booking["page"],
            "href": simulator.url + booking["page"],
        }
        assert (await simulator.get(booking["page"])).status_code == 200
        assert "BEGIN:VEVENT" in (await simulator.get(booking["calendar"])).text


async def test_approval_on_one_phone_is_news_on_the_other(simulator: SimulatorHarness) -> None:
    async with simulator.follow_events() as page:
        priya = page.phone(CLINIC, "whatsapp")
        owner, reception = page.phone(CLINIC, "staff"), page.phone(CLINIC, "staff", 1)
        await write(simulator, priya, "check-up tomorrow at 10am")
        await page.read_until(lambda w: len(w.shown(priya)) == 2)
        await write(simulator, priya, "Ananya")
        await page.read_until(lambda w: w.shown(owner) and w.shown(reception))
        ref = page.facts["bookings"][0]["ref"]
        facts = "Check-up with Dr Asha Rao, Tue 10 Mar 10:00 am"
        asked = f"< To approve: {facts}, Ananya +919820011122. Ref {ref}"
        assert page.shown(owner) == page.shown(reception) == [asked]
        assert page.offered(owner)[:2] == page.offered(reception)[:2] == ["Approve", "Decline"]
        await tap(simulator, page, reception, "Approve")
        confirmed = f"< Smile Dental confirmed: {facts}, 12 MG Road. Ref {ref}"
        decided = f"< Confirmed by Ravi Nair: Check-up, Tue 10 Mar 10:00 am, Ananya. Ref {ref}"
        await page.read_until(
            lambda w: w.shown(owner) == [decided] and w.shown(priya)[-1] == confirmed
        )
        # A tap is answered in the message that has the button.
        assert page.shown(reception) == [f"< Approved: Ananya, {facts}.", "> Approve"]
        assert page.offered(owner) == []
        await page.read_until(lambda w: w.facts["tour"]["approve"])
        assert page.facts["tour"] == {"book": False, "approve": True, "cancel": False}


async def test_each_look_offers_what_its_channel_can(simulator: SimulatorHarness) -> None:
    async with simulator.follow_events() as page:
        shapes = {}
        for look in ("sms", "whatsapp", "telegram"):
            phone = page.phone(SALON, look)
            await write(simulator, phone, "hi")
            await page.read_until(lambda w, phone=phone: len(w.shown(phone)) == 2)  # type: ignore[misc]
            last = page.last(phone)
            shapes[look] = (last["shape"], [option["label"] for option in last["options"]])
    assert shapes == {
        "sms": ("numbers", []),
        "whatsapp": (
            "buttons",
            ["Cut 30 min 25 €", "Colour 90 min 60 €", "Blow-dry 30 min 18 €"],
        ),
        "telegram": (
            "buttons",
            ["Cut · 30 min · 25 €", "Colour · 90 min · 60 €", "Blow-dry · 30 min · 18 €"],
        ),
    }


async def asked_for_the_phone(simulator: SimulatorHarness, page: SimulatorView) -> tuple[int, str]:
    """Let Marta ask for a time in Telegram, up to where her phone is needed; return her phone."""
    telegram = page.phone(SALON, "telegram")
    await write(simulator, telegram, "cut tomorrow at 5pm with Leo")
    await page.read_until(lambda w: "Confirm" in w.offered(telegram))
    await tap(simulator, page, telegram, "Confirm")
    await page.read_until(lambda w: any(m["contact"] == "Share my number" for m in w.messages))
    return telegram


async def test_number_shared_in_telegram_is_proof_enough(simulator: SimulatorHarness) -> None:
    async with simulator.follow_events() as page:
        line, address = await asked_for_the_phone(simulator, page)
        answer = await simulator.post(
            "messages", line=line, address=address, kind="contact", text="+34600111222"
        )
        assert answer.status_code == 200
        await page.read_until(lambda w: w.facts["bookings"][0]["state"] == "held")
        assert page.shown(page.phone(SALON, "sms")) == []


async def test_number_typed_in_telegram_gets_a_code_by_sms(simulator: SimulatorHarness) -> None:
    async with simulator.follow_events() as page:
        telegram, sms = await asked_for_the_phone(simulator, page), page.phone(SALON, "sms")
        await write(simulator, telegram, "600 111 222")
        await page.read_until(lambda w: w.shown(sms))
        await write(simulator, telegram, f"{code_in(page.last(sms))} Marta")
        await page.read_until(lambda w: w.facts["tour"]["book"])
        assert page.facts["bookings"][0]["state"] == "confirmed"


async def test_jumping_ahead_lets_a_hold_run_out(simulator: SimulatorHarness) -> None:
    async with simulator.follow_events() as page:
        assert not page.facts["due"]
        marta = page.phone(SALON, "sms")
        await write(simulator, marta, "cut tomorrow at 5pm with Leo")
        await page.read_until(lambda w: w.facts["due"])
        due = {"at": "2026-03-09T09:05:00+00:00", "what": "a hold runs out"}
        assert page.facts["due"] == due
        assert (await simulator.post("jump")).json() == {"due": due}
        await page.read_until(lambda w: w.facts["bookings"][0]["state"] == "expired")
        assert page.facts["now"] == due["at"]
        assert page.facts["due"] is None
        assert (await simulator.post("jump")).json() == {"due": None}


async def test_cancelling_ends_the_tour(simulator: SimulatorHarness) -> None:
    async with simulator.follow_events() as page:
        marta = page.phone(SALON, "sms")
        await write(simulator, marta, "cut tomorrow at 5pm with Leo")
        await page.read_until(lambda w: len(w.shown(marta)) == 2)
        for said in (f"{code_in(page.last(marta))} Marta", "my bookings", "2", "yes"):
            before = len(page.shown(marta))
            await write(simulator, marta, said)
            await page.read_until(lambda w, before=before: len(w.shown(marta)) == before + 2)  # type: ignore[misc]
        await page.read_until(lambda w: w.facts["tour"]["cancel"])
        assert page.facts["bookings"][0]["stateName"] == "Called off"
        assert page.facts["bookings"][0]["over"] is True


async def test_reset_begins_anew_and_tells_every_page(simulator: SimulatorHarness) -> None:
    async with simulator.follow_events() as page, simulator.follow_events() as other:
        marta = page.phone(SALON, "sms")
        await write(simulator, marta, "cut tomorrow at 5pm with Leo")
        await page.read_until(lambda w: w.facts["bookings"])
        await other.read_until(lambda w: w.facts["bookings"])
        assert (await simulator.post("reset")).status_code == 200
        await page.read_until(lambda w: not w.messages)
        await other.read_until(lambda w: not w.messages)
        assert page.facts["bookings"] == other.facts["bookings"] == []
        assert [scene["name"] for scene in page.scenes] == [SALON, CLINIC]
        await write(simulator, page.phone(SALON, "sms"), "hi")
        await page.read_until(lambda w: len(w.messages) == 2)
        assert page.shown(page.phone(SALON, "sms"))[0] == "> hi"


async def test_what_is_stored_of_a_talk_shows_no_code(simulator: SimulatorHarness) -> None:
    async with simulator.follow_events() as page:
        marta = page.phone(SALON, "sms")
        await write(simulator, marta, "cut tomorrow at 5pm with Leo")
        await page.read_until(lambda w: len(w.shown(marta)) == 2)
        code = code_in(page.last(marta))
        await write(simulator, marta, f"{code} Marta")
        await page.read_until(lambda w: w.facts["tour"]["book"])
        await write(simulator, marta, "mine was 123 456, and the price 2500")
        await page.read_until(lambda w: len(w.shown(marta)) == 6)
        talk = page.facts["bookings"][0]["talk"]
    answer = await simulator.get(f"/simulator/talks/{talk}")
    assert code not in answer.text
    data = answer.json()
    assert [row["incoming"]["text"] for row in data["inbox"]] == [
        "cut tomorrow at 5pm with Leo",
        "******",
        "mine was ••••••, and the price 2500",
    ]
    replies = [row["state"] for row in data["outbox"] if row["queue"] == "reply"]
    assert replies == ["sent", "sent", "sent"]
    assert [row["state"] for row in data["bookings"]] == ["confirmed"]
    assert (await simulator.get("/simulator/talks/999")).status_code == 404


async def test_nothing_of_it_goes_to_a_real_line(
    simulator: SimulatorHarness, runtime: Runtime
) -> None:
    async with runtime.transaction() as ctx:
        for shop_id in (1, 2):
            await get_or_create_line(
                ctx, transport="twilio", channel="sms", address=f"+1500555000{shop_id}",
                account="AC1", shop_id=shop_id,
            )  # fmt: skip
    await simulator.stage.app.sender.refresh_lines()
    async with simulator.follow_events() as page:
        telegram, sms = await asked_for_the_phone(simulator, page), page.phone(SALON, "sms")
        await write(simulator, telegram, "600 111 222")
        await page.read_until(lambda w: w.shown(sms))
        await write(simulator, telegram, f"{code_in(page.last(sms))} Marta")
        priya, owner = page.phone(CLINIC, "whatsapp"), page.phone(CLINIC, "staff")
        await write(simulator, priya, "check-up tomorrow at 10am")
        await page.read_until(lambda w: len(w.shown(priya)) == 2)
        await write(simulator, priya, "Ananya")
        await page.read_until(lambda w: "Approve" in w.offered(owner))
        await tap(simulator, page, owner, "Approve")
        await page.read_until(lambda w: w.facts["tour"]["book"] and w.facts["tour"]["approve"])
    lines, talks, outbox = tables.lines.c, tables.conversations.c, tables.outbox.c
    async with runtime.read_transaction() as ctx:
        rows = await ctx.all(
            sa.select(lines.transport, lines.channel)
            .select_from(tables.outbox)
            .join(tables.conversations, talks.id == outbox.conversation_id)
            .join(tables.lines, lines.id == talks.line_id)
            .distinct()
            .order_by(lines.channel)
        )
    assert [tuple(row) for row in rows] == [
        ("simulator", "sms"),
        ("simulator", "telegram"),
        ("simulator", "whatsapp"),
    ]


async def test_page_lets_nothing_in_from_elsewhere(simulator: SimulatorHarness) -> None:
    answer = await simulator.get("/simulator")
    assert answer.headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert "<style" not in answer.text
    assert re.findall(r"<script(?! type=\"module\" src=\"/simulator/static/)", answer.text) == []
    assert re.findall(r"\s(?:style|on\w+)=", answer.text) == []
    for path in set(re.findall(r"/simulator/static/[\w.]+", answer.text)):
        file = await simulator.get(path)
        assert file.status_code == 200
        again = await simulator.get(path, **{"If-None-Match": file.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert (await simulator.get("/simulator/static/..%2Fhtml.py")).status_code == 404


@pytest.mark.parametrize("path", ["messages", "jump", "reset"])
async def test_form_of_another_site_is_refused(simulator: SimulatorHarness, path: str) -> None:
    body = json.dumps({"line": 1, "address": "+34600111222", "text": "hi"})
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        answer = await simulator.client.post(
            f"/simulator/{path}", content=body, headers={"Content-Type": kind}
        )
        assert answer.status_code in {404, 422}
    assert simulator.stage.simulator.all_messages() == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"line": 1, "address": "+34999999999", "text": "hi"}, 404),
        ({"line": 99, "address": "+34600111222", "text": "hi"}, 404),
        ({"line": 0, "address": "+34600111222", "text": "hi"}, 422),
        ({"line": 1, "address": "+34600111222", "kind": "event", "text": "handback"}, 422),
        ({"line": 1, "address": "+34600111222", "text": "x" * 10_001}, 422),
    ],
)
async def test_only_phones_on_the_stage_can_write(
    simulator: SimulatorHarness, body: dict[str, object], status: int
) -> None:
    answer = await simulator.post("messages", **body)
    assert answer.status_code == status
    assert simulator.stage.simulator.all_messages() == []


async def test_real_installation_has_no_simulator(runtime: Runtime) -> None:
    web = create_app(App.from_runtime(runtime, {}))
    transport = httpx.ASGITransport(web)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        for path in ("", "/events", "/static/simulator.js", "/talks/1"):
            assert (await client.get(f"/simulator{path}")).status_code == 404
        assert (await client.post("/simulator/reset", json={})).status_code == 404


def test_demo_keeps_apart_from_every_real_installation(tmp_path: Path) -> None:
    real = Settings(_env_file=None, data_dir=tmp_path)
    real = real.model_copy(update=dict.fromkeys(REAL_SETTINGS, "real"))
    demo = demo_settings(real)
    assert demo.data_dir == tmp_path / "demo"
    assert demo.effective_database_url == f"sqlite+aiosqlite:///{tmp_path / 'demo' / 'slotline.db'}"
    assert "real" not in demo.model_dump().values()
    secrets = {
        name for name in Settings.model_fields if re.search("token|secret|key|sid|url", name)
    }
    public = {"secret_key", "telegram_api_url", "twilio_api_url", "stripe_api_url"}
    lengths = {"access_token_minutes", "refresh_token_days"}
    assert secrets - set(REAL_SETTINGS) - public - lengths == {"razorpay_api_url"}
