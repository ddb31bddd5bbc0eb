"""Random histories: whatever people and staff may do, done at random and at once by many.

The shop of the storm has two days of opening, so that everybody is in everybody's way: services of
three lengths with different buffers, one in a room, one that the shop approves, one in sessions.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from core.bookings import blocks, customer_actions, expiry, staff_actions
from core.bookings.blocks import block_time, remove_block
from core.bookings.staff_actions import book_for_customer, confirm_booking, decline_booking
from core.bookings.transitions import Actor
from core.bookings.visit_states import mark_completed, mark_no_show, mark_started, undo_outcome
from core.catalog.entities import Slot
from core.catalog.loader import load_catalog
from core.clock import FixedClock
from core.db import tables
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import bookings as bookings_table
from core.db.tables import calendars, sessions
from core.errors import SlotlineError
from core.localtime.opening_masks import Interval
from core.scheduling import availability, opening_hours
from core.shops import providers, rooms, shops
from core.shops.services import add_service
from core.values.catalog_changes import NewProvider, NewRoom, NewService, RulesChange
from core.values.shop_changes import NewShop
from tests.core.bookings.processes import add_customers
from tests.core.scheduling.harness import madrid_instant

CUSTOMER_COUNT = 24
BUDGET = 4
MAX_OPEN = 3
DAYS = ("2026-03-10", "2026-03-11")

Work = Callable[[Context], Awaitable[Any]]


async def open_random_shop(ctx: Context) -> dict[str, int]:
    """Open the shop of the storm; return the ids its workers need."""
    shop_id = await shops.add_shop(
        ctx,
        NewShop(
            name="Bella Hair",
            timezone="Europe/Madrid",
            country="ES",
            currency="EUR",
            max_unverified_holds=BUDGET,
            max_open_bookings=MAX_OPEN,
            hold_minutes=2,
            rules=RulesChange(grid_minutes=15, notice_minutes=0),
        ),
    )
    week = {day: [Interval(9 * 60, 15 * 60)] for day in range(5)}
    await opening_hours.set_weekly_hours(ctx, shop_id, None, week)
    services = [
        await add_service(ctx, shop_id, NewService(name="Cut", minutes=30, price_minor=2500)),
        await add_service(
            ctx,
            shop_id,
            NewService(
                name="Colour", minutes=60, price_minor=6000, rules=RulesChange(gap_after_minutes=15)
            ),
        ),
        await add_service(
            ctx,
            shop_id,
            NewService(
                name="Perm",
                minutes=90,
                price_minor=9000,
                rules=RulesChange(gap_before_minutes=10, gap_after_minutes=20, needs_approval=True),
            ),
        ),
        await add_service(
            ctx,
            shop_id,
            NewService(
                name="Class",
                minutes=60,
                price_minor=1500,
                sessions=True,
                rules=RulesChange(gap_after_minutes=5),
            ),
        ),
    ]
    for name in ("Ana", "Leo", "Eva"):
        provider = await providers.add_provider(ctx, shop_id, NewProvider(name=name))
        for service in services:
            await providers.set_offering(ctx, shop_id, provider, service)
    await rooms.add_room(ctx, shop_id, NewRoom(name="Colour room", service_ids=[services[1]]))
    owner = await add_customers(ctx, shop_id, CUSTOMER_COUNT)
    return {"shop": shop_id, "owner": owner}


@dataclass
class RandomActor:
    """One of those who act at random; talks `talks` are its own, all else is everybody's."""

    runtime: Runtime
    shop: int
    owner: Actor
    talks: range
    guests: range
    chance: random.Random
    starts: int = 24
    """Quarters of an hour from nine on in which things begin: the fewer, the more crowded."""
    seen: Counter[str] = field(default_factory=Counter)
    keys: int = 0

    def key(self) -> str:
        """A key of its own; now and then its last one again."""
        self.keys += self.chance.random() < 0.95
        return f"{self.talks.start}-{self.keys}"

    async def act(self) -> None:
        """Do one thing at random, in a transaction of its own, and count what came of it."""
        verb: Callable[[Context], Awaitable[str]] = self.chance.choices(
            (
                self.hold, self.book, self.move, self.cancel, self.book_for, self.decide,
                self.visit, self.release, self.expire, self.block, self.unblock,
                self.add_session, self.cancel_session, self.overbook,
            ),
            weights=(12, 12, 10, 5, 6, 3, 3, 2, 2, 2, 2, 3, 1, 1),
        )[0]  # fmt: skip
        state = self.chance.getstate(), self.keys

        async def again(ctx: Context) -> str:
            # A transaction run again does the same.
            self.chance.setstate(state[0])
            self.keys = state[1]
            return await verb(ctx)

        name = verb.__name__
        try:
            self.seen[f"{name}: {await self.runtime.run(again)}"] += 1
        except SlotlineError as error:
            self.seen[f"{name}: {error.code}"] += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shall name it
            self.seen[f"fault in {name}: {type(error).__name__}: {error}"] += 1

    # ------------------------------------------------------------------------ what is done

    async def hold(self, ctx: Context) -> str:
        talk = self.chance.choice(self.talks)
        slot = await self._slot(ctx)
        known = self.chance.random() < 0.3
        user = self.chance.choice(self.guests) if known else None
        held = await customer_actions.hold_slot(
            ctx, slot, conversation_id=talk, key=self.key(), origin="sms", user_id=user
        )
        return held.state

    async def book(self, ctx: Context) -> str:
        found = await self._any(
            ctx,
            bookings_table.c.conversation_id.in_(self.talks),
            bookings_table.c.state.in_(("held", "held", "expired")),
        )
        if found is None:
            return "nothing"
        user = self.chance.choice(self.guests)
        if found.created_by.startswith("user:"):
            user = int(found.created_by.removeprefix("user:"))
        booked = await customer_actions.book_hold(ctx, found.id, user_id=user, key=self.key())
        return booked.state

    async def move(self, ctx: Context) -> str:
        found = await self._any(ctx, bookings_table.c.state.in_(("pending", "confirmed")))
        if found is None:
            return "nothing"
        slot = await self._slot(ctx, found.service_id)
        moved = await customer_actions.move_booking(
            ctx, found.id, slot, actor=self._actor(found), key=self.key()
        )
        return moved.state

    async def cancel(self, ctx: Context) -> str:
        found = await self._any(ctx, bookings_table.c.state.in_(("pending", "confirmed")))
        if found is None:
            return "nothing"
        return (
            await customer_actions.cancel_booking(ctx, found.id, actor=self._actor(found))
        ).state

    async def book_for(self, ctx: Context) -> str:
        slot, guest = await self._slot(ctx), self.chance.choice(self.guests)
        booked = await book_for_customer(
            ctx, slot, actor=self.owner, customer_id=guest, key=self.key()
        )
        return booked.state

    async def overbook(self, ctx: Context) -> str:
        slot, guest = await self._slot(ctx), self.chance.choice(self.guests)
        booked = await staff_actions.overbook(
            ctx, slot, actor=self.owner, customer_id=guest, key=self.key()
        )
        return booked.state

    async def decide(self, ctx: Context) -> str:
        found = await self._any(ctx, bookings_table.c.state == "pending")
        if found is None:
            return "nothing"
        verb = self.chance.choice((confirm_booking, decline_booking))
        return (await verb(ctx, found.id, actor=self.owner)).state

    async def visit(self, ctx: Context) -> str:
        found = await self._any(ctx, bookings_table.c.state.not_in(("held", "expired")))
        if found is None:
            return "nothing"
        verbs = mark_started, mark_completed, mark_no_show, undo_outcome
        return (await self.chance.choice(verbs)(ctx, found.id, actor=self.owner)).state

    async def release(self, ctx: Context) -> str:
        found = await self._any(
            ctx,
            bookings_table.c.conversation_id.in_(self.talks),
            bookings_table.c.state == "held",
        )
        if found is None:
            return "nothing"
        return (await customer_actions.release_hold(ctx, found.id)).state

    async def expire(self, ctx: Context) -> str:
        await expiry.expire_overdue(ctx)
        return "done"

    async def block(self, ctx: Context) -> str:
        ids = (await ctx.execute(sa.select(calendars.c.id).order_by(calendars.c.id))).scalars()
        start = self._start()
        # Now and then a whole weekend, kept in several claims.
        lasts = timedelta(minutes=self.chance.choice((30, 45, 120, 60 * 50)))
        await block_time(
            ctx,
            shop_id=self.shop,
            calendar_id=self.chance.choice(ids.all()),
            start=start,
            end=start + lasts,
            actor=self.owner,
        )
        return "blocked"

    async def unblock(self, ctx: Context) -> str:
        found = (
            (await ctx.execute(sa.select(tables.blocks.c.id).order_by(tables.blocks.c.id)))
            .scalars()
            .all()
        )
        if not found:
            return "nothing"
        one = self.chance.choice(found)
        await remove_block(ctx, one, shop_id=self.shop, actor=self.owner)
        return "free"

    async def add_session(self, ctx: Context) -> str:
        known = await load_catalog(ctx, self.shop)
        await blocks.add_session(
            ctx,
            shop_id=self.shop,
            service_id=known.services[3].id,
            provider_id=self.chance.choice(known.providers).id,
            starts_at=self._start(),
            capacity=3,
            actor=self.owner,
        )
        return "added"

    async def cancel_session(self, ctx: Context) -> str:
        found = await self._session(ctx)
        if found is None:
            return "nothing"
        await blocks.cancel_session(ctx, found.id, shop_id=self.shop, actor=self.owner)
        return "gone"

    # ------------------------------------------------------------------------ what is picked

    def _start(self) -> Any:
        minutes = 15 * self.chance.randrange(self.starts)
        return madrid_instant(f"{self.chance.choice(DAYS)} 09:00") + timedelta(minutes=minutes)

    async def _slot(self, ctx: Context, service_id: int | None = None) -> Slot:
        """A slot as somebody saw it some time ago: on offer, taken, or never."""
        known = await load_catalog(ctx, self.shop)
        service = known.service(service_id or self.chance.choice(known.services).id)
        if service.sessions and (found := await self._session(ctx)) is not None:
            return Slot(
                self.shop,
                service.id,
                found.provider_id,
                found.starts_at,
                found.ends_at,
                service.price_minor,
                "EUR",
                found.id,
            )
        provider = self.chance.choice(known.providers)
        start = self._start()
        return Slot(
            self.shop,
            service.id,
            provider.id,
            start,
            start + timedelta(minutes=service.minutes),
            service.price_minor,
            "EUR",
        )

    async def _session(self, ctx: Context) -> Any:
        which = sa.select(sessions).where(sessions.c.cancelled_at.is_(None))
        found = await ctx.all(which.order_by(sessions.c.id))
        return self.chance.choice(found) if found else None

    async def _any(self, ctx: Context, *conditions: sa.ColumnElement[bool]) -> Any:
        """One of the newest bookings that meet the conditions."""
        newest = sa.select(bookings_table).where(*conditions)
        found = await ctx.all(newest.order_by(bookings_table.c.id.desc()).limit(6))
        return self.chance.choice(found) if found else None

    def _actor(self, row: Any) -> Actor:
        # A customer's row has the id of their user, see `gather_crowd`.
        staff = self.chance.random() < 0.5
        return self.owner if staff else Actor("customer", row.customer_id)


