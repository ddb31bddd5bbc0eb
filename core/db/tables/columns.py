"""Column types and helpers shared by the tables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import SchemaItem

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

IdType = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""BIGINT keys; SQLite's INTEGER has 64 bits and is the only type that autoincrements."""

JsonType = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware UTC instant in whole seconds: timestamptz, or integer seconds on SQLite."""

    impl = sa.BigInteger
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """Return the type of its values."""
        return datetime

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """Return the database's column type."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.TIMESTAMP(timezone=True))
        return dialect.type_descriptor(sa.BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:
        """Reject naive datetimes; truncate to the second."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "an instant needs a time zone"
            raise ValueError(message)
        if dialect.name == "postgresql":
            return value.astimezone(UTC).replace(microsecond=0)
        return int(value.timestamp())

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        """Return an aware UTC datetime."""
        if value is None:
            return None
        if dialect.name == "postgresql":
            return value.astimezone(UTC)  # type: ignore[no-any-return]
        return datetime.fromtimestamp(value, UTC)


class epoch_seconds(sa.sql.functions.GenericFunction[int]):  # noqa: N801 - reads as SQL
    """An Instant column as integer epoch seconds, without conversion cost on either database."""

    type = sa.BigInteger()
    inherit_cache = True
    name = "seconds"


@compiles(epoch_seconds)
def _seconds(element: Any, compiler: Any, **kw: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **kw)} AS BIGINT)"


@compiles(epoch_seconds, "postgresql")
def _seconds_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    return f"CAST(EXTRACT(EPOCH FROM {compiler.process(element.clauses, **kw)}) AS BIGINT)"


def sql_literal(value: str | int) -> sa.ColumnElement[Any]:
    """Return a trusted constant written into the statement itself.

    As a parameter it would be bound on each execution, which is measurable in statements with
    dozens of them that run for every message.
    """
    if isinstance(value, int):
        return sa.literal_column(str(value), sa.Integer())
    assert value.replace(" ", "").isalpha() or not value
    return sa.literal_column(f"'{value}'", sa.Text())


def id_column() -> sa.Column[int]:
    """Return the primary key."""
    return sa.Column("id", IdType, primary_key=True, autoincrement=True)


def fk_column(name: str, target: str, *, null: bool = False, **kw: Any) -> sa.Column[int]:
    """Return a reference to `target.id`."""
    return sa.Column(name, IdType, sa.ForeignKey(f"{target}.id"), nullable=null, **kw)


def same_shop_fk(name: str, target: str) -> sa.ForeignKeyConstraint:
    """Tie `name` to a row of the same shop: (shop_id, name) → target (shop_id, id)."""
    return sa.ForeignKeyConstraint(["shop_id", name], [f"{target}.shop_id", f"{target}.id"])


def same_shop_target(table: str) -> sa.UniqueConstraint:
    """Return the unique constraint that `same_shop_fk` refers to."""
    return sa.UniqueConstraint("shop_id", "id", name=f"uq_{table}_shop_id_id")


def instant_column(name: str, *, null: bool = False, **kw: Any) -> sa.Column[datetime]:
    """Return an instant column."""
    return sa.Column(name, Instant(), nullable=null, **kw)


def text_column(name: str, *, null: bool = False, **kw: Any) -> sa.Column[str]:
    """Return a text column; empty rather than NULL unless `null`."""
    if not null:
        kw.setdefault("server_default", "")
    return sa.Column(name, sa.Text(), nullable=null, **kw)


def bool_column(name: str, *, default: bool = False) -> sa.Column[bool]:
    """Return a boolean column with a default."""
    return sa.Column(
        name, sa.Boolean(), nullable=False, server_default=sa.true() if default else sa.false()
    )


def int_column(name: str, *, default: int | None = 0, null: bool = False) -> sa.Column[int]:
    """Return an integer column."""
    server = None if default is None or null else sa.text(str(default))
    return sa.Column(name, sa.Integer(), nullable=null, server_default=server)


def money_column(name: str, *, null: bool = True) -> sa.Column[int]:
    """Return an amount in minor units of the shop's currency."""
    return sa.Column(name, sa.BigInteger(), nullable=null)


def json_column(name: str, *, default: str | None = "{}", null: bool = False) -> sa.Column[Any]:
    """Return a JSON column."""
    server = None if default is None else sa.text(f"'{default}'")
    return sa.Column(name, JsonType, nullable=null, server_default=server)


def one_of_check(name: str, *values: str) -> sa.CheckConstraint:
    """Return a CHECK that allows only these words in `name`."""
    words = ", ".join(f"'{v}'" for v in values)
    return sa.CheckConstraint(f"{name} IN ({words})", name=name)


def name_length_check(name: str = "name", *, least: int = 2) -> sa.CheckConstraint:
    """Return a CHECK that a name has `least` to 100 characters: 1 for people, 2 for the rest."""
    return sa.CheckConstraint(f"length({name}) BETWEEN {least} AND 100", name=f"{name}_length")


def rule_columns() -> list[SchemaItem]:
    """Return the columns of the rules that services and providers override; NULL inherits.

    Minutes, days and counts; the defaults are in `core.catalog.entities.BookingRules`.
    """
    return [
        sa.Column("grid_minutes", sa.Integer()),
        sa.Column("gap_before_minutes", sa.Integer()),
        sa.Column("gap_after_minutes", sa.Integer()),
        sa.Column("notice_minutes", sa.Integer()),
        sa.Column("horizon_days", sa.Integer()),
        sa.Column("needs_approval", sa.Boolean()),
        sa.Column("cutoff_minutes", sa.Integer()),
        sa.CheckConstraint("grid_minutes BETWEEN 5 AND 1440 AND grid_minutes % 5 = 0", name="grid"),
        sa.CheckConstraint(
            "gap_before_minutes BETWEEN 0 AND 240 AND gap_before_minutes % 5 = 0", name="gap_before"
        ),
        sa.CheckConstraint(
            "gap_after_minutes BETWEEN 0 AND 240 AND gap_after_minutes % 5 = 0", name="gap_after"
        ),
        sa.CheckConstraint("notice_minutes >= 0", name="notice"),
        sa.CheckConstraint("horizon_days BETWEEN 1 AND 400", name="horizon"),
        sa.CheckConstraint("cutoff_minutes >= 0", name="cutoff"),
    ]
