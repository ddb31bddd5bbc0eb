"""The API's own document, walked along its links by schemathesis: over HTTP, as each role.

It makes up requests from the document alone and follows `links` from what was made to what may be
done with it. Whatever comes, nothing is a fault of ours, and every answer is one the document
names, of the form it says. `SLOTLINE_TEST_SCENARIOS` sets how many walks each role takes on each
database.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import pytest
import uvicorn
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import get_state_machine_test
from schemathesis import Case, Response, openapi
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from core.db.runtime import Runtime
from tests.webhooks.api.harness import ApiHarness
from tests.webhooks.api.test_openapi_fuzz import LEADS, break_routes, furnished

SCENARIOS = int(os.environ.get("SLOTLINE_TEST_SCENARIOS", "2"))
ONE = settings(
    max_examples=2,  # the simplest there is, and one by chance
    stateful_step_count=20,
    phases=[Phase.generate],
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

ENDS = ("/me/erase", "/me/sign-ins", "/auth/sign-out")
"""After these whoever walks is nobody any more."""


@pytest.fixture
async def api(runtime: Runtime) -> AsyncIterator[ApiHarness]:
    async with furnished(runtime) as opened:
        yield opened


@asynccontextmanager
async def on_a_port(api: Any) -> AsyncIterator[str]:
    """Serve an application; yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(api, log_config=None, lifespan="off", ws="none")
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


@dataclass
class Found:
    """What walks came to: statuses by role, and the faults; `who` walks now."""

    statuses: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    faults: list[str] = field(default_factory=list)
    who: str = ""


async def walked(api: ApiHarness, roles: Sequence[str], scenarios: int, *, only: str = "") -> Found:
    """Walk as each role in turn, so many times each; `only` on paths with these words."""
    headers = {
        who: {"Authorization": f"Bearer {await api.access_token(who)}"} if who else {}
        for who in roles
    }
    document, found = api.app.openapi(), Found()

    def walk(url: str) -> None:
        schema = openapi.from_dict(document).exclude(path=list(ENDS))
        if only:
            schema = schema.include(path_regex=only)
        schema.config.update(base_url=url)

        class Walk(schema.as_state_machine()):  # type: ignore[misc]
            def before_call(self, case: Case[Any]) -> None:
                # A shop that is there; of all others only that they are not is told.
                if case.path_parameters.get("shop_id") not in (None, api.other.shop_id):
                    case.path_parameters["shop_id"] = api.shop.shop_id

            def get_call_kwargs(self, case: Case[Any]) -> dict[str, Any]:
                return {"headers": headers[found.who]}

            def validate_response(self, response: Response, case: Case[Any], **_: Any) -> None:
                found.statuses[found.who][response.status_code] += 1
                try:
                    case.validate_response(response, checks=CHECKS)
                except FailureGroup as failed:
                    label = f"{found.who or 'nobody'}: {case.operation.label}"
                    found.faults += [f"{label}: {e.title}: {e.message}" for e in failed.exceptions]

        for number in range(scenarios):
            for found.who in roles:
                # Each by itself: the database is another after every walk, which Hypothesis takes
                # for draws that depend on something else.
                once = get_state_machine_test(Walk, settings=ONE)
                with suppress(Flaky):
                    seed(number)(once)()

    async with on_a_port(api.app) as url:
        await asyncio.to_thread(walk, url)
    return found


async def test_schemathesis_finds_no_fault_as_any_role(api: ApiHarness) -> None:
    found = await walked(api, LEADS, SCENARIOS)
    assert found.faults == []
    assert set(found.statuses) == set(LEADS)
    # It gets in, and what it makes is made.
    assert all(found.statuses[who][HTTPStatus.OK] for who in ("provider", "owner", "admin"))
    assert found.statuses["owner"][HTTPStatus.CREATED]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_schemathesis_finds_a_broken_route(
    api: ApiHarness,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    break_routes(api, monkeypatch)
    found = await walked(api, ["receptionist"], 4, only="gadgets")
    titles = {fault.split(": ")[2] for fault in found.faults}
    assert titles >= {"Server error", "Response violates schema"}
