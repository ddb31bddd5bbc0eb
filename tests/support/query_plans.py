"""How the database would run a statement: which indexes it uses, which tables it reads whole."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.db.context import Context


@dataclass(frozen=True)
class Plan:
    """A query plan: its steps as the database prints them, and the tables it scans."""

    steps: str
    scanned: frozenset[str]
    """Names or aliases of tables that are read whole."""


async def query_plan(
    ctx: Context, statement: sa.Executable, values: Mapping[str, Any] | None = None
) -> Plan:
    """Return the plan of a statement, by the statistics the database has of its tables."""
    seen: list[Any] = []

    def record(*args: Any) -> None:
        seen.append(args)

    connection = ctx.connection.sync_connection
    sa.event.listen(connection, "before_cursor_execute", record)
    await ctx.execute(statement, values)
    sa.event.remove(connection, "before_cursor_execute", record)
    _, _, text, parameters, *_ = seen[0]
    explain = "EXPLAIN" if ctx.is_postgresql else "EXPLAIN QUERY PLAN"
    found = await ctx.connection.exec_driver_sql(f"{explain} {text}", parameters)
    steps = " | ".join(str(row[-1]).strip() for row in found)
    if ctx.is_postgresql:
        whole = re.findall(r"Seq Scan on (\w+)(?: (\w+))?", steps)
        return Plan(steps, frozenset(alias or name for name, alias in whole))
    # An automatic index is built of the whole table, for this one statement.
    whole = re.findall(r"SCAN (\w+)|SEARCH (\w+) USING AUTOMATIC", steps)
    built = set(re.findall(r"(?:CO-ROUTINE|MATERIALIZE) (\w+)", steps))
    return Plan(steps, frozenset(name or other for name, other in whole) - built - {"CONSTANT"})
