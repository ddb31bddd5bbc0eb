"""CSV files as spreadsheets write them: commas or semicolons, column names in the first line."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from core.errors import InvalidValue
from core.values.change import Change, check_value

C = TypeVar("C", bound=Change)

MAX_ROWS = 10_000
"""Maximum number of rows in a file."""

MAX_FAULTS = 1_000
"""Maximum number of faults reported; with more it is probably the wrong file."""

_FORMULA = frozenset("=+-@\t\r")


@dataclass(frozen=True, slots=True)
class ImportFault:
    """What is wrong in a line (column names are line 1) and a column; "" is the whole line."""

    line: int
    field: str
    reason: str


@dataclass(slots=True)
class CsvFile:
    """The lines of a file as texts by column; `ignored_columns` are unknown columns."""

    rows: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    faults: list[ImportFault] = field(default_factory=list)
    ignored_columns: list[str] = field(default_factory=list)


@dataclass(slots=True)
class ImportPlan:
    """The result of reading a file: rows as values with their lines, and faults."""

    file: CsvFile
    rows: list[dict[str, Any]] = field(default_factory=list)
    faults: list[ImportFault] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.faults = [*self.file.faults, *self.faults]


def parse_csv(file: bytes, needed: Sequence[str], columns: Collection[str]) -> CsvFile:
    """Return the lines of a file; errors of the file itself are in its faults."""
    try:
        text = file.decode("utf-8-sig")
    except UnicodeDecodeError:
        return CsvFile(faults=[ImportFault(1, "", "not UTF-8")])
    if "\0" in text:
        return CsvFile(faults=[ImportFault(1, "", "not a text")])
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        lines = list(_numbered(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)))
    except csv.Error as error:
        return CsvFile(faults=[ImportFault(1, "", f"not CSV: {error}")])
    if not lines:
        return CsvFile(faults=[ImportFault(1, "", "empty")])
    headings = [name.strip().casefold().replace(" ", "_") for name in lines[0][1]]
    found = CsvFile(ignored_columns=[name for name in headings if name and name not in columns])
    found.faults += [
        ImportFault(1, name, "column missing") for name in needed if name not in headings
    ]
    found.faults += [
        ImportFault(1, name, "column twice") for name in columns if headings.count(name) > 1
    ]
    if len(lines) - 1 > MAX_ROWS:
        found.faults.append(ImportFault(1, "", f"more than {MAX_ROWS} rows"))
    if found.faults:
        return found
    for line, cells in lines[1:]:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(headings):
            found.faults.append(ImportFault(line, "", "more cells than headings"))
            continue
        row = dict(zip(headings, cells, strict=False))
        found.rows.append((line, {name: _bare(row.get(name, "")) for name in columns}))
    return found


def _numbered(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Yield rows with the line each begins on: a cell may span several lines."""
    begins = 1
    for cells in reader:
        yield begins, cells
        begins = reader.line_num + 1


def _bare(cell: str) -> str:
    """Return a cell without the apostrophe our exports add to what looks like a formula."""
    text = cell.strip()
    if text.startswith("'") and text[1:].lstrip()[:1] in _FORMULA and len(text) > 1:
        return text[1:]
    return text


class RowReader:
    """Reads the cells of one line; a line with faults yields no values."""

    def __init__(self, line: int, cells: dict[str, str], faults: list[ImportFault]) -> None:
        self.line, self.cells, self.faults = line, cells, faults
        self.good = True
        self._wrong: set[str] = set()

    def add_fault(self, name: str, reason: str) -> None:
        """Record a fault in a column of this line."""
        self.good = False
        self._wrong.add(name)
        self.faults.append(ImportFault(self.line, name, reason))

    def is_wrong(self, name: str) -> bool:
        """Tell whether a column of this line has a fault."""
        return name in self._wrong

    def read_change(self, kind: type[C], **values: Any) -> C | None:
        """Return the command that a line comes to; None if a value cannot be."""
        try:
            return kind(**values)
        except InvalidValue as error:
            self._add_refusals(error)
            return None

    def read_value(self, name: str, kind: Any, value: Any = None) -> Any:
        """Return a cell, or a value made of it, as a field type of core stores it."""
        try:
            return check_value(kind, name, self.cells[name] if value is None else value)
        except InvalidValue as error:
            self._add_refusals(error)
            return None

    def _add_refusals(self, error: InvalidValue) -> None:
        wrong = error.params.get("all", [error])
        assert isinstance(wrong, list)
        for one in wrong:
            bounds = [f"{k} {one.params[k]}" for k in ("least", "most") if k in one.params]
            if not self.is_wrong(one.params["field"]):  # a number that is none is missing, too
                self.add_fault(one.params["field"], ", ".join((one.params["reason"], *bounds)))

    def read_integer(self, name: str, kind: Any = int) -> Any:
        """Return a cell as a whole number, None if it is empty."""
        text = self.cells[name]
        if not text:
            return None
        if not (text.isascii() and text.removeprefix("-").isdecimal() and len(text) < 16):
            self.add_fault(name, "not a whole number")
            return None
        return self.read_value(name, kind, int(text))

    def read_bool(self, name: str, *, default: bool) -> bool:
        """Return a cell as a boolean."""
        text = self.cells[name].casefold()
        if text in {"true", "yes", "1", "false", "no", "0", ""}:
            return text in {"true", "yes", "1"} if text else default
        self.add_fault(name, "neither true nor false")
        return default