def disable_locks_and_checks() -> None:
    """For a control: let this process, to its end, lock nothing and find every slot free."""

    async def nothing(*_: Any, **__: Any) -> None:
        pass

    Context.lock_rows = nothing  # type: ignore[method-assign]
    availability.ensure_available = nothing


async def run_random_history(runtime: Runtime, argument: dict[str, Any]) -> dict[str, Any]:
    """Let `tasks` workers act at once until `acts` things are done; return what came of them.

    A clock stands still for one round of acts and then goes on by 20 seconds.
    """
    assert isinstance(runtime.clock, FixedClock)
    if argument["careless"]:
        disable_locks_and_checks()
    first = argument["owner"] + 1
    each = argument["talks"] // argument["tasks"]
    start = first + argument["from"]
    workers = [
        RandomActor(
            runtime,
            argument["shop"],
            Actor("staff", argument["owner"], "Olga"),
            range(start + n * each, start + (n + 1) * each),
            range(first, first + 6),
            random.Random(argument["seed"] + n),
            starts=argument["starts"],
        )
        for n in range(argument["tasks"])
    ]
    for _ in range(argument["acts"] // argument["tasks"]):
        await asyncio.gather(*(worker.act() for worker in workers))
        runtime.clock.advance(timedelta(seconds=20))
    return {"seen": sum((worker.seen for worker in workers), Counter())}
