"""Who never wrote is written to where they agreed, and nowhere else; the rest is to be called."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from bot.channels.memory import MemoryChannel
from bot.delivery.render_outgoing import render_outgoing
from core.bookings import call_list, staff_actions
from core.bookings.booking import Booking
from core.bookings.customer_actions import cancel_booking, move_booking
from core.db.context import Context, Told
from core.db.runtime import Runtime
from core.db.tables import conversations, members, outbox, providers, reaches, services, shops
from core.errors import InvalidValue, OptOutStands
from core.messaging.lines import get_or_create_line
from core.messaging.outbox.acknowledge import mark_sent
from core.messaging.outbox.claim import claim_due
from core.messaging.outbox.delivery_status import record_opt_out
from core.people.customers import add_customer, change_customer
from core.people.identities import get_or_create_contact
from core.people.reach import end_reach, list_reach, note_reach, was_asked
from core.people.verification import detach_identity, verify_identity_without_conversation
from core.values.people_changes import CustomerChange
from tests.core.bookings.harness import BookingHarness, open_booking_harness

pytestmark = pytest.mark.usefixtures("only_database_awaits")

PHONE = "+34611222333"


class Counter:
    """The shop's counter: Nora, who called, her booking, and what she is told."""

    def __init__(self, house: BookingHarness) -> None:
        self.house = house
        self.nora = 0

    async def open(self) -> None:
        house = self.house
        self.nora = await house.transact(lambda ctx: add_customer(ctx, house.shop, "Nora", PHONE))

    async def agrees(self, **more: Any) -> int:
        house = self.house
        values: dict[str, Any] = {"wording": "on the phone", "noted_by": house.owner} | more
        return await house.transact(lambda ctx: note_reach(ctx, house.shop, self.nora, **values))

    async def book(self, time: str = "09:00") -> tuple[Booking, list[Told]]:
        house = self.house

        async def work(ctx: Context) -> tuple[Booking, list[Told]]:
            made = await staff_actions.book_for_customer(
                ctx,
                house.slot_at(time),
                actor=house.owner_actor,
                customer_id=self.nora,
                key=house.key(),
            )
            return made, ctx.told

        return await house.transact(work)

    async def cancel(self, booking: Booking) -> list[Told]:
        async def work(ctx: Context) -> list[Told]:
            await cancel_booking(ctx, booking.id, actor=self.house.owner_actor)
            return ctx.told

        return await self.house.transact(work)

    async def messages(self) -> list[tuple[str, str, str]]:
        """What is in the outbox for Nora: queue, kind, state."""
        rows = await self.house.rows(
            sa.select(outbox.c.queue, outbox.c.kind, outbox.c.state)
            .join_from(outbox, conversations)
            .where(conversations.c.address == PHONE)
            .order_by(outbox.c.id)
        )
        return [tuple(row) for row in rows]

    async def calls(self) -> list[tuple[str, tuple[str, ...], str, str]]:
        async def work(ctx: Context) -> list[tuple[str, tuple[str, ...], str, str]]:
            found = await call_list.list_calls(ctx, [self.house.shop])
            return [(c.booking.customer_name, c.kinds, c.reason, c.phone) for c in found]

        return await self.house.transact(work)

    async def texts(self) -> list[str]:
        """Send what is due to Nora, as SMS."""

        async def work(ctx: Context) -> list[str]:
            said = []
            for row in await claim_due(ctx):
                if row.address == PHONE:
                    said.append(render_outgoing(row, MemoryChannel()).text)
                await mark_sent(ctx, row.id, row.lease)
            return said

        return await self.house.transact(work)


@pytest.fixture
async def counter(runtime: Runtime) -> Counter:
    made = Counter(await open_booking_harness(runtime))
    await made.open()
    return made


SMS = Told("customer", "sms", "sending")
NOBODY = Told("customer", "", "unreachable")


def of_customer(told: list[Told]) -> list[Told]:
    return [Told(t.who, t.how, t.outcome) for t in told if t.who == "customer"]


async def test_without_their_consent_nothing_is_sent_and_the_shop_is_told_to_call(
    counter: Counter,
) -> None:
    booking, told = await counter.book()
    assert of_customer(told) == [NOBODY]
    assert await counter.calls() == []  # whoever booked for her just spoke to her
    assert of_customer(await counter.cancel(booking)) == [NOBODY]
    assert await counter.messages() == []
    assert await counter.calls() == [("Nora", ("cancelled",), "unreachable", PHONE)]
    house = counter.house
    await house.transact(
        lambda ctx: call_list.mark_called(ctx, house.shop, booking.id, user_id=house.owner)
    )
    assert await counter.calls() == []


