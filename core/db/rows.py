"""Rows read as dataclasses: a statement and its dataclass, checked against each other on import."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from operator import itemgetter
from typing import Any, Generic, TypeAlias, TypeVar

import sqlalchemy as sa

T = TypeVar("T")
Columns: TypeAlias = "dict[str, sa.ColumnElement[Any]]"

_checked: dict[tuple[type, tuple[str, ...]], Callable[[tuple[Any, ...]], Any]] = {}


class Rows(Generic[T]):
    """A statement whose rows are read as instances of a dataclass, by `Context.fetch`.

    Its columns are those of the dataclass's fields, in any order. A field that is a dataclass
    itself takes the columns of its own fields. `WAITING = Rows(Waiting, select(...))` at module
    level fails on import if they are not, or if a type contradicts a field's. A statement built at
    run time is checked once per set of columns. Raise TypeError.
    """

    __slots__ = ("build", "of", "statement")

    def __init__(self, of: type[T], statement: sa.Executable) -> None:
        """Check the statement's columns against the fields of `of`, the first time."""
        columns = statement.exported_columns  # type: ignore[attr-defined]
        key = of, tuple(columns.keys())
        build = _checked.get(key)
        if build is None:
            build = _checked[key] = _builder(of, dict(columns.items()))
        self.of = of
        self.statement = statement
        self.build: Callable[[tuple[Any, ...]], T] = build

    def where(self, *conditions: sa.ColumnElement[bool]) -> Rows[T]:
        """Return the same SELECT with more conditions, which needs no check."""
        return self.refine(lambda select: select.where(*conditions))

    def refine(self, change: Callable[[sa.Select[Any]], sa.Select[Any]]) -> Rows[T]:
        """Return the same columns with another condition, order or limit, without a check."""
        assert isinstance(self.statement, sa.Select)
        other = object.__new__(Rows)
        other.of, other.build, other.statement = self.of, self.build, change(self.statement)
        return other


def _builder(of: type[T], columns: Columns) -> Callable[[tuple[Any, ...]], T]:
    """Return what makes an instance of a row, after comparing names and types."""
    if not is_dataclass(of):
        message = f"{of.__name__} is no dataclass"
        raise TypeError(message)
    hints = typing.get_type_hints(of)
    selected = list(columns)
    inner = {
        field.name: hints[field.name]
        for field in fields(of)
        if field.name not in selected and is_dataclass(hints[field.name])
    }
    theirs = {
        name: [field.name for field in fields(kind) if field.name in selected]
        for name, kind in inner.items()
    }
    taken = {name for names in theirs.values() for name in names}
    own = {name: columns[name] for name in selected if name not in taken}
    _ensure_fit(of, own, hints, inner.keys())
    if not inner:
        return _flat_builder(of, selected)
    parts = {name: _part(inner[name], columns, names) for name, names in theirs.items()}
    places = [(name, selected.index(name)) for name in own]
    return lambda row: of(
        **{name: row[at] for name, at in places},
        **{name: make(row) for name, make in parts.items()},
    )


def _part(of: type[T], columns: Columns, names: Sequence[str]) -> Callable[[tuple[Any, ...]], T]:
    """Return what makes an instance of some of a row's columns."""
    build = _builder(of, {name: columns[name] for name in names})
    places = [list(columns).index(name) for name in names]
    return lambda row: build(tuple(row[at] for at in places))


def _ensure_fit(
    of: type[Any], columns: Columns, hints: Mapping[str, Any], made: Collection[str]
) -> None:
    """Raise TypeError if columns and fields differ by name or type; `made` need no column."""
    needed = [field for field in fields(of) if field.init and field.name not in made]
    names = [field.name for field in needed]
    unknown = [name for name in columns if name not in names]
    missing = [
        field.name
        for field in needed
        if field.name not in columns
        and field.default is MISSING
        and field.default_factory is MISSING
    ]
    if unknown or missing:
        message = f"{of.__name__}: selected but no field {unknown}, field not selected {missing}"
        raise TypeError(message)
    wrong = [
        f"{name}: {problem}"
        for name, column in columns.items()
        if (problem := _contradiction(hints[name], column))
    ]
    if wrong:
        message = f"{of.__name__}: " + "; ".join(wrong)
        raise TypeError(message)


def _flat_builder(of: type[T], selected: Sequence[str]) -> Callable[[tuple[Any, ...]], T]:
    """Return what makes an instance of a row whose columns are called like its fields."""
    names = [field.name for field in fields(of) if field.init]  # type: ignore[arg-type]
    given = [name for name in names if name in selected]
    if any(field.kw_only for field in fields(of)):  # type: ignore[arg-type]
        return lambda row: of(**dict(zip(selected, row, strict=True)))
    if given == selected == names[: len(given)]:
        return lambda row: of(*row)
    if len(selected) == 1:
        return lambda row: of(**{selected[0]: row[0]})
    if given == names[: len(given)]:
        in_order = itemgetter(*(selected.index(name) for name in given))
        return lambda row: of(*in_order(row))
    return lambda row: of(**dict(zip(selected, row, strict=True)))


def _contradiction(hint: Any, column: sa.ColumnElement[Any]) -> str:
    """Return how a column's type contradicts a field's, "" if it does not or is unknown."""
    if hint is Any or hint is object:
        return ""
    allowed = set(_members(hint))
    source = column.element if isinstance(column, sa.Label) else column
    if isinstance(source, sa.Column) and source.nullable and type(None) not in allowed:
        return f"may be NULL, but is declared {hint}"
    is_json = isinstance(column.type, (sa.JSON, sa.types.NullType))
    try:
        given = None if is_json else column.type.python_type
    except NotImplementedError:
        given = None
    if given is None or any(given is one or one is Any for one in allowed):
        return ""
    return f"is {given.__name__}, but is declared {hint}"


def _members(hint: Any) -> Iterable[Any]:
    """Return the runtime types of a field's type: int and None of `int | None`."""
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        for each in typing.get_args(hint):
            yield from _members(each)
    elif origin is typing.Literal:
        yield from {type(each) for each in typing.get_args(hint)}
    elif isinstance(hint, typing.NewType):
        yield from _members(hint.__supertype__)
    else:
        yield origin or hint
