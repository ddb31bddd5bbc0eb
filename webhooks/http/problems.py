"""Errors as HTTP answers: RFC 9457 problems with `code`, `errors` and `timestamp`.

The status belongs here and not to the error: core knows no HTTP. Every class of `core.errors`
has its line; a test demands it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
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
from core.values.change import is_own_error, list_faults

log = structlog.get_logger(__name__)

STATUS_BY_ERROR: dict[type[errors.SlotlineError], HTTPStatus] = {
    errors.SlotlineError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.NotAllowed: HTTPStatus.FORBIDDEN,
    errors.InvalidValue: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.LastOwner: HTTPStatus.CONFLICT,
    errors.InvitationOver: HTTPStatus.CONFLICT,
    errors.BookingError: HTTPStatus.CONFLICT,
    errors.SlotTaken: HTTPStatus.CONFLICT,
    errors.NotOffered: HTTPStatus.CONFLICT,
    errors.NothingFree: HTTPStatus.CONFLICT,
    errors.OfferChanged: HTTPStatus.CONFLICT,
    errors.TermsDiffer: HTTPStatus.CONFLICT,
    errors.ReasonNeeded: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.AlreadyBooked: HTTPStatus.CONFLICT,
    errors.TooManyHolds: HTTPStatus.TOO_MANY_REQUESTS,
    errors.TooManyOpenBookings: HTTPStatus.CONFLICT,
    errors.InvalidTransition: HTTPStatus.CONFLICT,
    errors.CutoffPassed: HTTPStatus.CONFLICT,
    errors.CustomerBlocked: HTTPStatus.FORBIDDEN,
    errors.NotVerified: HTTPStatus.FORBIDDEN,
    errors.KeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.ShopPaused: HTTPStatus.CONFLICT,
    errors.Overlap: HTTPStatus.CONFLICT,
    errors.OptOutStands: HTTPStatus.CONFLICT,
    errors.LineInUse: HTTPStatus.CONFLICT,
    errors.CodeError: HTTPStatus.BAD_REQUEST,
    errors.CodeWrong: HTTPStatus.BAD_REQUEST,
    errors.CodeExpired: HTTPStatus.BAD_REQUEST,
    errors.CodeTooSoon: HTTPStatus.TOO_MANY_REQUESTS,
    errors.CodeLimitReached: HTTPStatus.TOO_MANY_REQUESTS,
    errors.CodeUnsendable: HTTPStatus.CONFLICT,
    errors.StaffUnproved: HTTPStatus.FORBIDDEN,
    errors.PhoneInvalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.CountryNotAllowed: HTTPStatus.FORBIDDEN,
    errors.SignInFailed: HTTPStatus.UNAUTHORIZED,
    errors.SignInLocked: HTTPStatus.TOO_MANY_REQUESTS,
    errors.NotSignedIn: HTTPStatus.UNAUTHORIZED,
    errors.EmailUnverified: HTTPStatus.FORBIDDEN,
    errors.LinkExpired: HTTPStatus.BAD_REQUEST,
    errors.DeliveryFailed: HTTPStatus.BAD_GATEWAY,
    errors.NotReady: HTTPStatus.SERVICE_UNAVAILABLE,
}

PROBLEM_MEDIA_TYPE = "application/problem+json"


class HttpRefusal(Exception):
    """A request refused for reasons of HTTP alone."""

    def __init__(
        self, status: HTTPStatus, code: str, detail: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.headers = status, code, detail, headers


def install_problem_handlers(app: FastAPI) -> None:
    """Answer every error of `app` as a problem."""
    app.add_exception_handler(HttpRefusal, _of_refusal)
    app.add_exception_handler(errors.SlotlineError, _of_ours)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(Exception, _of_anything)


def problem_response(
    request: Request,
    status: int,
    *,
    code: str,
    detail: str = "",
    errors: Sequence[dict[str, Any]] = (),
    headers: dict[str, str] | None = None,
    params: Mapping[str, Any] | None = None,
) -> JSONResponse:
    """Return a problem response; `errors` are fields with reasons, `more` further members."""
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
        **(params or {}),
    }
    return JSONResponse(body, status, headers, media_type=PROBLEM_MEDIA_TYPE)


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as shown to clients and pages."""

    status: int
    code: str
    detail: str
    errors: Sequence[dict[str, Any]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)


