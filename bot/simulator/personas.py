"""The personas of the simulator: each shop with its simulated lines, customers and staff."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta

import phonenumbers

from bot.channels.simulator.channel import CAPABILITIES_BY_LOOK, SIMULATOR_TRANSPORT
from core.catalog import loader, shop_search
from core.catalog.entities import Catalog, Shop
from core.db.context import Context
from core.demo.simulator_setup import bind_simulated_member
from core.localtime import zones
from core.messaging.lines import get_or_create_line
from core.messaging.messages import Json
from core.people.members import add_member, list_members

# Sample people of the sample shops' countries: codes are sent only to the shop's own country.
_CUSTOMERS: dict[str, tuple[tuple[str, str], ...]] = {
    "ES": (
        ("Marta Ruiz", "+34600111222"),
        ("Diego Soler", "+34600333444"),
        ("Inés Vidal", "+34600555666"),
    ),
    "IN": (
        ("Ananya Nair", "+919820011122"),
        ("Arjun Mehta", "+919820033344"),
        ("Kavya Iyer", "+919820055566"),
    ),
    "US": (
        ("Jordan Ellis", "+12125550111"),
        ("Sam Rivera", "+12125550122"),
        ("Alex Chen", "+12125550133"),
    ),
}
_ANYWHERE = ("Robin Park", "Noa Lind", "Kim Sato")

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ROLES = {"owner": "Owner", "receptionist": "Reception", "provider": "Provider"}


@dataclass(frozen=True, slots=True)
class Persona:
    """A persona with a phone; `addresses` are its addresses by channel look."""

    name: str
    about: str
    addresses: dict[str, str]


@dataclass(frozen=True, slots=True)
class SimulatedShop:
    """A simulated shop; `lines` are line ids by look, including "staff".

    `approves` means that bookings need approval. `hints` are suggested messages.
    """

    id: int
    name: str
    type: str
    city: str
    zone: str
    approves: bool
    lines: dict[str, int]
    customers: tuple[Persona, ...]
    staff: tuple[Persona, ...]
    hints: tuple[str, ...]

    def phones(self) -> Iterator[tuple[int, str]]:
        """Yield the line and address of every phone."""
        for person in (*self.customers, *self.staff):
            for look, address in person.addresses.items():
                yield self.lines[look], address

    def to_json(self) -> Json:
        """Return the shop as JSON for the page."""
        return asdict(self)


async def set_up_personas(ctx: Context) -> list[SimulatedShop]:
    """Create missing simulated lines and personas for every shop; return all shops."""
    shops = [shop for shop in await shop_search.list_shops(ctx) if not shop.paused]
    shops.sort(key=lambda shop: shop.id)
    return [await _scene(ctx, shop) for shop in shops]


async def _scene(ctx: Context, shop: Shop) -> SimulatedShop:
    address = shop.phone or f"shop-{shop.id}"
    lines = {
        look: await get_or_create_line(
            ctx, transport=SIMULATOR_TRANSPORT, channel=look, address=address, shop_id=shop.id
        )
        for look in CAPABILITIES_BY_LOOK
    }
    lines["staff"] = await get_or_create_line(
        ctx,
        transport=SIMULATOR_TRANSPORT,
        channel="telegram",
        account="staff",
        address=address,
        shop_id=shop.id,
        staff=True,
    )
    known = await loader.load_catalog(ctx, shop.id)
    return SimulatedShop(
        id=shop.id,
        name=shop.name,
        type=shop.type,
        city=shop.city,
        zone=shop.timezone,
        approves=shop.rules.needs_approval,
        lines=lines,
        customers=tuple(_customers(shop)),
        staff=await _staff(ctx, shop),
        hints=(_wish(ctx, known), "What are your opening hours?"),
    )


def _wish(ctx: Context, known: Catalog) -> str:
    """Return a sample request: the first service on the next open day."""
    services = known.bookable_services()
    wanted = services[0].name.casefold() if services else "appointment"
    today = zones.to_local(int(ctx.now.timestamp()), known.shop.timezone).date()
    schedule = known.shop_hours
    for ahead in range(1, 15):
        day = today + timedelta(days=ahead)
        open_hours = schedule.exceptions.get(day, schedule.weekly[day.weekday()])
        if open_hours:
            latest = max(interval.closes for interval in open_hours)
            hour = min(16, latest // 60 - 3) % 12 or 12
            when = "tomorrow" if ahead == 1 else f"on {_DAYS[day.weekday()]}"
            return f"Can I get a {wanted} {when} after {hour}?"
    return f"Can I get a {wanted}?"


def _customers(shop: Shop) -> Iterator[Persona]:
    known = _CUSTOMERS.get(shop.country) or zip(_ANYWHERE, _numbers(shop.country), strict=False)
    for name, phone in known:
        addresses = dict.fromkeys(CAPABILITIES_BY_LOOK, phone) | {
            "telegram": f"simulated-{phone[1:]}"
        }
        yield Persona(name, phone, addresses)


def _numbers(country: str) -> Iterator[str]:
    """Yield realistic mobile numbers of a country."""
    kind = phonenumbers.PhoneNumberType.MOBILE
    example = phonenumbers.example_number_for_type(country, kind)
    if example is None:
        return
    for step in range(3):
        example.national_number = int(example.national_number or 0) + step
        yield phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)


async def _staff(ctx: Context, shop: Shop) -> tuple[Persona, ...]:
    members = await list_members(ctx, shop.id)
    if not any(member.role == "owner" for member in members):
        phone = shop.phone or next(_numbers(shop.country), "")
        await add_member(ctx, shop.id, phone=phone, role="owner", name="The owner")
        members = await list_members(ctx, shop.id)
    first = {member.user_id: member for member in reversed(members)}
    staff = []
    for member in sorted(first.values(), key=members.index):
        # Unlike any real Telegram id.
        address = f"simulated-member-{member.user_id}"
        await bind_simulated_member(ctx, shop.id, member, address)
        staff.append(Persona(member.name, _ROLES[member.role], {"staff": address}))
    return tuple(staff)
