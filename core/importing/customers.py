"""Importing customers; one whom the shop knows by name and phone is left unchanged."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

import sqlalchemy as sa

from core.auth import password_login
from core.bookings.transitions import Actor
from core.catalog.entities import Catalog
from core.db.context import Context
from core.db.tables import customers, shops
from core.errors import InvalidValue, PhoneInvalid
from core.importing.csv_file import CsvFile, ImportFault, ImportPlan, RowReader
from core.values.field_types import LongText, ParsedField, PersonName, refusal
from core.values.phone_numbers import parse_phone
from core.values.text_folding import fold_words

REQUIRED_COLUMNS = ("name",)
COLUMNS = (*REQUIRED_COLUMNS, "phone", "email", "notes")

PersonKey = tuple[str, str]
"""A folded name and an E.164 phone or "": what identifies a person across rows."""


def plan_rows(sheet: CsvFile, known: Catalog, _now: datetime) -> ImportPlan:
    """Return the customers of a file, without duplicates."""
    made = ImportPlan(sheet)
    for line, cells in sheet.rows:
        row = RowReader(line, cells, made.faults)
        values = {
            **read_person(row, "name", known.shop.country),
            "email": row.read_value("email", _Email) if cells["email"] else "",
            "notes": row.read_value("notes", LongText),
        }
        if row.good:
            made.rows.append(values)
    return made


def _parse_email(value: str) -> str:
    try:
        return password_login.normalize_email(value)
    except InvalidValue:
        raise refusal("no e-mail address") from None


_Email = Annotated[str, ParsedField(_parse_email)]


def read_person(row: RowReader, name: str, country: str) -> dict[str, str]:
    """Return the name and phone in a line."""
    called = row.read_value(name, PersonName) or ""
    number = row.cells["phone"]
    if number:
        try:
            number = parse_phone(number, country)
        except PhoneInvalid:
            row.add_fault("phone", "no phone of anybody's")
    return {"name": called, "phone": number}


def person_key(name: str, phone: str) -> PersonKey:
    """Return the key under which two rows are the same person."""
    return " ".join(fold_words(name)), phone


async def lock_affected(ctx: Context, _plan: ImportPlan, known: Catalog) -> None:
    """Lock the shop, so that two concurrent imports do not add a person twice."""
    await ctx.lock_rows(shops, [known.shop.id])


async def find_conflicts(_ctx: Context, _plan: ImportPlan, _known: Catalog) -> list[ImportFault]:
    """Return no faults: a customer the shop knows already is not one."""
    return []


async def write_rows(ctx: Context, plan: ImportPlan, known: Catalog, _actor: Actor) -> int:
    """Insert the new customers; return how many."""
    there = await find_existing(ctx, known.shop.id, (row["phone"] for row in plan.rows))
    new: dict[PersonKey, dict[str, str]] = {}
    for row in plan.rows:
        key = person_key(row["name"], row["phone"])
        if key not in there:
            new.setdefault(key, row)
    await add_customers(ctx, known.shop.id, new)
    return len(new)


async def find_existing(ctx: Context, shop_id: int, phones: Iterable[str]) -> dict[PersonKey, int]:
    """Return the shop's customers with one of these phones or without a phone.

    Of duplicates, prefer one with an account, who can be reached; else the first.
    """
    rows = await ctx.all(
        sa.select(customers.c.id, customers.c.name, customers.c.phone)
        .where(customers.c.shop_id == shop_id, customers.c.phone.in_({"", *phones}))
        .order_by(customers.c.user_id.is_not(None), customers.c.id.desc())
    )
    return {person_key(row.name, row.phone): row.id for row in rows}


async def add_customers(
    ctx: Context, shop_id: int, new: dict[PersonKey, dict[str, str]]
) -> dict[PersonKey, int]:
    """Insert customers; return their ids."""
    if not new:
        return {}
    rows = [{"shop_id": shop_id, "created_at": ctx.now, **row} for row in new.values()]
    back = (customers.c.id, customers.c.name, customers.c.phone)
    made = await ctx.execute(customers.insert().returning(*back), rows)
    return {person_key(row.name, row.phone): row.id for row in made}
