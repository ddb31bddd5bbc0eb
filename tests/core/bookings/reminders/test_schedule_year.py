"""A year of three shops: every reminder that should go went, once, in its minute; no other did.

The clock jumps from one moment at which something is to happen to the next. What should have been
sent is computed from the rules alone, by `tests.core.bookings.reminders.schedule_reference`.
"""

import heapq
import itertools
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from core.bookings import customer_actions
from core.bookings.reminders import schedule
from core.bookings.staff_actions import book_for_customer
from core.bookings.transitions import SYSTEM, Actor
from core.catalog.entities import Slot
from core.clock import FixedClock
from core.db import tables
from core.db.context import Context
from core.db.runtime import Runtime
from core.errors import SlotTaken
from core.localtime.opening_masks import Interval
from core.messaging import lines
from core.messaging.outbox import presend_checks
from core.messaging.outbox.acknowledge import mark_sent
from core.messaging.outbox.claim import claim_due
from core.people.customers import get_or_create_customer
from core.people.identities import get_or_create_contact
from core.people.members import add_member
from core.people.verification import verify_identity
from core.scheduling import opening_hours
from core.shops.providers import add_provider, set_offering
from core.shops.services import add_service
from core.shops.shops import add_shop
from core.values.catalog_changes import NewProvider, NewService
from core.values.reminder_rules import ReminderRule, plan_reminders
from core.values.shop_changes import NewShop
from tests.core.bookings.reminders.schedule_reference import YEAR, ZoneClock, expected_reminders
from tests.support.chat import ChatHarness

ALWAYS = dict.fromkeys(range(7), (Interval(0, 24 * 60),))
BEGINS = datetime(2026, 3, 1, tzinfo=UTC)
DAYS = 365
PROVIDERS = 12

# Madrid changes its clocks at night, Santiago at midnight, Lord Howe by half an hour.
SHOPS: dict[str, dict[str, Any]] = {
    "Europe/Madrid": {},
    "America/Santiago": {"reminders": ["48h", "24h", "2h", "at 09:00"]},
    "Australia/Lord_Howe": {"reminders": ["24h", "30m"], "quiet_from": 1290, "quiet_until": 420},
}
OVERRIDE = ["24h", "90m", "after 2h", "after 24h"]
"""Of one service in each shop."""

OWN_QUIET = (None, None, (23 * 60, 6 * 60), (0, 0), (13 * 60, 15 * 60))
"""Quiet hours of the people, in turn; most keep the shop's."""


Sent = tuple[int, datetime, str, datetime]
"""Booking, start, rule, and when it went."""


@dataclass
class Shop:
    id: int
    zone: str
    clocks: ZoneClock
    services: Mapping[int, list[str]]
    providers: list[int]
    people: list[tuple[int, tuple[int, int]]]  # customer, quiet hours
    owner: Actor


@dataclass
class Made:
    """A booking as the reference knows it: when, by which rules, what is yet to go."""

    shop: Shop
    starts_at: datetime
    service: int
    quiet: tuple[int, int]
    to_go: dict[str, datetime] = field(default_factory=dict)
    gone: bool = False

    def plan(self, now: datetime) -> None:
        ends = self.starts_at + timedelta(minutes=30)
        rules = self.shop.services[self.service]
        self.to_go = expected_reminders(
            self.shop.clocks, rules, self.starts_at, ends, self.quiet, now
        )


