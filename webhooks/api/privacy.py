"""Everything about a person: shown to them or to who answers for it, and forgotten for good."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import Field

from core.db.context import Context
from core.privacy import erasure, export, personal_data
from core.privacy.personal_data import Person
from webhooks.api.api_request import Call
from webhooks.api.dependencies import Caller
from webhooks.api.schemas import Out, PathId

router = APIRouter(tags=["privacy"])

Whose = Callable[[Context], Awaitable[Person]]


class Everything(Out):
    """All rows that belong to a person, by table, without keys and hashes."""

    at: datetime
    tables: dict[str, list[dict[str, Any]]] = Field(
        examples=[{"customers": [{"id": 5, "name": "Marta", "phone": "+34600000003"}]}]
    )


class Erased(Out):
    """How much went."""

    cancelled: int = Field(description="Bookings to come that were called off.")
    bookings: int = Field(description="Bookings that are kept without a name, for the figures.")
    messages: int


@router.get("/me/export")
async def export_me(call: Caller) -> Everything:
    """Read everything that is known of oneself."""
    return await _export(call, lambda ctx: personal_data.user(ctx, call.me.user_id))


@router.post("/me/erase")
async def erase_me(call: Caller) -> Erased:
    """Be forgotten, at once and for good; who works at a shop ends that first (422).

    Bookings to come are called off.
    """
    return await _erase(call, lambda ctx: personal_data.user(ctx, call.me.user_id))


@router.get("/users/{user_id}/export")
async def export_user(user_id: PathId, call: Caller) -> Everything:
    """Read everything that is known of a user."""
    return await _export(call, lambda ctx: personal_data.user(ctx, user_id))


@router.post("/users/{user_id}/erase")
async def erase_user(user_id: PathId, call: Caller) -> Erased:
    """Forget a user for good; who works at a shop ends that first (422)."""
    return await _erase(call, lambda ctx: personal_data.user(ctx, user_id))


@router.get("/shops/{shop_id}/customers/{customer_id}/export")
async def export_customer(shop_id: PathId, customer_id: PathId, call: Caller) -> Everything:
    """Read everything that this shop has of a customer."""
    return await _export(call, lambda ctx: personal_data.customer(ctx, shop_id, customer_id))


@router.post("/shops/{shop_id}/customers/{customer_id}/erase")
async def erase_customer(shop_id: PathId, customer_id: PathId, call: Caller) -> Erased:
    """Forget a customer for good; of one who is known elsewhere too, what this shop has.

    Bookings to come are called off, and those that were stay in the figures without a name.
    """
    return await _erase(call, lambda ctx: personal_data.customer(ctx, shop_id, customer_id))


async def _export(call: Call, whose: Whose) -> Everything:
    """Read it, and note that it was read, but not what."""

    async def work(ctx: Context) -> Everything:
        told = await export.export(ctx, await whose(ctx))
        return Everything(at=ctx.now, tables=told)

    return await call.write(work, secret=True)


async def _erase(call: Call, whose: Whose) -> Erased:
    async def work(ctx: Context) -> Erased:
        return Erased.model_validate(await erasure.erase(ctx, await whose(ctx)))

    return await call.write(work)
