"""What a shop's people are told by the clock: their day, tomorrow, and who did not answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from bot.worker import Worker
from core.bookings import customer_actions
from core.bookings.booking import Booking
from core.bookings.reminders.staff_digest import SENT_DIGESTS, send_digests
from core.bookings.staff_actions import book_for_customer
from core.bookings.transitions import SYSTEM, Actor
from core.catalog import loader
from core.clock import FixedClock
from core.db import tables
from core.db.context import Context
from core.db.runtime import Runtime
from core.messaging.outbox.untold import note_untold
from core.people.customers import get_or_create_customer
from core.people.identities import get_or_create_contact
from core.people.verification import verify_identity
from core.scheduling import availability
from core.shops import shops
from core.values.catalog_changes import RulesChange
from core.values.shop_changes import NewShop, ShopChange
from tests.support.chat import ChatHarness
from tests.support.shops import BuiltShop, add_staff, build_salon
from tests.support.statement_counter import count_statements

OWNER, ANA, DESK, MARTA = "+34600000001", "+34600000002", "+34600000003", "+34600111222"
MADRID = ZoneInfo("Europe/Madrid")
WEEK = timedelta(days=7)


class Day:
    """Bella Hair, its people and its bookings; what arrives, by whom it is read."""

    def __init__(self, runtime: Runtime, place: BuiltShop) -> None:
        self.runtime, self.place, self.town = runtime, place, ChatHarness(runtime)
        assert isinstance(runtime.clock, FixedClock)
        self.clock = runtime.clock

    async def booked(self, day: str, at: str, who: str = "Marta", provider: str = "Ana") -> Booking:
        """Let somebody with a phone of their own have a Cut at a wall time."""
        start = datetime.fromisoformat(f"{day}T{at}").replace(tzinfo=MADRID).astimezone(UTC)
        phone = f"+34611{sum(map(ord, who)):06}"
        line = self.town.line_of_channel(self.place.line_id, self.place.shop_id)
        async with self.runtime.transaction() as ctx:
            known = await loader.load_catalog(ctx, self.place.shop_id)
            free = await availability.find_slots(
                ctx, known, self.place.services["Cut"],
                provider_id=self.place.providers[provider],
                start=start, end=start + timedelta(minutes=1),
            )  # fmt: skip
            contact = await get_or_create_contact(ctx, line, phone)
            user = await verify_identity(
                ctx, "phone", phone, name=who, conversation_id=contact.conversation_id
            )
            customer = await get_or_create_customer(ctx, known.shop.id, user, name=who, phone=phone)
            made = await book_for_customer(
                ctx, free[0], actor=SYSTEM, customer_id=customer, key=f"{day} {at} {who}"
            )
            # What is told at once is another test's.
            await ctx.execute(sa.delete(tables.outbox).where(tables.outbox.c.queue == "alert"))
            return made

    async def at(self, moment: str) -> list[tuple[str, str]]:
        """Let it be a wall time of the shop; return what arrives by then: to whom, and what."""
        wall = datetime.fromisoformat(moment).replace(tzinfo=MADRID)
        self.clock.instant = wall.astimezone(UTC)
        worker = Worker(self.runtime, None, None)  # type: ignore[arg-type]
        await worker.send_digests()
        sent = await self.town.deliver_due()
        return [(row.address, rendered.text) for row, rendered in sent if row.queue == "alert"]


@pytest.fixture
async def day(runtime: Runtime) -> Day:
    async with runtime.transaction() as ctx:
        place = await build_salon(ctx)
        await shops.set_booking_rules(ctx, place.shop_id, RulesChange(horizon_days=90))
        await add_staff(ctx, place, OWNER, "owner", "Bella Ruiz")
        await add_staff(ctx, place, ANA, "provider", "Ana", place.providers["Ana"])
    return Day(runtime, place)


async def test_digest_sends_today_each_morning_and_tomorrow_each_evening(day: Day) -> None:
    await day.booked("2026-03-11", "09:00")
    await day.booked("2026-03-11", "10:00", "Hugo", "Leo")
    await day.booked("2026-03-13", "09:00", "Hugo", "Leo")
    assert await day.at("2026-03-10T19:59") == []
    whole = (
        "Bella Hair, Wed 11 Mar: 2 appointments.\n9:00 am Ana: Marta, Cut\n10:00 am Leo: Hugo, Cut"
    )
    own = "Bella Hair, Wed 11 Mar: 1 appointment.\n9:00 am Ana: Marta, Cut"
    assert sorted(await day.at("2026-03-10T20:00")) == [(OWNER, whole), (ANA, own)]
    assert await day.at("2026-03-10T20:05") == []
    assert await day.at("2026-03-11T07:59") == []
    assert sorted(await day.at("2026-03-11T08:00")) == [(OWNER, whole), (ANA, own)]
    # Nothing is on tomorrow, and on Friday Ana has nothing.
    assert await day.at("2026-03-11T20:00") == []
    assert [who for who, _ in await day.at("2026-03-12T20:30")] == [OWNER]


async def test_digest_keeps_wall_time_across_clock_changes(day: Day) -> None:
    await day.booked("2026-03-30", "09:00")  # the Monday after the night of the change
    said = "Bella Hair, Mon 30 Mar: 1 appointment.\n9:00 am Ana: Marta, Cut"
    assert await day.at("2026-03-29T19:59") == []
    assert [text for who, text in await day.at("2026-03-29T20:00") if who == OWNER] == [said]
    assert day.clock.now() == datetime(2026, 3, 29, 18, tzinfo=UTC)  # 19:00Z the day before
    assert await day.at("2026-03-30T07:59") == []
    assert [text for who, text in await day.at("2026-03-30T08:00") if who == OWNER] == [said]


async def test_digest_is_skipped_when_hours_late_or_switched_off(day: Day) -> None:
    await day.booked("2026-03-11", "17:00")
    assert await day.at("2026-03-11T10:00") == []
    async with day.runtime.transaction() as ctx:
        await shops.change_shop(ctx, day.place.shop_id, ShopChange(agenda_tomorrow=""))
    await day.booked("2026-03-12", "09:00")
    assert await day.at("2026-03-11T20:00") == []


async def test_digest_goes_out_once_whichever_process_ticks(day: Day) -> None:
    await day.booked("2026-03-11", "09:00")
    assert len(await day.at("2026-03-11T08:00")) == 2
    day.runtime.caches.of(SENT_DIGESTS).clear()  # as another process, or after a restart
    assert await day.at("2026-03-11T08:01") == []


async def test_a_transaction_that_is_run_again_still_sends_them(day: Day) -> None:
    await day.booked("2026-03-11", "09:00")
    day.clock.instant = datetime(2026, 3, 11, 7, tzinfo=UTC)

    async def fail(ctx: Context) -> None:
        assert await send_digests(ctx) == 1
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await day.runtime.run(fail)
    assert len(await day.at("2026-03-11T08:00")) == 2


async def test_digest_statements_do_not_grow_with_shops(runtime: Runtime) -> None:
    async def add(number: int) -> None:
        async with runtime.transaction() as ctx:
            await shops.add_shop(
                ctx,
                NewShop(
                    name=f"Shop {number}",
                    type="salon",
                    city="Madrid",
                    address="",
                    timezone="Europe/Madrid",
                    country="ES",
                    currency="EUR",
                    language="en",
                ),
            )

    worker = Worker(runtime, None, None)  # type: ignore[arg-type]
    assert isinstance(runtime.clock, FixedClock)
    counts = []
    for more in (1, 40):
        for number in range(more):
            await add(number)
        for hour in (5, 7):  # nothing is due; everybody's morning is
            runtime.caches.of(SENT_DIGESTS).clear()
            runtime.clock.instant = datetime(2026, 3, 11, hour, tzinfo=UTC)
            with count_statements(runtime) as sent:
                await worker.send_digests()
            counts.append(len(sent))
    assert counts == [2, 5, 2, 5]


# ------------------------------------------------------------------------------------ no answer


async def _reminded(day: Day) -> Booking:
    """Let Marta be reminded twice of Wednesday 5 pm, the second time at 3 pm."""
    async with day.runtime.transaction() as ctx:
        await shops.change_shop(
            ctx,
            day.place.shop_id,
            ShopChange(alert_unanswered=True, agenda_today="", agenda_tomorrow=""),
        )
    booking = await day.booked("2026-03-11", "17:00")
    assert await day.at("2026-03-10T17:00") == []
    assert await day.at("2026-03-11T15:00") == []
    return booking


async def test_a_second_reminder_unanswered_is_told_to_the_shop(day: Day) -> None:
    booking = await _reminded(day)
    assert await day.at("2026-03-11T15:29") == []
    told = (
        "No answer to two reminders: Marta{phone}, Cut with Ana, Wed 11 Mar 5:00 pm: call? "
        "Ref {ref}"
    )
    assert sorted(await day.at("2026-03-11T15:30")) == [
        (OWNER, told.format(phone=" +34611000501", ref=booking.ref)),
        (ANA, told.format(phone="", ref=booking.ref)),
    ]
    assert await day.at("2026-03-11T15:31") == []


async def test_unanswered_reminder_alert_is_skipped_when_answered_or_unwanted(day: Day) -> None:
    booking = await _reminded(day)
    async with day.runtime.transaction() as ctx:
        await customer_actions.confirm_attendance(
            ctx, booking.id, actor=Actor("customer", booking.user_id)
        )
        await ctx.execute(sa.delete(tables.outbox).where(tables.outbox.c.queue == "alert"))
    assert await day.at("2026-03-11T15:30") == []
    other = await day.booked("2026-03-13", "17:00", "Hugo")
    async with day.runtime.transaction() as ctx:
        await shops.change_shop(ctx, day.place.shop_id, ShopChange(alert_unanswered=False))
    for moment in ("2026-03-12T17:00", "2026-03-13T15:00", "2026-03-13T15:30"):
        assert await day.at(moment) == []
    assert other.state == "confirmed"


async def test_the_morning_lists_whom_no_message_reached(day: Day) -> None:
    booking = await day.booked("2026-03-11", "10:00")
    async with day.runtime.transaction() as ctx:
        await note_untold(
            ctx,
            shop_id=day.place.shop_id,
            booking_id=booking.id,
            kind="moved",
            reason="unreachable",
        )
    told = [(to, words) for to, words in await day.at("2026-03-10T08:00") if "call" in words]
    phone = f"+34611{sum(map(ord, 'Marta')):06}"
    words = (
        f"Bella Hair: could not be reached, please call.\nMarta {phone}: Cut, Wed 11 Mar 10:00 am"
    )
    assert {to for to, _ in told} == {OWNER}
    assert {said for _, said in told} == {words}
