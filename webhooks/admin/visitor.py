"""The visitor of a page: who they are, what they sent, and calls of the API on their behalf."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel

from core.catalog.entities import Catalog
from core.catalog.loader import load_catalog
from core.db.context import Context
from webhooks.admin.forms_input import SubmittedForm, read_form
from webhooks.admin.handler_calls import HandlerCall, call_handler
from webhooks.api.api_request import ApiRequest
from webhooks.api.auth_guard import authorize
from webhooks.api.permissions import PERMISSIONS, SIGNED_IN, AllowedRoles

T = TypeVar("T")

TEAM_ROLES = PERMISSIONS["GET /shops/{shop_id}/settings"]
"""Who sees a shop's pages at all; each call of a handler then passes that handler's own row."""

FORM_KEY_FIELD = "once"
"""The hidden field by which a form that is sent twice is known."""


@dataclass(slots=True)
class Visitor:
    """One request to the admin pages by a signed-in user."""

    request: Request
    api_request: ApiRequest
    form: SubmittedForm
    csrf_token: str
    optional_catalog: Catalog | None = None
    calls: int = 0
    """How many handlers were called so far."""
    form_key: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    """What the forms of this page are known by when they come back."""

    @property
    def catalog(self) -> Catalog:
        """Return the catalog of the shop the page is about."""
        assert self.optional_catalog is not None
        return self.optional_catalog

    @property
    def can_configure(self) -> bool:
        """Return whether the visitor may set the shop up; only to hide forms, the API decides."""
        return self._is("owner")

    @property
    def works_at_desk(self) -> bool:
        """Return whether the visitor works for the whole shop, not just on their own calendar."""
        return self._is("owner", "receptionist")

    @property
    def own_provider_id(self) -> int | None:
        """Return the visitor's provider, if that is their only role here."""
        mine = self.api_request.own_provider_ids
        return min(mine) if mine else None

    def _is(self, *roles: str) -> bool:
        me = self.api_request.principal
        shop_id = self.catalog.shop.id
        return me.is_admin or any(role.role in roles for role in me.roles_at(shop_id))

    async def call(
        self,
        handler: Callable[..., Awaitable[T]],
        /,
        body: BaseModel | Mapping[str, Any] | None = None,
        *,
        file: bytes = b"",
        **arguments: Any,
    ) -> T:
        """Call a handler of the API on the visitor's behalf; raise CallRefused if it refuses.

        Its shop is this page's. The same form sent twice does a thing once.
        """
        shop_id = self.optional_catalog.shop.id if self.optional_catalog else None
        who = self.api_request.principal
        call = HandlerCall(self.request, who, self._next_key(), file, shop_id)
        return await call_handler(call, handler, body, **arguments)

    def _next_key(self) -> str:
        """Return the idempotency key of the next call, from the form's key and content."""
        if not self.form[FORM_KEY_FIELD]:
            return ""
        self.calls += 1
        typed = f"{self.request.url.path} {sorted(self.form.values.items())}".encode()
        digest = sha256(typed + b"".join(self.form.files.values())).hexdigest()
        return f"form:{digest}:{self.calls}"

    async def run_read(self, work: Callable[[Context], Awaitable[T]]) -> T:
        """Run a read of core directly, for what no single route returns."""
        return await self.api_request.run_read(work)


async def load_visitor(request: Request) -> Visitor:
    """Return the visitor of a page without a shop; raise SignInEnded if not signed in."""
    return await _visit(request, SIGNED_IN)


async def load_shop_visitor(request: Request) -> Visitor:
    """Return the visitor of a shop's page; raise NotFound unless they work there."""
    visit = await _visit(request, TEAM_ROLES)
    shop_id = visit.api_request.shop_id
    assert shop_id is not None
    visit.optional_catalog = await visit.run_read(lambda ctx: load_catalog(ctx, shop_id))
    return visit


async def _visit(request: Request, row: AllowedRoles) -> Visitor:
    form = await read_form(request)
    call = await authorize(request, row, csrf=form["csrf"])
    return Visitor(request, call, form, call.csrf_token)


AnyVisitor = Annotated[Visitor, Depends(load_visitor)]
ShopVisitor = Annotated[Visitor, Depends(load_shop_visitor)]