async def test_a_number_given_for_a_booking_gets_its_messages_and_reminders(
    counter: Counter,
) -> None:
    await counter.agrees()
    booking, told = await counter.book()
    assert of_customer(told) == [SMS]
    kinds = await counter.messages()
    assert ("alert", "confirmed", "due") in kinds
    assert ("reminder", "reminder", "due") in kinds
    assert of_customer(await counter.cancel(booking)) == [SMS]
    assert ("alert", "cancelled", "due") in await counter.messages()
    assert await counter.calls() == []


async def test_the_first_text_says_who_writes_and_how_to_stop_and_only_the_first(
    counter: Counter,
) -> None:
    await counter.agrees()
    booking, _ = await counter.book()
    (first,) = await counter.texts()
    assert first.startswith("Bella Hair confirmed: Cut with Ana")
    assert first.endswith("\nReply MOVE to change it. STOP: no texts.")
    await counter.cancel(booking)
    (second,) = await counter.texts()
    assert second.startswith("Bella Hair called off Cut with Ana")
    assert "STOP" not in second


async def test_consent_is_asked_once_and_a_no_is_kept(counter: Counter) -> None:
    house = counter.house

    async def asked(ctx: Context) -> bool:
        return await was_asked(ctx, counter.nora)

    assert await house.transact(asked) is False
    await counter.agrees(basis="refused", wording="rather call me")
    assert await house.transact(asked) is True
    _, told = await counter.book()
    assert of_customer(told) == [NOBODY]
    assert await counter.messages() == []
    await counter.agrees(wording="texts are fine after all")
    _, told = await counter.book("10:00")
    assert of_customer(told) == [SMS]
    noted = await house.transact(lambda ctx: list_reach(ctx, house.shop, counter.nora))
    assert [(r.basis, r.wording, r.noted_by, r.ended_at is None) for r in noted] == [
        ("booking", "texts are fine after all", "Olga", True),
        ("refused", "rather call me", "Olga", False),
    ]


@pytest.mark.parametrize("given", [{"channel": "whatsapp"}, {"purpose": "marketing"}])
async def test_whatsapp_and_marketing_are_opted_into_apart(
    counter: Counter, given: dict[str, str]
) -> None:
    await counter.agrees(**given)
    _, told = await counter.book()
    assert of_customer(told) == [NOBODY]


async def test_an_end_another_number_and_a_wrong_number_stop_the_messages(
    counter: Counter,
) -> None:
    house = counter.house
    id_ = await counter.agrees()
    await house.transact(lambda ctx: end_reach(ctx, house.shop, counter.nora, id_))
    assert of_customer((await counter.book("09:00"))[1]) == [NOBODY]
    await counter.agrees()
    change = CustomerChange(phone="+34611999888")
    await house.transact(lambda ctx: change_customer(ctx, house.shop, counter.nora, change))
    assert of_customer((await counter.book("09:30"))[1]) == [NOBODY]
    change = CustomerChange(phone=PHONE)
    await house.transact(lambda ctx: change_customer(ctx, house.shop, counter.nora, change))
    await counter.agrees()
    assert of_customer((await counter.book("10:00"))[1]) == [SMS]
    talk = sa.select(conversations.c.id).where(conversations.c.address == PHONE)

    async def wrong_number(ctx: Context) -> None:
        await detach_identity(ctx, await ctx.scalar(talk))

    await house.transact(wrong_number)
    assert of_customer((await counter.book("10:30"))[1]) == [NOBODY]


async def test_who_stopped_is_not_written_to_and_only_they_take_it_back(
    counter: Counter,
) -> None:
    house = counter.house
    await counter.agrees()
    booking, _ = await counter.book()
    talk = sa.select(conversations.c.id).where(conversations.c.address == PHONE)

    async def stop(ctx: Context) -> None:
        await record_opt_out(ctx, await ctx.scalar(talk), how="stop", wording="don't text me")

    await house.transact(stop)
    assert of_customer(await counter.cancel(booking)) == [Told("customer", "sms", "opted_out")]
    assert await counter.calls() == [("Nora", ("cancelled",), "opted_out", PHONE)]
    with pytest.raises(OptOutStands):
        await counter.agrees()


async def test_without_an_address_there_is_nothing_to_agree_to(counter: Counter) -> None:
    with pytest.raises(InvalidValue):
        await counter.agrees(channel="email")


