"""Customers: people as a shop knows them, with their blocks."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import bookings, customers, reaches, shops
from core.errors import CustomerBlocked, InvalidValue, NotFound
from core.values.people_changes import CustomerChange
from core.values.phone_numbers import parse_phone
from core.values.text_folding import fold_words, names_agree, person_search_text

# ------------------------------------------------------------------------------------ customers


async def get_or_create_customer(
    ctx: Context, shop_id: int, user_id: int, *, name: str, phone: str
) -> int:
    """Return the id of a user's customer row at a shop, created with `name` and `phone` if new.

    A walk-in with the same phone stays a separate row: phones are shared and recycled, and a number
    must not reveal another person's bookings. A block does apply by phone: raise CustomerBlocked
    for a new user with the phone of a blocked customer.
    """
    mine = customers.c.user_id == user_id
    wanted = mine | (customers.c.blocked & (customers.c.phone == phone)) if phone else mine
    known = sa.select(customers.c.id, mine.label("mine")).where(
        customers.c.shop_id == shop_id, wanted
    )
    rows = await ctx.all(known)
    own = [row.id for row in rows if row.mine]
    if own:
        return int(own[0])
    if rows:
        raise CustomerBlocked(shop=shop_id)
    values = {
        "shop_id": shop_id,
        "user_id": user_id,
        "name": _name(name),
        "phone": phone,
        "created_at": ctx.now,
    }
    made = await ctx.scalar(
        ctx.insert_ignoring_conflicts(customers, values).returning(customers.c.id)
    )
    # None: another transaction has just created it.
    return int(made or await ctx.scalar(known.where(mine)))


async def add_customer(ctx: Context, shop_id: int, name: str, phone: str = "") -> int:
    """Add a customer without an account (a walk-in, a child, an import); return the id.

    `phone` is in the format of the shop's country. The same name and phone is the same customer.
    Raise NotFound for an unknown shop.
    """
    name = _name(name)
    if phone:
        phone = await parse_shop_phone(ctx, shop_id, phone)
        known = await ctx.all(
            sa.select(customers.c.id, customers.c.name, customers.c.user_id)
            .where(customers.c.shop_id == shop_id, customers.c.phone == phone)
            .order_by(customers.c.id)
        )
        for row in known:
            if fold_words(row.name) == fold_words(name):
                return int(row.id)
        # Somebody who proved this phone; under another name it is somebody else.
        for row in known:
            if row.user_id is not None and names_agree(row.name, name):
                return int(row.id)
    else:
        await _country(ctx, shop_id)
    return await ctx.insert(customers, shop_id=shop_id, name=name, phone=phone, created_at=ctx.now)


async def set_customer_blocked(
    ctx: Context, shop_id: int, customer_id: int, *, blocked: bool = True
) -> None:
    """Block or unblock a customer; raise NotFound if they are not this shop's."""
    done = await ctx.execute(
        sa.update(customers)
        .where(customers.c.id == customer_id, customers.c.shop_id == shop_id)
        .values(blocked=blocked)
    )
    if not done.rowcount:
        raise NotFound(customer=customer_id)


async def change_customer(
    ctx: Context, shop_id: int, customer_id: int, change: CustomerChange
) -> None:
    """Change a customer's `name`, `phone`, `email` or `notes`; NotFound if not this shop's."""
    values = change.changes()
    if "name" in values:
        values["name"] = _name(values["name"])
    if values.get("phone"):
        values["phone"] = await parse_shop_phone(ctx, shop_id, values["phone"])
    if not values:
        return
    await _end_former(ctx, customer_id, values)
    if {"name", "phone", "email"} & values.keys():
        values["search_text"] = await _search_text(ctx, customer_id, values)
    done = await ctx.execute(
        sa.update(customers)
        .where(customers.c.id == customer_id, customers.c.shop_id == shop_id)
        .values(values)
    )
    if not done.rowcount:
        raise NotFound(customer=customer_id)


