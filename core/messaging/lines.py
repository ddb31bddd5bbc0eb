"""Lines: our ends of the channels, configured by the installation's admins.

A number or sender, and its bill, belong to the installation; a shop is reached through it. What was
written on a line stays with the shop it was written to.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from core.db.context import Context
from core.db.pagination import Page, PageRequest, paginate
from core.db.rows import Rows
from core.db.tables import conversations, lines, shops
from core.errors import InvalidValue, LineInUse, NotFound
from core.values.change import check_value
from core.values.field_types import ShortText
from core.values.line_addresses import parse_line_address
from core.values.line_changes import LineChange, NewLine


@dataclass(frozen=True, slots=True)
class Line:
    """A line: `address` is our number, messaging service or bot; without a shop it serves all."""

    id: int
    transport: str
    channel: str
    account: str
    address: str
    shop_id: int | None
    staff: bool


@dataclass(frozen=True, slots=True)
class ListedLine:
    """A line as it is administered, active or not."""

    id: int
    shop_id: int | None
    transport: str
    channel: str
    address: str
    staff: bool
    active: bool


_LINES = Rows(
    Line,
    sa.select(
        lines.c.id,
        lines.c.transport,
        lines.c.channel,
        lines.c.account,
        lines.c.address,
        lines.c.shop_id,
        lines.c.staff,
    )
    .where(lines.c.active)
    .order_by(lines.c.id),
)
_LISTED = Rows(
    ListedLine,
    sa.select(
        lines.c.id,
        lines.c.shop_id,
        lines.c.transport,
        lines.c.channel,
        lines.c.address,
        lines.c.staff,
        lines.c.active,
    ),
)

"""A Twilio messaging service, which chooses among its numbers."""


async def add_twilio_line(ctx: Context, line: NewLine, *, account: str) -> int:
    """Add a number or sender of a Twilio account and return its id; no shop means all of them.

    Raise InvalidValue (`field`, `reason`): "phone" for a malformed address, "taken" for one in use,
    "account" without a Twilio account, "unknown" for an unknown shop.
    """
    wrong = []
    if not account:
        wrong.append(InvalidValue(field="channel", reason="account"))
    known = parse_line_address(line.channel, line.address)
    address = known.text if known else ""
    same = sa.select(lines.c.id).where(lines.c.channel == line.channel, lines.c.address == address)
    if not address:
        wrong.append(InvalidValue(field="address", reason="phone"))
    elif await ctx.scalar(same.limit(1)) is not None:
        wrong.append(InvalidValue(field="address", reason="taken"))
    if not await _is_shop(ctx, line.shop_id):
        wrong.append(InvalidValue(field="shop_id", reason="unknown"))
    if wrong:
        raise InvalidValue(**wrong[0].params, all=wrong)
    new = {
        "transport": "twilio",
        "channel": line.channel,
        "account": account,
        "address": address,
        "shop_id": line.shop_id,
        "staff": line.staff,
        "created_at": ctx.now,
    }
    made = await ctx.scalar(ctx.insert_ignoring_conflicts(lines, new).returning(lines.c.id))
    if made is None:  # another transaction has just added it
        raise InvalidValue(field="address", reason="taken")
    return int(made)


async def change_line(ctx: Context, line_id: int, change: LineChange) -> None:
    """Change which shop a line serves (None: all), whether it is the staff's, whether it is used.

    Raise LineInUse if others would then see what was written on it.
    """
    values = change.changes()
    row = await _locked(ctx, line_id)
    if "shop_id" in values and not await _is_shop(ctx, values["shop_id"]):
        raise InvalidValue(field="shop_id", reason="unknown")
    there = values.get("shop_id", row.shop_id)
    talks = conversations.c.line_id == line_id
    if values.get("staff", row.staff) != row.staff:
        await _unless(ctx, line_id, talks)
    if there != row.shop_id:
        about = sa.func.coalesce(row.shop_id, conversations.c.shop_id)
        if there is not None:
            await _unless(ctx, line_id, talks, about != there)
        else:  # existing conversations keep their shop
            theirs = conversations.update().where(talks, conversations.c.shop_id.is_(None))
            await ctx.execute(theirs.values(shop_id=row.shop_id))
    if values:
        await ctx.execute(lines.update().where(lines.c.id == line_id).values(values))


async def remove_line(ctx: Context, line_id: int) -> None:
    """Delete a line; raise LineInUse if it has conversations (it can be switched off instead)."""
    await _locked(ctx, line_id)
    await _unless(ctx, line_id, conversations.c.line_id == line_id)
    await ctx.execute(lines.delete().where(lines.c.id == line_id))


@dataclass(frozen=True, slots=True)
class _Served:
    """Whom a line serves."""

    shop_id: int | None
    staff: bool


_SERVED = Rows(_Served, sa.select(lines.c.shop_id, lines.c.staff))


async def _locked(ctx: Context, line_id: int) -> _Served:
    await ctx.lock_rows(lines, [line_id])
    row = await ctx.fetch_first(_SERVED.where(lines.c.id == line_id))
    if row is None:
        raise NotFound(line=line_id)
    return row


async def _is_shop(ctx: Context, shop_id: int | None) -> bool:
    found = sa.select(shops.c.id).where(shops.c.id == shop_id)
    return shop_id is None or await ctx.scalar(found) is not None


async def _unless(ctx: Context, line_id: int, *which: sa.ColumnElement[bool]) -> None:
    """Raise LineInUse if there is such a conversation."""
    if await ctx.scalar(sa.select(conversations.c.id).where(*which).limit(1)) is not None:
        raise LineInUse(line=line_id)


# ------------------------------------------------------------------------------------ lines


async def list_lines(ctx: Context, asked: PageRequest) -> Page[ListedLine]:
    """Return a page of the installation's lines, including inactive ones."""
    return await paginate(ctx, _LISTED, [lines.c.id], asked)


async def get_line(ctx: Context, line_id: int) -> ListedLine:
    """Return a line; raise NotFound otherwise."""
    found = await ctx.fetch_first(_LISTED.where(lines.c.id == line_id))
    if found is None:
        raise NotFound(line=line_id)
    return found


async def list_shop_lines(ctx: Context, shop_id: int, asked: PageRequest) -> Page[ListedLine]:
    """Return a page of the lines that reach a shop, including those that serve all shops."""
    serves = (lines.c.shop_id == shop_id) | lines.c.shop_id.is_(None)
    return await paginate(ctx, _LISTED.where(serves), [lines.c.id], asked)


async def load_lines(ctx: Context, transport: str | None = None) -> list[Line]:
    """Return the active lines, of one transport or all."""
    rows = _LINES if transport is None else _LINES.where(lines.c.transport == transport)
    return await ctx.fetch(rows)


async def get_or_create_line(
    ctx: Context,
    *,
    transport: str,
    channel: str,
    account: str = "",
    address: str = "",
    shop_id: int | None = None,
    staff: bool = False,
) -> int:
    """Return a line's id, adding the line if necessary; a shop of None serves all shops."""
    end = {"transport": transport, "channel": channel, "account": account, "address": address}
    end = {name: check_value(ShortText, name, value) for name, value in end.items()}
    new = {**end, "shop_id": shop_id, "staff": staff, "created_at": ctx.now}
    await ctx.execute(ctx.insert_ignoring_conflicts(lines, new))
    same = [lines.c[name] == value for name, value in end.items()]
    return int(await ctx.scalar(sa.select(lines.c.id).where(*same)))
