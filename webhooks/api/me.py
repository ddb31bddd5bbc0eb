"""Oneself: who one is, where one works, where one is signed in."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from core.auth import password_login, sessions
from core.db.context import Context
from core.db.pagination import page
from core.db.tables import sign_ins as table
from core.people.identities import change_user
from webhooks.api import auth_emails
from webhooks.api.api_request import Call
from webhooks.api.auth import Accepted, Email, NewPassword
from webhooks.api.dependencies import Caller, Paged
from webhooks.api.schemas import In, Line, Listing, Name, Out, PathId, Secret

router = APIRouter(prefix="/me", tags=["me"])


class RoleOut(Out):
    """What one is at a shop."""

    shop_id: int
    role: str = Field(examples=["owner"])
    provider_id: int | None = Field(description="Of a provider: which one.")


class Me(Out):
    """Oneself."""

    user_id: int
    name: str
    language: str = Field(examples=["es"])
    admin: bool
    created_at: datetime
    last_sign_in_at: datetime | None
    roles: list[RoleOut]
    csrf_token: str = Field(description="For changes by cookie: goes into `X-CSRF-Token`.")


class MeIn(In):
    """What to change of oneself."""

    name: Name | None = None
    language: Annotated[Line, Field(examples=["es"])] | None = None


class ChangePassword(In):
    """The password of now and the next."""

    current: Secret
    password: NewPassword


class AddEmail(In):
    """An address to sign in with, and a password for it."""

    email: Email
    password: NewPassword


class SignInOut(Out):
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
async def show(call: Caller) -> Me:
    """Say who is signed in, and what they are where."""
    return _me(call)


@router.patch("")
async def change(body: MeIn, call: Caller) -> Me:
    """Change one's name or language."""

    async def work(ctx: Context) -> Me:
        await change_user(ctx, call.me.user_id, **body.given())
        call.principal = await sessions.again(ctx, call.me)
        return _me(call)

    async def before(_ctx: Context) -> Me:
        return _me(call)

    return await call.write(work, before=before)


@router.post("/password")
async def change_password(body: ChangePassword, call: Caller) -> Accepted:
    """Change one's password; other devices are signed out, and a mail says so."""
    letter = await password_login.change(
        call.app.runtime,
        call.me.user_id,
        body.current,
        body.password,
        sign_in_id=call.me.sign_in_id,
    )
    await call.note()
    auth_emails.send(call.request, letter)
    return Accepted()


@router.post("/email", status_code=HTTPStatus.ACCEPTED)
async def add_email(body: AddEmail, call: Caller) -> Accepted:
    """Add an e-mail address and a password to one's account, by a mailed link."""
    letter = await password_login.register(
        call.app.runtime, body.email, body.password, user_id=call.me.user_id
    )
    await call.note()
    auth_emails.send(call.request, letter)
    return Accepted()


@router.get("/sign-ins")
async def list_sign_ins(call: Caller, asked: Paged) -> Listing[SignInOut]:
    """List the devices one is signed in on, the newest first."""

    async def work(ctx: Context) -> Listing[SignInOut]:
        rows = sessions.living(call.me.user_id, ctx.now)
        found = await page(ctx, rows, [table.c.id], asked, newest_first=True)
        return Listing.of(
            found.map(
                lambda row: SignInOut(
                    **{name: getattr(row, name) for name in sessions.SignIn.__slots__},
                    this=row.id == call.me.sign_in_id,
                )
            )
        )

    return await call.read(work)


@router.delete("/sign-ins", status_code=HTTPStatus.NO_CONTENT)
async def end_others(call: Caller) -> None:
    """Sign out everywhere but here."""
    me = call.me
    await call.write(
        lambda ctx: sessions.end_all(ctx, me.user_id, reason="signed out", but=me.sign_in_id)
    )


@router.delete("/sign-ins/{sign_in_id}", status_code=HTTPStatus.NO_CONTENT)
async def end_one(sign_in_id: PathId, call: Caller) -> None:
    """Sign out on one device."""
    await call.write(lambda ctx: sessions.end(ctx, call.me.user_id, sign_in_id))


def _me(call: Call) -> Me:
    me = call.me
    return Me(
        user_id=me.user_id,
        name=me.name,
        language=me.language,
        admin=me.admin,
        created_at=me.created_at,
        last_sign_in_at=me.last_sign_in_at,
        roles=[RoleOut.model_validate(role) for role in me.roles],
        csrf_token=call.csrf,
    )
