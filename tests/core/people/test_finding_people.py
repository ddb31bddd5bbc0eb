"""People are found however one writes their name, their phone or the reference."""

import pytest

from core.bookings.agenda import booking_by_ref
from core.bookings.search import BookingFilter, BookingScope, find_bookings
from core.db.context import Context
from core.db.pagination import PageRequest
from core.db.runtime import Runtime
from core.people.customers import add_customer, change_customer, merge_customers
from core.people.search import find_customers
from core.values.people_changes import CustomerChange
from core.values.text_folding import fold_reference, name_matches, search_terms
from tests.core.bookings.harness import BookingHarness, open_booking_harness

PEOPLE = (
    ("María-José Núñez López", "+34611222333"),
    ("Siobhán O’Brien", "+442071838750"),
    ("李明", "+8613800138000"),
    ("प्रिया शर्मा", "+919876543210"),
    ("Jørgen Straße", ""),
)


@pytest.fixture
async def house(runtime: Runtime) -> BookingHarness:
    return await open_booking_harness(runtime)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("maria", [0]),
        ("NUÑEZ maría", [0]),
        ("lopez nunez", [0]),
        ("611 222 333", [0]),
        ("+34 611-222-333", [0]),
        ("0034611222333", [0]),
        ("(611) 22.23.33", [0]),
        ("o'brien", [1]),
        ("OBrien siobhan", [1]),
        ("020 7183 8750", [1]),
        ("+44 (0)20 7183 8750", [1]),
        ("李", [2]),
        ("明", [2]),
        ("प्रिया", [3]),
        ("९८७६५ ४३२१०", [3]),
        ("jorgen strasse", [4]),
        ("maria obrien", []),
        ("'", []),
        ("%", []),
    ],
)
async def test_customers_are_found(house: BookingHarness, words: str, found: list[int]) -> None:
    async def work(ctx: Context) -> list[str]:
        for name, phone in PEOPLE:
            await add_customer(ctx, house.shop, name, phone)
        page = await find_customers(ctx, house.shop, words, PageRequest(10))
        return [row.name for row in page.items]

    assert await house.transact(work) == [PEOPLE[n][0] for n in found]


async def test_what_a_customer_is_found_by_follows_every_change(house: BookingHarness) -> None:
    async def work(ctx: Context) -> list[list[str]]:
        kept = await add_customer(ctx, house.shop, "Inés Gil")
        other = await add_customer(ctx, house.shop, "Ines G", "+34611222333")
        seen = []

        async def look(*words: str) -> None:
            for one in words:
                page = await find_customers(ctx, house.shop, one, PageRequest(10))
                seen.append([row.name for row in page.items])

        change = CustomerChange(name="Agnès Gil", email="Agnes@Example.com")
        await change_customer(ctx, house.shop, kept, change)
        await look("ines", "agnes gil", "agnes@example.com")
        await merge_customers(ctx, house.shop, other, kept)
        await look("611222333", "ines")
        return seen

    agnes = ["Agnès Gil"]
    assert await house.transact(work) == [["Ines G"], agnes, agnes, agnes, []]


async def test_a_booking_is_found_by_its_reference_without_the_dash(house: BookingHarness) -> None:
    booked = await house.book("09:00")
    spellings = [booked.ref.replace("-", ""), booked.ref.lower(), booked.ref.replace("-", " ")]

    async def work(ctx: Context) -> list[list[int]]:
        found = []
        for text in (*spellings, "MARTA", "600 000 003"):
            scope, wanted = BookingScope(shops={house.shop}), BookingFilter(text=text)
            page = await find_bookings(ctx, scope, wanted, PageRequest(10))
            found.append([one.id for one in page.items])
        for text in spellings:
            one = await booking_by_ref(ctx, house.shop, text)
            found.append([] if one is None else [one.id])
        return found

    assert await house.transact(work) == [[booked.id]] * 8


def test_the_owner_chats_reading_of_a_name_is_the_same() -> None:
    assert name_matches("jose", "María-José Núñez") is True
    assert name_matches("núñez MARIA", "María-José Núñez") is True
    assert name_matches("o'b", "Siobhán O’Brien") is True
    assert name_matches("", "Ana") is False
    assert (fold_reference("k7q 3md"), fold_reference("K7Q-3M")) == ("K7Q-3MD", "")
    assert search_terms("Ana 600") == ["ana", "600"]
