"""Counts the statements sent to the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from core.db.runtime import Runtime

_CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


@dataclass
class StatementCount:
    """The statements sent; savepoints and the like are counted as `control`.

    BEGIN and COMMIT of a transaction pass by on PostgreSQL and are in neither list there.
    """

    statements: list[str] = field(default_factory=list)
    control: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.statements)


@contextmanager
def count_statements(runtime: Runtime) -> Iterator[StatementCount]:
    """Count the statements that `runtime` sends while the block runs, writer and reader alike.

    `with counting(runtime) as sent: …` and then `assert len(sent) == 4`; `sent.statements` says
    which they were.
    """
    counted = StatementCount()

    def note(_connection: sa.Connection, _cursor: Any, statement: str, *_more: object) -> None:
        control = statement.lstrip().upper().startswith(_CONTROL)
        (counted.control if control else counted.statements).append(statement)

    engines = [runtime.engine.sync_engine]
    # On PostgreSQL the reader is a view of the writer's engine and reports to its listeners.
    if runtime.engine.dialect.name == "sqlite":
        engines.append(runtime.read_engine.sync_engine)
    for engine in engines:
        sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield counted
    finally:
        for engine in engines:
            sa.event.remove(engine, "before_cursor_execute", note)
