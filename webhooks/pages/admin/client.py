"""Who is in front of the page, what they sent, and the API asked in their name."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qs, urlencode

import httpx
from fastapi import Depends, Request
from starlette.formparsers import MultiPartException, MultiPartParser

from core.catalog import catalog
from core.context import Context
from core.offers import Catalog
from webhooks.admin.calls import COOKIE, CSRF_HEADER, Call, recognised
from webhooks.admin.middleware import MAX_IMPORT
from webhooks.admin.permissions import SIGNED_IN, TABLE, Row
from webhooks.errors import Refused
from webhooks.requests import TooLarge, address_of, body

T = TypeVar("T")

MAX_FORM = 64 * 1024
"""Bytes; the longest form is a shop's settings with all its texts."""

MAX_FILE = MAX_IMPORT + MAX_FORM
"""Bytes of a form with a file in it."""

FILES = "/setup/files"
"""How the address of the one page ends whose form takes files: others are not read that far."""

TEAM = TABLE["GET /shops/{shop_id}/settings"]
"""Who sees a shop's pages at all; each change is then asked of the API, which has its own row."""


class Problem(Exception):
    """What the API answered instead of doing it (RFC 9457)."""

    def __init__(self, status: int, said: Mapping[str, Any]) -> None:
        super().__init__(said.get("code", ""))
        self.status = status
        self.code: str = said.get("code", "")
        self.detail: str = said.get("detail", "")
        self.fields: Sequence[Mapping[str, Any]] = said.get("errors", ())
        self.facts = said
        self.after = 0
        """Seconds until it is worth another try; 0 when nothing is said of it."""


@dataclass(frozen=True, slots=True)
class Form:
    """What was typed; everything is text, and nothing is lost when it comes back with errors."""

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        """Return a field without blanks around it; "" when it did not come."""
        return self.raw(name).strip()

    def raw(self, name: str) -> str:
        """Return a field as it was typed: a password's blanks are its own."""
        found = self.values.get(name, ())
        return found[0] if found else ""

    def every(self, name: str) -> list[str]:
        """Return all values of a field that comes several times."""
        return [value.strip() for value in self.values.get(name, ())]

    def __contains__(self, name: object) -> bool:
        return name in self.values


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


async def send(
    request: Request,
    method: str,
    path: str,
    said: Mapping[str, Any] | None = None,
    *,
    csrf: str = "",
    file: bytes | None = None,
    answer: list[httpx.Response] | None = None,
) -> Any:
    """Make a request to the API as the browser would; return its JSON, None if there is none.

    `file` is sent as CSV in place of what is `said`; `answer` takes the whole answer, for the
    cookie in it.
    """
    passed = ("cookie", "origin", "sec-fetch-site", "user-agent", "host")
    headers = {name: request.headers[name] for name in passed if name in request.headers}
    if csrf:
        headers[CSRF_HEADER] = csrf
    transport = httpx.ASGITransport(request.app.state.api, client=(address_of(request), 0))
    base = f"{request.url.scheme}://{request.url.netloc}"
    async with httpx.AsyncClient(transport=transport, base_url=base) as client:
        if file is None:
            came = await client.request(method, path, headers=headers, json=said)
        else:
            headers["content-type"] = "text/csv"
            came = await client.request(method, path, headers=headers, content=file)
    if answer is not None:
        answer.append(came)
    data = json.loads(came.content) if came.content else None
    if came.status_code >= 400:
        problem = Problem(came.status_code, data if isinstance(data, dict) else {})
        problem.after = int(came.headers.get("Retry-After", "0"))
        raise problem
    return data


async def read_form(request: Request) -> Form:
    """Read a form of our own."""
    if request.method != "POST":
        return Form()
    if not hasattr(request.state, "form"):
        request.state.form = await _read(request)
    form: Form = request.state.form
    return form


async def _read(request: Request) -> Form:
    given = request.headers.get("content-type", "").startswith("multipart/form-data")
    takes = given and signed_in(request) and request.url.path.endswith(FILES)
    try:
        sent = await body(request, MAX_FILE if takes else MAX_FORM)
        if given:
            return await _with_files(request, sent)
        return Form(parse_qs(sent.decode(), keep_blank_values=True, max_num_fields=2000))
    except TooLarge:
        most = "That is more than a form of ours holds."
        raise Refused(HTTPStatus(413), "too_large", most) from None
    except (ValueError, MultiPartException):
        return Form()


async def _with_files(request: Request, sent: bytes) -> Form:
    """Read a form with a file in it; ValueError and MultiPartException for what is none."""

    async def whole() -> AsyncGenerator[bytes, None]:
        yield sent

    parser = MultiPartParser(
        request.headers, whole(), max_files=1, max_fields=20, max_part_size=MAX_FILE
    )
    found = await parser.parse()
    try:
        values: dict[str, list[str]] = {}
        files: dict[str, bytes] = {}
        for name, value in found.multi_items():
            if isinstance(value, str):
                values.setdefault(name, []).append(value)
            else:
                files[name] = await value.read()
        return Form(values, files)
    finally:
        await found.close()


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


def signed_in(request: Request) -> bool:
    """Whether a browser seems to be signed in; what it may see is asked when it asks."""
    return COOKIE in request.cookies


Visitor = Annotated[Visit, Depends(visitor)]
AtShop = Annotated[Visit, Depends(at_shop)]
