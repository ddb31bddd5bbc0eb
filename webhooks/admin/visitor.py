"""Who is in front of the page, what they sent, and the API asked in their name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Request

from core.catalog.entities import Catalog
from core.catalog.loader import catalog
from core.db.context import Context
from webhooks.admin.api_client import send
from webhooks.admin.forms_input import Form, read_form
from webhooks.api.api_request import Call
from webhooks.api.auth_guard import recognised
from webhooks.api.permissions import SIGNED_IN, TABLE, Row

T = TypeVar("T")

TEAM = TABLE["GET /shops/{shop_id}/settings"]
"""Who sees a shop's pages at all; each change is then asked of the API, which has its own row."""


@dataclass(slots=True)
class Visit:
    """One request to the page by somebody who is signed in."""

    request: Request
    call: Call
    form: Form
    csrf: str
    known: Catalog | None = None

    @property
    def shop(self) -> Catalog:
        """The shop this page is about, with all it offers."""
        assert self.known is not None
        return self.known

    @property
    def runs(self) -> bool:
        """Whether this person may set the shop up; the API decides, this spares vain forms."""
        return self._is("owner")

    @property
    def desk(self) -> bool:
        """Whether this person works for the whole shop, not only on a calendar of their own."""
        return self._is("owner", "receptionist")

    @property
    def own(self) -> int | None:
        """The provider that this person is here, if they are one and nothing more."""
        mine = self.call.own_providers
        return min(mine) if mine else None

    def _is(self, *roles: str) -> bool:
        me = self.call.me
        shop_id = self.shop.shop.id
        return me.admin or any(role.role in roles for role in me.roles_at(shop_id))

    async def get(self, path: str, **query: Any) -> Any:
        """Ask the API for something; Problem when it refuses."""
        asked = {name: value for name, value in query.items() if value not in (None, "")}
        return await send(self.request, "GET", f"{path}?{urlencode(asked, doseq=True)}")

    async def send(self, method: str, path: str, /, **said: Any) -> Any:
        """Have the API change something; Problem when it refuses."""
        return await send(self.request, method, path, said, csrf=self.csrf)

    async def send_file(self, path: str, file: bytes, **query: str) -> Any:
        """Hand a CSV file to the API; Problem when it refuses."""
        path = f"{path}?{urlencode(query)}"
        return await send(self.request, "POST", path, csrf=self.csrf, file=file)

    async def read(self, work: Callable[[Context], Awaitable[T]]) -> T:
        """Read by core's own verbs what no answer of the API holds in one piece."""
        return await self.call.read(work)


async def visitor(request: Request) -> Visit:
    """Return who visits a page that needs no shop; SignInEnded for nobody."""
    return await _visit(request, SIGNED_IN)


async def at_shop(request: Request) -> Visit:
    """Return who visits a page of a shop; NotFound unless they have to do with it."""
    visit = await _visit(request, TEAM)
    shop_id = visit.call.shop_id
    assert shop_id is not None
    visit.known = await visit.read(lambda ctx: catalog(ctx, shop_id))
    return visit


async def _visit(request: Request, row: Row) -> Visit:
    form = await read_form(request)
    call = await recognised(request, row, csrf=form["csrf"])
    return Visit(request, call, form, call.csrf)


Visitor = Annotated[Visit, Depends(visitor)]
AtShop = Annotated[Visit, Depends(at_shop)]
