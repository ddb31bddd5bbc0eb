"""Oneself: who one is, where one works, where one is signed in."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter
from pydantic import Field

from core.auth import password_login, sessions
from core.db.context import Context
from core.people.identities import change_user
from core.values.people_changes import UserChange
from webhooks.api import auth_emails
from webhooks.api.api_request import ApiRequest
from webhooks.api.auth import EmailAddress, NewPassword
from webhooks.api.dependencies import AuthorizedRequest, PageQuery
from webhooks.api.schemas import (
    AcceptedOut,
    PageResponse,
    PathRowId,
    RequestModel,
    ResponseModel,
    SecretText,
)

router = APIRouter(prefix="/me", tags=["me"])


class RoleOut(ResponseModel):
    """What one is at a shop."""

    shop_id: int
    role: str = Field(examples=["owner"])
    provider_id: int | None = Field(description="Of a provider: which one.")


class MeOut(ResponseModel):
    """Oneself."""

    user_id: int
    name: str
    language: str = Field(examples=["es"])
    admin: bool
    created_at: datetime
    last_sign_in_at: datetime | None
    roles: list[RoleOut]
    csrf_token: str = Field(description="For changes by cookie: goes into `X-CSRF-Token`.")


class ChangePasswordIn(RequestModel):
    """The password of now and the next."""

    current: SecretText
    password: NewPassword


class AddEmailIn(RequestModel):
    """An address to sign in with, and a password for it."""

    email: EmailAddress
    password: NewPassword


class AuthSessionOut(ResponseModel):
    """A device that is signed in."""

    id: int
    kind: str = Field(examples=["token"])
    agent: str
    address: str
    created_at: datetime
    used_at: datetime
    expires_at: datetime
    this: bool = Field(description="Whether it is the one that asks.")


@router.get("")
async def show_me(call: AuthorizedRequest) -> MeOut:
    """Say who is signed in, and what they are where."""
    return _me(call)


@router.patch("")
async def change_me(body: UserChange, call: AuthorizedRequest) -> MeOut:
    """Change one's name or language."""

    async def work(ctx: Context) -> MeOut:
        await change_user(ctx, call.principal.user_id, body)
        call.optional_principal = await sessions.reload_principal(ctx, call.principal)
        return _me(call)

    async def before(_ctx: Context) -> MeOut:
        return _me(call)

    return await call.run_write(work, before=before)


@router.post("/password")
async def change_password(body: ChangePasswordIn, call: AuthorizedRequest) -> AcceptedOut:
    """Change one's password; other devices are signed out, and a mail says so."""
    runner = auth_emails.EmailQueueRunner(call.http)
    letter = await password_login.change_password(
        runner,
        call.principal.user_id,
        body.current,
        body.password,
        auth_session_id=call.principal.auth_session_id,
    )
    await call.record_change()
    auth_emails.send_unqueued_email(runner, letter)
    return AcceptedOut()


@router.post("/email", status_code=HTTPStatus.ACCEPTED)
async def add_email(body: AddEmailIn, call: AuthorizedRequest) -> AcceptedOut:
    """Add an e-mail address and a password to one's account, by a mailed link."""
    runner = auth_emails.EmailQueueRunner(call.http)
    letter = await password_login.register_account(
        runner, body.email, body.password, user_id=call.principal.user_id
    )
    await call.record_change()
    auth_emails.send_unqueued_email(runner, letter)
    return AcceptedOut()


@router.get("/sessions")
async def list_auth_sessions(
    call: AuthorizedRequest, asked: PageQuery
) -> PageResponse[AuthSessionOut]:
    """List the devices one is signed in on, the newest first."""

    async def work(ctx: Context) -> PageResponse[AuthSessionOut]:
        found = await sessions.list_active_sessions(ctx, call.principal.user_id, asked)
        return PageResponse.from_page(
            found.map(
                lambda row: AuthSessionOut(
                    **asdict(row),
                    this=row.id == call.principal.auth_session_id,
                )
            )
        )

    return await call.run_read(work)


@router.delete("/sessions", status_code=HTTPStatus.NO_CONTENT)
async def end_other_auth_sessions(call: AuthorizedRequest) -> None:
    """Sign out everywhere but here."""
    me = call.principal
    await call.run_write(
        lambda ctx: sessions.end_all_auth_sessions(
            ctx, me.user_id, reason="signed out", except_id=me.auth_session_id
        )
    )


@router.delete("/sessions/{auth_session_id}", status_code=HTTPStatus.NO_CONTENT)
async def end_auth_session(auth_session_id: PathRowId, call: AuthorizedRequest) -> None:
    """Sign out on one device."""
    await call.run_write(
        lambda ctx: sessions.end_auth_session(ctx, call.principal.user_id, auth_session_id)
    )


def _me(call: ApiRequest) -> MeOut:
    me = call.principal
    return MeOut(
        user_id=me.user_id,
        name=me.name,
        language=me.language,
        admin=me.is_admin,
        created_at=me.created_at,
        last_sign_in_at=me.last_sign_in_at,
        roles=[RoleOut.model_validate(role) for role in me.roles],
        csrf_token=call.csrf_token,
    )
