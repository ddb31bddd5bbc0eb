"""The check of responses: each keyword of a schema, violated once."""

from __future__ import annotations

import json
import random
from typing import Any

import httpx
import pytest

from tests.webhooks.api.openapi_requests import OpenApiRequests

SHAPES: list[tuple[dict[str, Any], Any, Any, str]] = [
    ({"type": "integer"}, 1, "1", "answer is no integer: '1'"),
    ({"type": "integer"}, 1, True, "answer is no integer: True"),
    ({"type": "null"}, None, 0, "answer is no null: 0"),
    ({"enum": ["a", "b"]}, "a", "c", "answer is not in ['a', 'b']: 'c'"),
    ({"const": "a"}, "a", "b", "answer is not a: 'b'"),
    ({"minimum": 1}, 1, 0, "answer is out of range: 0"),
    ({"maximum": 9}, 9, 10, "answer is out of range: 10"),
    ({"multipleOf": 5}, 10, 11, "answer is no multiple of 5: 11"),
    ({"minLength": 2}, "ab", "a", "answer is too short or too long: 'a'"),
    ({"maxLength": 2}, "ab", "abc", "answer is too short or too long: 'abc'"),
    ({"pattern": "^a+$"}, "aa", "ab", "answer is not like ^a+$: 'ab'"),
    ({"format": "date"}, "2026-03-09", "2026-02-30", "answer is no date: '2026-02-30'"),
    (
        {"format": "date-time"},
        "2026-03-09T09:00:00Z",
        "2026-03-09T09:00:00",
        "answer is no date-time: '2026-03-09T09:00:00'",
    ),
    (
        {"anyOf": [{"type": "string"}, {"type": "null"}]},
        None,
        1,
        "answer is none of what it may be: 1",
    ),
    ({"items": {"type": "string"}}, ["a"], ["a", 1], "answer.1 is no string: 1"),
    ({"maxItems": 1}, ["a"], ["a", "b"], "answer has too many items: 2"),
    ({"required": ["id"]}, {"id": 1}, {}, "answer lacks id"),
    ({"properties": {"id": {"type": "null"}}}, {"id": None}, {"id": 1}, "answer.id is no null: 1"),
    ({"additionalProperties": {"type": "null"}}, {"a": None}, {"a": 1}, "answer.a is no null: 1"),
    ({"additionalProperties": False}, {}, {"a": 1}, "answer has a, which is not documented"),
    (
        {"propertyNames": {"maxLength": 1}},
        {"a": 1},
        {"ab": 1},
        "a name in answer is too short or too long: 'ab'",
    ),
    ({"$ref": "#/components/schemas/Yes"}, True, 1, "answer is no boolean: 1"),
]


def faults(response: dict[str, Any], answer: httpx.Response) -> list[str]:
    operation = {"operationId": "show", "responses": {"200": response}}
    document = {
        "paths": {"/it": {"get": operation}},
        "components": {"schemas": {"Yes": {"type": "boolean"}}},
    }
    documented = OpenApiRequests(document, {}, random.Random(0))
    return list(documented.find_violations(documented.operations["show"], answer))


def said(value: Any) -> httpx.Response:
    headers = {"content-type": "application/json"}
    return httpx.Response(200, content=json.dumps(value), headers=headers)


@pytest.mark.parametrize(("schema", "fits", "unfit", "fault"), SHAPES)
def test_an_answer_fits_its_schema_or_is_a_fault(
    schema: dict[str, Any], fits: Any, unfit: Any, fault: str
) -> None:
    response = {"content": {"application/json": {"schema": schema}}}
    assert faults(response, said(fits)) == []
    assert faults(response, said(unfit)) == [fault]


def test_a_word_of_a_schema_that_nobody_checks_is_a_fault() -> None:
    response = {"content": {"application/json": {"schema": {"uniqueItems": True}}}}
    found = faults(response, said([1, 1]))
    assert found == ["answer: nobody checks ['uniqueItems']"]


def test_an_answer_is_documented_with_its_status_kind_and_headers() -> None:
    any_json: dict[str, Any] = {"content": {"application/json": {"schema": {}}}}
    assert faults(any_json, httpx.Response(500, text="oh")) == ["500 oh"]
    assert faults(any_json, httpx.Response(404, text="no")) == ["404 is not documented: no"]
    assert faults(any_json, httpx.Response(200, text="a")) == ["200 'text/plain' is not documented"]
    assert faults({}, httpx.Response(200)) == []
    kept = {"headers": {"ETag": {"schema": {"type": "string"}}}}
    assert faults(kept, httpx.Response(200)) == ["200 lacks the header ETag"]
    assert faults(kept, httpx.Response(200, headers={"etag": "1"})) == []
