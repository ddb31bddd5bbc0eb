"""Who is in front of the page, what they sent, and the API asked in their name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Request

from core.catalog.entities import Catalog
from core.catalog.loader import load_catalog
from core.db.context import Context
from webhooks.admin.api_client import call_api
from webhooks.admin.forms_input import SubmittedForm, read_form
from webhooks.api.api_request import ApiRequest
from webhooks.api.auth_guard import authorize
from webhooks.api.permissions import PERMISSIONS, SIGNED_IN, AllowedRoles

T = TypeVar("T")

TEAM_ROLES = PERMISSIONS["GET /shops/{shop_id}/settings"]
"""Who sees a shop's pages at all; each change is then asked of the API, which has its own row."""


@dataclass(slots=True)
class Visitor:
    """One request to the page by somebody who is signed in."""

    request: Request
    api_request: ApiRequest
    form: SubmittedForm
    csrf_token: str
    optional_catalog: Catalog | None = None

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

    async def api_get(self, path: str, **query: Any) -> Any:
        """Ask the API for something; Problem when it refuses."""
        asked = {name: value for name, value in query.items() if value not in (None, "")}
        return await call_api(self.request, "GET", f"{path}?{urlencode(asked, doseq=True)}")

    async def api_send(self, method: str, path: str, /, **said: Any) -> Any:
        """Have the API change something; Problem when it refuses."""
        return await call_api(self.request, method, path, said, csrf=self.csrf_token)

    async def api_send_file(self, path: str, file: bytes, **query: str) -> Any:
        """Hand a CSV file to the API; Problem when it refuses."""
        path = f"{path}?{urlencode(query)}"
        return await call_api(self.request, "POST", path, csrf=self.csrf_token, file=file)

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
