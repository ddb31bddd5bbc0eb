"""Users of the whole installation, for its admins."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query

from core.auth import sessions
from core.db.context import Context
from core.errors import InvalidValue
from core.people.members import end_memberships
from core.people.search import find_users, get_user
from core.privacy.erasure import erase_person
from core.privacy.personal_data import data_subject_of_user
from webhooks.api.api_request import ApiRequest
from webhooks.api.dependencies import AuthorizedRequest, PageQuery
from webhooks.api.schemas import PageResponse, PathRowId, ResponseModel, SearchQuery

router = APIRouter(prefix="/users", tags=["users"])


class UserOut(ResponseModel):
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
    return UserOut.model_validate(await get_user(ctx, user_id))


@router.get("")
async def search_users(
    call: AuthorizedRequest,
    asked: PageQuery,
    q: Annotated[SearchQuery, Query(description="In name, phone or e-mail.")] = "",
) -> PageResponse[UserOut]:
    """Search users, or list them all."""

    async def work(ctx: Context) -> PageResponse[UserOut]:
        found = await find_users(ctx, q, asked)
        return PageResponse.from_page(found.map(UserOut.model_validate))

    return await call.run_read(work)


@router.get("/{user_id}")
async def show_user(user_id: PathRowId, call: AuthorizedRequest) -> UserOut:
    """Show one user."""
    return await call.run_read(lambda ctx: _one(ctx, user_id))


@router.delete("/{user_id}", status_code=HTTPStatus.NO_CONTENT)
async def delete_user(user_id: PathRowId, call: AuthorizedRequest) -> None:
    """Delete a user: their roles end, and they are forgotten for good. Not an admin (422)."""
    if user_id == call.principal.user_id:
        raise InvalidValue(field="user_id", reason="oneself")

    async def work(ctx: Context) -> None:
        if (await get_user(ctx, user_id)).admin:
            raise InvalidValue(field="user_id", reason="admin")
        await end_memberships(ctx, user_id)
        await erase_person(ctx, await data_subject_of_user(ctx, user_id))

    # Without the user's data, which is being erased.
    await call.run_write(work)


@router.post("/{user_id}/deactivate")
async def deactivate_user(user_id: PathRowId, call: AuthorizedRequest) -> UserOut:
    """Close an account: its user is out everywhere at once."""
    if user_id == call.principal.user_id:
        raise InvalidValue(field="user_id", reason="oneself")
    return await _set(call, user_id, active=False)


@router.post("/{user_id}/reactivate")
async def reactivate_user(user_id: PathRowId, call: AuthorizedRequest) -> UserOut:
    """Open an account again; its user signs in anew."""
    return await _set(call, user_id, active=True)


async def _set(call: ApiRequest, user_id: int, *, active: bool) -> UserOut:
    async def work(ctx: Context) -> UserOut:
        await sessions.set_account_active(ctx, user_id, active=active)
        return await _one(ctx, user_id)

    return await call.run_write(work, before=lambda ctx: _one(ctx, user_id))
