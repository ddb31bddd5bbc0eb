"""Who is in front of the page, what they sent, and the API asked in their name."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from fastapi import Request

from webhooks.api.auth_guard import CSRF_HEADER
from webhooks.http.request_middleware import client_ip


class ApiProblem(Exception):
    """What the API answered instead of doing it (RFC 9457)."""

    def __init__(self, status: int, said: Mapping[str, Any]) -> None:
        super().__init__(said.get("code", ""))
        self.status = status
        self.code: str = said.get("code", "")
        self.detail: str = said.get("detail", "")
        self.fields: Sequence[Mapping[str, Any]] = said.get("errors", ())
        self.body = said
        self.retry_after_seconds = 0
        """Seconds until it is worth another try; 0 when nothing is said of it."""


async def call_api(
    request: Request,
    method: str,
    path: str,
    body: Mapping[str, Any] | None = None,
    *,
    csrf: str = "",
    file: bytes | None = None,
    responses: list[httpx.Response] | None = None,
) -> Any:
    """Make a request to the API as the browser would; return its JSON, None if there is none.

    `file` is sent as CSV in place of what is `said`; `answer` takes the whole answer, for the
    cookie in it.
    """
    passed = ("cookie", "origin", "sec-fetch-site", "user-agent", "host")
    headers = {name: request.headers[name] for name in passed if name in request.headers}
    if csrf:
        headers[CSRF_HEADER] = csrf
    transport = httpx.ASGITransport(request.app.state.api, client=(client_ip(request), 0))
    base = f"{request.url.scheme}://{request.url.netloc}"
    async with httpx.AsyncClient(transport=transport, base_url=base) as client:
        if file is None:
            came = await client.request(method, path, headers=headers, json=body)
        else:
            headers["content-type"] = "text/csv"
            came = await client.request(method, path, headers=headers, content=file)
    if responses is not None:
        responses.append(came)
    data = json.loads(came.content) if came.content else None
    if came.status_code >= 400:
        problem = ApiProblem(came.status_code, data if isinstance(data, dict) else {})
        problem.retry_after_seconds = int(came.headers.get("Retry-After", "0"))
        raise problem
    return data
