"""Within a layer no two public functions have one name: a name is enough to find its module.

Between layers they may: the API's route, the page's handler and core's verb of one act are called
alike, so that one finds the others.
"""

import ast
from collections import defaultdict
from collections.abc import Mapping

from tests.docs.test_class_names import product_sources

LAYERS = ("bot/", "core/", "webhooks/api/", "webhooks/admin/")

ALIKE = {
    "bot/cli/": "one module a command, each with its `run`",
    "core/importing/": "one module a kind of file, each with the steps that the package names",
}
"""Folders whose modules answer to the same functions, and why."""

TO_RENAME = {"attach_calendar", "read_answer", "switch_shop"}
"""Names of `bot` that two functions still share; take one out as soon as it is renamed."""


def find_shared_functions(sources: Mapping[str, str], layer: str) -> dict[str, list[str]]:
    """Return public functions at the top of a layer's modules by name, where several have it."""
    places: dict[str, list[str]] = defaultdict(list)
    for path, source in sources.items():
        if not path.startswith(layer) or path.startswith(tuple(ALIKE)):
            continue
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name[0] != "_":
                places[node.name].append(path)
    return {name: where for name, where in places.items() if len(where) > 1}


def test_within_a_layer_no_two_public_functions_have_one_name() -> None:
    sources = product_sources()
    shared = {name for layer in LAYERS for name in find_shared_functions(sources, layer)}
    assert shared == TO_RENAME


def test_a_second_function_of_one_name_is_found() -> None:
    """The control: a namesake in the layer is found, not one of another layer nor a private one."""
    sources = {
        "core/a.py": "def pick(): ...\ndef _put(): ...\nasync def ask(): ...",
        "core/b.py": "async def pick(): ...\ndef _put(): ...",
        "bot/c.py": "def ask(): ...",
        "core/importing/d.py": "def pick(): ...",
    }
    assert find_shared_functions(sources, "core/") == {"pick": ["core/a.py", "core/b.py"]}
