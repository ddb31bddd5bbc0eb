"""People as shops know them: customers with their blocks, and those who work there."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from core import catalog
from core.context import Context
from core.errors import CustomerBlocked, Invalid, NotFound
from core.models import bookings, conversations, customers, identities, providers, shops, users
from core.models import members as members_table
from core.people.identities import user_of_phone
from core.people.phones import phone as read_phone

ROLES = ("owner", "receptionist", "provider")
"""In the order people are told of things."""


CHANNELS = ("telegram", "whatsapp", "sms")
"""Where somebody may ask to be told things."""


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who works at a shop, in one role; `phone` is E.164 or empty."""

    user_id: int
    role: str
    provider_id: int | None
    alerts: bool
    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class Role:
    """What a user is at a shop."""

    shop_id: int
    role: str
    provider_id: int | None


@dataclass(frozen=True, slots=True)
class Staff:
    """A user and all their roles; none, and the user 0, for who works nowhere."""

    user_id: int
    name: str
    roles: tuple[Role, ...]


DAY = 24 * 60
"""Minutes."""

# ------------------------------------------------------------------------------------ customers


async def customer(ctx: Context, shop_id: int, user_id: int, *, name: str, phone: str) -> int:
    """Return the id of a user's customer row at a shop, made with `name` and `phone` if new.

    A walk-in with the same phone stays a row apart: phones are shared and recycled, and nobody
    is shown another's bookings for having a number. A block follows the phone all the same:
    CustomerBlocked when somebody new comes with the phone of a blocked customer.
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
    made = await ctx.scalar(ctx.insert_new(customers, values).returning(customers.c.id))
    # None: another transaction made it this moment.
    return int(made or await ctx.scalar(known.where(mine)))


async def add_customer(ctx: Context, shop_id: int, name: str, phone: str = "") -> int:
    """Add a walk-in, a child, an import: somebody without an account; return the id.

    `phone` as people of the shop's country write it. The same name and phone is the same person.
    NotFound for a shop that is not there.
    """
    name = _name(name)
    if phone:
        phone = await _shop_phone(ctx, shop_id, phone)
        known = await ctx.all(
            sa.select(customers.c.id, customers.c.name)
            .where(customers.c.shop_id == shop_id, customers.c.phone == phone)
            .order_by(customers.c.id)
        )
        for row in known:
            if row.name.casefold() == name.casefold():
                return int(row.id)
    else:
        await _country(ctx, shop_id)
    return await ctx.insert(customers, shop_id=shop_id, name=name, phone=phone, created_at=ctx.now)


async def block(ctx: Context, shop_id: int, customer_id: int, *, blocked: bool = True) -> None:
    """Take no more bookings from a customer, or take them again; NotFound if not this shop's."""
    done = await ctx.execute(
        sa.update(customers)
        .where(customers.c.id == customer_id, customers.c.shop_id == shop_id)
        .values(blocked=blocked)
    )
    if not done.rowcount:
        raise NotFound(customer=customer_id)


async def change_customer(ctx: Context, shop_id: int, customer_id: int, **changes: str) -> None:
    """Change a customer's `name`, `phone`, `email` or `notes`; NotFound if not this shop's."""
    values = dict(changes)
    if "name" in values:
        values["name"] = _name(values["name"])
    if values.get("phone"):
        values["phone"] = await _shop_phone(ctx, shop_id, values["phone"])
    if not values:
        return
    done = await ctx.execute(
        sa.update(customers)
        .where(customers.c.id == customer_id, customers.c.shop_id == shop_id)
        .values(values)
    )
    if not done.rowcount:
        raise NotFound(customer=customer_id)


async def merge_customers(ctx: Context, shop_id: int, customer_id: int, into: int) -> None:
    """Make two rows of one person one: bookings, notes and a block go over to `into`.

    NotFound if either is not this shop's; Invalid for two who each have an account: they are two.
    """
    await ctx.lock(customers, [customer_id, into])
    both = sa.select(customers).where(
        customers.c.shop_id == shop_id, customers.c.id.in_((customer_id, into))
    )
    rows = {row.id: row for row in await ctx.all(both)}
    for wanted in (customer_id, into):
        if wanted not in rows:
            raise NotFound(customer=wanted)
    old, kept = rows[customer_id], rows[into]
    if customer_id == into or None not in {old.user_id, kept.user_id}:
        raise Invalid(field="into", reason="account" if customer_id != into else "itself")
    moved = sa.update(bookings).where(
        bookings.c.shop_id == shop_id, bookings.c.customer_id == customer_id
    )
    await ctx.execute(moved.values(customer_id=into))
    await ctx.execute(sa.delete(customers).where(customers.c.id == customer_id))
    await ctx.execute(
        sa.update(customers)
        .where(customers.c.id == into)
        .values(
            user_id=kept.user_id or old.user_id,
            phone=kept.phone or old.phone,
            email=kept.email or old.email,
            notes="\n".join(filter(None, (kept.notes, old.notes))),
            blocked=kept.blocked or old.blocked,
        )
    )


# ------------------------------------------------------------------------------------ members


async def add_member(
    ctx: Context,
    shop_id: int,
    *,
    role: str,
    phone: str = "",
    user_id: int | None = None,
    provider_id: int | None = None,
    name: str = "",
    alerts: bool = True,
) -> int:
    """Give a user, or whoever has `phone`, a role at a shop; return the user's id.

    The phone is read as the shop's country writes it and need not be proved yet: the role waits
    for whoever proves it. The same role again only changes `provider_id` and `alerts`.
    """
    if role not in ROLES:
        raise Invalid(field="role", reason=f"one of {', '.join(ROLES)}")
    if role == "provider" and provider_id is None:
        raise Invalid(field="provider_id", reason="a provider's role names the provider")
    if user_id is None:
        user_id = await user_of_phone(ctx, await _shop_phone(ctx, shop_id, phone), name=name)
    values = {"provider_id": provider_id, "alerts": alerts}
    same = {"shop_id": shop_id, "user_id": user_id, "role": role}
    added = await ctx.execute(
        ctx.insert_new(members_table, {**same, **values, "created_at": ctx.now})
    )
    if not added.rowcount:
        await ctx.execute(sa.update(members_table).filter_by(**same).values(**values))
    return user_id