def describe_error(error: errors.SlotlineError | HttpRefusal) -> Problem:
    """Return one of our errors as a problem."""
    if isinstance(error, HttpRefusal):
        return Problem(int(error.status), error.code, error.detail, headers=error.headers or {})
    headers = {}
    if "seconds" in error.params:
        headers["Retry-After"] = str(error.params["seconds"])
    if STATUS_BY_ERROR[type(error)] == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    wrong = error.params.get("all", [error])
    assert isinstance(wrong, list)
    return Problem(
        int(STATUS_BY_ERROR[type(error)]),
        error.code,
        str(error.args[0]),
        [_field(one.params) for one in wrong if "field" in one.params],
        headers,
        _facts(error.params),
    )


def describe_faults(faults: Iterable[Mapping[str, Any]]) -> Problem:
    """Return pydantic's errors as one problem; `loc` of each is its field."""
    fields = [_of_pydantic(found) for found in [*faults][:MAX_ERRORS]]
    detail = "The request is not of the form it has to be."
    return Problem(int(HTTPStatus.UNPROCESSABLE_ENTITY), "invalid", detail, fields)


def _answer(request: Request, problem: Problem) -> JSONResponse:
    return problem_response(
        request,
        problem.status,
        code=problem.code,
        detail=problem.detail,
        errors=problem.errors,
        headers=dict(problem.headers),
        params=problem.params,
    )


async def _of_refusal(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HttpRefusal)
    return _answer(request, describe_error(error))


async def _of_ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, errors.SlotlineError)
    return _answer(request, describe_error(error))


EXPOSED_PARAMS = ("left", "state", "limit", "minutes", "agreed", "new", "ref")
"""Facts of an error that a program can use; told as further members of the problem."""


def _facts(params: Mapping[str, Any]) -> dict[str, Any]:
    facts = {name: params[name] for name in EXPOSED_PARAMS if name in params}
    if there := params.get("bookings"):
        # What overlaps, for those who may see the calendar.
        facts["bookings"] = [
            {"id": one.id, "ref": one.ref, "starts_at": one.starts_at.isoformat()} for one in there
        ]
    return facts


def _field(params: Mapping[str, Any]) -> dict[str, Any]:
    bounds = {name: params[name] for name in ("least", "most") if name in params}
    return {"field": params["field"], "reason": str(params.get("reason", "")), **bounds}


async def _of_validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    faults = [{**found, "loc": found["loc"][1:]} for found in error.errors()[:MAX_ERRORS]]
    return _answer(request, describe_faults(faults))


def _of_pydantic(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return a fault in our terms; for parameters read by FastAPI in pydantic's."""
    fault = list_faults([found])[0] if is_own_error(found) else {"reason": found["msg"]}
    return _field({**fault, "field": _readable(".".join(map(str, found["loc"])))})


MAX_ERRORS = 50
"""Faults that one answer names."""


def _readable(name: str) -> str:
    """Return a field's name, which the client chose, in printable form."""
    return name[:100].encode("utf-8", "replace").decode()


_CODES = {413: "too_large"}
"""Where Python's name of a status changed with its version."""


async def _of_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = _CODES.get(error.status_code) or HTTPStatus(error.status_code).name.lower()
    headers = dict(error.headers or {})
    return problem_response(
        request, error.status_code, code=code, detail=error.detail, headers=headers
    )


async def _of_anything(request: Request, _error: Exception) -> JSONResponse:
    # The traceback is logged with the request; the client learns nothing of it.
    return problem_response(
        request,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        code="error",
        detail="Something went wrong on our side.",
    )
