"""Types and column helpers shared by the tables."""

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
"""BIGINT keys; SQLite's INTEGER is 64 bits wide and alone counts up by itself."""

JsonType = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware UTC instant in whole seconds: timestamptz, or integer seconds on SQLite."""

    impl = sa.BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """Pick the column type of the database."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.TIMESTAMP(timezone=True))
        return dialect.type_descriptor(sa.BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:
        """Refuse naive datetimes; cut to the second."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "an instant needs a time zone"
            raise ValueError(message)
        if dialect.name == "postgresql":
            return value.astimezone(UTC).replace(microsecond=0)
        return int(value.timestamp())

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        """Give an aware UTC datetime."""
        if value is None:
            return None
        if dialect.name == "postgresql":
            return value.astimezone(UTC)  # type: ignore[no-any-return]
        return datetime.fromtimestamp(value, UTC)


class epoch_seconds(sa.sql.functions.GenericFunction[int]):  # noqa: N801 - reads as SQL
    """An Instant column as integer epoch seconds, on both databases without conversion cost."""

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
    """A word or number of ours written into a statement itself.

    As a parameter it would be prepared and handed over each time, which is felt in statements that
    have dozens and are run with every message.
    """
    if isinstance(value, int):
        return sa.literal_column(str(value), sa.Integer())
    assert value.replace(" ", "").isalpha() or not value
    return sa.literal_column(f"'{value}'", sa.Text())


def id_column() -> sa.Column[int]:
    """The primary key."""
    return sa.Column("id", IdType, primary_key=True, autoincrement=True)


def fk_column(name: str, target: str, *, null: bool = False, **kw: Any) -> sa.Column[int]:
    """A reference to `target.id`."""
    return sa.Column(name, IdType, sa.ForeignKey(f"{target}.id"), nullable=null, **kw)


def same_shop_fk(name: str, target: str) -> sa.ForeignKeyConstraint:
    """Tie `name` to a row of the same shop: (shop_id, name) → target (shop_id, id)."""
    return sa.ForeignKeyConstraint(["shop_id", name], [f"{target}.shop_id", f"{target}.id"])


def same_shop_target(table: str) -> sa.UniqueConstraint:
    """What `of_shop` points at."""
    return sa.UniqueConstraint("shop_id", "id", name=f"uq_{table}_shop_id_id")


def instant_column(name: str, *, null: bool = False, **kw: Any) -> sa.Column[datetime]:
    """An instant."""
    return sa.Column(name, Instant(), nullable=null, **kw)


def text_column(name: str, *, null: bool = False, **kw: Any) -> sa.Column[str]:
    """A text; empty rather than NULL unless `null`."""
    if not null:
        kw.setdefault("server_default", "")
    return sa.Column(name, sa.Text(), nullable=null, **kw)


def bool_column(name: str, *, default: bool = False) -> sa.Column[bool]:
    """A boolean with a default."""
    return sa.Column(
        name, sa.Boolean(), nullable=False, server_default=sa.true() if default else sa.false()
    )


def int_column(name: str, *, default: int | None = 0, null: bool = False) -> sa.Column[int]:
    """A whole number."""
    server = None if default is None or null else sa.text(str(default))
    return sa.Column(name, sa.Integer(), nullable=null, server_default=server)


def money_column(name: str, *, null: bool = True) -> sa.Column[int]:
    """An amount in minor units of the shop's currency."""
    return sa.Column(name, sa.BigInteger(), nullable=null)


def json_column(name: str, *, default: str | None = "{}", null: bool = False) -> sa.Column[Any]:
    """JSON data."""
    server = None if default is None else sa.text(f"'{default}'")
    return sa.Column(name, JsonType, nullable=null, server_default=server)


def one_of_check(name: str, *values: str) -> sa.CheckConstraint:
    """Allow only these words in `name`."""
    words = ", ".join(f"'{v}'" for v in values)
    return sa.CheckConstraint(f"{name} IN ({words})", name=name)


def name_length_check(name: str = "name") -> sa.CheckConstraint:
    """A person's or thing's name has 2–100 characters."""
    return sa.CheckConstraint(f"length({name}) BETWEEN 2 AND 100", name=f"{name}_length")


def rule_columns() -> list[SchemaItem]:
    """The rules a shop sets and its services and providers override; NULL means "as above".

    Minutes, days and counts; the defaults are `core.catalog.Rules`.
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
