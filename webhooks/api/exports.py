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
from core.bookings.search import BookingFilter, BookingScope
from core.catalog.loader import load_catalog
from core.db.context import Context
from core.db.pagination import MAX_PAGE_SIZE, Page, PageRequest
from core.people.search import find_customers
from webhooks.api.api_request import ApiRequest
from webhooks.api.booking_output import BookingOut
from webhooks.api.customers import CustomerOut
from webhooks.api.dependencies import AuthorizedRequest
from webhooks.api.schemas import PathRowId, ResponseModel
from webhooks.api.services import ServiceOut

router = APIRouter(tags=["exports"])

ExportKind = Literal["bookings", "customers", "services"]

_FORMULA = re.compile(r"[=+\-@\t\r]")
_HARMLESS = re.compile(r"[+-]?\d+")
"""A phone or a number does nothing in a spreadsheet."""

_COLUMNS: dict[str, type[ResponseModel]] = {
    "bookings": BookingOut,
    "customers": CustomerOut,
    "services": ServiceOut,
}
_LEFT_OUT = frozenset({"rules", "reminders", "told"})


@router.get(
    "/shops/{shop_id}/exports/{what}",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def export_csv(
    shop_id: PathRowId, what: ExportKind, call: AuthorizedRequest
) -> StreamingResponse:
    """Export a shop's bookings, customers or services as CSV, with a line of headings."""
    currency = await call.run_read(lambda ctx: _currency(ctx, shop_id))
    headers = {"Content-Disposition": f'attachment; filename="{what}.csv"'}
    lines = _lines(call, shop_id, what, currency)
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


async def _currency(ctx: Context, shop_id: int) -> str:
    return (await load_catalog(ctx, shop_id)).shop.currency


async def _lines(
    call: ApiRequest, shop_id: int, what: ExportKind, currency: str
) -> AsyncIterator[str]:
    names = [name for name in _COLUMNS[what].model_fields if name not in _LEFT_OUT]
    yield _written([names])
    if what == "services":
        known = await call.run_read(lambda ctx: load_catalog(ctx, shop_id))
        services = [ServiceOut.from_service(service, currency) for service in known.services]
        yield _written(_cells(one, names) for one in services)
        return

    async def bookings(ctx: Context, asked: PageRequest) -> Page[BookingOut]:
        scope = BookingScope(shops={shop_id})
        return (await search.find_bookings(ctx, scope, BookingFilter(), asked)).map(
            BookingOut.from_booking
        )

    async def customers(ctx: Context, asked: PageRequest) -> Page[CustomerOut]:
        found = await find_customers(ctx, shop_id, "", asked)
        return found.map(CustomerOut.model_validate)

    read: Callable[[Context, PageRequest], Awaitable[Page[Any]]]
    read = bookings if what == "bookings" else customers
    cursor: str | None = ""
    while cursor is not None:
        page = await _page(call, read, PageRequest(MAX_PAGE_SIZE, cursor))
        yield _written(_cells(one, names) for one in page.items)
        cursor = page.next_cursor


async def _page(
    call: ApiRequest,
    read: Callable[[Context, PageRequest], Awaitable[Page[Any]]],
    asked: PageRequest,
) -> Page[Any]:
    return await call.run_read(lambda ctx: read(ctx, asked))


def _cells(row: ResponseModel, names: Sequence[str]) -> list[str]:
    values = row.model_dump(mode="json")
    return [_cell(values[name]) for name in names]


def _cell(value: Any) -> str:
    """Return a value as a CSV cell that spreadsheets do not evaluate."""
    text = "" if value is None else ", ".join(value) if isinstance(value, list) else str(value)
    if _FORMULA.match(text.lstrip()) and not _HARMLESS.fullmatch(text):
        return f"'{text}"
    return text


def _written(rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)  # ends lines by CRLF (RFC 4180)
    return out.getvalue()
