"""One call of the API: who makes it, whether they may, and the transaction it is done in.

`caller` is what every route depends on. It knows the route's row in the table of permissions and
lets nobody else pass; a write keeps the answer to its Idempotency-Key and notes who changed what,
all in the transaction of the change itself.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

import structlog
from fastapi import Depends, Request, Response
from pydantic import BaseModel

from bot.app import App
from core import audit, idempotency
from core.accounts import sign_ins, tokens
from core.accounts.sign_ins import Principal
from core.accounts.tokens import Claims
from core.bookings import Actor
from core.context import Context
from core.errors import Invalid, NotAllowed, NotFound, SignInEnded
from webhooks.admin.permissions import TABLE, Row
from webhooks.errors import Refused
from webhooks.requests import address_of

T = TypeVar("T")

COOKIE = "slotline_session"
CSRF_HEADER = "X-CSRF-Token"
KEY_HEADER = "Idempotency-Key"

_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Replay(Exception):
    """This very request was answered before."""

    def __init__(self, kept: idempotency.Kept) -> None:
        super().__init__(kept.status)
        self.kept = kept


@dataclass(slots=True)
class Call:
    """A request that may be made, and who makes it; nobody, where that is allowed."""

    request: Request
    app: App
    principal: Principal | None
    shop_id: int | None
    own_providers: frozenset[int] | None
    """The providers a provider is held to; None for whoever may act on all of the shop's."""

    @property
    def me(self) -> Principal:
        """Who makes it; SignInEnded if nobody is signed in."""
        if self.principal is None:
            raise SignInEnded
        return self.principal

    @property
    def actor(self) -> Actor:
        """The same, as the verbs of bookings take it for the staff."""
        return Actor("staff", self.me.user_id, self.me.name)

    @property
    def customer(self) -> Actor:
        """The same, for what is their own."""
        return Actor("customer", self.me.user_id, self.me.name)

    @property
    def csrf(self) -> str:
        """What proves that a change by this sign-in's cookie was meant."""
        return sign_ins.csrf_of(self.app.runtime.secret, self.me.sign_in_id)

    @property
    def address(self) -> str:
        """Where the request comes from."""
        return address_of(self.request)

    @property
    def key(self) -> str:
        """A key for the verbs: nobody else's, and never the same for two calls."""
        return f"api:{secrets.token_hex(12)}"

    def check_provider(self, provider_id: int) -> None:
        """Raise NotFound for a provider who is not this provider's business."""
        if self.own_providers is not None and provider_id not in self.own_providers:
            raise NotFound(provider=provider_id)

    def check_calendar(self, provider_id: int | None) -> None:
        """The same of a provider's calendar; None is the whole shop's, and no provider's either."""
        if provider_id is not None:
            self.check_provider(provider_id)
        elif self.own_providers is not None:
            raise NotFound(provider=None)

    async def read(self, work: Callable[[Context], Awaitable[T]]) -> T:
        """Run what only reads."""
        async with self.app.runtime.reading() as ctx:
            return await work(ctx)

    async def write(
        self,
        work: Callable[[Context], Awaitable[T]],
        *,
        before: Callable[[Context], Awaitable[BaseModel | None]] | None = None,
        secret: bool = False,
    ) -> T:
        """Run a change, once for each Idempotency-Key, and note it; return what it returned.

        `before` reads what is about to change, as the answer will show it. A `secret` answer is
        neither kept nor noted, only that there was one.
        """
        key = self.request.headers.get(KEY_HEADER, "")
        if key and not _KEY.fullmatch(key):
            raise Invalid(field=KEY_HEADER, reason="form")
        key = "" if secret else key
        print_ = await self._fingerprint() if key else ""
        caller = f"user:{self.me.user_id}" if self.principal else f"address:{self.address}"

        async def once(ctx: Context) -> T:
            if key and (kept := await idempotency.begin(ctx, caller, key, print_)):
                raise Replay(kept)
            was = await before(ctx) if before else None
            made = await work(ctx)
            await self._note(ctx, was, None if secret else made)
            if key:
                body = made.model_dump_json() if isinstance(made, BaseModel) else ""
                status = self.request.scope["route"].status_code or HTTPStatus.OK
                await idempotency.keep(ctx, caller, key, idempotency.Kept(int(status), body))
            return made

        return await self.app.runtime.run(once)

    async def note(self, user_id: int | None = None) -> None:
        """Note a change that was made in transactions of its own: hashing takes its time."""
        user_id = self.principal.user_id if self.principal else user_id
        await self.app.runtime.run(lambda ctx: self._note(ctx, None, None, user_id))

    async def _fingerprint(self) -> str:
        """Return what makes a request another one: method, path, query, body."""
        url = self.request.url
        said = f"{self.request.method} {url.path}?{url.query}\n".encode()
        return sha256(said + await self.request.body()).hexdigest()

    async def _note(
        self, ctx: Context, was: BaseModel | None, made: object, user_id: int | None = None
    ) -> None:
        after = made.model_dump(mode="json") if isinstance(made, BaseModel) else None
        route = self.request.scope["route"]
        target = route.path.format(**self.request.path_params).removeprefix("/")
        await audit.note(
            ctx,
            action=f"{route.tags[0]}.{route.name}",
            target=target,
            shop_id=self.shop_id,
            user_id=self.principal.user_id if self.principal else user_id,
            before=was.model_dump(mode="json") if was else None,
            after=after,
            address=self.address,
            request=str(structlog.contextvars.get_contextvars().get("request", "")),
        )


