"""Context: what one transaction works with – connection, current instant, caches and hooks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from random import Random
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db.caches import Caches, Hooks
from core.db.rows import Rows
from core.settings import Settings

T = TypeVar("T")

MAX_IDS = 500
"""Ids per statement: databases limit parameters to some thousands."""


def split_ids(ids: Iterable[int]) -> list[list[int]]:
    """Split ids into lists small enough for one statement."""
    every = list(ids)
    return [every[at : at + MAX_IDS] for at in range(0, len(every), MAX_IDS)]


@cache
def _inserting(table: sa.Table) -> sa.Executable:
    """Return the INSERT of a table, cached because composing it costs as much as running it."""
    return table.insert().returning(table.c.id)


@dataclass(frozen=True, slots=True)
class Told:
    """One person whom a verb told, or could not tell, about a booking.

    `who` is "customer", "provider" or "staff"; `how` the channel, or "". `outcome` is "sending"
    (from then on the outbox knows), "opted_out" or "unreachable".
    """

    who: str
    how: str
    outcome: str
    booking_id: int | None = None


@dataclass(slots=True)
class Context:
    """One transaction; inside it, nothing but the database is awaited.

    `now` is read once, so that all decisions of a turn are for the same instant. `caches` and
    `hooks` outlive the transaction. `after_commit` holds callbacks to run after the commit, such as
    waking the delivery. `told` says whom the verbs of this transaction told, and how.
    """

    connection: AsyncConnection
    now: datetime
    settings: Settings
    random: Random
    secret: bytes
    caches: Caches
    hooks: Hooks
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)

    @property
    def is_postgresql(self) -> bool:
        """Return whether the database is PostgreSQL rather than SQLite."""
        return self.connection.dialect.name == "postgresql"

    def savepoint(self) -> AbstractAsyncContextManager[object]:
        """Return a savepoint: its changes alone are rolled back when the block raises."""
        return self.connection.begin_nested()

    async def execute(
        self,
        statement: sa.Executable,
        parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> sa.CursorResult[Any]:
        """Run one statement."""
        return await self.connection.execute(statement, parameters)

    async def all(self, statement: sa.Executable) -> Sequence[sa.Row[Any]]:
        """Return all rows."""
        return (await self.connection.execute(statement)).all()

    async def first(self, statement: sa.Executable) -> sa.Row[Any] | None:
        """Return the first row, or None."""
        return (await self.connection.execute(statement)).first()

    async def fetch(self, rows: Rows[T], parameters: Mapping[str, Any] | None = None) -> list[T]:
        """Return all rows of a statement as instances of its dataclass."""
        build = rows.build
        found = await self.connection.execute(rows.statement, parameters)
        return [build(row) for row in found]

    async def fetch_first(
        self, rows: Rows[T], parameters: Mapping[str, Any] | None = None
    ) -> T | None:
        """Return the first row of a statement as an instance of its dataclass, or None."""
        row = (await self.connection.execute(rows.statement, parameters)).first()
        return None if row is None else rows.build(row)

    async def scalar(self, statement: sa.Executable) -> Any:
        """Return the first column of the first row, or None."""
        return (await self.connection.execute(statement)).scalar()

    async def insert(self, table: sa.Table, **values: Any) -> int:
        """Insert a row and return its id."""
        return int((await self.connection.execute(_inserting(table), values)).scalar_one())

    def insert_ignoring_conflicts(
        self,
        table: sa.Table,
        values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> Any:
        """Return an INSERT that skips rows violating a unique constraint.

        Pass many rows to `execute` instead: compiling a statement of thousands of values takes
        seconds.
        """
        dialect = postgresql if self.is_postgresql else sqlite
        insert = dialect.insert(table)
        return (insert if values is None else insert.values(values)).on_conflict_do_nothing()

    async def lock_rows(self, table: sa.Table, ids: Collection[int]) -> None:
        """Lock rows of `table`, in order of their ids, until the end of the transaction.

        FOR NO KEY UPDATE, since FOR UPDATE would deadlock with the foreign keys of inserts. On
        SQLite the single writer already holds the lock.
        """
        if self.is_postgresql and ids:
            rows = sa.select(table.c.id).where(table.c.id.in_(sorted(ids))).order_by(table.c.id)
            await self.connection.execute(rows.with_for_update(key_share=True))
