"""A salon with its people, for tests of bookings: an owner, Marta and Hugo, and their talks.

Each verb runs in a transaction of its own, as each turn does.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa

from core.bookings import customer_actions
from core.bookings.booking import Booking, load_booking
from core.bookings.staff_actions import book_for_customer
from core.bookings.transitions import Actor
from core.catalog.entities import Slot
from core.catalog.loader import load_catalog
from core.clock import FixedClock
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import (
    booking_events,
    calendars,
    claims,
    conversations,
    customers,
    identities,
    members,
    outbox,
    seats,
    users,
)
from core.db.tables import bookings as bookings_table
from core.messaging import lines
from core.messaging.messages import decode_value
from core.scheduling import availability
from tests.core.scheduling.harness import MADRID, madrid_instant, open_scheduling_harness

T = TypeVar("T")

TUESDAY = "2026-03-10"
"""The day after the one tests stand at; the salon is open from 9 to 12."""


@dataclass
class BookingHarness:
    """Ids, and shortcuts that read what people would see."""

    runtime: Runtime
    shop: int
    cut: int
    colour: int
    ana: int
    leo: int
    owner: int
    receptionist: int
    marta: int
    hugo: int
    marta_talk: int
    hugo_talk: int
    owner_talk: int
    keys: int = 0

    @property
    def clock(self) -> FixedClock:
        """The clock, to be moved."""
        assert isinstance(self.runtime.clock, FixedClock)
        return self.runtime.clock

    @property
    def owner_actor(self) -> Actor:
        """The owner."""
        return Actor("staff", self.owner, "Olga")

    @property
    def customer_actor(self) -> Actor:
        """The customer Marta."""
        return Actor("customer", self.marta, "Marta")

    def key(self) -> str:
        """A key nobody used before."""
        self.keys += 1
        return f"test-{self.keys}"

    async def transact(self, work: Callable[[Context], Awaitable[T]]) -> T:
        """Run `work` in a transaction of its own."""
        return await self.runtime.run(work)

    def slot_at(
        self, time: str = "09:00", provider: int | None = None, day: str = TUESDAY, **more: Any
    ) -> Slot:
        """A cut as it would be offered."""
        start = madrid_instant(f"{day} {time}")
        values: dict[str, Any] = {
            "shop_id": self.shop,
            "service_id": self.cut,
            "provider_id": provider or self.ana,
            "starts_at": start,
            "ends_at": start
            + more.pop(
                "lasts", madrid_instant("2026-01-01 00:30") - madrid_instant("2026-01-01 00:00")
            ),
            "price_minor": 2500,
            "currency": "EUR",
        }
        return Slot(**{**values, **more})

    async def hold(self, time: str = "09:00", *, talk: int | None = None, **more: Any) -> Booking:
        """Hold a cut in Marta's talk."""
        provider = more.pop("provider", None)
        slot = more.pop("slot", None) or self.slot_at(time, provider)
        values: dict[str, Any] = {
            "conversation_id": talk or self.marta_talk,
            "key": more.pop("key", None) or self.key(),
            "origin": "sms",
        }
        return await self.transact(
            lambda ctx: customer_actions.hold_slot(ctx, slot, **values, **more)
        )

    async def book(self, time: str = "09:00", **more: Any) -> Booking:
        """Hold and book a cut for Marta."""
        held = await self.hold(time, **more)
        return await self.confirm_hold(held)

    async def confirm_hold(self, held: Booking, **more: Any) -> Booking:
        """Book what is held, for Marta."""
        values: dict[str, Any] = {"user_id": self.marta, "name": "Marta", "key": self.key()} | more
        return await self.transact(lambda ctx: customer_actions.book_hold(ctx, held.id, **values))

    async def book_for(self, time: str = "09:00", **more: Any) -> Booking:
        """Book a cut for Marta at the desk."""
        provider = more.pop("provider", None)
        slot = more.pop("slot", None) or self.slot_at(time, provider)
        values: dict[str, Any] = {"actor": self.owner_actor, "key": self.key()} | more
        values.setdefault("customer_id", await self.customer(self.marta))
        return await self.transact(lambda ctx: book_for_customer(ctx, slot, **values))

    async def move(self, booking: Booking, slot: Slot, **more: Any) -> Booking:
        """Move a booking, as Marta."""
        values: dict[str, Any] = {"actor": self.customer_actor, "key": self.key()} | more
        return await self.transact(
            lambda ctx: customer_actions.move_booking(ctx, booking.id, slot, **values)
        )

    async def cancel(self, booking: Booking, **more: Any) -> Booking:
        """Cancel a booking, as Marta."""
        values: dict[str, Any] = {"actor": self.customer_actor} | more
        return await self.transact(
            lambda ctx: customer_actions.cancel_booking(ctx, booking.id, **values)
        )

    async def report_late(self, booking: Booking, minutes: int, **more: Any) -> Booking:
        """Say that Marta will be late."""
        values = {"actor": self.customer_actor} | more
        return await self.transact(
            lambda ctx: customer_actions.mark_late(ctx, booking.id, minutes, **values)
        )

    async def act_as_owner(
        self, verb: Callable[..., Awaitable[T]], booking: Booking, **more: Any
    ) -> T:
        """Let the owner do something to a booking."""
        values: dict[str, Any] = {"actor": self.owner_actor} | more
        return await self.transact(lambda ctx: verb(ctx, booking.id, **values))

    async def customer(self, user_id: int) -> int:
        """A user's customer row, made if need be."""

        async def work(ctx: Context) -> int:
            mine = customers.c.user_id == user_id, customers.c.shop_id == self.shop
            found = await ctx.scalar(sa.select(customers.c.id).where(*mine))
            if found is not None:
                return int(found)
            name = await ctx.scalar(sa.select(users.c.name).where(users.c.id == user_id))
            values: dict[str, Any] = {"shop_id": self.shop, "user_id": user_id, "name": name}
            return await ctx.insert(customers, **values, created_at=ctx.now)

        return await self.transact(work)

    # -------------------------------------------------------------------------- what there is

    async def free_times(self, day: str = TUESDAY, provider: int | None = None) -> list[str]:
        """The local times at which a cut with Ana is on offer that day."""

        async def work(ctx: Context) -> list[str]:
            known = await load_catalog(ctx, self.shop)
            found = await availability.find_slots(
                ctx,
                known,
                self.cut,
                provider_id=provider or self.ana,
                start=madrid_instant(day),
                end=madrid_instant(f"{day} 23:55"),
            )
            return [f"{slot.starts_at.astimezone(MADRID):%H:%M}" for slot in found]

        return await self.transact(work)

    async def load_booking(self, booking: Booking, **whose: int) -> Booking:
        """A booking as it is in the database."""
        return await self.transact(lambda ctx: load_booking(ctx, booking.id, **whose))

    async def booking_states(self) -> list[str]:
        """The state of every booking, in the order they were made."""
        rows = sa.select(bookings_table.c.state).order_by(bookings_table.c.id)
        return [row.state for row in await self.rows(rows)]

    async def claims_as_text(self) -> list[str]:
        """Every claim as people read it: whose calendar, from, until, in order."""
        rows = await self.rows(
            sa.select(calendars.c.name, claims.c.busy_from, claims.c.busy_until)
            .join_from(claims, calendars, calendars.c.id == claims.c.calendar_id)
            .order_by(calendars.c.name, claims.c.busy_from)
        )
        return [f"{row.name} {_local(row.busy_from)}-{_local(row.busy_until)}" for row in rows]

    async def seats_as_text(self) -> list[tuple[int, int]]:
        """Every seat taken: its number and the booking."""
        rows = await self.rows(sa.select(seats.c.seat, seats.c.booking_id).order_by(seats.c.seat))
        return [(row.seat, row.booking_id) for row in rows]

    async def history_as_text(self, booking: Booking) -> list[str]:
        """What became of a booking, line by line."""
        rows = await self.rows(
            sa.select(booking_events)
            .where(booking_events.c.booking_id == booking.id)
            .order_by(booking_events.c.id)
        )
        return [f"{r.actor}: {r.action} {r.from_state} > {r.to_state}" for r in rows]

    async def outbox_as_text(self) -> list[str]:
        """Every message in the outbox but reminders: to whom, which text."""
        rows = await self.rows(
            sa.select(conversations.c.name, outbox.c.message)
            .join_from(outbox, conversations)
            .where(outbox.c.queue != "reminder")
            .order_by(outbox.c.id)
        )
        return [f"{row.name}: {decode_value(row.message).key}" for row in rows]

    async def params_of_newest(self, key: str) -> dict[str, Any]:
        """The parameters of the newest message with a text."""
        rows = await self.rows(sa.select(outbox.c.message).order_by(outbox.c.id.desc()))
        return next(dict(s.params) for row in rows if (s := decode_value(row.message)).key == key)

    async def rows(self, statement: sa.Executable) -> Any:
        """What a statement finds."""

        async def work(ctx: Context) -> Any:
            return await ctx.all(statement)

        return await self.transact(work)

    async def overwrite_row(self, table: sa.Table, row_id: int, **values: Any) -> None:
        """Overwrite columns of a row, behind everybody's back."""

        async def work(ctx: Context) -> None:
            await ctx.execute(table.update().where(table.c.id == row_id).values(values))

        await self.transact(work)

    async def change_shop(
        self, verb: Callable[..., Awaitable[Any]], *args: Any, **more: Any
    ) -> Any:
        """Change the shop by a verb of `core.shops.shops`."""
        return await self.transact(lambda ctx: verb(ctx, self.shop, *args, **more))


