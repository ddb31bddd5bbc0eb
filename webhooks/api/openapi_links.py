"""What an answer leads to: OpenAPI's `links`, found from the paths themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_PARAMETER = re.compile(r"\{(\w+)\}")


def add_openapi_links(schema: dict[str, Any]) -> None:
    """Say of each answer with an id where that id may go: `links`, as OpenAPI has them.

    What `POST /things` made and the first that `GET /things` lists is the `thing_id` of
    `/things/{thing_id}` and of what is right below it.
    """
    paths = schema["paths"]
    for path, methods in paths.items():
        for method in {"get", "post"} & methods.keys():
            status, content = _success(methods[method])
            held = _properties(schema, content)
            listed = _properties(schema, held.get("items", {}).get("items", {}))
            links = {}
            for below, name in _below(path, paths):
                for prefix, fields in (("", held), ("items/0/", listed)):
                    field = name if name in fields else "id"
                    if field not in fields:
                        continue
                    parameters = {name: f"$response.body#/{prefix}{field}"} | {
                        known: f"$request.path.{known}" for known in _PARAMETER.findall(path)
                    }
                    for other in paths[below].values():
                        if not {*_PARAMETER.findall(below)} - parameters.keys():
                            target = other["operationId"]
                            links[target] = {"operationId": target, "parameters": parameters}
            if links:
                methods[method]["responses"][status]["links"] = links


def _below(path: str, paths: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the paths of one thing of a list, and at most one word below, with its id's name."""
    form = re.compile(re.escape(path) + r"/\{(\w+)\}(/[\w-]+)?")
    for below in paths:
        if (found := form.fullmatch(below)) and found[1].endswith("_id"):
            yield below, found[1]


def _success(operation: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the status of what went well, and the schema of its answer."""
    status = min(operation["responses"])
    content = operation["responses"][status].get("content", {})
    return status, content.get("application/json", {}).get("schema", {})


def _properties(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in part:
        part = schema["components"]["schemas"][part["$ref"].rsplit("/", 1)[1]]
    found: dict[str, Any] = part.get("properties", {})
    return found
