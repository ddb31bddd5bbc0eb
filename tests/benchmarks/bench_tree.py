"""The figures of docs/decisions/0080: `python -m tests.benchmarks tree`.

Lines of modules without data files and package headers, public functions named by one word, and
arrows between rooms (`core.people`, `bot.flows`; a module beside the folders counts as a room).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import grimp

ROOT = Path(__file__).parents[2]
LAYERS = ("core", "bot", "webhooks")
DATA = ("bot/nlu/languages/", "bot/i18n/messages/", "core/demo/sample_shops.py")
"""Modules that hold words, not code."""


def modules_of(layer: str) -> Iterator[Path]:
    """Yield the modules of a layer that count."""
    for path in sorted((ROOT / layer).rglob("*.py")):
        is_data = str(path.relative_to(ROOT)).startswith(DATA)
        if path.name != "__init__.py" and not is_data:
            yield path


def line_figures(layer: str) -> tuple[float, int, int]:
    """Return the median, the 95th percentile and the largest number of lines."""
    lines = sorted(len(path.read_text().splitlines()) for path in modules_of(layer))
    return median(lines), lines[int(0.95 * (len(lines) - 1))], lines[-1]


def one_word_names(layer: str) -> tuple[int, int]:
    """Return how many public functions have a name of one word, and how many there are."""
    names = [
        node.name
        for path in modules_of(layer)
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name[0] != "_"
    ]
    return sum("_" not in name for name in names), len(names)


def room_of(module: str) -> str:
    """Return the room of a module: its layer and the folder or module right below it."""
    return ".".join(module.split(".")[:2])


def arrows_between_rooms() -> set[tuple[str, str]]:
    """Return which room imports which other."""
    graph = grimp.build_graph(*LAYERS, cache_dir=None)
    return {
        (room_of(module), room_of(other))
        for module in graph.modules
        for other in graph.find_modules_directly_imported_by(module)
        if room_of(module) != room_of(other)
    }


def main() -> None:
    """Print all of it."""
    for layer in LAYERS:
        middle, most, largest = line_figures(layer)
        words, functions = one_word_names(layer)
        print(f"{layer}: {middle:g} / {most} / {largest} lines; one word: {words} of {functions}")
    arrows = arrows_between_rooms()
    rooms = {room for arrow in arrows for room in arrow}
    print(f"{len(arrows)} arrows between {len(rooms)} rooms")
