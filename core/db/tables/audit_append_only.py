"""The guard that makes the audit log append-only.

Values may be erased, as when a person's data is, but not changed. Rows may be deleted only by
retention, which first records in `retention_marks` up to when. It guards against mistakes and
injected statements, not against the owner of the database.
"""

from __future__ import annotations

import sqlalchemy as sa

APPEND_ONLY_TRIGGER = "audit_only_grows"
"""The name of the guard, as both databases report it."""

_KEPT = ("id", "at", "shop_id", "user_id", "action", "target", "request")
_BLANKED = ("before", "after")

_SQLITE = {
    f"{APPEND_ONLY_TRIGGER}_update": f"""
CREATE TRIGGER {APPEND_ONLY_TRIGGER}_update BEFORE UPDATE ON audit
WHEN {" OR ".join(f'NEW."{name}" IS NOT OLD."{name}"' for name in _KEPT)}
  OR {
        " OR ".join(
            f'(NEW."{name}" IS NOT NULL AND NEW."{name}" IS NOT OLD."{name}")' for name in _BLANKED
        )
    }
  OR (NEW.address <> '' AND NEW.address IS NOT OLD.address)
BEGIN
    SELECT RAISE(ABORT, '{APPEND_ONLY_TRIGGER}');
END
""",
    f"{APPEND_ONLY_TRIGGER}_delete": f"""
CREATE TRIGGER {APPEND_ONLY_TRIGGER}_delete BEFORE DELETE ON audit
WHEN NOT EXISTS (SELECT 1 FROM retention_marks WHERE name = 'audit' AND until > OLD.at)
BEGIN
    SELECT RAISE(ABORT, '{APPEND_ONLY_TRIGGER}');
END
""",  # noqa: S608 - of names that stand above
}

_FUNCTION = f"""
CREATE OR REPLACE FUNCTION {APPEND_ONLY_TRIGGER}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT 1 FROM retention_marks WHERE name = 'audit' AND until > OLD.at) THEN
            RETURN OLD;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF ({", ".join(f'NEW."{name}"' for name in _KEPT)})
            IS NOT DISTINCT FROM ({", ".join(f'OLD."{name}"' for name in _KEPT)})
            AND {
    " AND ".join(
        f'(NEW."{name}" IS NULL OR NEW."{name}" IS NOT DISTINCT FROM OLD."{name}")'
        for name in _BLANKED
    )
}
            AND (NEW.address = '' OR NEW.address = OLD.address) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '{APPEND_ONLY_TRIGGER}' USING ERRCODE = 'restrict_violation';
END
$$
"""  # noqa: S608 - of names that stand above
_POSTGRESQL = {
    APPEND_ONLY_TRIGGER: f"CREATE TRIGGER {APPEND_ONLY_TRIGGER} BEFORE UPDATE OR DELETE ON audit"
    f" FOR EACH ROW EXECUTE FUNCTION {APPEND_ONLY_TRIGGER}()",
    "audit_is_not_emptied": "CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON audit"
    f" FOR EACH STATEMENT EXECUTE FUNCTION {APPEND_ONLY_TRIGGER}()",
}


def install_triggers(connection: sa.Connection) -> None:
    """Install the guard where its tables exist; keep what is already there."""
    absent = missing_triggers(connection)
    if connection.dialect.name == "postgresql":
        if absent:
            connection.execute(sa.text(_FUNCTION))
        for name in absent:
            connection.execute(sa.text(_POSTGRESQL[name]))
        return
    for name in absent:
        connection.execute(sa.text(f"DROP TRIGGER IF EXISTS {name}"))
        connection.execute(sa.text(_SQLITE[name]))


def missing_triggers(connection: sa.Connection) -> list[str]:
    """Return the names of triggers that are missing although their tables exist."""
    inspector = sa.inspect(connection)
    if not (inspector.has_table("audit") and inspector.has_table("retention_marks")):
        return []
    if connection.dialect.name == "postgresql":
        found = connection.execute(
            sa.text("SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass('audit')")
        )
        there = {name for (name,) in found}
        return [name for name in _POSTGRESQL if name not in there]
    rows = connection.execute(
        sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'")
    )
    stands = {name: " ".join(sql.split()) for name, sql in rows}
    return [name for name, sql in _SQLITE.items() if stands.get(name) != " ".join(sql.split())]
