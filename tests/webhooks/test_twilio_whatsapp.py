"""WhatsApp by Twilio: a whole talk with lists and buttons, over signed webhooks."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.cli import whatsapp_setup
from core.clock import FixedClock
from core.db import tables
from core.db.runtime import Runtime
from core.messaging.messages import Say, When
from core.messaging.outbox import enqueue
from core.shops import providers, services
from core.values.catalog_changes import NewService
from tests.servers.twilio.messages import Message
from tests.servers.twilio.webhooks import sid_of
from tests.support import shops
from tests.webhooks.harness import SMS_NUMBER, TwilioHarness, twilio_harness

MARTA, PEDRO = "+34600111222", "+34600333444"
NOBODY = "ES.1a2b3c"
"""Somebody who hides the phone: all we get is an id for this business."""


@pytest.fixture
async def served(runtime: Runtime) -> AsyncIterator[TwilioHarness]:
    async with runtime.transaction() as ctx:
        await shops.build_salon(ctx)
    async with twilio_harness(runtime) as served:
        yield served


@pytest.fixture
async def fitted(served: TwilioHarness) -> TwilioHarness:
    """The same with WhatsApp's templates set up."""
    await whatsapp_setup.create_templates(served.app.runtime)
    await served.app.sender.refresh_lines()
    return served


def last(served: TwilioHarness, who: str = MARTA) -> Message:
    """The newest message to somebody on WhatsApp."""
    return [m for m in served.twilio.messages if m.to == f"whatsapp:{who}"][-1]


def code_in(text: str) -> str:
    """The six digits of a message."""
    found = re.search(r"\b\d{6}\b", text)
    assert found, text
    return found[0]


async def rows(served: TwilioHarness, table: sa.Table, *columns: str) -> list[tuple[object, ...]]:
    async with served.app.runtime.read_transaction() as ctx:
        found = await ctx.all(sa.select(*(table.c[c] for c in columns)).order_by(table.c.id))
    return [tuple(row) for row in found]


async def sids(served: TwilioHarness) -> dict[str, str]:
    return {
        str(name): str(sid)
        for name, sid in await rows(served, tables.whatsapp_templates, "name", "sid")
    }


async def bookings(served: TwilioHarness) -> list[tuple[object, ...]]:
    return await rows(served, tables.bookings, "state", "local_date", "local_time")


async def ask_for_times(served: TwilioHarness, who: str = MARTA) -> Message:
    await served.send_whatsapp(who, "BELLA")
    await served.send_whatsapp(who, "can I get a cut tomorrow after 5?")
    return last(served, who)


# --- a talk ---------------------------------------------------------------------------------


async def test_without_templates_everything_is_numbered_text(served: TwilioHarness) -> None:
    times = await ask_for_times(served)
    assert (times.content_sid, times.titles) == (None, [])
    assert times.body.splitlines() == [
        "Bella Hair. Cut, 30 min, 25 €, Tue 10 Mar:",
        "1 5:00 pm Ana",
        "2 5:30 pm Ana",
        "3 other times",
        "4 choose the person",
    ]
    await served.send_whatsapp(MARTA, "2")
    await served.send_whatsapp(MARTA, "Marta")
    assert [state for state, *_ in await bookings(served)] == ["confirmed"]


async def test_a_booking_by_a_list_and_buttons(fitted: TwilioHarness) -> None:
    times = await ask_for_times(fitted)
    assert times.body == "Bella Hair. Cut, 30 min, 25 €, Tue 10 Mar:"
    assert times.titles == ["5:00 pm Ana", "5:30 pm Ana", "other times", "choose the person"]
    assert [c["id"] for c in times.choices] == ["2.0", "2.1", "2.2", "2.3"]
    await fitted.tap_option(times, "5:30 pm Ana")
    held = last(fitted)
    assert held.content_sid is None
    await fitted.send_whatsapp(MARTA, "Marta")
    assert [str(cell) for cell in (await bookings(fitted))[0]] == [
        "confirmed",
        "2026-03-10",
        "17:30",
    ]
    await fitted.send_whatsapp(MARTA, "cancel")
    sure = last(fitted)
    assert sure.titles == ["Yes", "No"]
    await fitted.tap_option(sure, "Yes")
    assert [state for state, *_ in await bookings(fitted)] == ["cancelled"]
    assert fitted.twilio.refused == []


