"""A small salon in Madrid for tests: two who cut, one who colours too, weekdays 9 to 12."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from core.catalog.entities import Catalog, Slot
from core.catalog.loader import load_catalog
from core.db import tables
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import blocks, bookings, claims, seats, sessions
from core.localtime.opening_masks import Interval
from core.scheduling import availability, opening_hours
from core.shops import providers, services, shops
from core.values.catalog_changes import NewProvider, NewService
from core.values.shop_changes import NewShop
from tests.support.row_factory import RowFactory
from tests.support.seeding import planted

MADRID = ZoneInfo("Europe/Madrid")

MORNING = Interval(9 * 60, 12 * 60)


def madrid_instant(text: str, zone: ZoneInfo = MADRID) -> datetime:
    """The instant at which Madrid's clocks show "2026-03-10 09:30"."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@dataclass
class SchedulingHarness:
    """The shop's ids, and rows put straight into the tables."""

    ctx: Context
    shop_id: int
    cut: int
    colour: int
    ana: int
    leo: int
    names: dict[int, str]
    rows: RowFactory = field(init=False)

    def __post_init__(self) -> None:
        self.rows = RowFactory(self.ctx)
        self.rows.newest |= {"shops": self.shop_id, "services": self.cut, "providers": self.ana}

    async def catalog(self) -> Catalog:
        """The shop as it is now."""
        return await load_catalog(self.ctx, self.shop_id)

    async def find_starts(self, service: int, day: str, until: str = "", **more: Any) -> list[str]:
        """What is on offer on a local day, or up to the midnight that begins another."""
        return self.starts_as_text(await self.slots(service, day, until, **more))

    async def slots(self, service: int, day: str, until: str = "", **more: Any) -> list[Slot]:
        """The same, as slots."""
        start = madrid_instant(day)
        end = madrid_instant(until) if until else start + timedelta(days=1)
        found = await self.catalog()
        return await availability.find_slots(self.ctx, found, service, start=start, end=end, **more)

    def starts_as_text(self, found: Iterable[Slot]) -> list[str]:
        """Slots as people read them: day, local time, provider."""
        return [
            f"{slot.starts_at.astimezone(MADRID):%d %H:%M} {self.names[slot.provider_id]}"
            for slot in found
        ]

    async def calendar(self, provider_id: int) -> int:
        """A provider's calendar."""
        row = sa.select(tables.providers.c.calendar_id).where(tables.providers.c.id == provider_id)
        return int(await self.ctx.scalar(row))

    async def insert_booking(
        self,
        provider_id: int,
        start: str,
        minutes: int = 30,
        *,
        state: str = "confirmed",
        **more: Any,
    ) -> int:
        """Take time for a booking; `more` goes into the claim. Returns the booking's id."""
        begin = madrid_instant(start)
        end = begin + timedelta(minutes=minutes)
        booking = await self.rows.add(
            bookings,
            provider_id=provider_id,
            starts_at=begin,
            ends_at=end,
            state=state,
            held_until=more.get("held_until"),
        )
        calendar_id = more.pop("calendar_id", None) or await self.calendar(provider_id)
        await self.rows.add(
            claims,
            calendar_id=calendar_id,
            booking_id=booking,
            busy_from=begin,
            busy_until=end,
            **more,
        )
        return booking

    async def insert_block(self, calendar_id: int, start: str, minutes: int) -> int:
        """Take time for nobody. Returns the claim's id."""
        block = await self.rows.add(blocks, calendar_id=calendar_id)
        begin = madrid_instant(start)
        end = begin + timedelta(minutes=minutes)
        return await self.rows.add(
            claims,
            calendar_id=calendar_id,
            booking_id=None,
            block_id=block,
            busy_from=begin,
            busy_until=end,
        )

    async def insert_session(
        self, provider_id: int, start: str, *, capacity: int, **more: Any
    ) -> int:
        """Give the colour (a class, here) to several at once for an hour."""
        begin = madrid_instant(start)
        return await self.rows.add(
            sessions,
            service_id=self.colour,
            provider_id=provider_id,
            starts_at=begin,
            ends_at=begin + timedelta(hours=1),
            capacity=capacity,
            **more,
        )

    async def insert_seat(self, session_id: int, **more: Any) -> int:
        """Take one seat. Returns the booking's id."""
        booking = await self.rows.add(bookings, session_id=session_id, **more)
        await self.rows.add(seats, session_id=session_id, booking_id=booking)
        return booking


async def open_scheduling_harness(ctx: Context, **more: Any) -> SchedulingHarness:
    """Add the salon; `more` goes into its row."""
    shop_id, cut, colour, ana, leo = await _add_salon(ctx, **more)
    return SchedulingHarness(ctx, shop_id, cut, colour, ana, leo, {ana: "Ana", leo: "Leo"})


@planted
async def _add_salon(ctx: Context, **more: Any) -> tuple[int, int, int, int, int]:
    shop_id = await shops.add_shop(
        ctx,
        NewShop.from_columns(
            name="Bella Hair",
            keyword="bella",
            type="salon",
            city="Madrid",
            timezone="Europe/Madrid",
            country="ES",
            currency="EUR",
            **more,
        ),
    )
    await opening_hours.set_weekly_hours(ctx, shop_id, None, {day: [MORNING] for day in range(5)})
    cut = await services.add_service(
        ctx, shop_id, NewService(name="Cut", minutes=30, price_minor=2500)
    )
    colour = await services.add_service(
        ctx, shop_id, NewService(name="Colour", minutes=60, price_minor=6000)
    )
    ana = await providers.add_provider(ctx, shop_id, NewProvider(name="Ana", position=1))
    leo = await providers.add_provider(ctx, shop_id, NewProvider(name="Leo", position=2))
    for provider_id, service_id in ((ana, cut), (leo, cut), (ana, colour)):
        await providers.set_offering(ctx, shop_id, provider_id, service_id)
    return shop_id, cut, colour, ana, leo


class StatementLog(list[str]):
    """Statements in the order they ran; `full` has each with its parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.full: list[tuple[str, Any]] = []


@contextmanager
def log_statements(runtime: Runtime) -> Iterator[StatementLog]:
    """Collect the statements that run inside the block, savepoints and BEGIN left out."""
    seen = StatementLog()

    def note(_c: Any, _k: Any, statement: str, parameters: Any, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK")):
            seen.append(statement)
            seen.full.append((statement, parameters))

    engines = {runtime.engine.sync_engine}
    if runtime.engine.dialect.name == "sqlite":
        # Elsewhere the reader is the same engine with other options, and hears its events.
        engines.add(runtime.read_engine.sync_engine)
    for engine in engines:
        sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        for engine in engines:
            sa.event.remove(engine, "before_cursor_execute", note)
