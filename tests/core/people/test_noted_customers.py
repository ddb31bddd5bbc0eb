"""What a shop wrote down for a phone, and whose it is once the phone is proved."""

import pytest
import sqlalchemy as sa

from core.bookings.agenda import upcoming_bookings
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import customers
from core.people.customers import add_customer, change_customer
from core.people.verification import verify_identity
from core.values.people_changes import CustomerChange
from core.values.text_folding import names_agree
from tests.core.bookings.harness import BookingHarness, open_booking_harness

PHONE = "+34600000003"


@pytest.fixture
async def house(runtime: Runtime) -> BookingHarness:
    return await open_booking_harness(runtime)


async def note(house: BookingHarness, name: str) -> int:
    """The shop writes somebody down with Marta's phone, and books for them at the counter."""

    async def work(ctx: Context) -> int:
        made = await add_customer(ctx, house.shop, name, PHONE)
        change = CustomerChange(notes="allergic to dye")
        await change_customer(ctx, house.shop, made, change)
        return made

    made = await house.transact(work)
    await house.book_for("09:00", customer_id=made)
    return made


async def prove(house: BookingHarness) -> int:
    """Marta proves her phone; return how many bookings she is shown."""

    async def work(ctx: Context) -> int:
        talk = house.marta_talk
        user = await verify_identity(ctx, "phone", PHONE, conversation_id=talk, name="Marta")
        return len(await upcoming_bookings(ctx, user_id=user))

    return await house.transact(work)


@pytest.mark.parametrize("booked_before", [False, True])
@pytest.mark.parametrize("noted", ["Marta", "MARTA Ruiz"])
async def test_what_was_noted_under_ones_name_is_ones_own(
    house: BookingHarness,
    noted: str,
    booked_before: bool,
) -> None:
    await note(house, noted)
    if booked_before:
        await house.customer(house.marta)
    assert await prove(house) == 1
    rows = await house.rows(
        sa.select(customers.c.user_id, customers.c.notes).where(customers.c.phone == PHONE)
    )
    assert [tuple(row) for row in rows] == [(house.marta, "allergic to dye")]


async def test_under_another_name_nothing_is_shown_and_the_shop_is_told_once(
    house: BookingHarness,
) -> None:
    await note(house, "Berta Gil")
    assert (await prove(house), await prove(house)) == (0, 0)
    told = [one for one in await house.outbox_as_text() if "same_phone" in one]
    assert sorted(set(told)) == told
    assert told != []


async def test_who_proved_a_phone_is_found_at_the_counter(house: BookingHarness) -> None:
    own = await house.customer(house.marta)
    await house.overwrite_row(customers, own, phone=PHONE)

    async def work(ctx: Context) -> list[bool]:
        names = ("marta", "Marta Ruiz", "Berta")
        return [await add_customer(ctx, house.shop, name, PHONE) == own for name in names]

    assert await house.transact(work) == [True, True, False]


def test_which_names_agree() -> None:
    pairs = [
        ("Ana", "Ana García"),
        ("García", "Ana García"),
        ("gil ana", "Ana Gil"),
        ("Ana", "Eva"),
    ]
    assert [names_agree(*pair) for pair in pairs] == [True, False, True, False]
