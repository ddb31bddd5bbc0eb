"""Small shops that tests and golden transcripts talk to, built by the verbs an admin uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.channels.lines import Line
from core.db.context import Context
from core.localtime.opening_masks import Interval
from core.messaging import lines
from core.people import pairing
from core.people.identities import get_or_create_contact
from core.people.members import add_member
from core.people.staff_proofs import note_staff_proof
from core.scheduling import opening_hours
from core.shops import shops
from core.shops.providers import add_provider, set_offering
from core.shops.services import add_category, add_service
from core.values.catalog_changes import NewCategory, NewProvider, NewService
from core.values.shop_changes import NewShop

NINE_TO_SIX = (Interval(9 * 60, 18 * 60),)
WEEKDAYS: Mapping[int, tuple[Interval, ...]] = dict.fromkeys(range(5), NINE_TO_SIX)


@dataclass(frozen=True, slots=True)
class BuiltShop:
    """A shop as tests refer to it: ids by name."""

    shop_id: int
    line_id: int
    address: str
    services: Mapping[str, int]
    providers: Mapping[str, int]


async def build_salon(ctx: Context, **rules: object) -> BuiltShop:
    """Bella Hair in Madrid: Ana and Leo, three services, nothing to approve."""
    shop_id = await shops.add_shop(
        ctx,
        NewShop.from_columns(
            name="Bella Hair",
            keyword="BELLA",
            type="salon",
            city="Madrid",
            address="Calle Mayor 8",
            timezone="Europe/Madrid",
            country="ES",
            currency="EUR",
            phone="+34915550100",
            answers={"parking": "Yes, Plaza Sol.", "payment": "Cash, card or Bizum."},
            **{"language": "en", **rules},
        ),
    )
    await opening_hours.set_weekly_hours(ctx, shop_id, None, WEEKDAYS)
    hair = await add_category(ctx, shop_id, NewCategory(name="Hair", position=1))
    services = {
        name: await add_service(
            ctx,
            shop_id,
            NewService(
                name=name,
                minutes=minutes,
                price_minor=price,
                category_id=hair,
                position=at,
                synonyms=[spanish],
            ),
        )
        for at, (name, minutes, price, spanish) in enumerate(
            (
                ("Cut", 30, 2500, "corte"),
                ("Colour", 90, 6000, "tinte"),
                ("Blow-dry", 30, 1800, "secado"),
            )
        )
    }
    providers = {
        name: await add_provider(ctx, shop_id, NewProvider(name=name, position=at))
        for at, name in enumerate(("Ana", "Leo"))
    }
    for provider in providers.values():
        for service in services.values():
            await set_offering(ctx, shop_id, provider, service)
    return await _open(ctx, shop_id, "+34915550100", services, providers)


async def build_clinic(ctx: Context, **rules: object) -> BuiltShop:
    """Smile Dental in Pune: one dentist, buffers of 15 minutes, bookings wait for approval."""
    shop_id = await shops.add_shop(
        ctx,
        NewShop.from_columns(
            name="Smile Dental",
            keyword="SMILE",
            type="dentist",
            city="Pune",
            address="12 MG Road",
            timezone="Asia/Kolkata",
            country="IN",
            currency="INR",
            language="en",
            phone="+912055501000",
            emergency_phone="+912055501999",
            **{"needs_approval": True, "gap_after_minutes": 15, **rules},
        ),
    )
    await opening_hours.set_weekly_hours(ctx, shop_id, None, WEEKDAYS)
    services = {
        "Check-up": await add_service(
            ctx,
            shop_id,
            NewService(
                name="Check-up",
                minutes=30,
                price_minor=50000,
                preparation="Please brush your teeth and bring earlier X-rays.",
            ),
        )
    }
    providers = {
        "Rao": await add_provider(
            ctx,
            shop_id,
            NewProvider(name="Asha Rao", title="Dr", speciality="Dentist", degree="BDS"),
        )
    }
    await set_offering(ctx, shop_id, providers["Rao"], services["Check-up"])
    return await _open(ctx, shop_id, "+912055501000", services, providers)


async def build_barber(ctx: Context, **rules: object) -> BuiltShop:
    """Fade & Co in New York: two barbers, and a class of six on Saturdays at ten."""
    shop_id = await shops.add_shop(
        ctx,
        NewShop.from_columns(
            name="Fade & Co",
            keyword="FADE",
            type="barber",
            city="New York",
            address="88 Orchard St",
            timezone="America/New_York",
            country="US",
            currency="USD",
            language="en",
            phone="+12125550142",
            **rules,
        ),
    )
    week = dict.fromkeys(range(6), (Interval(10 * 60, 13 * 60), Interval(14 * 60, 19 * 60)))
    await opening_hours.set_weekly_hours(ctx, shop_id, None, week)
    services = {
        "Fade": await add_service(
            ctx, shop_id, NewService(name="Fade", minutes=45, price_minor=4000)
        ),
        "Shaving class": await add_service(
            ctx,
            shop_id,
            NewService(name="Shaving class", minutes=90, price_minor=5500, sessions=True),
        ),
    }
    providers = {
        name: await add_provider(ctx, shop_id, NewProvider(name=name))
        for name in ("Marcus", "Tony")
    }
    for provider in providers.values():
        await set_offering(ctx, shop_id, provider, services["Fade"])
    await set_offering(ctx, shop_id, providers["Tony"], services["Shaving class"])
    return await _open(ctx, shop_id, "+12125550142", services, providers)


async def _open(
    ctx: Context,
    shop_id: int,
    address: str,
    services: Mapping[str, int],
    providers: Mapping[str, int],
) -> BuiltShop:
    line_id = await lines.get_or_create_line(
        ctx, transport="terminal", channel="sms", address=address, shop_id=shop_id
    )
    return BuiltShop(shop_id, line_id, address, services, providers)


async def add_staff(
    ctx: Context, place: BuiltShop, phone: str, role: str, name: str, provider_id: int | None = None
) -> int:
    """Add somebody who works at a shop and gets its alerts; return the user's id."""
    return await add_member(
        ctx, place.shop_id, phone=phone, role=role, name=name, provider_id=provider_id
    )


async def proved_member(
    ctx: Context, place: BuiltShop, phone: str, role: str, name: str, provider_id: int | None = None
) -> int:
    """Add somebody who works at a shop and has just proved it on the shop's line."""
    user_id = await add_staff(ctx, place, phone, role, name, provider_id)
    line = Line(place.line_id, "terminal", "sms", "", place.address, place.shop_id, staff=False)
    contact = await get_or_create_contact(ctx, line, phone)
    await note_staff_proof(ctx, contact.conversation_id, user_id)
    return user_id


async def pairing_code(ctx: Context, phone: str) -> str:
    """Return a code by which a chat acts for the member of one shop who has a phone."""
    (code,) = (await pairing.issue_pairing_code_for_phone(ctx, phone)).values()
    return code
