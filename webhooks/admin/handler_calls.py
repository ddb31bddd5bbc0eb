"""The door from a page to the API: a route's handler called in the process, as its route is.

A call passes the same three checks as a request over HTTP: the route's row in the table of
permissions, its idempotency key, and its entry in the audit log. What refuses it comes back as
`CallRefused`, with the code and the fields that the API would answer.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from fastapi import Request, Response
from fastapi.params import Depends
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python

from core.auth.sessions import Principal
from core.errors import SlotlineError
from webhooks.api.api_request import ApiRequest, IdempotentReplay, Operation
from webhooks.api.app import routes_by_permission_key
from webhooks.api.auth_guard import permit
from webhooks.api.dependencies import authorize_route
from webhooks.api.middleware import MAX_IMPORT_BYTES
from webhooks.api.permissions import PERMISSIONS, AllowedRoles
from webhooks.http.problems import HttpRefusal, Problem, describe_error, describe_faults

T = TypeVar("T")

Handler = Callable[..., Awaitable[T]]


class CallRefused(Exception):
    """Why a call was refused, as the API says it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.status = problem.status
        self.code = problem.code
        self.detail = problem.detail
        self.fields: Sequence[Mapping[str, Any]] = problem.errors
        self.params = problem.params
        self.retry_after_seconds = int(problem.headers.get("Retry-After", "0"))
        """Seconds until it is worth another try; 0 when nothing is said of it."""


@dataclass(frozen=True, slots=True)
class HandlerCall:
    """Who calls a handler, from which request, and by which idempotency key."""

    request: Request
    principal: Principal | None
    idempotency_key: str = ""
    file: bytes = b""
    """What is sent in place of a JSON body."""
    shop_id: int | None = None
    """The shop that is meant where none is named."""
    response: Response | None = None
    """Where a handler sets its cookies."""


async def call_handler(
    call: HandlerCall,
    handler: Handler[T],
    /,
    body: BaseModel | Mapping[str, Any] | None = None,
    **arguments: Any,
) -> T:
    """Call the handler of a route; `arguments` are its parameters by name. Raise CallRefused.

    `body` is validated by the handler's own model, arguments by their annotations.
    """
    key, route = _routes_by_handler()[handler]
    if "shop_id" in route.param_convertors:
        arguments.setdefault("shop_id", call.shop_id)
    sent = body.model_dump(mode="json") if isinstance(body, BaseModel) else body
    operation = _operation(call, key, route, sent, arguments)
    try:
        _check_size(call.file)
        api_request = permit(call.request, operation, PERMISSIONS[key], call.principal)
        bound = _bind(call, handler, api_request, body, arguments)
        if arguments:
            message = f"{key} takes no {sorted(arguments)}"
            raise TypeError(message)
        return await handler(**bound)
    except IdempotentReplay as replay:
        return _replayed(handler, replay)
    except ValidationError as error:
        raise CallRefused(describe_faults(error.errors(include_url=False))) from None
    except (SlotlineError, HttpRefusal) as error:
        raise CallRefused(describe_error(error)) from error


def _check_size(file: bytes) -> None:
    if len(file) > MAX_IMPORT_BYTES:
        raise HttpRefusal(HTTPStatus(413), "too_large", "The body is too large.")


def allowed_roles(handler: Handler[Any]) -> AllowedRoles:
    """Return who may call a handler."""
    return PERMISSIONS[_routes_by_handler()[handler][0]]


@cache
def _routes_by_handler() -> dict[Callable[..., Any], tuple[str, APIRoute]]:
    return {route.endpoint: (key, route) for key, route in routes_by_permission_key().items()}


def _operation(
    call: HandlerCall, key: str, route: APIRoute, sent: Any, arguments: Mapping[str, Any]
) -> Operation:
    path_params = {name: arguments[name] for name in route.param_convertors}
    query = {name: value for name, value in arguments.items() if name not in path_params}
    said = json.dumps([to_jsonable_python(query), to_jsonable_python(sent)], sort_keys=True)

    async def read_body() -> bytes:
        return call.file or said.encode()

    address = f"{key.partition(' ')[0]} {route.path.format(**path_params)}?"
    return Operation(route, path_params, address, call.idempotency_key, read_body)


def _bind(
    call: HandlerCall,
    function: Callable[..., Any],
    api_request: ApiRequest,
    body: BaseModel | Mapping[str, Any] | None,
    arguments: dict[str, Any],
) -> dict[str, Any]:
    """Return the values of a handler's parameters, taken out of `arguments` and validated."""
    bound: dict[str, Any] = {}
    for parameter in _parameters(function):
        if parameter.dependency is authorize_route:
            bound[parameter.name] = api_request
        elif parameter.dependency is not None:
            inner = _bind(call, parameter.dependency, api_request, None, arguments)
            bound[parameter.name] = parameter.dependency(**inner)
        elif parameter.is_response:
            bound[parameter.name] = call.response or Response()
        elif parameter.is_body:
            given = body.model_dump() if isinstance(body, BaseModel) else body
            if given is not None or not parameter.has_default:
                bound[parameter.name] = parameter.adapter.validate_python(given or {})
        elif parameter.name in arguments:
            value = arguments.pop(parameter.name)
            bound[parameter.name] = _argument(parameter, value)
    return bound


def _argument(parameter: _Parameter, value: Any) -> Any:
    try:
        return parameter.adapter.validate_python(value)
    except ValidationError as error:
        faults = error.errors(include_url=False)
        named = [{**fault, "loc": (parameter.name, *fault["loc"])} for fault in faults]
        raise CallRefused(describe_faults(named)) from None


@dataclass(frozen=True, slots=True)
class _Parameter:
    name: str
    adapter: TypeAdapter[Any]
    dependency: Callable[..., Any] | None = None
    is_response: bool = False
    is_body: bool = False
    has_default: bool = False


@cache
def _parameters(function: Callable[..., Any]) -> list[_Parameter]:
    hints = get_type_hints(function, include_extras=True)
    return [
        _parameter(name, hints[name], has_default=one.default is not one.empty)
        for name, one in inspect.signature(function).parameters.items()
    ]


def _parameter(name: str, hint: Any, *, has_default: bool) -> _Parameter:
    extras = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    found = next((one for one in extras if isinstance(one, Depends)), None)
    none: TypeAdapter[Any] = TypeAdapter(Any)
    if found is not None:
        return _Parameter(name, none, dependency=found.dependency)
    if hint is Response:
        return _Parameter(name, none, is_response=True)
    is_body = any(
        isinstance(kind, type) and issubclass(kind, BaseModel) for kind in (hint, *get_args(hint))
    )
    return _Parameter(name, TypeAdapter(hint), is_body=is_body, has_default=has_default)


def _replayed(handler: Handler[T], replay: IdempotentReplay) -> T:
    """Return what the handler returned when this very form was sent before."""
    stored = replay.stored
    if stored.body or stored.status == HTTPStatus.NO_CONTENT:
        kind: TypeAdapter[T] = TypeAdapter(get_type_hints(handler)["return"])
        return kind.validate_json(stored.body or "null")
    detail = "This was done already; the answer was about somebody who was erased since."
    raise CallRefused(Problem(int(HTTPStatus.CONFLICT), "answer_gone", detail))
