"""Database guards: no two claims of one calendar overlap, on any write path.

PostgreSQL has an exclusion constraint, SQLite two triggers. Alembic's batch mode rebuilds SQLite
tables and silently drops triggers, so the guards are installed again after every migration, and
`missing_guards` is checked before anything is served.
"""

from __future__ import annotations

import sqlalchemy as sa

from core.db.tables.bookings import MAX_CLAIM_SECONDS

OVERLAP_GUARD = "claims_no_overlap"
"""The name that both databases report when a claim would overlap another."""

LENGTH_CHECK = "ck_claims_length"
"""The CHECK that bounds the length of a claim."""

_EXCLUDE = f"""
ALTER TABLE claims ADD CONSTRAINT {OVERLAP_GUARD} EXCLUDE USING gist (
    int8range(calendar_id, calendar_id, '[]') WITH &&,
    tstzrange(busy_from, busy_until) WITH &&
) WHERE (NOT overbooked)
"""

# A CHECK limits a claim to LONGEST_CLAIM, so whatever may overlap a new claim started at most that
# long before it: one short range of the index on (calendar_id, busy_from).
_TRIGGER = """
CREATE TRIGGER {name}_{event} BEFORE {event} ON claims
WHEN NOT NEW.overbooked
BEGIN
    SELECT RAISE(ABORT, '{name}') WHERE EXISTS (
        SELECT 1 FROM claims
        WHERE calendar_id = NEW.calendar_id
          AND busy_from < NEW.busy_until
          AND busy_from > NEW.busy_from - {longest}
          AND busy_until > NEW.busy_from
          AND NOT overbooked
          {but_itself}
    );
END
"""
_TRIGGERS = {
    f"{OVERLAP_GUARD}_{event}": _TRIGGER.format(
        name=OVERLAP_GUARD, event=event, longest=MAX_CLAIM_SECONDS, but_itself=but_itself
    )
    for event, but_itself in (("insert", ""), ("update", "AND id <> OLD.id"))
}


def can_install_guards(connection: sa.Connection) -> bool:
    """Return whether the schema has the columns the guards read: older revisions do not."""
    inspector = sa.inspect(connection)
    if not inspector.has_table("claims"):
        return False
    return any(column["name"] == "overbooked" for column in inspector.get_columns("claims"))


def install_guards(connection: sa.Connection) -> None:
    """Install the guards, keeping existing ones; the connection needs permission for DDL.

    Raise IntegrityError on PostgreSQL if claims overlap already, and RuntimeError if a missing
    guard cannot be restored on an existing table.
    """
    absent = missing_guards(connection)
    if connection.dialect.name == "postgresql":
        for _ in absent:
            connection.execute(sa.text(_EXCLUDE))
        return
    for name in absent:
        if name not in _TRIGGERS:
            message = f"the migration lost the constraint {name} of claims"
            raise RuntimeError(message)
        connection.execute(sa.text(f"DROP TRIGGER IF EXISTS {name}"))
        connection.execute(sa.text(_TRIGGERS[name]))


def remove_guards(connection: sa.Connection) -> None:
    """Drop the guards, for a downgrade or for a control that shows the fault."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"ALTER TABLE claims DROP CONSTRAINT IF EXISTS {OVERLAP_GUARD}"))
        return
    for name in _TRIGGERS:
        connection.execute(sa.text(f"DROP TRIGGER IF EXISTS {name}"))


def missing_guards(connection: sa.Connection) -> list[str]:
    """Return the names of guards that are missing or differ from their definition here."""
    if connection.dialect.name == "postgresql":
        found = connection.scalar(
            sa.text(
                "SELECT count(*) FROM pg_constraint"
                " WHERE conrelid = to_regclass('claims') AND conname = :name AND contype = 'x'"
            ),
            {"name": OVERLAP_GUARD},
        )
        return [] if found else [OVERLAP_GUARD]
    rows = connection.execute(
        sa.text("SELECT type, name, sql FROM sqlite_master WHERE tbl_name = 'claims'")
    ).all()
    triggers = {name: _squeeze(sql) for type_, name, sql in rows if type_ == "trigger"}
    table = "".join(sql for type_, _, sql in rows if type_ == "table")
    lost = [name for name, sql in _TRIGGERS.items() if triggers.get(name) != _squeeze(sql)]
    # The triggers look back only as far as this CHECK lets a claim reach.
    if LENGTH_CHECK not in table:
        lost.append(LENGTH_CHECK)
    return lost


def _squeeze(sql: str) -> str:
    return " ".join(sql.split())
