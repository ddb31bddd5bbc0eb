"""Client of Twilio's Content API: stored templates and their WhatsApp approval.

It makes plain requests because Twilio's async client cannot send the JSON this API needs.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from core.clock import SystemClock
from core.messaging.messages import Json
from core.settings import Settings
from core.values.waits import parse_wait

if TYPE_CHECKING:
    from aiohttp import ClientSession

CONTENT_TIMEOUT = 20.0
MAX_ATTEMPTS = 4
PAGE_SIZE = 100
MAX_WAIT_SECONDS = 30.0


class ContentApiError(Exception):
    """Twilio rejected a request; `code` is its error code or the HTTP status."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code


class ContentApi:
    """The templates of one account; `async with` opens and closes the connection."""

    def __init__(self, settings: Settings) -> None:
        """Store the account and base address."""
        pair = f"{settings.twilio_account_sid}:{settings.twilio_auth_token}"
        self._headers = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        self._base = settings.twilio_content_url
        self._session: ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the connection."""
        from aiohttp import ClientSession, ClientTimeout

        self._session = ClientSession(
            headers=self._headers, timeout=ClientTimeout(total=CONTENT_TIMEOUT), trust_env=True
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection."""
        assert self._session is not None
        await self._session.close()

    async def list_templates(self) -> AsyncIterator[Json]:
        """Yield every template of the account."""
        path: str | None = f"/v1/Content?PageSize={PAGE_SIZE}"
        while path is not None:
            page = await self._ask("GET", path)
            for template in page.get("contents", ()):
                yield template
            # Responses name Twilio's host; requests stay on the configured one.
            following = urlsplit(page.get("meta", {}).get("next_page_url") or "")
            path = f"{following.path}?{following.query}" if following.path else None

    async def create_template(self, template: Json) -> str:
        """Create a template and return its id."""
        return str((await self._ask("POST", "/v1/Content", template))["sid"])

    async def approval_status(self, sid: str) -> str:
        """Return a template's approval state: unsubmitted, received, approved and so on."""
        found = await self._ask("GET", f"/v1/Content/{sid}/ApprovalRequests")
        return str((found.get("whatsapp") or {}).get("status") or "unsubmitted")

    async def request_approval(self, sid: str, name: str) -> str:
        """Submit a template for approval as a utility template and return its first state."""
        wanted = {"name": name, "category": "UTILITY"}
        answer = await self._ask("POST", f"/v1/Content/{sid}/ApprovalRequests/whatsapp", wanted)
        return str(answer.get("status") or "received")

    async def _ask(self, method: str, path: str, body: Json = None) -> Mapping[str, Any]:
        from aiohttp import ClientError

        assert self._session is not None
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                async with self._session.request(method, self._base + path, json=body) as answer:
                    if answer.status == 429 and attempt < MAX_ATTEMPTS:
                        await asyncio.sleep(_wait(answer.headers.get("Retry-After", "")))
                        continue
                    return _read(answer.status, await answer.json(content_type=None))
            except (ClientError, OSError, TimeoutError, ValueError) as error:
                raise ContentApiError(0, f"{type(error).__name__}: {error}"[:300]) from error
        raise AssertionError  # the last try returned or raised


def _read(status: int, body: Any) -> Mapping[str, Any]:
    if not isinstance(body, dict):
        raise ContentApiError(status, "an answer that is no object")
    if status >= 400:
        raise ContentApiError(int(body.get("code") or status), str(body.get("message") or "")[:300])
    return body


def _wait(retry_after: str) -> float:
    wait = parse_wait(retry_after, now=SystemClock().now())
    return 1.0 if wait is None else min(MAX_WAIT_SECONDS, wait)
