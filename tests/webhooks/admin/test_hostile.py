"""Requests made from the documentation itself, plausible and hostile, by everybody.

Whatever comes: no answer is a fault of ours, every answer is one that the documentation names, and
every refusal is a problem. That answers are of the form they say is checked as they are written.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import hypothesis
import pytest
from hypothesis import strategies as st

from core.runtime import Runtime
from tests.webhooks.admin.house import House, open_house

CALLERS = ("", "customer", "provider", "receptionist", *["owner"] * 4, "other owner", "admin")

HOSTILE: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    2**31,
    2**53,
    2**63 - 1,
    2**63,
    -(2**63) - 1,
    1e308,
    "",
    "\0",
    "a\0b",
    "\ud800",
    "%",
    "_",
    "\\",
    "' OR 1=1 --",
    '"; DROP TABLE users; --',
    "=cmd|' /C calc'!A0",
    "x" * 1001,
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 ﷽ \u202e",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59+14:00",
    "2026-02-30T00:00:00Z",
    "2026-03-10T09:00:00",
    "2026-03-10T09:03:00Z",
    [],
    {},
    [None],
    {"a": {"b": []}},
)

PLAUSIBLE: dict[str, list[Any]] = {
    "starts_at": ["2026-03-10T09:00:00Z", "2026-03-11T10:30:00+01:00", "2026-03-10T11:00:00Z"],
    "ends_at": ["2026-03-10T12:00:00Z", "2026-03-12T09:00:00Z"],
    "timezone": ["Europe/Madrid", "Asia/Kolkata"],
    "country": ["ES", "IN"],
    "currency": ["EUR", "JPY"],
    "language": ["es", "pt-BR"],
    "phone": ["+34600111222", "600111222"],
    "email": ["ana@example.com"],
    "from": ["2026-03-09T00:00:00Z"],
    "to": ["2026-03-16T00:00:00Z"],
    "day": ["2026-03-19"],
    "opens": ["09:00"],
    "closes": ["18:00", "26:00"],
    "zone": ["Europe/Madrid", "Mars/Base"],
    "cursor": ["", "WzFd", "WzEsMl0", "WzE3NzMxMzMyMDAsMV0"],
    "reminders": [["24h"]],
}
"""Values by the names of fields: chance alone would never hit on them."""

FILES = (
    b"",
    b"\xff\xfe\0",
    b"name,phone\nMarta,+34600111222\n",
    b"name,minutes\nPerm,30\n=1,-5\n",
    b"service,provider,starts_at,customer\nCut,Ana,2026-03-12 10:00,Marta\n",
    b"service,provider,starts_at,customer\nCut,Ana,9999-12-31T23:59:59-14:00,Marta\n",
    b'name\n"Ana\n',
)
"""CSV that can be brought along, and that cannot."""


class Documented:
    """The documentation, as something to draw requests from."""

    def __init__(self, schema: dict[str, Any], ids: dict[str, list[int]]) -> None:
        self.schema = schema
        self.ids = ids
        self.operations = [
            (method.upper(), path, operation)
            for path, methods in schema["paths"].items()
            for method, operation in methods.items()
            if path != "/auth/sign-out"
        ]

    def requests(self) -> st.SearchStrategy[tuple[str, str, dict[str, Any], dict[str, Any]]]:
        """Return requests: method, path, what goes with it, the operation's documentation."""
        return st.sampled_from(self.operations).flatmap(self._request)

    def _request(self, found: tuple[str, str, dict[str, Any]]) -> st.SearchStrategy[Any]:
        method, path, operation = found
        parameters = operation.get("parameters", [])
        parts = {p["name"]: self._value(p["schema"], p["name"]) for p in parameters}
        where = {p["name"]: p["in"] for p in parameters}
        needed = [p["name"] for p in parameters if p.get("required")]
        drawn = st.fixed_dictionaries(
            {name: parts[name] for name in needed},
            optional={name: parts[name] for name in parts if name not in needed},
        )
        body: st.SearchStrategy[Any] = st.none()
        kind = ""
        if "requestBody" in operation:
            ((kind, content),) = operation["requestBody"]["content"].items()
            body = self._value(content["schema"], "", often=30)
            if kind == "text/csv":
                body = st.sampled_from(FILES)

        def request(given: tuple[dict[str, Any], Any]) -> Any:
            values, content = given
            url, query, headers = path, {}, {}
            for name, value in values.items():
                text = value if isinstance(value, str) else json.dumps(value)
                text = text.encode("utf-8", "replace").decode()
                if where[name] == "path":
                    url = url.replace(f"{{{name}}}", quote(text, safe="") or "-")
                elif where[name] == "query":
                    query[name] = text
                else:
                    headers[name] = quote(text)[:300]
            more: dict[str, Any] = {"params": query, "headers": headers}
            if "requestBody" in operation:
                plain = kind == "text/csv"
                more["content"] = content if plain else json.dumps(content).encode()
                headers["Content-Type"] = kind
            return method, url, more, operation

        return st.tuples(drawn, body).map(request)

    def _value(
        self, schema: dict[str, Any], name: str, *, often: int = 20
    ) -> st.SearchStrategy[Any]:
        """Return values of a schema, `often` times for each that is hostile."""
        fit = self._fit(schema, name)
        return st.integers(0, often).flatmap(lambda n: fit if n else st.sampled_from(HOSTILE))

    def _fit(self, schema: dict[str, Any], name: str) -> st.SearchStrategy[Any]:
        if "$ref" in schema:
            schema = self.schema["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        if name in PLAUSIBLE:
            return st.sampled_from(PLAUSIBLE[name])
        if name in self.ids:
            return st.sampled_from(self.ids[name])
        if "anyOf" in schema:
            return st.sampled_from(schema["anyOf"]).flatmap(lambda one: self._fit(one, name))
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        kind = schema.get("type")
        if kind == "object":
            return self._object(schema)
        if kind == "array":
            return st.lists(self._value(schema["items"], ""), max_size=3)
        if kind == "integer":
            least = schema.get("minimum", -100)
            step = schema.get("multipleOf", 1)
            most = min(schema.get("maximum", 1000), least + 500)
            return st.integers(-(-least // step), most // step).map(lambda n: n * step)
        if kind == "number":
            return st.floats(-90, 90)
        if kind == "boolean":
            return st.booleans()
        if kind == "null":
            return st.none()
        return st.text(min_size=schema.get("minLength", 0), max_size=12)

    def _object(self, schema: dict[str, Any]) -> st.SearchStrategy[Any]:
        fields = schema.get("properties", {})
        if not fields:
            return st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2)
        made = {name: self._value(part, name) for name, part in fields.items()}
        needed = schema.get("required", [])
        return st.fixed_dictionaries(
            {name: made[name] for name in needed},
            optional={name: made[name] for name in made if name not in needed},
        )


@pytest.fixture
async def house(runtime: Runtime) -> Any:
    async with open_house(runtime, shops_by_anyone=True) as opened:
        await opened.furnish()
        yield opened


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@hypothesis.settings(
    max_examples=24,
    derandomize=True,
    suppress_health_check=list(hypothesis.HealthCheck),
    database=None,
)
@hypothesis.given(data=st.data())
async def test_whatever_is_asked_is_answered_as_documented(
    house: House, data: st.DataObject
) -> None:
    await ask(house, data, 20)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@hypothesis.settings(
    max_examples=8,
    derandomize=True,
    suppress_health_check=list(hypothesis.HealthCheck),
    database=None,
)
@hypothesis.given(data=st.data())
async def test_so_it_is_on_postgresql(house: House, data: st.DataObject) -> None:
    await ask(house, data, 20)


async def ask(house: House, data: st.DataObject, times: int) -> None:
    documented = Documented(house.api.openapi(), ids_of(house))
    for _ in range(times):
        who = data.draw(st.sampled_from(CALLERS))
        method, path, more, operation = data.draw(documented.requests())
        answer = await house.call(method, path, who, **more)
        said = f"{who or 'nobody'}: {method} {path} {more} -> {answer.status_code} {answer.text}"
        assert answer.status_code < 500, said
        if "/-" not in path:  # an empty id is another path
            assert str(answer.status_code) in operation["responses"], said
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json", said
            assert {"code", "errors", "timestamp"} <= answer.json().keys(), said
        if answer.status_code == 401:
            house.tokens.pop(who, None)


def ids_of(house: House) -> dict[str, list[int]]:
    """Ids that are there, of both shops, by the names of fields."""
    shop, other = house.shop, house.other
    return {
        "shop_id": [shop.shop_id] * 5 + [other.shop_id],
        "service_id": [*shop.services.values()] * 3 + [*other.services.values()],
        "service": [*shop.services.values()],
        "provider_id": [*shop.providers.values()] * 3 + [*other.providers.values()],
        "provider": [*shop.providers.values()],
        "booking_id": [house.booking],
        "customer_id": [house.customer],
        "into": [house.customer],
        "conversation_id": [house.talk],
        "user_id": [house.users["other provider"], house.users["other receptionist"]],
        "category_id": [1],
        "calendar_id": [1, 2, 3],
    }