async def test_a_typed_number_or_word_answers_a_list_too(fitted: TwilioHarness) -> None:
    await ask_for_times(fitted)
    await fitted.send_whatsapp(MARTA, "3")
    days = last(fitted)
    assert len(days.titles) > 3
    await fitted.send_whatsapp(MARTA, "tomorrow at 10")
    assert "10:00" in "".join([last(fitted).body, *last(fitted).titles])
    await fitted.send_whatsapp(MARTA, "what about parking?")
    answer = last(fitted)
    assert answer.body.splitlines()[0] == "Yes, Plaza Sol."


async def test_the_same_tap_twice_is_one_answer(fitted: TwilioHarness) -> None:
    times = await ask_for_times(fitted)
    await fitted.tap_option(times, "5:30 pm Ana", message_sid=sid_of(1))
    before = len(fitted.twilio.messages)
    await fitted.tap_option(times, "5:30 pm Ana", message_sid=sid_of(1))
    assert len(fitted.twilio.messages) == before


async def test_a_stale_tap_does_nothing_and_shows_where_things_stand(fitted: TwilioHarness) -> None:
    times = await ask_for_times(fitted)
    await fitted.tap_option(times, "5:30 pm Ana")
    held = await bookings(fitted)
    await fitted.tap_option(times, "5:00 pm Ana")
    assert last(fitted).body.splitlines()[0] == (
        "That question is settled already, so I did nothing."
    )
    assert await bookings(fitted) == held
    await fitted.send_whatsapp(MARTA, "Marta")
    await fitted.tap_option(times, "5:30 pm Ana")
    assert len(await bookings(fitted)) == 1
    assert last(fitted).body.splitlines()[1].startswith("Your next booking: Cut with Ana")


async def test_somebody_elses_tap_and_forged_ones_do_nothing(fitted: TwilioHarness) -> None:
    times = await ask_for_times(fitted)
    theirs = await ask_for_times(fitted, PEDRO)
    forged = [
        times.choices[1]["id"],
        "1.99",
        "1.-1",
        "1.",
        ".1",
        "999999999999999999999.0",
        "1.²",
        "book",
        "1.1\x00; DROP TABLE bookings",
        "١.١",
    ]
    for payload in forged:
        await fitted.tap_option(theirs, "5:30 pm Ana", payload=payload)
        answer = last(fitted, PEDRO)
        assert answer.body.splitlines()[0] == (
            "That question is settled already, so I did nothing."
        )
        # Where things stand: the question that waits, with its options.
        assert answer.titles == theirs.titles
    assert await bookings(fitted) == []
    # What waits for its own answer is untouched.
    await fitted.tap_option(times, "5:30 pm Ana")
    assert [state for state, *_ in await bookings(fitted)] == ["held"]


async def test_more_than_a_list_holds_is_numbered(fitted: TwilioHarness) -> None:
    async with fitted.app.runtime.transaction() as ctx:
        ana = int(await ctx.scalar(sa.select(sa.func.min(tables.providers.c.id))))
        hair = int(await ctx.scalar(sa.select(tables.categories.c.id)))
        for n in range(8):
            extra = await services.add_service(
                ctx,
                1,
                NewService(name=f"Braid {n}", minutes=30, price_minor=1000, category_id=hair),
            )
            await providers.set_offering(ctx, 1, ana, extra)
    await fitted.send_whatsapp(MARTA, "BELLA")
    message = last(fitted)
    assert message.content_sid is None
    assert message.body.splitlines()[-1] == "11 Blow-dry 30 min 18 €"
    await fitted.send_whatsapp(MARTA, "11")
    assert last(fitted).body.startswith("Bella Hair. Blow-dry, 30 min, 18 €")


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"num_media": 1}, "I can read text only, sorry."),
        (
            {"extra": {"Latitude": "40.4", "Longitude": "-3.7", "Address": "Sol"}},
            "I can read text only, sorry.",
        ),
        ({}, "That message was empty."),
    ],
)
async def test_what_is_no_text_is_answered_and_the_question_stays(
    fitted: TwilioHarness, sent: dict[str, object], said: str
) -> None:
    times = await ask_for_times(fitted)
    await fitted.send_whatsapp(MARTA, "", **sent)
    answer = last(fitted)
    assert answer.body == f"{said}\n{times.body.removeprefix('Bella Hair. ')}"
    assert answer.titles == times.titles
    await fitted.tap_option(answer, "5:30 pm Ana")
    assert [state for state, *_ in await bookings(fitted)] == ["held"]


