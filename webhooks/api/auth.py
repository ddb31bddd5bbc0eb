"""Signing in: a one-time code to the phone, or e-mail and password; tokens or a cookie."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from core.auth import password_login, phone_login, sessions
from core.auth.sessions import TokenPair
from core.db.context import Context
from core.errors import SlotlineError
from core.values.phone_numbers import parse_phone
from webhooks.api import auth_emails
from webhooks.api.api_request import ApiRequest
from webhooks.api.auth_guard import AUTH_COOKIE, ensure_same_origin, set_auth_cookie, verify_token
from webhooks.api.dependencies import AuthorizedRequest
from webhooks.api.schemas import AcceptedOut, PersonName, RequestModel, ResponseModel, SecretText

router = APIRouter(prefix="/auth", tags=["auth"])

PhoneNumberText = Annotated[
    str, Field(max_length=40, description="With its country.", examples=["+34600111222"])
]
EmailAddress = Annotated[str, Field(max_length=254, examples=["ana@example.com"])]
NewPassword = Annotated[
    str, Field(min_length=8, max_length=200, description="Not one of your last five.")
]
CredentialKind = Annotated[
    Literal["token", "cookie"],
    Field(description="`cookie` for a browser: it gets an HttpOnly cookie instead of tokens."),
]


Ticket = Annotated[
    str,
    Field(
        max_length=64,
        description="Any words of yours, the same for a code and its check, which nobody else "
        "knows: the code is good for them only. Without them it is for your address.",
    ),
]


class PhoneIn(RequestModel):
    """A phone that is to get a code."""

    phone: PhoneNumberText
    ticket: Ticket = ""


class CodeIn(RequestModel):
    """The code that came by SMS."""

    phone: PhoneNumberText
    code: Annotated[str, Field(max_length=40, examples=["481920"])]
    ticket: Ticket = ""
    name: Annotated[str, Field(max_length=100, description="Of somebody new.")] = ""
    keep: CredentialKind = "token"


class RegisterIn(RequestModel):
    """Somebody new."""

    email: EmailAddress
    password: NewPassword
    name: PersonName


class PasswordIn(RequestModel):
    """E-mail and password."""

    email: EmailAddress
    password: SecretText
    keep: CredentialKind = "token"


class RefreshIn(RequestModel):
    """The refresh token that came last."""

    refresh_token: Annotated[str, Field(max_length=2048)]


class LinkIn(RequestModel):
    """What stands behind `token=` in a mailed link."""

    token: Annotated[str, Field(max_length=200)]


class EmailIn(RequestModel):
    """An address."""

    email: EmailAddress


class NewPasswordIn(LinkIn):
    """A new password."""

    password: NewPassword


class CredentialsOut(ResponseModel):
    """That you are signed in: by tokens, or by a cookie and what proves a request is your own."""

    access_token: str | None = Field(None, description="Goes into `Authorization: Bearer …`.")
    access_expires_at: datetime | None = None
    refresh_token: str | None = Field(None, description="Good once; the next comes with it.")
    refresh_expires_at: datetime | None = None
    csrf_token: str | None = Field(
        None, description="With a cookie: goes into `X-CSRF-Token` of every change."
    )


def _asker(ticket: str, call: ApiRequest) -> str:
    return f"ticket {ticket}" if ticket else f"address {call.client_ip}"


@router.post("/code", status_code=HTTPStatus.ACCEPTED)
async def send_login_code(body: PhoneIn, call: AuthorizedRequest) -> AcceptedOut:
    """Send a one-time code to a phone. Whether it is known makes no difference to the answer."""
    phone = parse_phone(body.phone, "")
    who = {"requester": _asker(body.ticket, call), "address": call.client_ip}
    await call.app.runtime.run(lambda ctx: phone_login.send_login_code(ctx, phone, **who))
    return AcceptedOut()


@router.post("/code/check")
async def sign_in_by_code(
    body: CodeIn, call: AuthorizedRequest, response: Response
) -> CredentialsOut:
    """Sign in by the code: five tries within five minutes. Who is new gets an account."""
    phone = parse_phone(body.phone, "")
    requester = _asker(body.ticket, call)
    found = await call.app.runtime.run(
        lambda ctx: phone_login.verify_login_code(
            ctx, phone, body.code, requester=requester, name=body.name
        )
    )
    if isinstance(found, SlotlineError):
        raise found
    return await _begin(call, response, found, body.keep)


@router.post("/register", status_code=HTTPStatus.ACCEPTED)
async def register_account(body: RegisterIn, call: AuthorizedRequest) -> AcceptedOut:
    """Open an account by e-mail: it is there once the mailed link is opened, within a day."""
    runner = auth_emails.EmailQueueRunner(call.http)
    letter = await password_login.register_account(runner, body.email, body.password, body.name)
    auth_emails.send_unqueued_email(runner, letter)
    return AcceptedOut()


@router.post("/verify")
async def verify_email(body: LinkIn, call: AuthorizedRequest) -> AcceptedOut:
    """Verify an e-mail address by the mailed link; then its password signs in."""
    user_id = await call.app.runtime.run(lambda ctx: password_login.verify_email(ctx, body.token))
    await call.record_change(user_id)
    return AcceptedOut()


@router.post("/sign-in")
async def sign_in_by_password(
    body: PasswordIn, call: AuthorizedRequest, response: Response
) -> CredentialsOut:
    """Sign in by e-mail and password. After three wrong ones there is a pause, longer each time."""
    user_id = await password_login.verify_credentials(call.app.runtime, body.email, body.password)
    return await _begin(call, response, user_id, body.keep)


@router.post("/refresh")
async def refresh_tokens(body: RefreshIn, call: AuthorizedRequest) -> CredentialsOut:
    """Take a refresh token for new tokens. One that is used twice ends the whole sign-in."""
    claims = verify_token(call.app, "refresh", body.refresh_token)
    found = await call.app.runtime.run(lambda ctx: sessions.refresh_tokens(ctx, claims))
    if isinstance(found, SlotlineError):
        raise found
    return _of(found)


@router.post("/forgotten", status_code=HTTPStatus.ACCEPTED)
async def request_password_reset(body: EmailIn, call: AuthorizedRequest) -> AcceptedOut:
    """Mail a link by which a new password can be chosen, within half an hour."""
    runner = auth_emails.EmailQueueRunner(call.http)
    letter = await runner.run(lambda ctx: password_login.request_password_reset(ctx, body.email))
    auth_emails.send_unqueued_email(runner, letter)
    return AcceptedOut()


@router.post("/password")
async def reset_password(body: NewPasswordIn, call: AuthorizedRequest) -> AcceptedOut:
    """Choose a new password by the mailed link; whoever was signed in is signed out."""
    runner = auth_emails.EmailQueueRunner(call.http)
    letter = await password_login.reset_password(runner, body.token, body.password)
    await call.record_change(letter.user_id)
    auth_emails.send_unqueued_email(runner, letter)
    return AcceptedOut()


@router.post("/sign-out", status_code=HTTPStatus.NO_CONTENT)
async def sign_out(call: AuthorizedRequest, response: Response) -> None:
    """End this sign-in: its tokens and its cookie are good for nothing from now on."""
    me = call.principal
    await call.app.runtime.run(
        lambda ctx: sessions.end_auth_session(ctx, me.user_id, me.auth_session_id)
    )
    response.delete_cookie(AUTH_COOKIE, path="/")


async def _begin(
    call: ApiRequest, response: Response, user_id: int, keep: Literal["token", "cookie"]
) -> CredentialsOut:
    app, request = call.app, call.http
    if keep == "cookie":
        ensure_same_origin(request, app)
    agent = request.headers.get("User-Agent", "")

    async def begin(ctx: Context) -> tuple[int, TokenPair | str]:
        made = await sessions.start_auth_session(
            ctx, user_id, kind=keep, agent=_plain(agent), address=call.client_ip
        )
        if keep == "cookie":
            return made, sessions.issue_cookie(ctx, user_id, made)
        return made, sessions.issue_tokens(ctx, user_id, made)

    made, found = await app.runtime.run(begin)
    if isinstance(found, TokenPair):
        return _of(found)
    set_auth_cookie(response, app, found)
    return CredentialsOut(csrf_token=sessions.csrf_token(app.runtime.secret, made))


def _of(found: TokenPair) -> CredentialsOut:
    return CredentialsOut(
        access_token=found.access_token,
        access_expires_at=found.access_expires_at,
        refresh_token=found.refresh_token,
        refresh_expires_at=found.refresh_expires_at,
    )


def _plain(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())