@dataclass
class Year:
    runtime: Runtime
    random: Random
    made: dict[int, Made] = field(default_factory=dict)
    expected: list[Sent] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    _moments: list[tuple[datetime, int, tuple[str, Any]]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def clock(self) -> FixedClock:
        assert isinstance(self.runtime.clock, FixedClock)
        return self.runtime.clock

    async def open(self, zone: str, **rules: Any) -> Shop:
        async with self.runtime.transaction() as ctx:
            shop_id = await add_shop(
                ctx,
                NewShop.from_columns(
                    name=zone,
                    timezone=zone,
                    country="ES",
                    currency="EUR",
                    address="Main Street 1",
                    agenda_today="",
                    agenda_tomorrow="",
                    **rules,
                    horizon_days=400,
                ),
            )
            await opening_hours.set_weekly_hours(ctx, shop_id, None, ALWAYS)
            default = rules.get("reminders", ["24h", "2h"])
            services = {
                await add_service(ctx, shop_id, NewService(name="Plain", minutes=30)): default,
                await add_service(
                    ctx, shop_id, NewService(name="Own rules", minutes=30, reminders=OVERRIDE)
                ): OVERRIDE,
            }
            providers = []
            for number in range(PROVIDERS):
                provider = await add_provider(ctx, shop_id, NewProvider(name=f"Provider {number}"))
                providers.append(provider)
                for service in services:
                    await set_offering(ctx, shop_id, provider, service)
            line_id = await lines.get_or_create_line(
                ctx, transport="terminal", channel="sms", address=zone, shop_id=shop_id
            )
            line = ChatHarness(self.runtime).line_of_channel(line_id, shop_id)
            own = (rules.get("quiet_from", 1260), rules.get("quiet_until", 480))
            customers = [await self._person(ctx, line, own) for _ in range(10)]
            owner = await add_member(
                ctx, shop_id, role="owner", phone=f"+346002{next(self._numbers):05}", alerts=False
            )
        clocks = ZoneClock.of(zone, *YEAR)
        return Shop(shop_id, zone, clocks, services, providers, customers, Actor("staff", owner))

    async def _person(
        self, ctx: Context, line: Any, usual: tuple[int, int]
    ) -> tuple[int, tuple[int, int]]:
        number = next(self._numbers)
        phone = f"+346001{number:05}"
        contact = await get_or_create_contact(ctx, line, phone)
        user = await verify_identity(
            ctx, "phone", phone, name="Marta", conversation_id=contact.conversation_id
        )
        hours = OWN_QUIET[number % len(OWN_QUIET)]
        if hours is not None:
            await ctx.execute(
                sa.update(tables.users)
                .where(tables.users.c.id == user)
                .values(quiet_from=hours[0], quiet_until=hours[1])
            )
        customer = await get_or_create_customer(ctx, line.shop_id, user, name="Marta", phone=phone)
        return customer, hours or usual

    # --- what happens ---------------------------------------------------------------------------

    def at(self, moment: datetime, what: tuple[str, Any]) -> None:
        heapq.heappush(self._moments, (moment, next(self._numbers), what))

    def start_of(self, shop: Shop, now: datetime) -> datetime:
        """Some start within forty days; often in the early morning, where quiet hours matter."""
        day = now + timedelta(days=self.random.choice([0, 0, 1, 1, 2, 3, 5, 9, 20, 40]))
        hour = self.random.choice([*range(24), 6, 7, 8, 9, 9, 10, 21, 22])
        reading = shop.clocks.reading(int(day.timestamp()) // 60) // 1440 * 1440
        minute = shop.clocks.begins[reading + hour * 60 + self.random.choice(range(0, 60, 5))]
        start = datetime.fromtimestamp(60 * minute, UTC)
        start -= timedelta(seconds=start.timestamp() % 300)
        return start if start > now else start + timedelta(days=1)

    def slot(self, shop: Shop, service: int, now: datetime) -> Slot:
        start = self.start_of(shop, now)
        provider = self.random.choice(shop.providers)
        end = start + timedelta(minutes=30)
        return Slot(shop.id, service, provider, start, end, None, "EUR")

    async def book(self, shop: Shop) -> None:
        now = self.clock.now()
        customer, hours = self.random.choice(shop.people)
        service = self.random.choice(list(shop.services))
        slot = self.slot(shop, service, now)
        async with self.runtime.transaction() as ctx:
            try:
                booked = await book_for_customer(
                    ctx, slot, actor=SYSTEM, customer_id=customer, key=f"b{next(self._numbers)}"
                )
            except SlotTaken:
                return
            # Of what is told at once others test that it arrives.
            unsent = "DELETE FROM outbox WHERE state IN ('due', 'sending') AND queue = 'alert'"
            await ctx.execute(sa.text(unsent))
        made = self.made[booked.id] = Made(shop, slot.starts_at, service, hours)
        made.plan(now)
        self._note(booked.id)
        left = slot.starts_at - now
        for share in (0.25, 0.1):
            if self.random.random() < share:
                self.at(now + left * self.random.random(), ("move", booked.id))
        if self.random.random() < 0.15:
            self.at(now + left * self.random.random(), ("cancel", booked.id))
        if self.random.random() < 0.1:
            self.at(now + left * self.random.random(), ("come", booked.id))

    async def change(self, what: str, booking_id: int) -> None:
        now, made = self.clock.now(), self.made[booking_id]
        if made.starts_at <= now or made.gone:
            return
        async with self.runtime.transaction() as ctx:
            if what == "cancel":
                await customer_actions.cancel_booking(ctx, booking_id, actor=SYSTEM)
                made.to_go, made.gone = {}, True
            elif what == "come":
                await customer_actions.confirm_attendance(ctx, booking_id, actor=made.shop.owner)
            else:
                slot = self.slot(made.shop, made.service, now)
                try:
                    await customer_actions.move_booking(
                        ctx, booking_id, slot, actor=made.shop.owner, key=f"m{next(self._numbers)}"
                    )
                except SlotTaken:
                    return
                made.starts_at = slot.starts_at
                made.plan(now)
                self._note(booking_id)
        self.done[what] += 1

    def _note(self, booking_id: int) -> None:
        for moment in self.made[booking_id].to_go.values():
            self.at(moment, ("go", booking_id))

    # --- the clock ------------------------------------------------------------------------------

    async def run(self, shops: list[Shop], count: int) -> None:
        for _ in range(count):
            moment = BEGINS + timedelta(minutes=self.random.randrange(DAYS * 24 * 60))
            self.at(moment, ("book", self.random.choice(shops)))
        while self._moments:
            self.clock.instant = self._moments[0][0]
            due = []
            while self._moments and self._moments[0][0] == self.clock.now():
                due.append(heapq.heappop(self._moments)[2])
            going = [booking_id for what, booking_id in due if what == "go"]
            for booking_id in going:
                self.expect(booking_id)
            # Between, too: whatever went when nothing should would be seen by its time.
            if going or self.random.random() < 0.1:
                await self.tick()
            for what, which in due:
                if what == "book":
                    await self.book(which)
                elif what != "go":
                    await self.change(what, which)
        self.clock.advance(timedelta(days=2))
        await self.tick()

    def expect(self, booking_id: int) -> None:
        """Reckon what of a booking should go at this very minute."""
        made, now = self.made[booking_id], self.clock.now()
        for rule in [rule for rule, moment in made.to_go.items() if moment == now]:
            self.expected.append((booking_id, made.starts_at, rule, made.to_go.pop(rule)))

    async def tick(self) -> None:
        """Send what is due now."""
        async with self.runtime.transaction() as ctx:
            while rows := await claim_due(ctx, limit=50):
                for row in rows:
                    await mark_sent(ctx, row.id, row.lease)


async def sent(runtime: Runtime) -> list[Sent]:
    async with runtime.read_transaction() as ctx:
        rows = await ctx.all(
            sa.select(tables.outbox.c.unique_key, tables.outbox.c.sent_at)
            .where(tables.outbox.c.queue == "reminder", tables.outbox.c.state == "sent")
            .order_by(tables.outbox.c.id)
        )
    found = []
    for row in rows:
        _, booking, start, rule = row.unique_key.split("/")
        found.append((int(booking), datetime.fromtimestamp(int(start), UTC), rule, row.sent_at))
    return found


async def live(runtime: Runtime, count: int, seed: int) -> Year:
    """Let a year pass with so many bookings."""
    if runtime.engine.dialect.name == "sqlite":
        async with runtime.engine.connect() as connection:  # nobody pulls a plug here
            await connection.exec_driver_sql("ROLLBACK")
            await connection.exec_driver_sql("PRAGMA synchronous = OFF")
    year = Year(runtime, Random(seed))
    year.clock.instant = BEGINS
    shops = [await year.open(zone, **rules) for zone, rules in SHOPS.items()]
    await year.run(shops, count)
    return year


def many(runtime: Runtime) -> int:
    """How many bookings: each takes some fifty statements, and PostgreSQL's are slower.

    YEAR_BOOKINGS sets more, for a whole year of them: 3000, say.
    """
    few = 400 if runtime.engine.dialect.name == "sqlite" else 150
    return int(os.environ.get("YEAR_BOOKINGS", few))


def test_reminder_times_agree_with_the_reference() -> None:
    """By the rules alone, without a database: five thousand bookings and moves in three zones."""
    chance, times = Random(11), Counter[str]()
    for zone in SHOPS:
        clocks = ZoneClock.of(zone, *YEAR)
        for _ in range(1700):
            now = BEGINS + timedelta(minutes=5 * chance.randrange(DAYS * 24 * 12))
            starts = now + timedelta(minutes=5 * chance.randrange(1, 40 * 24 * 12))
            ends = starts + timedelta(minutes=30)
            texts = chance.choice([*(one["reminders"] for one in SHOPS.values() if one), OVERRIDE])
            hours = chance.choice([(1260, 480), *(one for one in OWN_QUIET if one)])
            rules = [ReminderRule.parse(text) for text in texts]
            found = plan_reminders(rules, starts, ends, zone, hours, now)
            sent = {str(one.rule): one.due_at for one in found if not one.dropped_reason}
            assert sent == expected_reminders(clocks, texts, starts, ends, hours, now), (
                zone,
                starts,
                now,
            )
            times.update(sent.keys())
    assert set(times) == {"48h", "24h", "2h", "90m", "30m", "at 09:00", "after 2h", "after 24h"}
    assert times.total() > 5000


@pytest.mark.experiment
async def test_every_due_reminder_of_a_year_is_sent_once(runtime: Runtime) -> None:
    year = await live(runtime, many(runtime), seed=5)
    went = await sent(runtime)
    assert sorted(went) == sorted(year.expected)
    assert len(went) == len({(booking, start, rule) for booking, start, rule, _ in went})
    # Every kind of change happened, and every rule was heard of.
    assert set(year.done) == {"move", "cancel", "come"}
    rules = {"48h", "24h", "2h", "90m", "30m", "at 09:00", "after 2h", "after 24h"}
    assert {rule for _, _, rule, _ in went} == rules


@pytest.mark.experiment
async def test_presend_check_stops_reminders_that_were_not_rescheduled(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a forgotten call would leave behind is seen in the moment it is sent."""

    async def nothing(*_: Any, **__: Any) -> None:
        pass

    monkeypatch.setattr(schedule, "drop_reminders", nothing)
    year = await live(runtime, 60, seed=6)
    assert sorted(await sent(runtime)) == sorted(year.expected)


@pytest.mark.experiment
async def test_stale_reminders_go_out_with_both_guards_off(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the year would show it."""

    async def nothing(*_: Any, **__: Any) -> None:
        pass

    monkeypatch.setattr(schedule, "drop_reminders", nothing)
    monkeypatch.setattr(presend_checks, "obsolete_reason", lambda *_: "")
    year = await live(runtime, 60, seed=6)
    too_many = set(await sent(runtime)) - set(year.expected)
    assert set(year.expected) <= set(await sent(runtime))
    assert len(too_many) > 5
