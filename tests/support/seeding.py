"""Shops built by verbs once per process, and inserted as rows afterwards.

    @planted
    async def salon(ctx: Context, **rules: object) -> Place: ...

Hundreds of tests begin with the same few shops; to build one takes forty statements, to put its
rows down takes one errand. Only into tables that are still empty, at the same instant and with the
same arguments; anywhere else the verbs build as ever. So a test finds the rows it would have found.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass, replace
from functools import wraps
from random import SystemRandom
from typing import Any, TypeVar, cast

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import metadata

Builder = TypeVar("Builder", bound=Callable[..., Awaitable[Any]])

Rows = Mapping[str, tuple[str, ...]]
"""By the name of a table: its rows, each as the values of an INSERT."""


@dataclass(frozen=True, slots=True)
class Plot:
    """A built shop: its builder's result, and its rows as a script."""

    result: Any
    filled: sa.TextClause  # asks whether there is anything yet where the rows go
    script: tuple[str, ...]
    following: tuple[Any, ...]  # what drops something from a runtime's cache after the commit


_plots: dict[object, Plot | None] = {}
"""By what was built, how and when; None for what cannot be put down as rows."""


def planted(build: Builder) -> Builder:
    """Run a builder once per process and kind of database; its result must not be changed."""

    @wraps(build)
    async def plant(ctx: Context, *args: Any, **kwargs: Any) -> Any:
        key = (build.__qualname__, ctx.connection.dialect.name, ctx.now, repr((args, kwargs)))
        plot = _plots.get(key)
        if plot is not None and not await ctx.scalar(plot.filled):
            await _run(ctx, plot.script)
            ctx.after_commit += [replace(then, caches=ctx.caches) for then in plot.following]
            return plot.result
        # A runtime as in production has another instant each time, and chance that leaves no trace.
        unlike = isinstance(ctx.random, SystemRandom)
        if unlike or key in _plots or await ctx.scalar(SETTLED):
            return await build(ctx, *args, **kwargs)
        before, chance, known = await _rows(ctx), ctx.random.getstate(), len(ctx.after_commit)
        result = await build(ctx, *args, **kwargs)
        after = await _rows(ctx)
        rest = {name: rows for name, rows in after.items() if name in before}
        # Whatever else a builder leaves behind cannot be brought back here.
        following: list[Any] = ctx.after_commit[known:]
        known_kinds = all(is_dataclass(then) and hasattr(then, "caches") for then in following)
        whole = known_kinds and (rest, chance) == (before, ctx.random.getstate())
        added = {name: rows for name, rows in after.items() if name not in before}
        _plots[key] = _plot(ctx, result, added, following) if whole else None
        return result

    return cast("Builder", plant)


async def _rows(ctx: Context) -> Rows:
    """Return the rows of every non-empty table, with values as SQL."""
    quote = sa.func.quote_nullable if ctx.is_postgresql else sa.func.quote
    found = {}
    for table in metadata.sorted_tables:
        columns: list[sa.ColumnElement[Any]] = [
            sa.literal_column(f'"{column.name}"') for column in table.c
        ]
        values = [quote(sa.cast(c, sa.Text)) if ctx.is_postgresql else quote(c) for c in columns]
        rows = await ctx.all(sa.select(*values).select_from(table).order_by(*table.primary_key))
        if rows:
            found[table.name] = tuple(f"({', '.join(row)})" for row in rows)
    return found


def _plot(ctx: Context, result: Any, added: Rows, following: Sequence[Any]) -> Plot:
    script = []
    for name, rows in added.items():
        table = metadata.tables[name]
        columns = ", ".join(f'"{column.name}"' for column in table.c)
        script.append(f"INSERT INTO {name} ({columns}) VALUES {', '.join(rows)}")
        if ctx.is_postgresql and "id" in table.c:
            sequence = f"pg_get_serial_sequence('{name}', 'id')"
            script.append(f"SELECT setval({sequence}, (SELECT max(id) FROM {name}))")
    return Plot(result, _any_row(*added), tuple(script), tuple(following))


def _any_row(*tables: str) -> sa.TextClause:
    return sa.text("SELECT " + " OR ".join(f"EXISTS (SELECT 1 FROM {name})" for name in tables))


SETTLED = _any_row("shops", "users", "lines")
"""Asks whether a database is past being built on for the first time."""


async def _run(ctx: Context, script: tuple[str, ...]) -> None:
    """Run statements as the driver takes them, in the transaction that is open."""
    driver: Any = (await ctx.connection.get_raw_connection()).driver_connection
    if ctx.is_postgresql:
        await driver.execute(";".join(script))
        return

    def run(raw: Any) -> None:
        for statement in script:
            raw.execute(statement)

    await driver.run_in_thread(run)
