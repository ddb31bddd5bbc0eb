"""How many statements each verb takes: on the path of a turn, each costs some 200 µs.

Locks are statements on PostgreSQL alone; savepoints count. What is read of people and what is put
into the outbox is included: one owner and one receptionist hear of each booking, and its reminders
are planned (three statements) or taken back (two); a confirmation also tells whoever else was
asked that it is decided (two).
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from core.bookings.staff_actions import confirm_booking
from core.db.runtime import Runtime
from core.errors import SlotTaken
from core.shops import shops
from core.shops.providers import add_provider, change_provider, set_offering
from core.values.catalog_changes import NewProvider, ProviderChange, RulesChange
from tests.core.bookings.harness import BookingHarness, open_booking_harness


@contextmanager
def counted(runtime: Runtime) -> Iterator[list[str]]:
    """Collect every statement that runs inside the block, but BEGIN."""
    seen: list[str] = []

    def note(_c: Any, _k: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    engine = runtime.engine.sync_engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


# SQLite, PostgreSQL: for a catalog that is known.
COUNTS = {
    "hold": (6, 7),
    "hold of a known user": (7, 8),
    "hold instead of another": (11, 12),
    "hold of a taken slot": (4, 5),
    "first booking": (13, 15),
    "booking": (11, 13),
    "booking of a hold that ran out": (15, 17),
    "move": (16, 17),
    "cancel": (9, 9),
    "booking at the desk": (14, 15),
    "confirmation": (14, 15),
}


async def count(house: BookingHarness) -> dict[str, int]:
    customer = await house.customer(house.hugo)
    found = {}

    async def measure(name: str, work: Callable[[], Awaitable[Any]]) -> Any:
        with counted(house.runtime) as seen:
            done = await work()
        found[name] = len(seen)
        return done

    await house.free_times()
    first = await measure("hold", lambda: house.hold("09:00"))
    await measure("first booking", lambda: house.confirm_hold(first))
    known = await measure("hold of a known user", lambda: house.hold("09:30", user_id=house.marta))
    booked = await measure("booking", lambda: house.confirm_hold(known))
    await house.hold("10:00")
    await measure("hold instead of another", lambda: house.hold("10:30"))
    await measure(
        "hold of a taken slot", lambda: refused(house.hold("10:30", talk=house.hugo_talk))
    )
    await measure("move", lambda: house.move(booked, house.slot_at("11:30")))
    await measure("cancel", lambda: house.cancel(booked))
    await measure("booking at the desk", lambda: house.book_for("11:00", customer_id=customer))
    held = await house.hold("10:00", talk=house.hugo_talk)
    house.clock.move_to("2026-03-09T09:10Z")
    await measure("booking of a hold that ran out", lambda: house.confirm_hold(held))
    await house.change_shop(shops.set_booking_rules, RulesChange(needs_approval=True))
    asked = await house.book("09:30")
    await measure("confirmation", lambda: house.act_as_owner(confirm_booking, asked))
    return found


async def refused(work: Awaitable[Any]) -> None:
    with pytest.raises(SlotTaken):
        await work


@pytest.mark.parametrize("providers", [1, 3])
async def test_each_booking_command_has_its_statement_count(
    runtime: Runtime, providers: int
) -> None:
    house = await open_booking_harness(runtime)
    if providers == 1:
        await house.change_shop(change_provider, house.leo, ProviderChange(active=False))
    else:
        eva = await house.change_shop(add_provider, NewProvider(name="Eva"))
        await house.change_shop(set_offering, eva, house.cut)
    place = ("sqlite", "postgresql").index(runtime.engine.dialect.name)
    assert await count(house) == {name: counts[place] for name, counts in COUNTS.items()}