def _local(instant: datetime) -> str:
    return f"{instant.astimezone(MADRID):%d %H:%M}"


async def open_booking_harness(runtime: Runtime, **shop: Any) -> BookingHarness:
    """Open the salon; `shop` goes into its row."""

    async def work(ctx: Context) -> BookingHarness:
        place = await open_scheduling_harness(ctx, address="Calle Mayor 8", **shop)
        line = await lines.get_or_create_line(
            ctx, transport="terminal", channel="sms", address="+34915550100", shop_id=place.shop_id
        )

        async def person(name: str, phone: str) -> tuple[int, int]:
            user = await ctx.insert(users, name=name, created_at=ctx.now)
            identity = await ctx.insert(
                identities,
                user_id=user,
                kind="phone",
                value=phone,
                verified_at=ctx.now,
                used_at=ctx.now,
                created_at=ctx.now,
            )
            talk = await ctx.insert(
                conversations,
                line_id=line,
                address=phone,
                identity_id=identity,
                name=name,
                created_at=ctx.now,
            )
            return user, talk

        owner, owner_talk = await person("Olga", "+34600000001")
        receptionist, _ = await person("Rita", "+34600000002")
        marta, marta_talk = await person("Marta", "+34600000003")
        hugo, hugo_talk = await person("Hugo", "+34600000004")
        for user, role in ((owner, "owner"), (receptionist, "receptionist")):
            values: dict[str, Any] = {"shop_id": place.shop_id, "user_id": user, "role": role}
            await ctx.insert(members, **values, created_at=ctx.now)
        return BookingHarness(
            runtime,
            place.shop_id,
            place.cut,
            place.colour,
            place.ana,
            place.leo,
            owner,
            receptionist,
            marta,
            hugo,
            marta_talk,
            hugo_talk,
            owner_talk,
        )

    return await runtime.run(work)
