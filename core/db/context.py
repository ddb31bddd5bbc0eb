"""Context: what one transaction has at hand – the connection, the present instant, the rules."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from random import Random
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db.caches import Caches, Hooks
from core.settings import Settings

Row = sa.Row[Any]


MAX_IDS = 500
"""Ids in one statement: databases allow some thousands of parameters."""


def split_ids(ids: Iterable[int]) -> list[list[int]]:
    """Return ids in parts that a statement can take."""
    every = list(ids)
    return [every[at : at + MAX_IDS] for at in range(0, len(every), MAX_IDS)]


@cache
def _inserting(table: sa.Table) -> sa.Executable:
    """Put together once a table: that costs as much as to run it."""
    return table.insert().returning(table.c.id)


@dataclass(slots=True)
class Context:
    """One transaction. Inside it nothing is awaited but the database.

    `now` is read once, so that everything a turn decides, it decides for one instant.
    `caches` and `hooks` outlive the transaction.
    `after_commit` holds what to do once the changes stand (wake the delivery, say).
    """

    connection: AsyncConnection
    now: datetime
    settings: Settings
    random: Random
    secret: bytes
    caches: Caches
    hooks: Hooks
    after_commit: list[Callable[[], None]] = field(default_factory=list)

    @property
    def is_postgresql(self) -> bool:
        """Whether the database is PostgreSQL (else SQLite)."""
        return self.connection.dialect.name == "postgresql"

    def savepoint(self) -> AbstractAsyncContextManager[object]:
        """Return a block whose changes alone are undone when it raises."""
        return self.connection.begin_nested()

    async def execute(
        self,
        statement: sa.Executable,
        parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> sa.CursorResult[Any]:
        """Run one statement."""
        return await self.connection.execute(statement, parameters)

    async def all(self, statement: sa.Executable) -> Sequence[Row]:
        """Return every row."""
        return (await self.connection.execute(statement)).all()

    async def first(self, statement: sa.Executable) -> Row | None:
        """Return the first row or None."""
        return (await self.connection.execute(statement)).first()

    async def scalar(self, statement: sa.Executable) -> Any:
        """Return the first column of the first row or None."""
        return (await self.connection.execute(statement)).scalar()

    async def insert(self, table: sa.Table, **values: Any) -> int:
        """Insert a row and return its id."""
        return int((await self.connection.execute(_inserting(table), values)).scalar_one())

    def insert_ignoring_conflicts(
        self,
        table: sa.Table,
        values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> Any:
        """Return an INSERT that passes over rows which a unique constraint refuses.

        Many rows are given to `execute` instead, for to write out a statement of thousands of
        values takes seconds.
        """
        dialect = postgresql if self.is_postgresql else sqlite
        insert = dialect.insert(table)
        return (insert if values is None else insert.values(values)).on_conflict_do_nothing()

    async def lock_rows(self, table: sa.Table, ids: Collection[int]) -> None:
        """Lock rows of `table` until the end of the transaction, in order of their ids.

        FOR NO KEY UPDATE: FOR UPDATE would deadlock against the foreign keys of inserts.
        SQLite's one writer holds the lock on everything already.
        """
        if self.is_postgresql and ids:
            rows = sa.select(table.c.id).where(table.c.id.in_(sorted(ids))).order_by(table.c.id)
            await self.connection.execute(rows.with_for_update(key_share=True))
