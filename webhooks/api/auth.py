"""Signing in: a one-time code to the phone, or e-mail and password; tokens or a cookie."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from core.auth import password_login, phone_login, sessions
from core.auth.sessions import Tokens
from core.db.context import Context
from core.errors import SlotlineError
from core.values import phone_numbers
from webhooks.api import auth_emails
from webhooks.api.api_request import Call
from webhooks.api.auth_guard import COOKIE, check_origin, read_token, set_cookie
from webhooks.api.dependencies import Caller
from webhooks.api.schemas import In, Name, Out, Secret

router = APIRouter(prefix="/auth", tags=["auth"])

Phone = Annotated[
    str, Field(max_length=40, description="With its country.", examples=["+34600111222"])
]
Email = Annotated[str, Field(max_length=254, examples=["ana@example.com"])]
NewPassword = Annotated[
    str, Field(min_length=8, max_length=200, description="Not one of your last five.")
]
Keep = Annotated[
    Literal["token", "cookie"],
    Field(description="`cookie` for a browser: it gets an HttpOnly cookie instead of tokens."),
]


class PhoneIn(In):
    """A phone that is to get a code."""

    phone: Phone


class CodeIn(In):
    """The code that came by SMS."""

    phone: Phone
    code: Annotated[str, Field(max_length=40, examples=["481920"])]
    name: Annotated[str, Field(max_length=100, description="Of somebody new.")] = ""
    keep: Keep = "token"


class RegisterIn(In):
    """Somebody new."""

    email: Email
    password: NewPassword
    name: Name


class PasswordIn(In):
    """E-mail and password."""

    email: Email
    password: Secret
    keep: Keep = "token"


class RefreshIn(In):
    """The refresh token that came last."""

    refresh_token: Annotated[str, Field(max_length=2048)]


class LinkIn(In):
    """What stands behind `token=` in a mailed link."""

    token: Annotated[str, Field(max_length=200)]


class EmailIn(In):
    """An address."""

    email: Email


class ChooseIn(LinkIn):
    """A new password."""

    password: NewPassword


class SignedIn(Out):
    """That you are signed in: by tokens, or by a cookie and what proves a request is your own."""

    access_token: str | None = Field(None, description="Goes into `Authorization: Bearer …`.")
    access_expires_at: datetime | None = None
    refresh_token: str | None = Field(None, description="Good once; the next comes with it.")
    refresh_expires_at: datetime | None = None
    csrf_token: str | None = Field(
        None, description="With a cookie: goes into `X-CSRF-Token` of every change."
    )


class Accepted(Out):
    """That it is under way, whether or not there is anybody to hear of it."""

    status: Literal["accepted"] = "accepted"


@router.post("/code", status_code=HTTPStatus.ACCEPTED)
async def send_code(body: PhoneIn, call: Caller) -> Accepted:
    """Send a one-time code to a phone. Whether it is known makes no difference to the answer."""
    phone = phone_numbers.phone(body.phone, "")
    await call.app.runtime.run(lambda ctx: phone_login.ask(ctx, phone))
    return Accepted()


@router.post("/code/check")
async def check_code(body: CodeIn, call: Caller, response: Response) -> SignedIn:
    """Sign in by the code: five tries within five minutes. Who is new gets an account."""
    phone = phone_numbers.phone(body.phone, "")
    found = await call.app.runtime.run(
        lambda ctx: phone_login.check(ctx, phone, body.code, name=body.name)
    )
    if isinstance(found, SlotlineError):
        raise found
    return await _begin(call, response, found, body.keep)


@router.post("/register", status_code=HTTPStatus.ACCEPTED)
async def register(body: RegisterIn, call: Caller) -> Accepted:
    """Open an account by e-mail: it is there once the mailed link is opened, within a day."""
    letter = await password_login.register(call.app.runtime, body.email, body.password, body.name)
    auth_emails.send(call.request, letter)
    return Accepted()


@router.post("/verify")
async def verify(body: LinkIn, call: Caller) -> Accepted:
    """Verify an e-mail address by the mailed link; then its password signs in."""
    user_id = await call.app.runtime.run(lambda ctx: password_login.verify(ctx, body.token))
    await call.note(user_id)
    return Accepted()


@router.post("/sign-in")
async def sign_in(body: PasswordIn, call: Caller, response: Response) -> SignedIn:
    """Sign in by e-mail and password. After three wrong ones there is a pause, longer each time."""
    user_id = await password_login.sign_in(call.app.runtime, body.email, body.password)
    return await _begin(call, response, user_id, body.keep)


@router.post("/refresh")
async def refresh(body: RefreshIn, call: Caller) -> SignedIn:
    """Take a refresh token for new tokens. One that is used twice ends the whole sign-in."""
    claims = read_token(call.app, "refresh", body.refresh_token)
    found = await call.app.runtime.run(lambda ctx: sessions.refresh(ctx, claims))
    if isinstance(found, SlotlineError):
        raise found
    return _of(found)


@router.post("/forgotten", status_code=HTTPStatus.ACCEPTED)
async def forgotten(body: EmailIn, call: Caller) -> Accepted:
    """Mail a link by which a new password can be chosen, within half an hour."""
    letter = await call.app.runtime.run(lambda ctx: password_login.forgotten(ctx, body.email))
    auth_emails.send(call.request, letter)
    return Accepted()


@router.post("/password")
async def choose_password(body: ChooseIn, call: Caller) -> Accepted:
    """Choose a new password by the mailed link; whoever was signed in is signed out."""
    letter = await password_login.choose(call.app.runtime, body.token, body.password)
    await call.note(letter.user_id)
    auth_emails.send(call.request, letter)
    return Accepted()


@router.post("/sign-out", status_code=HTTPStatus.NO_CONTENT)
async def sign_out(call: Caller, response: Response) -> None:
    """End this sign-in: its tokens and its cookie are good for nothing from now on."""
    me = call.me
    await call.app.runtime.run(lambda ctx: sessions.end(ctx, me.user_id, me.sign_in_id))
    response.delete_cookie(COOKIE, path="/")


async def _begin(
    call: Call, response: Response, user_id: int, keep: Literal["token", "cookie"]
) -> SignedIn:
    app, request = call.app, call.request
    if keep == "cookie":
        check_origin(request, app)
    agent = request.headers.get("User-Agent", "")

    async def begin(ctx: Context) -> tuple[int, Tokens | str]:
        made = await sessions.begin(
            ctx, user_id, kind=keep, agent=_plain(agent), address=call.address
        )
        if keep == "cookie":
            return made, sessions.cookie_of(ctx, user_id, made)
        return made, sessions.tokens_of(ctx, user_id, made)

    made, found = await app.runtime.run(begin)
    if isinstance(found, Tokens):
        return _of(found)
    set_cookie(response, app, found)
    return SignedIn(csrf_token=sessions.csrf_of(app.runtime.secret, made))


def _of(found: Tokens) -> SignedIn:
    return SignedIn(
        access_token=found.access,
        access_expires_at=found.access_until,
        refresh_token=found.refresh,
        refresh_expires_at=found.refresh_until,
    )


def _plain(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())
