"""Customers as one shop knows them."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from core.db.context import Context
from core.people import customers
from core.people.customers import set_customer_blocked
from core.people.search import find_customers, get_customer
from core.values.people_changes import CustomerChange, NewCustomer
from webhooks.api.dependencies import AuthorizedRequest, PageQuery
from webhooks.api.schemas import (
    PageResponse,
    PathRowId,
    RequestModel,
    ResponseModel,
    RowId,
    SearchQuery,
)

router = APIRouter(prefix="/shops/{shop_id}/customers", tags=["customers"])


class CustomerBlockIn(RequestModel):
    """Whether the shop takes bookings from them."""

    blocked: bool


class MergeIn(RequestModel):
    """Which row stays."""

    into: RowId


class CustomerOut(ResponseModel):
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
    return CustomerOut.model_validate(await get_customer(ctx, shop_id, customer_id))


@router.get("")
async def search_customers(
    shop_id: PathRowId,
    call: AuthorizedRequest,
    asked: PageQuery,
    q: Annotated[SearchQuery, Query(description="In name, phone or e-mail.")] = "",
) -> PageResponse[CustomerOut]:
    """Search a shop's customers, or list them all."""

    async def work(ctx: Context) -> PageResponse[CustomerOut]:
        found = await find_customers(ctx, shop_id, q, asked)
        return PageResponse.from_page(found.map(CustomerOut.model_validate))

    return await call.run_read(work)


@router.post("", status_code=HTTPStatus.CREATED)
async def add_customer(
    shop_id: PathRowId, body: NewCustomer, call: AuthorizedRequest
) -> CustomerOut:
    """Add a customer; the same name and phone is the same person."""

    async def work(ctx: Context) -> CustomerOut:
        made = await customers.add_customer(ctx, shop_id, body.name, body.phone)
        return await _one(ctx, shop_id, made)

    return await call.run_write(work)


@router.get("/{customer_id}")
async def show_customer(
    shop_id: PathRowId, customer_id: PathRowId, call: AuthorizedRequest
) -> CustomerOut:
    """Show one customer."""
    return await call.run_read(lambda ctx: _one(ctx, shop_id, customer_id))


@router.patch("/{customer_id}")
async def change_customer(
    shop_id: PathRowId, customer_id: PathRowId, body: CustomerChange, call: AuthorizedRequest
) -> CustomerOut:
    """Change what the shop knows of a customer."""

    async def work(ctx: Context) -> CustomerOut:
        await customers.change_customer(ctx, shop_id, customer_id, body)
        return await _one(ctx, shop_id, customer_id)

    return await call.run_write(work, before=lambda ctx: _one(ctx, shop_id, customer_id))


@router.put("/{customer_id}/block")
async def set_customer_block(
    shop_id: PathRowId, customer_id: PathRowId, body: CustomerBlockIn, call: AuthorizedRequest
) -> CustomerOut:
    """Take no more bookings from a customer, or take them again."""

    async def work(ctx: Context) -> CustomerOut:
        await set_customer_blocked(ctx, shop_id, customer_id, blocked=body.blocked)
        return await _one(ctx, shop_id, customer_id)

    return await call.run_write(work, before=lambda ctx: _one(ctx, shop_id, customer_id))


@router.post("/{customer_id}/merge")
async def merge_customers(
    shop_id: PathRowId, customer_id: PathRowId, body: MergeIn, call: AuthorizedRequest
) -> CustomerOut:
    """Make two rows of one person one: bookings and notes go over to `into`."""

    async def work(ctx: Context) -> CustomerOut:
        await customers.merge_customers(ctx, shop_id, customer_id, body.into)
        return await _one(ctx, shop_id, body.into)

    return await call.run_write(work, before=lambda ctx: _one(ctx, shop_id, customer_id))
