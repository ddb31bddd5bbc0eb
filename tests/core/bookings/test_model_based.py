"""Whatever is done in whatever order: the core and a slow, obvious model say the same."""

import asyncio
import shutil
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.bookings import customer_actions, expiry
from core.bookings.booking import Booking
from core.db.context import Context
from core.errors import SlotlineError
from core.shops import shops
from core.values.catalog_changes import RulesChange
from tests.core.bookings import invariants
from tests.core.bookings.harness import BookingHarness, open_booking_harness
from tests.support.runtimes import open_runtime

OPENS, CLOSES = 9 * 60, 12 * 60
HOLD = 5
MAX_OPEN = 2

# minutes, buffer before, buffer after, price
CUT = (30, 0, 0, 2500)
COLOUR = (60, 10, 15, 6000)

times = st.integers(0, 11).map(lambda n: OPENS - 15 + 15 * n)
talks = st.integers(0, 1)
ops = st.lists(
    st.one_of(
        st.tuples(st.just("hold"), talks, times, st.booleans(), st.booleans()),
        st.tuples(st.just("book"), st.integers(0, 9)),
        st.tuples(st.just("move"), st.integers(0, 9), times, st.booleans()),
        st.tuples(st.just("cancel"), st.integers(0, 9)),
        st.tuples(st.just("release"), st.integers(0, 9)),
        st.tuples(st.just("wait"), st.integers(1, 4)),
        st.tuples(st.just("sweep")),
    ),
    max_size=25,
)


@dataclass
class One:
    """A booking as the model knows it; times in minutes, of Tuesday and of the clock."""

    talk: int
    colour: bool
    leo: bool
    start: int
    state: str = "held"
    until: int = 0

    @property
    def kind(self) -> tuple[int, int, int, int]:
        return COLOUR if self.colour else CUT


@dataclass
class Model:
    """Time as a list of minutes, looked at one by one."""

    now: int = 0
    ones: list[One] = field(default_factory=list)

    def counts(self, one: One) -> bool:
        return one.state == "confirmed" or (one.state == "held" and one.until > self.now)

    def obstacle(self, new: One, ignore: One | None) -> str:
        minutes, before, after, _ = new.kind
        if new.start < OPENS or new.start + minutes > CLOSES or (new.colour and new.leo):
            return "not_offered"
        for one in self.ones:
            if one is ignore or one.leo != new.leo or not self.counts(one):
                continue
            length, gap_before, gap_after, _ = one.kind
            busy = set(range(one.start, one.start + length))
            near = set(range(one.start - gap_before, one.start + length + gap_after))
            mine = set(range(new.start, new.start + minutes))
            around = set(range(new.start - before, new.start + minutes + after))
            if mine & near or around & busy:
                return "slot_taken"
        return ""

    def hold(self, talk: int, start: int, colour: bool, leo: bool) -> str:
        new = One(talk, colour, leo, start, until=self.now + HOLD)
        own = next((o for o in self.ones if o.talk == talk and o.state == "held"), None)
        if said := self.obstacle(new, own):
            return said
        if own is not None:
            own.state = "expired"
        self._swept(new)
        self.ones.append(new)
        return "held"

    def book(self, one: One) -> str:
        if one.state not in {"held", "expired"}:
            return "wrong_state"
        if sum(o.state == "confirmed" for o in self.ones) >= MAX_OPEN:
            return "too_many_open"
        if not self.counts(one) and (said := self.obstacle(one, one)):
            return said
        self._swept(one)
        one.state = "confirmed"
        return "confirmed"

    def move(self, one: One, start: int, leo: bool) -> str:
        if one.state != "confirmed":
            # Whoever never booked has nothing to move.
            return "not_found" if one.state in {"held", "expired"} else "wrong_state"
        new = One(one.talk, one.colour, leo, start)
        if (new.start, new.leo) == (one.start, one.leo):
            return "confirmed"
        if said := self.obstacle(new, one):
            return said
        one.start, one.leo = start, leo
        self._swept(one)
        return "confirmed"

    def cancel(self, one: One) -> str:
        if one.state != "confirmed":
            return "not_found" if one.state in {"held", "expired"} else "wrong_state"
        one.state = "cancelled"
        return "cancelled"

    def release(self, one: One) -> str:
        if one.state not in {"held", "expired"}:
            return "wrong_state"
        one.state = "expired"
        return "expired"

    def sweep(self) -> None:
        for one in self.ones:
            if one.state == "held" and one.until <= self.now:
                one.state = "expired"

    def _swept(self, new: One) -> None:
        """Only what is in the way is swept: all that ran out there, once one of it is."""

        def overlaps(one: One) -> bool:
            return (
                one.leo == new.leo
                and one.start < new.start + new.kind[0]
                and new.start < one.start + one.kind[0]
            )

        due = [o for o in self.ones if o.state == "held" and o.until <= self.now and o is not new]
        if any(overlaps(one) for one in due):
            for one in due:
                if one.leo == new.leo:
                    one.state = "expired"


