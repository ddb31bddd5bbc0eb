"""Users of the whole installation, for its admins."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query

from core.auth import sessions
from core.db.context import Context
from core.errors import Invalid
from core.people import members
from core.people import search as people_search
from core.people.search import find_users
from core.privacy import erasure, personal_data
from webhooks.api.api_request import Call
from webhooks.api.dependencies import Caller, Paged
from webhooks.api.schemas import Listing, Out, PathId, Search

router = APIRouter(prefix="/users", tags=["users"])


class UserOut(Out):
    """A user."""

    id: int
    name: str
    language: str
    admin: bool
    phone: str
    created_at: datetime
    last_sign_in_at: datetime | None
    deactivated_at: datetime | None


async def _one(ctx: Context, user_id: int) -> UserOut:
    return UserOut.model_validate(await people_search.user(ctx, user_id))


@router.get("")
async def search(
    call: Caller,
    asked: Paged,
    q: Annotated[Search, Query(description="In name, phone or e-mail.")] = "",
) -> Listing[UserOut]:
    """Search users, or list them all."""

    async def work(ctx: Context) -> Listing[UserOut]:
        found = await find_users(ctx, q, asked)
        return Listing.of(found.map(UserOut.model_validate))

    return await call.read(work)


@router.get("/{user_id}")
async def show(user_id: PathId, call: Caller) -> UserOut:
    """Show one user."""
    return await call.read(lambda ctx: _one(ctx, user_id))


@router.delete("/{user_id}", status_code=HTTPStatus.NO_CONTENT)
async def delete(user_id: PathId, call: Caller) -> None:
    """Delete a user: their roles end, and they are forgotten for good. Not an admin (422)."""
    if user_id == call.me.user_id:
        raise Invalid(field="user_id", reason="oneself")

    async def work(ctx: Context) -> None:
        if (await people_search.user(ctx, user_id)).admin:
            raise Invalid(field="user_id", reason="admin")
        await members.leave(ctx, user_id)
        await erasure.erase(ctx, await personal_data.user(ctx, user_id))

    # Not what was known of them: that is what is to be forgotten.
    await call.write(work)


@router.post("/{user_id}/deactivate")
async def deactivate(user_id: PathId, call: Caller) -> UserOut:
    """Close an account: its user is out everywhere at once."""
    if user_id == call.me.user_id:
        raise Invalid(field="user_id", reason="oneself")
    return await _set(call, user_id, active=False)


@router.post("/{user_id}/reactivate")
async def reactivate(user_id: PathId, call: Caller) -> UserOut:
    """Open an account again; its user signs in anew."""
    return await _set(call, user_id, active=True)


async def _set(call: Call, user_id: int, *, active: bool) -> UserOut:
    async def work(ctx: Context) -> UserOut:
        await sessions.deactivate(ctx, user_id, active=active)
        return await _one(ctx, user_id)

    return await call.write(work, before=lambda ctx: _one(ctx, user_id))
