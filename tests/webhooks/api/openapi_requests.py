"""The OpenAPI document as a source of requests and a check of responses."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

Schema = dict[str, Any]

HOSTILE_VALUES: tuple[Any, ...] = (
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

PLAUSIBLE_VALUES: dict[str, list[Any]] = {
    "starts_at": [f"2026-03-{day}T{hour}:00Z" for day in (10, 11, 12) for hour in ("09", "11:30")],
    "ends_at": ["2026-03-10T12:00:00Z", "2026-03-12T09:00:00Z"],
    "timezone": ["Europe/Madrid", "Asia/Kolkata"],
    "country": ["ES", "IN"],
    "currency": ["EUR", "JPY"],
    "language": ["es", "pt-BR"],
    "phone": ["+34600111222", "600111222", "+34600111333"],
    "address": ["+34915550101", "+34915550102", "Calle Mayor 8"],
    "email": ["ana@example.com"],
    "password": ["correct horse", "battery staple"],
    "from": ["2026-03-09T00:00:00Z"],
    "to": ["2026-03-16T00:00:00Z"],
    "day": ["2026-03-19"],
    "opens": ["09:00"],
    "closes": ["18:00", "26:00"],
    "zone": ["Europe/Madrid", "Mars/Base"],
    "cursor": ["", "", "WzFd", "WzEsMl0", "WzE3NzMxMzMyMDAsMV0"],
    "reminders": [["24h"]],
    "answers": [{"parking": "Yes, Plaza Sol."}],
    "templates": [{}],
    "keyword": ["NAILS", "CLINIC", "BELLA"],
    "code_countries": ["ES,PT"],
    "agenda_today": ["08:00"],
    "agenda_tomorrow": [""],
    "url": ["http://127.0.0.1/mine.ics"],
    "key": ["opted_out", "reminder", "help"],
    "minutes": [5, 30, 45],
    "hold_minutes": [5],
    "max_open_bookings": [5],
    "max_unverified_holds": [20],
    "codes_per_day": [50],
    "grid_minutes": [15, 30],
    "gap_before_minutes": [0, None],
    "gap_after_minutes": [5],
    "notice_minutes": [0],
    "horizon_days": [90],
    "cutoff_minutes": [60],
    "experience": ["5 years"],
}
"""Values by the names of fields: chance alone would never hit on them."""

CSV_FILES = (
    b"",
    b"\xff\xfe\0",
    b"name,phone\nMarta,+34600111222\n",
    b"name,minutes\nPerm,30\n=1,-5\n",
    b"service,provider,starts_at,customer\nCut,Ana,2026-03-12 10:00,Marta\n",
    b"service,provider,starts_at,customer\nCut,Ana,9999-12-31T23:59:59-14:00,Marta\n",
    b'name\n"Ana\n',
)
"""CSV that can be brought along, and that cannot."""

_LETTERS = "aZ09 _-.:/@+%'\"\\<>&=,;é中אع😀\u200d\u202e\u0301\t\n"


@dataclass(frozen=True)
class Operation:
    """A documented operation."""

    method: str
    path: str
    about: Schema

    @property
    def id(self) -> str:
        """Return the operation's id."""
        return str(self.about["operationId"])

    @property
    def creates(self) -> bool:
        """Return whether it creates something that other operations take."""
        return self.method == "POST" and any("links" in r for r in self.about["responses"].values())