# --- no phone -------------------------------------------------------------------------------


async def test_who_hides_the_phone_is_asked_for_one_and_proves_it_by_sms(
    fitted: TwilioHarness,
) -> None:
    times = await ask_for_times(fitted, NOBODY)
    await fitted.tap_option(times, "5:30 pm Ana")
    asked = last(fitted, NOBODY)
    assert asked.body.splitlines()[-1] == "Which phone number should the code go to?"
    assert fitted.twilio.to(MARTA) == []
    await fitted.send_whatsapp(NOBODY, "600 111 222")
    (sms,) = [m for m in fitted.twilio.messages if m.to == MARTA]
    assert sms.from_ == SMS_NUMBER
    code = code_in(sms.body)
    assert code not in last(fitted, NOBODY).body
    await fitted.send_whatsapp(NOBODY, f"{code} Marta")
    assert [state for state, *_ in await bookings(fitted)] == ["confirmed"]
    people = await rows(fitted, tables.identities, "kind", "value", "user_id")
    user = next(u for kind, _, u in people if kind == "whatsapp")
    assert ("phone", MARTA, user) in people
    assert user is not None
    # From now on they are known, here and by SMS.
    await fitted.send_whatsapp(NOBODY, "my bookings")
    assert "Cut with Ana, Tue 10 Mar 5:30 pm" in last(fitted, NOBODY).body


async def test_without_a_line_for_sms_the_shop_is_named(served: TwilioHarness) -> None:
    lines = tables.lines
    async with served.app.runtime.transaction() as ctx:
        await ctx.execute(sa.update(lines).where(lines.c.channel == "sms").values(active=False))
    await ask_for_times(served, NOBODY)  # said before a time is held
    assert last(served, NOBODY).body.splitlines()[-1] == (
        "I cannot send a code to a phone from here. Please call the shop."
    )


# --- templates ------------------------------------------------------------------------------


async def test_set_up_again_changes_nothing(served: TwilioHarness) -> None:
    first = await whatsapp_setup.create_templates(served.app.runtime)
    kept = await rows(served, tables.whatsapp_templates, "id", "name", "sid", "approval")
    again = await whatsapp_setup.create_templates(served.app.runtime)
    assert first.created == len(kept) == len(served.twilio.contents.by_sid)
    assert (again.created, again.found, again.refused) == (0, first.created, [])
    assert await rows(served, tables.whatsapp_templates, "id", "name", "sid", "approval") == kept
    assert len(served.twilio.contents.by_sid) == first.created


async def test_a_template_that_was_deleted_is_made_anew(fitted: TwilioHarness) -> None:
    del fitted.twilio.contents.by_sid[(await sids(fitted))["list.4.1"]]
    # The question gets there all the same, and later ones do not try in vain.
    for who in (MARTA, PEDRO):
        times = await ask_for_times(fitted, who)
        assert times.body.splitlines()[1] == "1 5:00 pm Ana"
    assert fitted.twilio.refused == [21655]
    outcome = await whatsapp_setup.create_templates(fitted.app.runtime)
    assert outcome.created == 1
    await fitted.app.sender.refresh_lines()
    await fitted.send_whatsapp(MARTA, "menu")
    await fitted.send_whatsapp(MARTA, "back")
    assert last(fitted).titles == ["5:00 pm Ana", "5:30 pm Ana", "other times", "choose the person"]


async def test_templates_set_by_hand_come_first(served: TwilioHarness) -> None:
    made = await whatsapp_setup.create_templates(served.app.runtime)
    assert made.created
    kept = await sids(served)
    own = served.twilio.contents.create(
        served.twilio.account_sid,
        {
            "language": "en",
            "variables": {"1": "When?"},
            "types": {
                "twilio/list-picker": {
                    "body": "Our own: {{1}}",
                    "button": "{{2}}",
                    "items": [
                        {"item": f"{{{{{n}}}}}", "id": f"{{{{{n + 1}}}}}"} for n in range(3, 11, 2)
                    ],
                }
            },
        },
    )
    from bot.channels.twilio.channel import TwilioChannel

    settings = served.app.settings.model_copy(
        update={"twilio_content_sids": f"list.4.1={own['sid']}"}
    )
    served.app.channels["twilio", "whatsapp"] = TwilioChannel(settings, "whatsapp")
    await served.app.sender.refresh_lines()
    times = await ask_for_times(served)
    assert (times.content_sid, times.body) == (own["sid"], f"Our own: {TIMES}")
    assert times.content_sid != kept["list.4.1"]


