"""Keyset pagination: a page starts after the row a cursor names, whatever was added since.

The cursor holds the sort values of the last row. It is opaque, not secret: the statement decides
what a caller may see.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from core.db.context import Context
from core.db.rows import Rows
from core.db.tables.columns import Instant
from core.errors import InvalidValue

T = TypeVar("T")
U = TypeVar("U")

MAX_PAGE_SIZE = 100
"""Maximum number of rows per page."""

_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page to return: its size, its cursor, and whether to count all rows."""

    limit: int = 50
    cursor: str = ""
    with_total: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of rows, the cursor of the next page, and the total if requested."""

    items: Sequence[T]
    next_cursor: str | None
    total: int | None

    def map(self, make: Callable[[T], U]) -> Page[U]:
        """Return the page with `make` applied to each row."""
        return Page([make(item) for item in self.items], self.next_cursor, self.total)


async def paginate(
    ctx: Context,
    rows: Rows[T],
    order: Sequence[sa.ColumnElement[Any]],
    request: PageRequest,
    *,
    newest_first: bool = False,
) -> Page[T]:
    """Return one page of a SELECT's rows, sorted by `order`, whose last column is unique.

    Columns of `order` must not be NULL. Raise InvalidValue (`cursor`) for a malformed cursor.
    """
    total = None
    statement = rows.statement
    assert isinstance(statement, sa.Select)
    if request.with_total:
        counted = sa.select(sa.func.count()).select_from(statement.order_by(None).subquery())
        total = int(await ctx.scalar(counted))
    keyed = statement.add_columns(*(column.label(f"_by{n}") for n, column in enumerate(order)))
    if request.cursor:
        keyed = keyed.where(_after(order, _read(request.cursor, order), newest_first=newest_first))
    sorted_ = [column.desc() for column in order] if newest_first else order
    found = await ctx.all(keyed.order_by(*sorted_).limit(request.limit + 1))
    following = None
    if len(found) > request.limit:
        following = _write(found[request.limit - 1][-len(order) :])
    items = [rows.build(row[: -len(order)]) for row in found[: request.limit]]
    return Page(items, following, total)


def _after(
    order: Sequence[sa.ColumnElement[Any]], values: Sequence[Any], *, newest_first: bool
) -> sa.ColumnElement[bool]:
    """Return the condition for rows after these values, in a form that uses an index."""
    column, value = order[0], values[0]
    beyond: sa.ColumnElement[bool] = column < value if newest_first else column > value
    if len(order) == 1:
        return beyond
    rest = _after(order[1:], values[1:], newest_first=newest_first)
    return sa.or_(beyond, sa.and_(column == value, rest))


def _write(values: Sequence[Any]) -> str:
    plain = [int(v.timestamp()) if isinstance(v, datetime) else v for v in values]
    text = json.dumps([str(v) if isinstance(v, date) else v for v in plain])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str, order: Sequence[sa.ColumnElement[Any]]) -> list[Any]:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        values = json.loads(base64.urlsafe_b64decode(padded))
        if not isinstance(values, list) or len(values) != len(order):
            raise ValueError  # noqa: TRY301 - as for what is no JSON
        return [_as(column.type, value) for column, value in zip(order, values, strict=True)]
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise InvalidValue(field="cursor", reason="form") from None


def _as(kind: sa.types.TypeEngine[Any], value: Any) -> Any:
    """Return a value as the column compares it; raise ValueError for another type."""
    if isinstance(kind, sa.Text | sa.String) and type(value) is str and "\0" not in value:
        value.encode()
        return value
    if type(value) is not int or not -_LARGEST <= value <= _LARGEST:
        raise ValueError
    if isinstance(kind, Instant):
        return datetime.fromtimestamp(value, UTC)
    if isinstance(kind, sa.Text | sa.String):
        raise ValueError  # noqa: TRY004 - the cursor is not typed by a person
    return value


def paginate_list(items: Sequence[T], id_of: Callable[[T], int], request: PageRequest) -> Page[T]:
    """Return one page of a list in memory, in its own order; raise InvalidValue (`cursor`).

    If the cursor's item is gone, the next page starts over, so that nothing is left out.
    """
    start = 0
    if request.cursor:
        (last,) = _read(request.cursor, [sa.column("id", sa.BigInteger)])
        start = next((n + 1 for n, item in enumerate(items) if id_of(item) == last), 0)
    some = items[start : start + request.limit]
    more = start + request.limit < len(items)
    return Page(
        some,
        _write([id_of(some[-1])]) if more else None,
        len(items) if request.with_total else None,
    )