async def test_a_mail_account_gets_mail_about_its_bookings(counter: Counter) -> None:
    house = counter.house

    async def register(ctx: Context) -> int:
        await get_or_create_line(ctx, transport="smtp", channel="email", address="us@example.org")
        return await verify_identity_without_conversation(
            ctx, "email", "pia@example.org", name="Pia"
        )

    user = await house.transact(register)
    held = await house.hold("09:00", user_id=None)
    booked = await house.confirm_hold(held, user_id=user, name="Pia")

    async def move(ctx: Context) -> list[Told]:
        await move_booking(
            ctx, booked.id, house.slot_at("10:00"), actor=house.owner_actor, key="move"
        )
        return ctx.told

    told = of_customer(await house.transact(move))
    assert told == [Told("customer", "email", "sending")]
    (noted,) = await house.rows(sa.select(reaches.c.basis, reaches.c.address))
    assert tuple(noted) == ("account", "pia@example.org")


async def test_a_later_message_that_goes_out_takes_the_call_off_the_list(
    counter: Counter,
) -> None:
    house = counter.house
    booking, _ = await counter.book()

    async def late(ctx: Context) -> None:
        await staff_actions.announce_delay(
            ctx, house.shop, 20, booking.ends_at, actor=house.owner_actor
        )

    await house.transact(late)
    assert [kinds for _, kinds, *_ in await counter.calls()] == [("behind",)]
    await counter.agrees()
    await house.transact(late)
    assert await counter.calls() == []


async def test_a_call_is_left_out_a_day_after_the_booking(counter: Counter) -> None:
    booking, _ = await counter.book()
    await counter.cancel(booking)
    counter.house.clock.move_to("2026-03-12T09:00Z")
    assert await counter.calls() == []


async def test_a_provider_hears_what_the_desk_does_to_their_day(counter: Counter) -> None:
    house = counter.house

    async def ana_works(ctx: Context) -> None:
        values = {"shop_id": house.shop, "user_id": house.hugo, "role": "provider"}
        await ctx.insert(members, **values, provider_id=house.ana, created_at=ctx.now)

    await house.transact(ana_works)
    booking, told = await counter.book()
    assert ("provider", "sms", "sending") in [(t.who, t.how, t.outcome) for t in told]

    async def hand_over(ctx: Context) -> None:
        slot = house.slot_at("09:00", house.leo)
        await move_booking(ctx, booking.id, slot, actor=house.owner_actor, key="hand")

    await house.transact(hand_over)
    heard = [line for line in await house.outbox_as_text() if line.startswith("Hugo")]
    assert heard == ["Hugo: alert.new", "Hugo: alert.taken"]


async def test_somebody_elses_account_on_the_number_is_not_their_conversation(
    counter: Counter,
) -> None:
    """Who has an account is not written to at a number that another account owns."""
    house = counter.house

    async def link(ctx: Context) -> None:
        line = await ctx.first(sa.text("SELECT id, channel, shop_id FROM lines"))
        assert line is not None
        await get_or_create_contact(ctx, line, PHONE)
        await verify_identity_without_conversation(ctx, "phone", PHONE, name="Zoe")

    await house.transact(link)
    marta = await house.customer(house.marta)
    change = CustomerChange(phone=PHONE)
    await house.transact(lambda ctx: change_customer(ctx, house.shop, marta, change))
    await house.transact(lambda ctx: note_reach(ctx, house.shop, marta, wording="here"))
    booked = await house.book_for("09:00", customer_id=marta)
    await counter.cancel(booked)
    assert [text for text in await counter.texts() if "Cut" in text] == []


async def test_a_message_names_shop_address_and_provider_as_they_are_when_it_is_sent(
    counter: Counter,
) -> None:
    house = counter.house
    await counter.agrees()
    booking, _ = await counter.book("11:00")
    await counter.texts()
    await house.overwrite_row(shops, house.shop, name="Bella & Co", address="Gran Via 1")
    await house.overwrite_row(providers, house.ana, title="Dr", name="Ana Ruiz")
    await house.overwrite_row(services, house.cut, name="Trim")  # what was sold stays
    house.clock.move_to("2026-03-10T08:01Z")
    (reminder,) = await counter.texts()
    assert reminder.splitlines()[0] == (
        f"Bella & Co: Cut with Dr Ana Ruiz, Tue 10 Mar 11:00 am, Gran Via 1. Ref {booking.ref}. "
        "Will you come?"
    )


async def test_a_shop_that_lost_its_address_leaves_no_gap(counter: Counter) -> None:
    house = counter.house
    await counter.agrees()
    booking, _ = await counter.book()
    await house.overwrite_row(shops, house.shop, address="")
    (text,) = await counter.texts()
    assert text.splitlines()[0] == (
        f"Bella Hair confirmed: Cut with Ana, Tue 10 Mar 9:00 am. Ref {booking.ref}"
    )