async def remove_member(ctx: Context, shop_id: int, user_id: int, role: str) -> None:
    """Take a role away; NotFound if there is none."""
    gone = await ctx.execute(
        sa.delete(members_table).where(
            members_table.c.shop_id == shop_id,
            members_table.c.user_id == user_id,
            members_table.c.role == role,
        )
    )
    if not gone.rowcount:
        raise NotFound(user=user_id)


async def leave(ctx: Context, user_id: int) -> None:
    """End every role of a user; calendars they gave services on stay, as nobody's account."""
    await ctx.execute(sa.delete(members_table).where(members_table.c.user_id == user_id))
    mine = sa.update(providers).where(providers.c.user_id == user_id)
    touched = (
        await ctx.execute(mine.values(user_id=None).returning(providers.c.shop_id))
    ).scalars()
    for shop_id in sorted(set(touched)):
        await catalog.touch(ctx, shop_id)


async def set_alerts(ctx: Context, shop_id: int, user_id: int, *, on: bool) -> None:
    """Send somebody of the shop its alerts, or no more."""
    await ctx.execute(
        sa.update(members_table)
        .where(members_table.c.shop_id == shop_id, members_table.c.user_id == user_id)
        .values(alerts=on)
    )


async def members(ctx: Context, shop_id: int) -> list[Member]:
    """Return who works at a shop: owners, receptionists, providers; each role a row."""
    phone = (
        sa.select(identities.c.value)
        .where(
            identities.c.user_id == users.c.id,
            identities.c.kind == "phone",
            identities.c.ended_at.is_(None),
        )
        .order_by(identities.c.proved_at.desc().nulls_last(), identities.c.id)
        .limit(1)
        .correlate(users)
        .scalar_subquery()
    )
    rows = await ctx.all(
        sa.select(
            members_table.c.user_id,
            members_table.c.role,
            members_table.c.provider_id,
            members_table.c.alerts,
            users.c.name,
            sa.func.coalesce(phone, ""),
        )
        .join_from(members_table, users)
        .where(members_table.c.shop_id == shop_id, users.c.deactivated_at.is_(None))
        .order_by(members_table.c.id)
    )
    return sorted((Member(*list(row)) for row in rows), key=lambda member: ROLES.index(member.role))


async def roles(ctx: Context, user_id: int) -> list[Role]:
    """Return what a user is, shop by shop."""
    rows = await ctx.all(
        sa.select(members_table.c.shop_id, members_table.c.role, members_table.c.provider_id)
        .where(members_table.c.user_id == user_id)
        .order_by(members_table.c.shop_id, members_table.c.id)
    )
    return [Role(*list(row)) for row in rows]


async def staff(ctx: Context, conversation_id: int) -> Staff:
    """Return who of some shop's people is at the other end of a conversation; nobody has no roles.

    One statement: it is asked whenever somebody writes what looks like a command.
    """
    rows = await ctx.all(
        sa.select(
            users.c.id,
            users.c.name,
            members_table.c.shop_id,
            members_table.c.role,
            members_table.c.provider_id,
        )
        .join_from(conversations, identities, identities.c.id == conversations.c.identity_id)
        .join(users, users.c.id == identities.c.user_id)
        .join(members_table, members_table.c.user_id == users.c.id)
        .where(
            conversations.c.id == conversation_id,
            identities.c.ended_at.is_(None),
            users.c.deactivated_at.is_(None),
        )
        .order_by(members_table.c.shop_id, members_table.c.id)
    )
    if not rows:
        return Staff(0, "", ())
    found = tuple(Role(row.shop_id, row.role, row.provider_id) for row in rows)
    return Staff(rows[0].id, rows[0].name, found)


async def set_quiet(ctx: Context, user_id: int, hours: tuple[int, int] | None) -> None:
    """Keep quiet towards a user between two minutes of the local day; None: as their shop does."""
    since, until = hours or (None, None)
    if hours is not None and not (0 <= hours[0] < DAY and 0 <= hours[1] < DAY):
        raise Invalid(field="hours", reason="range", least=0, most=DAY - 1)
    await ctx.execute(
        sa.update(users).where(users.c.id == user_id).values(quiet_from=since, quiet_until=until)
    )


async def is_member(ctx: Context, shop_id: int, user_id: int | None, *of: str) -> bool:
    """Whether a user works at a shop, in one of the roles named, if any are."""
    asked = sa.select(members_table.c.id).where(
        members_table.c.shop_id == shop_id, members_table.c.user_id == user_id
    )
    if of:
        asked = asked.where(members_table.c.role.in_(of))
    return await ctx.first(asked) is not None


# ------------------------------------------------------------------------------------ within


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not 2 <= len(name) <= 100:
        raise Invalid(field="name", reason="2 to 100 characters")
    return name


async def _shop_phone(ctx: Context, shop_id: int, text: str) -> str:
    """Read a phone as the shop's country writes it; NotFound for a shop that is not there."""
    return read_phone(text, await _country(ctx, shop_id))


async def _country(ctx: Context, shop_id: int) -> str:
    country = await ctx.scalar(sa.select(shops.c.country).where(shops.c.id == shop_id))
    if country is None:
        raise NotFound(shop=shop_id)
    return str(country)
