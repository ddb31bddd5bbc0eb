"""Statements are read as dataclasses that are checked on import, and bare rows stay in core/db."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ("bot", "core", "webhooks")
MACHINERY = "core/db/"
"""Where rows are rows: the helper itself, the context and pagination."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def find_late_checks(sources: Mapping[str, str]) -> list[str]:
    """Return where `Rows(...)` is called in a function, so that only a call of it is checked."""
    late = {
        f"{path}:{node.lineno}"
        for path, source in sources.items()
        for function in ast.walk(ast.parse(source))
        if isinstance(function, Function | ast.Lambda)
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Rows"
    }
    return sorted(late)


def find_bare_rows(sources: Mapping[str, str]) -> list[str]:
    """Return functions that take or give a row of SQLAlchemy, which says nothing of its columns."""
    return [
        f"{path}:{function.name}"
        for path, source in sources.items()
        for function in ast.walk(ast.parse(source))
        if isinstance(function, Function) and any(map(_names_a_row, _hints(function)))
    ]


def _hints(function: Function) -> Iterator[ast.expr]:
    arguments = function.args
    given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    yield from (one.annotation for one in given if one.annotation is not None)
    if function.returns is not None:
        yield function.returns


def _names_a_row(hint: ast.expr) -> bool:
    return any(
        (isinstance(node, ast.Name) and node.id == "Row")
        or (isinstance(node, ast.Attribute) and node.attr in {"Row", "RowMapping"})
        for node in ast.walk(hint)
    )


def product_sources() -> dict[str, str]:
    paths = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    named = {str(path.relative_to(ROOT)): path.read_text() for path in paths}
    return {name: text for name, text in named.items() if not name.startswith(MACHINERY)}


def test_every_statement_is_checked_on_import() -> None:
    """A condition, an order or a limit that depends on arguments comes by `where` and `refine`."""
    assert find_late_checks(product_sources()) == []


def test_no_function_takes_or_gives_a_bare_row() -> None:
    assert find_bare_rows(product_sources()) == []


def test_the_checks_see_what_they_are_for() -> None:
    """The control: a check in a function and rows in signatures are found, others are not."""
    late = (
        "GOOD = Rows(A, s)\ndef f():\n    return Rows(A, s)\nasync def g(): run(lambda: Rows(A, s))"
    )
    assert find_late_checks({"a.py": late}) == ["a.py:3", "a.py:4"]
    bare = "def f(row: Row): ...\ndef g() -> list[sa.Row[Any]]: ...\ndef h(rows: Rows[A]): ..."
    assert find_bare_rows({"a.py": bare}) == ["a.py:f", "a.py:g"]
