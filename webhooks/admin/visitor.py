"""Who is in front of the page, what they sent, and the API called in their name."""

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
    """One request to the page by somebody who is signed in."""

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
        """The shop this page is about, with all it offers."""
        assert self.optional_catalog is not None
        return self.optional_catalog

    @property
    def can_configure(self) -> bool:
        """Whether this person may set the shop up; the API decides, this spares vain forms."""
        return self._is("owner")

    @property
    def works_at_desk(self) -> bool:
        """Whether this person works for the whole shop, not only on a calendar of their own."""
        return self._is("owner", "receptionist")

    @property
    def own_provider_id(self) -> int | None:
        """The provider that this person is here, if they are one and nothing more."""
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
        """Call a handler of the API in this person's name; CallRefused when it refuses.

        Its shop is this page's. The same form sent twice does a thing once.
        """
        shop_id = self.optional_catalog.shop.id if self.optional_catalog else None
        who = self.api_request.principal
        call = HandlerCall(self.request, who, self._next_key(), file, shop_id)
        return await call_handler(call, handler, body, **arguments)

    def _next_key(self) -> str:
        """Return the key of this request's next call: the form's own and what was typed in it."""
        if not self.form[FORM_KEY_FIELD]:
            return ""
        self.calls += 1
        typed = f"{self.request.url.path} {sorted(self.form.values.items())}".encode()
        digest = sha256(typed + b"".join(self.form.files.values())).hexdigest()
        return f"form:{digest}:{self.calls}"

    async def run_read(self, work: Callable[[Context], Awaitable[T]]) -> T:
        """Read by core's own verbs what no answer of the API holds in one piece."""
        return await self.api_request.run_read(work)


async def load_visitor(request: Request) -> Visitor:
    """Return who visits a page that needs no shop; SignInEnded for nobody."""
    return await _visit(request, SIGNED_IN)


async def load_shop_visitor(request: Request) -> Visitor:
    """Return who visits a page of a shop; NotFound unless they have to do with it."""
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
