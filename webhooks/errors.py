"""Errors as HTTP answers: RFC 9457 problems with `code`, `errors` and `timestamp`.

The status belongs here and not to the error: core knows no HTTP. Every class of `core.errors`
has its line; a test demands it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from core import errors
from core.clock import SystemClock

log = structlog.get_logger(__name__)

STATUS: dict[type[errors.SlotlineError], HTTPStatus] = {
    errors.SlotlineError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.NotAllowed: HTTPStatus.FORBIDDEN,
    errors.Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.BookingError: HTTPStatus.CONFLICT,
    errors.SlotTaken: HTTPStatus.CONFLICT,
    errors.NotOffered: HTTPStatus.CONFLICT,
    errors.NothingFree: HTTPStatus.CONFLICT,
    errors.OfferChanged: HTTPStatus.CONFLICT,
    errors.TooManyHolds: HTTPStatus.TOO_MANY_REQUESTS,
    errors.TooManyOpen: HTTPStatus.CONFLICT,
    errors.WrongState: HTTPStatus.CONFLICT,
    errors.TooLate: HTTPStatus.CONFLICT,
    errors.CustomerBlocked: HTTPStatus.FORBIDDEN,
    errors.NotVerified: HTTPStatus.FORBIDDEN,
    errors.KeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.ShopPaused: HTTPStatus.CONFLICT,
    errors.Overlap: HTTPStatus.CONFLICT,
    errors.CodeError: HTTPStatus.BAD_REQUEST,
    errors.CodeWrong: HTTPStatus.BAD_REQUEST,
    errors.CodeDead: HTTPStatus.BAD_REQUEST,
    errors.CodeTooSoon: HTTPStatus.TOO_MANY_REQUESTS,
    errors.CodeBudget: HTTPStatus.TOO_MANY_REQUESTS,
    errors.CodeUnsendable: HTTPStatus.CONFLICT,
    errors.PhoneInvalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.CountryNotAllowed: HTTPStatus.FORBIDDEN,
    errors.DeliveryFailed: HTTPStatus.BAD_GATEWAY,
    errors.NotReady: HTTPStatus.SERVICE_UNAVAILABLE,
}

MEDIA_TYPE = "application/problem+json"


def install(app: FastAPI) -> None:
    """Answer every error of `app` as a problem."""
    app.add_exception_handler(errors.SlotlineError, _of_ours)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(Exception, _of_anything)


def problem(
    request: Request,
    status: int,
    *,
    code: str,
    detail: str = "",
    errors: Sequence[dict[str, Any]] = (),
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """Build the answer; `errors` are fields with their reasons."""
    served = getattr(request.app.state, "slotline", None)
    now = served.runtime.clock.now() if served else SystemClock().now()
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        "code": code,
        "errors": list(errors),
        "timestamp": now.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    }
    return JSONResponse(body, status, headers, media_type=MEDIA_TYPE)


async def _of_ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, errors.SlotlineError)
    headers = {}
    if "seconds" in error.params:
        headers["Retry-After"] = str(error.params["seconds"])
    fields = []
    if "field" in error.params:
        fields = [{"field": error.params["field"], "reason": str(error.params.get("reason", ""))}]
    return problem(
        request,
        STATUS[type(error)],
        code=error.code,
        detail=str(error.args[0]),
        errors=fields,
        headers=headers,
    )


async def _of_validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    fields = [
        {"field": ".".join(str(part) for part in found["loc"][1:]), "reason": found["msg"]}
        for found in error.errors()
    ]
    return problem(
        request,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        code="invalid",
        detail="The request is not of the form it has to be.",
        errors=fields,
    )


async def _of_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = HTTPStatus(error.status_code).name.lower()
    headers = dict(error.headers or {})
    return problem(request, error.status_code, code=code, detail=error.detail, headers=headers)


async def _of_anything(request: Request, _error: Exception) -> JSONResponse:
    # Logged with its trace where the request is logged; nothing of it is told outside.
    return problem(
        request,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        code="error",
        detail="Something went wrong on our side.",
    )
