"""Everything about a person: shown to them or to who answers for it, and forgotten for good."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import Field

from core.db.context import Context
from core.privacy.erasure import erase_person
from core.privacy.export import export_person
from core.privacy.personal_data import DataSubject, data_subject_of_customer, data_subject_of_user
from webhooks.api.api_request import ApiRequest
from webhooks.api.dependencies import AuthorizedRequest
from webhooks.api.schemas import PathRowId, ResponseModel

router = APIRouter(tags=["privacy"])

FindPerson = Callable[[Context], Awaitable[DataSubject]]


class PersonalDataOut(ResponseModel):
    """All rows that belong to a person, by table, without keys and hashes."""

    at: datetime
    tables: dict[str, list[dict[str, Any]]] = Field(
        examples=[{"customers": [{"id": 5, "name": "Marta", "phone": "+34600000003"}]}]
    )


class ErasureOut(ResponseModel):
    """How much went."""

    cancelled: int = Field(description="Bookings to come that were called off.")
    bookings: int = Field(description="Bookings that are kept without a name, for the figures.")
    messages: int


@router.get("/me/export")
async def export_me(call: AuthorizedRequest) -> PersonalDataOut:
    """Read everything that is known of oneself."""
    return await _export(call, lambda ctx: data_subject_of_user(ctx, call.principal.user_id))


@router.post("/me/erase")
async def erase_me(call: AuthorizedRequest) -> ErasureOut:
    """Be forgotten, at once and for good; who works at a shop ends that first (422).

    Bookings to come are called off.
    """
    return await _erase(call, lambda ctx: data_subject_of_user(ctx, call.principal.user_id))


@router.get("/users/{user_id}/export")
async def export_user(user_id: PathRowId, call: AuthorizedRequest) -> PersonalDataOut:
    """Read everything that is known of a user."""
    return await _export(call, lambda ctx: data_subject_of_user(ctx, user_id))


@router.post("/users/{user_id}/erase")
async def erase_user(user_id: PathRowId, call: AuthorizedRequest) -> ErasureOut:
    """Forget a user for good; who works at a shop ends that first (422)."""
    return await _erase(call, lambda ctx: data_subject_of_user(ctx, user_id))


@router.get("/shops/{shop_id}/customers/{customer_id}/export")
async def export_customer(
    shop_id: PathRowId, customer_id: PathRowId, call: AuthorizedRequest
) -> PersonalDataOut:
    """Read everything that this shop has of a customer."""
    return await _export(call, lambda ctx: data_subject_of_customer(ctx, shop_id, customer_id))


@router.post("/shops/{shop_id}/customers/{customer_id}/erase")
async def erase_customer(
    shop_id: PathRowId, customer_id: PathRowId, call: AuthorizedRequest
) -> ErasureOut:
    """Forget a customer for good; of one who is known elsewhere too, what this shop has.

    Bookings to come are called off, and those that were stay in the figures without a name.
    """
    return await _erase(call, lambda ctx: data_subject_of_customer(ctx, shop_id, customer_id))


async def _export(call: ApiRequest, whose: FindPerson) -> PersonalDataOut:
    """Read it, and note that it was read, but not what."""

    async def work(ctx: Context) -> PersonalDataOut:
        told = await export_person(ctx, await whose(ctx))
        return PersonalDataOut(at=ctx.now, tables=told)

    return await call.run_write(work, secret=True)


async def _erase(call: ApiRequest, whose: FindPerson) -> ErasureOut:
    async def work(ctx: Context) -> ErasureOut:
        gone = await erase_person(ctx, await whose(ctx))
        return ErasureOut(
            cancelled=gone.cancelled, bookings=gone.anonymized_bookings, messages=gone.messages
        )

    return await call.run_write(work)
