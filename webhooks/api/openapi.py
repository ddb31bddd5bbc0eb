"""What the OpenAPI says beside each route's own words: who may, which errors, which headers."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from webhooks.api import openapi_links
from webhooks.api.api_request import IDEMPOTENCY_HEADER
from webhooks.api.auth_guard import AUTH_COOKIE, CSRF_HEADER
from webhooks.api.permissions import PERMISSIONS

API_DESCRIPTION = """
What a person can do with Slotline in chat, a program can do here, and shops are set up here.

- **Signing in.** `POST /auth/code` and `/auth/code/check` by phone, `/auth/sign-in` by e-mail and
  password. Send `Authorization: Bearer` and the access token; when it ends, `POST /auth/refresh`
  gives the next pair. A refresh token is good once: used twice, the sign-in ends.
- **Times** are ISO 8601 with an offset, **money** is whole minor units with its currency.
- **Lists** come in pages: `limit`, `cursor` (`next` of the page before), `total=true` to count.
- **`Idempotency-Key`** on a POST (any text up to 200 characters, for a day): the same request again
  gets the same answer and is not done twice; another request with the same key is 422. An answer
  about somebody who was erased since is not repeated: 409 `answer_gone`. Answers with secrets are
  never kept: under `/auth`, for passwords, feeds, invitations and pairing a key has no effect.
- **Links**: an answer with an id names the operations that take it, as `links`.
- **Errors** are problems (RFC 9457) with a stable `code` and every wrong field in `errors`. What is
  not yours to see is 404.
"""

PROBLEM_SCHEMA = {
    "type": "object",
    "description": "What is wrong (RFC 9457).",
    "required": ["type", "title", "status", "detail", "code", "errors", "timestamp"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "Stable; what a program goes by."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "reason"],
                "properties": {"field": {"type": "string"}, "reason": {"type": "string"}},
            },
        },
        "timestamp": {"type": "string", "format": "date-time"},
    },
    "example": {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": "Someone booked this time first.",
        "code": "slot_taken",
        "errors": [],
        "timestamp": "2026-03-09T09:00:00Z",
    },
}

WITHOUT_IDEMPOTENCY = frozenset(
    {
        "POST /me/password",
        "POST /me/email",
        "POST /shops/{shop_id}/feeds",
        "POST /shops/{shop_id}/invitations",
        "POST /me/pairing",
    }
)
"""Outside of `/auth`, the POSTs whose answers are not kept."""

_TITLES = {
    "400": "Not as it has to be",
    "401": "Nobody is signed in",
    "403": "Not for this person",
    "404": "There is no such thing, or it is not theirs to see",
    "409": "It cannot be done as things stand",
    "413": "The body is too large",
    "422": "A value is not as it has to be, or the key was used for something else",
    "429": "Too much; see Retry-After",
}
_WORDS = {"signed_in": "whoever is signed in", "provider": "provider (what is their own)"}
_ORDER = ("anyone", "signed_in", "provider", "receptionist", "owner", "admin")


def accepts_idempotency_key(route: str) -> bool:
    """Whether a route ("POST /shops") takes an Idempotency-Key."""
    return (
        route.startswith("POST ")
        and not route.startswith("POST /auth/")
        and route not in WITHOUT_IDEMPOTENCY
    )


def install_openapi(api: FastAPI) -> None:
    """Let `api` describe itself so."""

    def openapi() -> dict[str, Any]:
        if api.openapi_schema is None:
            api.openapi_schema = _described(api)
        return api.openapi_schema

    api.openapi = openapi  # type: ignore[method-assign]


def _described(api: FastAPI) -> dict[str, Any]:
    schema = get_openapi(
        title=api.title, version=api.version, description=api.description, routes=api.routes
    )
    parts = schema.setdefault("components", {})
    parts.setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
    parts["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "cookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": AUTH_COOKIE,
            "description": f"Changes also need the header {CSRF_HEADER}.",
        },
    }
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            _describe(f"{method.upper()} {path}", operation)
    openapi_links.add_openapi_links(schema)
    return schema


def _describe(route: str, operation: dict[str, Any]) -> None:
    row = PERMISSIONS[route]
    who = [word for word in _ORDER if word in row]
    operation["x-who"] = who
    operation["description"] = (
        f"{operation.get('description', '')}\n\n"
        f"For: {', '.join(_WORDS.get(word, word) for word in who)}."
    ).strip()
    responses = operation["responses"]
    responses.pop("422", None)
    expected = ["400", "403", "404", "409", "422", "429"]
    if not route.startswith(("GET", "DELETE")):
        expected.append("413")
    if "anyone" not in row:
        operation["security"] = [{"bearer": []}, {"cookie": []}]
    expected.append("401")
    for status in sorted(expected):
        responses.setdefault(status, _problem(status))
    if accepts_idempotency_key(route):
        operation.setdefault("parameters", []).append(
            {
                "name": IDEMPOTENCY_HEADER,
                "in": "header",
                "required": False,
                "schema": {"type": "string", "pattern": "^[\\x21-\\x7e]{1,200}$"},
                "description": "The same request again gets the same answer, for a day.",
            }
        )


def _problem(status: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": _TITLES[status],
        "content": {"application/problem+json": {"schema": schema}},
    }