@dataclass
class OpenApiRequests:
    """Random requests; `ids` are known ids by parameter name."""

    schema: Schema
    ids: dict[str, list[int]]
    chance: random.Random
    operations: dict[str, Operation] = field(init=False)

    def __post_init__(self) -> None:
        all_ = (
            Operation(method.upper(), path, about)
            for path, methods in self.schema["paths"].items()
            for method, about in methods.items()
        )
        self.operations = {operation.id: operation for operation in all_}

    # ------------------------------------------------------------------------------ asking

    def draw_request(
        self, operation: Operation, often: int, given: Mapping[str, Any]
    ) -> tuple[str, dict[str, Any]]:
        """Return a URL and the request's parts; one in `often` values is hostile, 0: none.

        `given` are parameters that are known already.
        """
        url = operation.path
        query: dict[str, str] = {}
        headers: dict[str, str] = {}
        for one in operation.about.get("parameters", []):
            name = one["name"]
            if not one.get("required") and self.chance.random() < 2 / 3:
                continue
            value = given[name] if name in given else self._value(one["schema"], name, often)
            text = value if isinstance(value, str) else json.dumps(value)
            text = text.encode("utf-8", "replace").decode()
            if one["in"] == "path":
                url = url.replace(f"{{{name}}}", quote(text, safe="") or "-")
            elif one["in"] == "query":
                query[name] = text
            else:
                headers[name] = quote(text)[:200] or "-"
        more: dict[str, Any] = {"params": query, "headers": headers}
        if "requestBody" in operation.about:
            ((kind, content),) = operation.about["requestBody"]["content"].items()
            headers["Content-Type"] = kind
            if kind == "text/csv":
                more["content"] = self.chance.choice(CSV_FILES)
            else:
                drawn = self._value(content["schema"], "", often and often * 2)
                more["content"] = json.dumps(drawn).encode()
        return url, more

    def _value(self, schema: Schema, name: str, often: int) -> Any:
        if often and not self.chance.randrange(often):
            return self.chance.choice(HOSTILE_VALUES)
        schema = self._meant(schema)
        if "anyOf" in schema:
            # Something, for most: many a field that may be left out may not be null.
            some = [one for one in schema["anyOf"] if one.get("type") != "null"]
            one = self.chance.choice(some if self.chance.random() < 9 / 10 else schema["anyOf"])
            return self._value(one, name, often)
        if schema.get("type") == "null":
            return None
        for known in (PLAUSIBLE_VALUES, self.ids):
            if known.get(name):
                return self.chance.choice(known[name])
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.chance.choice(schema["enum"])
        match schema.get("type"):
            case "object":
                return self._object(schema, often)
            case "array":
                item = name.removesuffix("s")
                return [self._value(schema["items"], item, often) for _ in range(self._few())]
            case "integer":
                least, step = schema.get("minimum", -100), schema.get("multipleOf", 1)
                most = min(schema.get("maximum", 1000), least + 500)
                return self.chance.randint(int(-(-least // step)), int(most // step)) * step
            case "number":
                return self.chance.uniform(-90, 90)
            case "boolean":
                return self.chance.random() < 1 / 2
        return self._text(schema)

    def _object(self, schema: Schema, often: int) -> Any:
        fields = schema.get("properties", {})
        if not fields:
            return {self._text({}): self._text({}) for _ in range(self._few())}
        needed = schema.get("required", [])
        return {
            name: self._value(part, name, often)
            for name, part in fields.items()
            if name in needed or self.chance.random() < 1 / 3
        }

    def _text(self, schema: Schema) -> str:
        length = schema.get("minLength", 0) + self.chance.randrange(9)
        if self.chance.random() < 2 / 3:  # most are words
            return "Wordsworth and so on"[:length]
        return "".join(self.chance.choice(_LETTERS) for _ in range(length))

    def _few(self) -> int:
        return self.chance.randrange(4)

    def _meant(self, schema: Schema) -> Schema:
        if "$ref" in schema:
            found: Schema = self.schema["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
            return found
        return schema

    # ------------------------------------------------------------------------------ answers

    def follow_links(
        self, operation: Operation, status: int, url: str, answer: Any
    ) -> list[tuple[Operation, dict[str, Any]]]:
        """Return the operations a response links to, with their parameters."""
        path = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", operation.path)
        asked = re.fullmatch(path, url)
        found = []
        for link in operation.about["responses"].get(str(status), {}).get("links", {}).values():
            known = {}
            for name, source in link["parameters"].items():
                if source.startswith("$request.path.") and asked:
                    known[name] = asked[source.removeprefix("$request.path.")]
                elif (value := _at(answer, source.removeprefix("$response.body#/"))) is not None:
                    known[name] = value
            if len(known) == len(link["parameters"]):
                found.append((self.operations[link["operationId"]], known))
        return found

    def find_violations(self, operation: Operation, answer: Any) -> Iterator[str]:
        """Yield how a response (httpx's) differs from the document."""
        status = str(answer.status_code)
        if answer.status_code >= 500:
            yield f"{status} {answer.text}"
            return
        if status not in operation.about["responses"]:
            yield f"{status} is not documented: {answer.text}"
            return
        response = operation.about["responses"][status]
        for name in response.get("headers", {}):
            if name not in answer.headers:
                yield f"{status} lacks the header {name}"
        contents = response.get("content", {})
        kind = answer.headers.get("content-type", "").partition(";")[0]
        if not contents and not answer.content:
            return
        if kind not in contents:
            yield f"{status} {kind!r} is not documented"
        elif kind.endswith("json"):
            yield from self._unfit(contents[kind]["schema"], answer.json(), "answer")

    def _unfit(self, schema: Schema, value: Any, where: str) -> Iterator[str]:
        """Yield where a value violates a schema."""
        schema = self._meant(schema)
        if strange := schema.keys() - _KEYWORDS:
            yield f"{where}: nobody checks {sorted(strange)}"
        if "anyOf" in schema:
            if all(any(True for _ in self._unfit(one, value, where)) for one in schema["anyOf"]):
                yield f"{where} is none of what it may be: {value!r}"
            return
        kind = schema.get("type")
        types = _TYPES.get(kind, object)
        if not isinstance(value, types) or (isinstance(value, bool) and kind != "boolean" and kind):
            yield f"{where} is no {kind}: {value!r}"
            return
        if "enum" in schema and value not in schema["enum"]:
            yield f"{where} is not in {schema['enum']}: {value!r}"
        if "const" in schema and value != schema["const"]:
            yield f"{where} is not {schema['const']}: {value!r}"
        if isinstance(value, int | float) and not (
            schema.get("minimum", value) <= value <= schema.get("maximum", value)
        ):
            yield f"{where} is out of range: {value!r}"
        if isinstance(value, int) and value % schema.get("multipleOf", 1):
            yield f"{where} is no multiple of {schema['multipleOf']}: {value!r}"
        if isinstance(value, str):
            yield from _unfit_text(schema, value, where)
        if isinstance(value, dict):
            yield from self._unfit_object(schema, value, where)
        if isinstance(value, list):
            if len(value) > schema.get("maxItems", len(value)):
                yield f"{where} has too many items: {len(value)}"
            for at, part in enumerate(value):
                yield from self._unfit(schema.get("items", {}), part, f"{where}.{at}")

    def _unfit_object(self, schema: Schema, value: Schema, where: str) -> Iterator[str]:
        fields = schema.get("properties", {})
        more = schema.get("additionalProperties", {})
        for name in set(schema.get("required", [])) - value.keys():
            yield f"{where} lacks {name}"
        for name, part in value.items():
            yield from self._unfit(schema.get("propertyNames", {}), name, f"a name in {where}")
            if name in fields or isinstance(more, dict):
                yield from self._unfit(fields.get(name, more), part, f"{where}.{name}")
            elif more is False:
                yield f"{where} has {name}, which is not documented"


def _unfit_text(schema: Schema, value: str, where: str) -> Iterator[str]:
    if not _dated(schema.get("format"), value):
        yield f"{where} is no {schema['format']}: {value!r}"
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        yield f"{where} is too short or too long: {value!r}"
    if not re.search(schema.get("pattern", ""), value):
        yield f"{where} is not like {schema['pattern']}: {value!r}"


_KEYWORDS = {
    *("type", "anyOf", "enum", "const", "format", "pattern", "minLength", "maxLength"),
    *("minimum", "maximum", "multipleOf", "items", "maxItems", "properties", "required"),
    *("additionalProperties", "propertyNames"),
    # They say nothing of the form.
    *("title", "description", "default", "example", "examples"),
}
"""What a schema of our document may say: what is not here would be believed unchecked."""

_TYPES: dict[Any, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def _dated(form: str | None, value: str) -> bool:
    try:
        if form == "date-time":
            return datetime.fromisoformat(value).tzinfo is not None
        if form == "date":
            date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _at(answer: Any, pointer: str) -> Any:
    for part in pointer.split("/"):
        try:
            answer = answer[int(part)] if isinstance(answer, list) else answer[part]
        except (LookupError, TypeError):
            return None
    return answer
