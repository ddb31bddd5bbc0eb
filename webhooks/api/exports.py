"""A shop's bookings, customers and services as CSV, written while they are read.

A page at a time, each in a transaction of its own: nobody holds a connection while somebody else's
network takes its time. What a spreadsheet would take for a formula gets an apostrophe in front
(OWASP's advice on CSV injection), for names and notes are whatever a customer wrote.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import Any, Literal

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from core.bookings import search
from core.bookings.search import Scope, Wanted
from core.catalog.loader import catalog
from core.db.context import Context
from core.db.pagination import MOST, Asked, Page
from core.people.search import find_customers
from webhooks.api.api_request import Call
from webhooks.api.bookings import BookingOut
from webhooks.api.customers import CustomerOut
from webhooks.api.dependencies import Caller
from webhooks.api.schemas import Out, PathId
from webhooks.api.services import ServiceOut

router = APIRouter(tags=["exports"])

What = Literal["bookings", "customers", "services"]

_FORMULA = re.compile(r"[=+\-@\t\r]")
_HARMLESS = re.compile(r"[+-]?\d+")
"""A phone or a number does nothing in a spreadsheet."""

_COLUMNS: dict[str, type[Out]] = {
    "bookings": BookingOut,
    "customers": CustomerOut,
    "services": ServiceOut,
}
_LEFT_OUT = frozenset({"rules", "reminders"})


@router.get(
    "/shops/{shop_id}/exports/{what}",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def export(shop_id: PathId, what: What, call: Caller) -> StreamingResponse:
    """Export a shop's bookings, customers or services as CSV, with a line of headings."""
    currency = await call.read(lambda ctx: _currency(ctx, shop_id))
    headers = {"Content-Disposition": f'attachment; filename="{what}.csv"'}
    lines = _lines(call, shop_id, what, currency)
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


async def _currency(ctx: Context, shop_id: int) -> str:
    return (await catalog(ctx, shop_id)).shop.currency


async def _lines(call: Call, shop_id: int, what: What, currency: str) -> AsyncIterator[str]:
    names = [name for name in _COLUMNS[what].model_fields if name not in _LEFT_OUT]
    yield _written([names])
    if what == "services":
        known = await call.read(lambda ctx: catalog(ctx, shop_id))
        services = [ServiceOut.of(service, currency) for service in known.services]
        yield _written(_cells(one, names) for one in services)
        return

    async def bookings(ctx: Context, asked: Asked) -> Page[BookingOut]:
        scope = Scope(shops={shop_id})
        return (await search.find_bookings(ctx, scope, Wanted(), asked)).map(BookingOut.of)

    async def customers(ctx: Context, asked: Asked) -> Page[CustomerOut]:
        found = await find_customers(ctx, shop_id, "", asked)
        return found.map(CustomerOut.model_validate)

    read: Callable[[Context, Asked], Awaitable[Page[Any]]]
    read = bookings if what == "bookings" else customers
    cursor: str | None = ""
    while cursor is not None:
        page = await _page(call, read, Asked(MOST, cursor))
        yield _written(_cells(one, names) for one in page.items)
        cursor = page.next


async def _page(
    call: Call, read: Callable[[Context, Asked], Awaitable[Page[Any]]], asked: Asked
) -> Page[Any]:
    return await call.read(lambda ctx: read(ctx, asked))


def _cells(row: Out, names: Sequence[str]) -> list[str]:
    values = row.model_dump(mode="json")
    return [_cell(values[name]) for name in names]


def _cell(value: Any) -> str:
    """Return a value as a cell no spreadsheet calculates."""
    text = "" if value is None else ", ".join(value) if isinstance(value, list) else str(value)
    if _FORMULA.match(text.lstrip()) and not _HARMLESS.fullmatch(text):
        return f"'{text}"
    return text


def _written(rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)  # ends lines by CRLF (RFC 4180)
    return out.getvalue()
