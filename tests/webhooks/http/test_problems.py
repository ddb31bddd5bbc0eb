"""Every error has its HTTP status, and answers as a problem."""

from __future__ import annotations

import inspect

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from core import errors
from webhooks.http.problems import STATUS_BY_ERROR, install_problem_handlers

CLASSES = {
    each
    for _, each in inspect.getmembers(errors, inspect.isclass)
    if issubclass(each, errors.SlotlineError)
}


def test_every_class_has_its_status_and_there_are_no_others() -> None:
    assert set(STATUS_BY_ERROR) == CLASSES


def test_every_class_has_a_code_of_its_own() -> None:
    assert len({each.code for each in CLASSES}) == len(CLASSES)


class Body(BaseModel):
    minutes: int


@pytest.fixture
def client() -> httpx.AsyncClient:
    app = FastAPI()
    install_problem_handlers(app)

    @app.get("/taken")
    async def taken() -> None:
        raise errors.SlotTaken(alternatives=[object()])

    @app.get("/soon")
    async def soon() -> None:
        raise errors.CodeTooSoon(seconds=42)

    @app.get("/invalid")
    async def invalid() -> None:
        raise errors.InvalidValue(field="name", reason="2 to 100 characters")

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("the code was 481920")

    @app.post("/body")
    async def body(body: Body) -> None:
        pass

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


@pytest.mark.parametrize(
    ("method", "path", "expected", "retry_after"),
    [
        ("GET", "/taken", (409, "slot_taken", "Someone booked this time first.", []), None),
        (
            "GET",
            "/soon",
            (
                429,
                "code_too_soon",
                "A code was sent a moment ago (`seconds` until the next may be).",
                [],
            ),
            "42",
        ),
        (
            "GET",
            "/invalid",
            (
                422,
                "invalid",
                "A value is not of the form it has to be (`field`, `reason`).",
                [{"field": "name", "reason": "2 to 100 characters"}],
            ),
            None,
        ),
        ("GET", "/broken", (500, "error", "Something went wrong on our side.", []), None),
        ("GET", "/absent", (404, "not_found", "Not Found", []), None),
        ("GET", "/body", (405, "method_not_allowed", "Method Not Allowed", []), None),
        (
            "POST",
            "/body",
            (
                422,
                "invalid",
                "The request is not of the form it has to be.",
                [{"field": "", "reason": "Field required"}],
            ),
            None,
        ),
    ],
)
async def test_an_error_answers_as_a_problem(
    client: httpx.AsyncClient,
    method: str,
    path: str,
    expected: tuple[int, str, str, list[object]],
    retry_after: str | None,
) -> None:
    async with client:
        answer = await client.request(method, path)
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["code"], problem["detail"], problem["errors"]) == expected
    assert problem["status"] == answer.status_code
    assert answer.headers.get("retry-after") == retry_after
    assert set(problem) == {"type", "title", "status", "detail", "code", "errors", "timestamp"}
