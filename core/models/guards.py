"""The database referees: no two claims of one calendar overlap, on any write path.

PostgreSQL keeps an exclusion constraint, SQLite two triggers. Alembic's batch mode rebuilds
SQLite tables and silently drops triggers, so the guards are installed again after every
migration and `missing` is asked before anything serves.
"""

from __future__ import annotations

import sqlalchemy as sa

from core.models.bookings import LONGEST_CLAIM

NO_OVERLAP = "claims_no_overlap"
"""The name both databases report when a claim would overlap another."""

_EXCLUDE = f"""
ALTER TABLE claims ADD CONSTRAINT {NO_OVERLAP} EXCLUDE USING gist (
    int8range(calendar_id, calendar_id, '[]') WITH &&,
    tstzrange(busy_from, busy_until) WITH &&
) WHERE (NOT squeezed)
"""

# A claim is never longer than LONGEST_CLAIM (a CHECK), so what may overlap a new one began
# at most that long before it: the index on (calendar_id, busy_from) finds it in one short range.
_TRIGGER = """
CREATE TRIGGER {name}_{event} BEFORE {event} ON claims
WHEN NOT NEW.squeezed
BEGIN
    SELECT RAISE(ABORT, '{name}') WHERE EXISTS (
        SELECT 1 FROM claims
        WHERE calendar_id = NEW.calendar_id
          AND busy_from < NEW.busy_until
          AND busy_from > NEW.busy_from - {longest}
          AND busy_until > NEW.busy_from
          AND NOT squeezed
          {but_itself}
    );
END
"""
_TRIGGERS = {
    f"{NO_OVERLAP}_{event}": _TRIGGER.format(
        name=NO_OVERLAP, event=event, longest=LONGEST_CLAIM, but_itself=but_itself
    )
    for event, but_itself in (("insert", ""), ("update", "AND id <> OLD.id"))
}


def install(connection: sa.Connection) -> None:
    """Put the guards in place; those that stand already stay. Needs a connection that may DDL."""
    absent = missing(connection)
    if connection.dialect.name == "postgresql":
        for _ in absent:
            connection.execute(sa.text(_EXCLUDE))
        return
    for name in absent:
        connection.execute(sa.text(f"DROP TRIGGER IF EXISTS {name}"))
        connection.execute(sa.text(_TRIGGERS[name]))


def remove(connection: sa.Connection) -> None:
    """Take the guards away, for a migration down or a control that shows the fault."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"ALTER TABLE claims DROP CONSTRAINT IF EXISTS {NO_OVERLAP}"))
        return
    for name in _TRIGGERS:
        connection.execute(sa.text(f"DROP TRIGGER IF EXISTS {name}"))


def missing(connection: sa.Connection) -> list[str]:
    """Return the names of guards that are absent or say something else than here."""
    if connection.dialect.name == "postgresql":
        found = connection.scalar(
            sa.text("SELECT count(*) FROM pg_constraint WHERE conname = :name AND contype = 'x'"),
            {"name": NO_OVERLAP},
        )
        return [] if found else [NO_OVERLAP]
    rows = connection.execute(
        sa.text(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'claims'"
        )
    )
    found_sql = {name: _squeeze(sql) for name, sql in rows}
    return [name for name, sql in _TRIGGERS.items() if found_sql.get(name) != _squeeze(sql)]


def _squeeze(sql: str) -> str:
    return " ".join(sql.split())
