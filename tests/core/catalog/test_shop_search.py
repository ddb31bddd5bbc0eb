"""Shops found by what people type."""

import pytest

from core.catalog.shop_search import list_shops, search_shops, shop_by_keyword
from core.db.context import Context
from core.db.runtime import Runtime
from core.shops import shops
from core.values.shop_changes import NewShop
from core.values.text_folding import fold_text
from tests.core.scheduling.harness import log_statements

SHOPS = [
    ("Bella Hair", "BELLA", "hair salon, peluquería", "Madrid"),
    ("Dental Sunrise", "SUNRISE", "dentist, clinic", "Pune"),
    ("Brooklyn Blades", "BLADES", "barber", "New York"),
    ("Peluquería Ñandú", None, "peluquería", "Alcalá de Henares"),
    ("Bella Nails", "NAILS", "nail studio", "Łódź"),
]


@pytest.fixture
async def town(ctx: Context) -> Context:
    for name, keyword, kind, city in SHOPS:
        await shops.add_shop(
            ctx,
            NewShop(
                name=name,
                keyword=keyword,
                type=kind,
                city=city,
                timezone="Europe/Madrid",
                country="ES",
                currency="EUR",
            ),
        )
    return ctx


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bella hair", ["Bella Hair"]),
        ("Bela Hiar", ["Bella Hair"]),
        ("bellahair", ["Bella Hair"]),
        ("BELLA", ["Bella Hair", "Bella Nails"]),
        ("bel", ["Bella Hair", "Bella Nails"]),
        ("nandu", ["Peluquería Ñandú"]),
        ("peluqueria nandú", ["Peluquería Ñandú", "Bella Hair"]),
        ("PELUQUERÍA", ["Peluquería Ñandú", "Bella Hair"]),
        ("peluqeria en madrid", ["Bella Hair"]),
        ("alcala", ["Peluquería Ñandú"]),
        ("a dentist in Pune please", ["Dental Sunrise"]),
        ("dentsit", ["Dental Sunrise"]),
        ("I would like to find a barber in New York please", ["Brooklyn Blades"]),
        ("I am new here", []),
        ("barbers", ["Brooklyn Blades"]),
        ("brooklin", ["Brooklyn Blades"]),
        ("barber new york", ["Brooklyn Blades"]),
        ("lodz", ["Bella Nails"]),
        ("nail", ["Bella Nails"]),
        ("zebra", []),
        ("hi", []),
        ("", []),
        ("¿?!", []),
        ("💈", []),
        ("\0", []),
        ("x" * 10_000, []),
        ("%", []),
    ],
)
async def test_shop_search_finds_by_words(town: Context, text: str, found: list[str]) -> None:
    assert [shop.name for shop in await search_shops(town, text)] == found


@pytest.mark.parametrize("word", ["BELLA", "bella", " Bella! ", "béllà"])
async def test_a_keyword_opens_its_shop_however_it_is_written(town: Context, word: str) -> None:
    shop = await shop_by_keyword(town, word)
    assert shop is not None
    assert shop.name == "Bella Hair"


@pytest.mark.parametrize("word", ["bell", "", "💈", "bella hair", "\0"])
async def test_invalid_keywords_are_refused(town: Context, word: str) -> None:
    assert await shop_by_keyword(town, word) is None


async def test_shop_search_without_words_lists_all_by_name(town: Context) -> None:
    assert [shop.name for shop in await list_shops(town)] == [
        "Bella Hair",
        "Bella Nails",
        "Brooklyn Blades",
        "Dental Sunrise",
        "Peluquería Ñandú",
    ]


async def test_shop_search_takes_one_statement(town: Context, runtime: Runtime) -> None:
    with log_statements(runtime) as seen:
        await search_shops(town, "bella")
        await search_shops(town, "peluqueria")
        await shop_by_keyword(town, "bella")
    assert len(seen) == 3


def test_keywords_are_folded_before_comparison() -> None:
    assert fold_text("ÀÉÎÕÜ Straße Łódź ﬁne ①") == "aeiou strasse lodz fine 1"
