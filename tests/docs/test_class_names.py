"""No two public classes of the product have one name: a name is enough to find its class."""

import ast
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bot", "core", "webhooks")


def find_shared_names(sources: Mapping[str, str]) -> dict[str, list[str]]:
    """Return public classes at the top of modules by name, where several have it."""
    places: dict[str, list[str]] = defaultdict(list)
    for path, source in sources.items():
        for node in ast.parse(source).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(path)
    return {name: where for name, where in places.items() if len(where) > 1}


def product_sources() -> dict[str, str]:
    paths = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return {str(path.relative_to(ROOT)): path.read_text() for path in paths}


def test_no_two_public_classes_have_one_name() -> None:
    assert find_shared_names(product_sources()) == {}


def test_a_second_class_of_one_name_is_found() -> None:
    """The control: a copy of a class in another module is reported, a private one is not."""
    twin = {"a.py": "class Slot: ...\nclass _Row: ...", "b.py": "class Slot: ...\nclass _Row: ..."}
    assert find_shared_names(twin) == {"Slot": ["a.py", "b.py"]}