async def merge_customers(ctx: Context, shop_id: int, customer_id: int, into: int) -> None:
    """Merge a duplicate customer into another: bookings, notes and a block move to `into`.

    Raise NotFound if either is not this shop's, and InvalidValue if both have accounts, since they
    are two people.
    """
    await ctx.lock_rows(customers, [customer_id, into])
    both = sa.select(customers).where(
        customers.c.shop_id == shop_id, customers.c.id.in_((customer_id, into))
    )
    rows = {row.id: row for row in await ctx.all(both)}
    for wanted in (customer_id, into):
        if wanted not in rows:
            raise NotFound(customer=wanted)
    old, kept = rows[customer_id], rows[into]
    if customer_id == into or None not in {old.user_id, kept.user_id}:
        raise InvalidValue(field="into", reason="account" if customer_id != into else "itself")
    phone, email = kept.phone or old.phone, kept.email or old.email
    moved = sa.update(bookings).where(
        bookings.c.shop_id == shop_id, bookings.c.customer_id == customer_id
    )
    await ctx.execute(moved.values(customer_id=into))
    theirs = reaches.c.customer_id == customer_id
    kept_reach = reaches.alias("kept")
    noted = sa.exists().where(
        kept_reach.c.customer_id == into,
        kept_reach.c.channel == reaches.c.channel,
        kept_reach.c.address == reaches.c.address,
        kept_reach.c.purpose == reaches.c.purpose,
        kept_reach.c.ended_at.is_(None),
    )
    ended = sa.func.coalesce(
        reaches.c.ended_at, sa.case((noted, sa.literal(ctx.now, reaches.c.ended_at.type)))
    )
    await ctx.execute(sa.update(reaches).where(theirs).values(ended_at=ended))
    await ctx.execute(sa.update(reaches).where(theirs).values(customer_id=into))
    await ctx.execute(sa.delete(customers).where(customers.c.id == customer_id))
    await ctx.execute(
        sa.update(customers)
        .where(customers.c.id == into)
        .values(
            user_id=kept.user_id or old.user_id,
            phone=phone,
            email=email,
            search_text=person_search_text(kept.name, phone, email),
            notes="\n".join(filter(None, (kept.notes, old.notes))),
            blocked=kept.blocked or old.blocked,
        )
    )


# --------------------------------------------------------------------------------- internal


async def _search_text(ctx: Context, customer_id: int, values: Mapping[str, str]) -> str:
    """Return what a customer is found by once `values` are written."""
    columns = customers.c.name, customers.c.phone, customers.c.email
    row = await ctx.first(sa.select(*columns).where(customers.c.id == customer_id))
    before = ("", "", "") if row is None else (row.name, row.phone, row.email)
    names = ("name", "phone", "email")
    return person_search_text(*(values.get(n, b) for n, b in zip(names, before, strict=True)))


async def _end_former(ctx: Context, customer_id: int, values: Mapping[str, str]) -> None:
    """End the permission to write to addresses that a change replaces."""
    for name, channels in (("phone", ("sms", "whatsapp")), ("email", ("email",))):
        if name in values:
            await ctx.execute(
                sa.update(reaches)
                .where(
                    reaches.c.customer_id == customer_id,
                    reaches.c.channel.in_(channels),
                    reaches.c.basis != "account",
                    reaches.c.address != values[name].lower(),
                    reaches.c.ended_at.is_(None),
                )
                .values(ended_at=ctx.now)
            )


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not 1 <= len(name) <= 100:
        raise InvalidValue(field="name", reason="1 to 100 characters")
    return name


async def parse_shop_phone(ctx: Context, shop_id: int, text: str) -> str:
    """Return a phone, written as in the shop's country, in E.164; NotFound for an unknown shop."""
    return parse_phone(text, await _country(ctx, shop_id))


async def _country(ctx: Context, shop_id: int) -> str:
    country = await ctx.scalar(sa.select(shops.c.country).where(shops.c.id == shop_id))
    if country is None:
        raise NotFound(shop=shop_id)
    return str(country)


ERASED_NAME = "(erased)"
"""The name of an erased customer."""

IS_ERASED = sa.and_(customers.c.name == ERASED_NAME, customers.c.phone == "")
"""Rows kept only for statistics: not listed, and not counted as customers."""