def _slot(house: BookingHarness, colour: bool, leo: bool, start: int) -> Any:
    minutes, _, _, price = COLOUR if colour else CUT
    return house.slot_at(
        f"{start // 60:02}:{start % 60:02}",
        house.leo if leo else house.ana,
        service_id=house.colour if colour else house.cut,
        price_minor=price,
        lasts=timedelta(minutes=minutes),
    )


async def _play(file: Path, moves: list[tuple[Any, ...]]) -> None:
    runtime = open_runtime(f"sqlite+aiosqlite:///{file}", file.parent)
    try:
        house = await open_booking_harness(runtime, grid_minutes=15, max_open_bookings=MAX_OPEN)
        gaps = {"gap_before_minutes": COLOUR[1], "gap_after_minutes": COLOUR[2]}
        await house.change_shop(
            shops.set_booking_rules, RulesChange(**gaps), service_id=house.colour
        )
        model, made = Model(), list[Booking]()
        for name, *values in moves:
            wanted, got = await _step(house, model, made, name, values)
            assert got == wanted, f"{name} {values}"
            assert await house.booking_states() == [one.state for one in model.ones]

        async def ask(ctx: Context) -> list[str]:
            return await invariants.find_violations(
                ctx, budget=20, max_open_bookings=MAX_OPEN, now=ctx.now
            )

        assert await house.transact(ask) == []
    finally:
        await runtime.close()


async def _step(
    house: BookingHarness, model: Model, made: list[Booking], name: str, values: list[Any]
) -> tuple[str, str]:
    """Do one thing in both; return what each says of it."""
    if name == "wait":
        model.now += values[0]
        house.clock.advance(timedelta(minutes=values[0]))
        return "", ""
    if name == "sweep":
        model.sweep()
        await house.transact(expiry.expire_overdue)
        return "", ""
    wanted = ""
    try:
        if name == "hold":
            wanted = model.hold(*values)
            talk, start, colour, leo = values
            held = await house.hold(
                slot=_slot(house, colour, leo, start),
                talk=(house.marta_talk, house.hugo_talk)[talk],
            )
            made.append(held)
            return wanted, held.state
        if not made:
            return "", ""
        at, *rest = values
        at %= len(made)
        wanted = getattr(model, name)(model.ones[at], *rest)
        one = await house.load_booking(made[at])
        if name == "book":
            return wanted, (await house.confirm_hold(one)).state
        if name == "move":
            colour = one.service_id == house.colour
            start, leo = rest
            return wanted, (await house.move(one, _slot(house, colour, leo, start))).state
        if name == "cancel":
            return wanted, (await house.cancel(one)).state
        return wanted, (
            await house.transact(lambda ctx: customer_actions.release_hold(ctx, one.id))
        ).state
    except SlotlineError as refused:
        return wanted, refused.code


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=ops)
def test_random_booking_commands_agree_with_the_reference_model(
    moves: list[tuple[Any, ...]], migrated_sqlite: Path, tmp_path: Path
) -> None:
    file = tmp_path / "slotline.db"
    for old in tmp_path.glob("slotline.db*"):
        old.unlink()
    shutil.copy(migrated_sqlite, file)
    asyncio.run(_play(file, moves))
