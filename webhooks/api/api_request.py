"""One request to the API: its caller, and the transaction its verb runs in.

`caller` is what every route depends on. It knows the route's row in the table of permissions and
lets nobody else pass; a write keeps the answer to its Idempotency-Key and notes who changed what,
all in the transaction of the change itself.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from typing import Any, TypeVar

import structlog
from fastapi import Request
from fastapi.routing import APIRoute
from pydantic import BaseModel

from bot.app import App
from core.auth import sessions
from core.auth.sessions import Principal
from core.bookings.transitions import Actor
from core.db import idempotency
from core.db.audit import record_change
from core.db.context import Context
from core.errors import InvalidValue, NotFound, NotSignedIn
from core.values.phone_visibility import may_see_phones
from webhooks.http.request_middleware import client_ip

T = TypeVar("T")
IDEMPOTENCY_HEADER = "Idempotency-Key"

_KEY = re.compile(r"[\x21-\x7e]{1,200}")


class IdempotentReplay(Exception):
    """This very request was answered before."""

    def __init__(self, kept: idempotency.StoredResponse) -> None:
        super().__init__(kept.status)
        self.stored = kept


@dataclass(frozen=True, slots=True)
class Operation:
    """What is asked of the API: a route, the values in its path, and the body that was sent."""

    route: APIRoute
    path_params: Mapping[str, Any]
    address: str
    """Method, path and query, as they are told apart from other requests."""
    idempotency_key: str
    read_body: Callable[[], Awaitable[bytes]]

    @classmethod
    def from_http(cls, request: Request) -> Operation:
        """Return the request of an HTTP request."""
        return cls(
            request.scope["route"],
            request.path_params,
            f"{request.method} {request.url.path}?{request.url.query}",
            request.headers.get(IDEMPOTENCY_HEADER, ""),
            request.body,
        )


@dataclass(slots=True)
class ApiRequest:
    """A request that may be made, and who makes it; nobody, where that is allowed."""

    http: Request
    operation: Operation
    app: App
    optional_principal: Principal | None
    shop_id: int | None
    own_provider_ids: frozenset[int] | None
    """The providers a provider is held to; None for whoever may act on all of the shop's."""

    @property
    def principal(self) -> Principal:
        """Return the caller; raise SignInEnded if nobody is signed in."""
        if self.optional_principal is None:
            raise NotSignedIn
        return self.optional_principal

    @property
    def staff_actor(self) -> Actor:
        """Return the caller as an actor of staff."""
        return Actor("staff", self.principal.user_id, self.principal.name)

    @property
    def customer_actor(self) -> Actor:
        """Return the caller as an actor on their own bookings."""
        return Actor("customer", self.principal.user_id, self.principal.name)

    @property
    def csrf_token(self) -> str:
        """Return the CSRF token of the caller's cookie."""
        return sessions.csrf_token(self.app.runtime.secret, self.principal.auth_session_id)

    @property
    def client_ip(self) -> str:
        """Return the client's address."""
        return client_ip(self.http)

    @property
    def new_key(self) -> str:
        """Return an idempotency key for core's verbs, unique to this request."""
        return f"api:{secrets.token_hex(12)}"

    def sees_phones(self, shop_id: int) -> bool:
        """Return whether the caller may see the phones of a shop's customers."""
        me = self.principal
        return me.is_admin or may_see_phones(role.role for role in me.roles_at(shop_id))

    def ensure_provider_allowed(self, provider_id: int) -> None:
        """Raise NotFound for a provider whom the caller may not see."""
        if self.own_provider_ids is not None and provider_id not in self.own_provider_ids:
            raise NotFound(provider=provider_id)

    def ensure_calendar_allowed(self, provider_id: int | None) -> None:
        """Raise NotFound for a calendar the caller may not see; None is the whole shop's."""
        if provider_id is not None:
            self.ensure_provider_allowed(provider_id)
        elif self.own_provider_ids is not None:
            raise NotFound(provider=None)

    async def run_read(self, work: Callable[[Context], Awaitable[T]]) -> T:
        """Run a read in a transaction of its own."""
        async with self.app.runtime.read_transaction() as ctx:
            return await work(ctx)

    async def run_write(
        self,
        work: Callable[[Context], Awaitable[T]],
        *,
        before: Callable[[Context], Awaitable[BaseModel | None]] | None = None,
        secret: bool = False,
        keep: bool = True,
    ) -> T:
        """Run a change once per Idempotency-Key, record it in the audit log and return its result.

        `before` reads what is about to change, as the answer will show it. A `secret` answer is
        neither kept nor noted, only that there was one; without `keep` it is noted alone.
        """
        key = self.operation.idempotency_key
        if key and not _KEY.fullmatch(key):
            raise InvalidValue(field=IDEMPOTENCY_HEADER, reason="form")
        key = "" if secret or not keep else key
        print_ = await self._fingerprint() if key else ""
        caller = (
            f"user:{self.principal.user_id}"
            if self.optional_principal
            else f"address:{self.client_ip}"
        )

        async def once(ctx: Context) -> T:
            if key and (kept := await idempotency.replay_or_start(ctx, caller, key, print_)):
                raise IdempotentReplay(kept)
            was = await before(ctx) if before else None
            made = await work(ctx)
            await self._note(ctx, was, None if secret else made)
            if key:
                body = made.model_dump_json() if isinstance(made, BaseModel) else ""
                status = self.operation.route.status_code or HTTPStatus.OK
                await idempotency.store_response(
                    ctx, caller, key, idempotency.StoredResponse(int(status), body)
                )
            return made

        return await self.app.runtime.run(once)

    async def record_change(self, user_id: int | None = None) -> None:
        """Record a change that ran in its own transactions, since password hashing is slow."""
        user_id = self.optional_principal.user_id if self.optional_principal else user_id
        await self.app.runtime.run(lambda ctx: self._note(ctx, None, None, user_id))

    async def _fingerprint(self) -> str:
        """Return the fingerprint of a request: method, path, query and body."""
        address = f"{self.operation.address}\n".encode()
        return sha256(address + await self.operation.read_body()).hexdigest()

    async def _note(
        self, ctx: Context, was: BaseModel | None, made: object, user_id: int | None = None
    ) -> None:
        after = made.model_dump(mode="json") if isinstance(made, BaseModel) else None
        route = self.operation.route
        target = route.path.format(**self.operation.path_params).removeprefix("/")
        await record_change(
            ctx,
            action=f"{route.tags[0]}.{route.name}",
            target=target,
            shop_id=self.shop_id,
            user_id=self.optional_principal.user_id if self.optional_principal else user_id,
            before=was.model_dump(mode="json") if was else None,
            after=after,
            address=self.client_ip,
            request=str(structlog.contextvars.get_contextvars().get("request", "")),
        )
