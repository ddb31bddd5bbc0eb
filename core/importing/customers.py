"""Customers brought along; whom the shop knows by this name and phone stays as they are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from core.auth import password_login
from core.bookings.transitions import Actor
from core.catalog.entities import Catalog
from core.db.context import Context
from core.db.tables import customers, shops
from core.errors import Invalid, PhoneInvalid
from core.importing.csv_file import Fault, Plan, Reader, Sheet
from core.values import phone_numbers, validators

NEEDED = ("name",)
COLUMNS = (*NEEDED, "phone", "email", "notes")

Who = tuple[str, str]
"""A name, folded, and a phone in E.164 or "": what makes two rows one person."""


def plan(sheet: Sheet, known: Catalog, _now: datetime) -> Plan:
    """Return the customers of a file; who stands in it twice is one."""
    made = Plan(sheet)
    for line, cells in sheet.rows:
        row = Reader(line, cells, made.faults)
        values = {
            **person(row, "name", known.shop.country),
            "email": row.checked("email", _email) if cells["email"] else "",
            "notes": row.checked("notes", validators.SHORT),
        }
        if row.good:
            made.rows.append(values)
    return made


def _email(field: str, value: str) -> str:
    try:
        return password_login.address(value)
    except Invalid:
        raise Invalid(field=field, reason="no e-mail address") from None


def person(row: Reader, name: str, country: str) -> dict[str, str]:
    """Return the name and phone in a line."""
    called = row.checked(name, validators.NAME) or ""
    number = row.cells["phone"]
    if number:
        try:
            number = phone_numbers.phone(number, country)
        except PhoneInvalid:
            row.fault("phone", "no phone of anybody's")
    return {"name": called, "phone": number}


def who(name: str, phone: str) -> Who:
    """Return what makes two rows one person."""
    return name.casefold(), phone


async def lock(ctx: Context, _plan: Plan, known: Catalog) -> None:
    """Lock the shop: two files at once do not add somebody twice."""
    await ctx.lock(shops, [known.shop.id])


async def beside(_ctx: Context, _plan: Plan, _known: Catalog) -> list[Fault]:
    """Find nothing more: whom the shop knows already is no fault."""
    return []


async def write(ctx: Context, plan: Plan, known: Catalog, _actor: Actor) -> int:
    """Add who is new; return how many."""
    there = await found(ctx, known.shop.id, (row["phone"] for row in plan.rows))
    new: dict[Who, dict[str, str]] = {}
    for row in plan.rows:
        key = who(row["name"], row["phone"])
        if key not in there:
            new.setdefault(key, row)
    await add(ctx, known.shop.id, new)
    return len(new)


async def found(ctx: Context, shop_id: int, phones: Iterable[str]) -> dict[Who, int]:
    """Return whom a shop knows by one of these phones, or by none.

    Of two of one name and phone the one with an account, who can be reached; else the first.
    """
    rows = await ctx.all(
        sa.select(customers.c.id, customers.c.name, customers.c.phone)
        .where(customers.c.shop_id == shop_id, customers.c.phone.in_({"", *phones}))
        .order_by(customers.c.user_id.is_not(None), customers.c.id.desc())
    )
    return {who(row.name, row.phone): row.id for row in rows}


async def add(ctx: Context, shop_id: int, new: dict[Who, dict[str, str]]) -> dict[Who, int]:
    """Add customers; return their ids."""
    if not new:
        return {}
    rows = [{"shop_id": shop_id, "created_at": ctx.now, **row} for row in new.values()]
    back = (customers.c.id, customers.c.name, customers.c.phone)
    made = await ctx.execute(customers.insert().returning(*back), rows)
    return {who(row.name, row.phone): row.id for row in made}
