"""Customers as one shop knows them."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from core.db.context import Context
from core.people import customers
from core.people import search as people_search
from core.people.customers import add_customer, change_customer, merge_customers
from core.people.search import find_customers
from webhooks.api.dependencies import Caller, Paged
from webhooks.api.schemas import Id, In, Line, Listing, Name, Out, PathId, Search, Words

router = APIRouter(prefix="/shops/{shop_id}/customers", tags=["customers"])


class CustomerIn(In):
    """Somebody without an account: a walk-in, a child."""

    name: Name
    phone: Annotated[Line, Field(description="As people of the shop's country write it.")] = ""


class CustomerChange(In):
    """What to change of a customer; what is left out stays."""

    name: Name | None = None
    phone: Line | None = None
    email: Line | None = None
    notes: Words | None = None


class BlockIn(In):
    """Whether the shop takes bookings from them."""

    blocked: bool


class MergeIn(In):
    """Which row stays."""

    into: Id


class CustomerOut(Out):
    """A customer."""

    id: int
    name: str
    phone: str
    email: str
    notes: str
    blocked: bool
    created_at: datetime
    user_id: int | None = Field(description="Their account, if they have one.")


async def _one(ctx: Context, shop_id: int, customer_id: int) -> CustomerOut:
    return CustomerOut.model_validate(await people_search.customer(ctx, shop_id, customer_id))


@router.get("")
async def search(
    shop_id: PathId,
    call: Caller,
    asked: Paged,
    q: Annotated[Search, Query(description="In name, phone or e-mail.")] = "",
) -> Listing[CustomerOut]:
    """Search a shop's customers, or list them all."""

    async def work(ctx: Context) -> Listing[CustomerOut]:
        found = await find_customers(ctx, shop_id, q, asked)
        return Listing.of(found.map(CustomerOut.model_validate))

    return await call.read(work)


@router.post("", status_code=HTTPStatus.CREATED)
async def add(shop_id: PathId, body: CustomerIn, call: Caller) -> CustomerOut:
    """Add a customer; the same name and phone is the same person."""

    async def work(ctx: Context) -> CustomerOut:
        made = await add_customer(ctx, shop_id, body.name, body.phone)
        return await _one(ctx, shop_id, made)

    return await call.write(work)


@router.get("/{customer_id}")
async def show(shop_id: PathId, customer_id: PathId, call: Caller) -> CustomerOut:
    """Show one customer."""
    return await call.read(lambda ctx: _one(ctx, shop_id, customer_id))


@router.patch("/{customer_id}")
async def change(
    shop_id: PathId, customer_id: PathId, body: CustomerChange, call: Caller
) -> CustomerOut:
    """Change what the shop knows of a customer."""

    async def work(ctx: Context) -> CustomerOut:
        given = {k: str(v) for k, v in body.given().items() if v is not None}
        await change_customer(ctx, shop_id, customer_id, **given)
        return await _one(ctx, shop_id, customer_id)

    return await call.write(work, before=lambda ctx: _one(ctx, shop_id, customer_id))


@router.put("/{customer_id}/block")
async def block(shop_id: PathId, customer_id: PathId, body: BlockIn, call: Caller) -> CustomerOut:
    """Take no more bookings from a customer, or take them again."""

    async def work(ctx: Context) -> CustomerOut:
        await customers.block(ctx, shop_id, customer_id, blocked=body.blocked)
        return await _one(ctx, shop_id, customer_id)

    return await call.write(work, before=lambda ctx: _one(ctx, shop_id, customer_id))


@router.post("/{customer_id}/merge")
async def merge(shop_id: PathId, customer_id: PathId, body: MergeIn, call: Caller) -> CustomerOut:
    """Make two rows of one person one: bookings and notes go over to `into`."""

    async def work(ctx: Context) -> CustomerOut:
        await merge_customers(ctx, shop_id, customer_id, body.into)
        return await _one(ctx, shop_id, body.into)

    return await call.write(work, before=lambda ctx: _one(ctx, shop_id, customer_id))