TIMES = "Bella Hair. Cut, 30 min, 25 €, Tue 10 Mar:"


async def test_what_whatsapp_refuses_to_approve_is_told_and_hurts_nothing(
    served: TwilioHarness,
) -> None:
    first = await whatsapp_setup.create_templates(served.app.runtime)
    asked = served.twilio.contents.approvals
    assert asked
    assert first.approvals == {"received": len(asked)}
    for sid in asked:
        served.twilio.contents.decide(sid, "approved")
    again = await whatsapp_setup.create_templates(served.app.runtime)
    assert (again.approvals, again.shops) == ({"approved": len(asked)}, 1)
    ((templates,),) = await rows(served, tables.shops, "templates")
    assert isinstance(templates, dict)
    assert set(templates["tell.moved"]) == {"en", "es", "hi", "pt"}
    assert (await whatsapp_setup.create_templates(served.app.runtime)).shops == 0


async def test_wrong_credentials_are_told_in_a_line(served: TwilioHarness) -> None:
    served.twilio.auth_token = "another"
    with pytest.raises(whatsapp_setup.SetupFailed, match="20003: Authenticate"):
        await whatsapp_setup.create_templates(served.app.runtime)


# --- 24 hours -------------------------------------------------------------------------------


async def tell_later(served: TwilioHarness, after: timedelta) -> None:
    """Let Marta write, let time pass, and then tell her something she did not ask for."""
    clock = served.app.runtime.clock
    assert isinstance(clock, FixedClock)
    await served.send_whatsapp(MARTA, "BELLA")
    clock.advance(after)
    async with served.app.runtime.transaction() as ctx:
        talk = int(await ctx.scalar(sa.select(tables.conversations.c.id)))
        when = When(clock.now(), "Europe/Madrid")
        facts = {"service": "Cut", "shop": "Bella Hair", "when": when}
        say = Say("tell.expired", facts)
        await enqueue.enqueue(ctx, say, conversation_id=talk, queue="alert", kind="tell", shop_id=1)
    served.app.sender.wake()
    await served.wait_until_idle()


@pytest.mark.parametrize("seconds", [-1, 0, 1])
async def test_later_than_24_hours_only_an_approved_template_goes_out(
    served: TwilioHarness, seconds: int
) -> None:
    await whatsapp_setup.create_templates(served.app.runtime)
    for sid in served.twilio.contents.approvals:
        served.twilio.contents.decide(sid, "approved")
    await whatsapp_setup.create_templates(served.app.runtime)
    await served.app.sender.refresh_lines()
    await tell_later(served, timedelta(hours=24, seconds=seconds))
    message = last(served)
    kept = await sids(served)
    if seconds < 0:
        assert message.content_sid is None
        assert message.body.startswith("Bella Hair did not confirm Cut, ")
        return
    assert message.content_sid == kept["tell.expired/en"]
    assert message.body.startswith("Hello! Bella Hair did not confirm Cut, ")
    served.twilio.closed_windows.add(message.to)
    await served.twilio.settle(message)
    assert message.status == "delivered"


async def test_without_an_approved_template_nothing_is_sent_in_vain(fitted: TwilioHarness) -> None:
    before = len(fitted.twilio.messages)
    await tell_later(fitted, timedelta(hours=25))
    assert len(fitted.twilio.messages) == before + 1  # the welcome
    state, error = (await rows(fitted, tables.outbox, "state", "error"))[-1]
    assert (state, error) == ("dropped", "outside WhatsApp's 24 hours, and no template")


async def test_what_whatsapp_says_of_a_closed_window_is_noted(fitted: TwilioHarness) -> None:
    await fitted.send_whatsapp(MARTA, "BELLA")
    fitted.twilio.closed_windows.add(f"whatsapp:{MARTA}")
    await fitted.twilio.settle(last(fitted))
    assert await rows(fitted, tables.outbox, "state", "provider_status", "error") == [
        ("failed", "failed", "63016: WhatsApp takes it only within a day of their last message")
    ]