async def caller(request: Request) -> Call:
    """Return the call, if whoever makes it may; else raise what refuses them."""
    row = TABLE[f"{request.method} {request.scope['route'].path}"]
    return await recognised(request, row, csrf=request.headers.get(CSRF_HEADER, ""))


async def recognised(request: Request, row: Row, *, csrf: str) -> Call:
    """Return the call of whoever is in `row`; else raise what refuses them.

    `csrf` is what came to prove that a change by cookie was meant.
    """
    app: App = request.app.state.slotline
    claims, by_cookie, wrong = _claims(request, app)
    seconds = await request.app.state.limits.take(
        user_id=claims and claims.user_id, address=address_of(request)
    )
    if seconds:
        raise Refused(
            HTTPStatus.TOO_MANY_REQUESTS,
            "too_many_requests",
            "Too many requests; try again later.",
            {"Retry-After": str(seconds)},
        )
    principal = None
    if claims is not None:
        try:
            async with app.runtime.reading() as ctx:
                principal = await sign_ins.who(ctx, claims)
        except SignInEnded as error:
            wrong = error
    if principal is None:
        if "anyone" not in row:
            raise wrong or SignInEnded()
    elif by_cookie and request.method not in _SAFE:
        check_origin(request, app)
        _check_csrf(csrf, app, principal)
    return _allowed(request, app, row, principal)


Caller = Annotated[Call, Depends(caller)]


def _claims(request: Request, app: App) -> tuple[Claims | None, bool, SignInEnded | None]:
    """Return what token came, whether in a cookie, and what is wrong with it."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    by_cookie = not scheme and COOKIE in request.cookies
    if by_cookie:
        token = request.cookies[COOKIE]
    elif scheme.lower() != "bearer":
        return None, False, None
    try:
        return read_token(app, "cookie" if by_cookie else "access", token), by_cookie, None
    except SignInEnded as error:
        return None, by_cookie, error


def read_token(app: App, kind: tokens.Kind, token: str) -> Claims:
    """Return what a token says by the runtime's clock and keys; SignInEnded for a bad one."""
    runtime = app.runtime
    previous = runtime.settings.secret_key_previous
    return tokens.read(
        kind, token.strip(), secret=runtime.secret, previous=previous, now=runtime.clock.now()
    )


def _allowed(request: Request, app: App, row: Row, principal: Principal | None) -> Call:
    shop_id = _number(request.path_params.get("shop_id"))
    if "anyone" in row or (principal and "signed_in" in row):
        return Call(request, app, principal, shop_id, None)
    assert principal is not None
    if principal.admin and "admin" in row:
        return Call(request, app, principal, shop_id, None)
    if "shop_id" not in request.path_params:
        raise NotAllowed(user=principal.user_id)
    roles = principal.roles_at(shop_id) if shop_id is not None else ()
    if not roles:
        raise NotFound(shop=shop_id)
    words = {role.role for role in roles}
    if words & row & {"owner", "receptionist"}:
        return Call(request, app, principal, shop_id, None)
    own = frozenset(role.provider_id for role in roles if role.provider_id is not None)
    if "provider" not in words & row:
        raise NotAllowed(user=principal.user_id)
    if (
        "provider_id" in request.path_params
        and _number(request.path_params["provider_id"]) not in own
    ):
        raise NotAllowed(user=principal.user_id)
    return Call(request, app, principal, shop_id, own)


def set_cookie(response: Response, app: App, value: str) -> None:
    """Have a browser keep a sign-in, where no script can read it and no other site can send it."""
    response.set_cookie(
        COOKIE,
        value,
        max_age=app.settings.refresh_token_days * 86400,
        path="/",
        secure=app.settings.base_url.startswith("https:"),
        httponly=True,
        samesite="lax",
    )


def check_origin(request: Request, app: App) -> None:
    """Refuse a request that a page of others made in a browser that is signed in here."""
    origin = request.headers.get("Origin")
    if origin is None:
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
            raise _forged()
        return
    ours = {app.settings.base_url, f"{request.url.scheme}://{request.headers.get('host', '')}"}
    if origin not in {_origin(url) for url in ours}:
        raise _forged()


def _check_csrf(given: str, app: App, principal: Principal) -> None:
    wanted = sign_ins.csrf_of(app.runtime.secret, principal.sign_in_id)
    if not hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace")):
        raise _forged()


def _forged() -> Refused:
    return Refused(
        HTTPStatus.FORBIDDEN, "csrf", f"A change by cookie needs {CSRF_HEADER} and our own origin."
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _number(text: Any) -> int | None:
    plain = str(text)
    fits = plain.isascii() and plain.isdecimal() and len(plain) < 19
    return int(plain) if fits else None
