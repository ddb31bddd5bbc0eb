"""The application around the webhooks: health, request ids, start and stop."""

from __future__ import annotations

import httpx
import pytest

from bot.app import App
from core.db.runtime import Runtime
from core.db.tables import overlap_guards
from core.errors import NotReady
from tests.webhooks.harness import twilio_harness
from webhooks.app import create_app


async def get(app: App, path: str, **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(create_app(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get(path, headers=headers)


async def test_health_is_live_and_ready(runtime: Runtime) -> None:
    app = App.from_runtime(runtime)
    live, ready = await get(app, "/health/live"), await get(app, "/health/ready")
    assert (live.status_code, live.json()) == (200, {"status": "ok"})
    assert (ready.status_code, ready.json()) == (200, {"status": "ok"})


async def test_readiness_fails_without_database_guards(runtime: Runtime) -> None:
    async with runtime.engine.begin() as connection:
        await connection.run_sync(overlap_guards.remove_guards)
    answer = await get(App.from_runtime(runtime), "/health/ready")
    assert answer.status_code == 503
    assert answer.json()["status"] == "not ready"
    assert answer.json()["reason"].endswith(": run python -m bot migrate")
    assert (await get(App.from_runtime(runtime), "/health/live")).status_code == 200


async def test_every_request_has_an_id(runtime: Runtime) -> None:
    app = App.from_runtime(runtime)
    given = await get(app, "/health/live", **{"X-Request-ID": "from-the-proxy-1"})
    made = await get(app, "/health/live")
    forged = await get(app, "/health/live", **{"X-Request-ID": 'x" onload="'})
    assert given.headers["x-request-id"] == "from-the-proxy-1"
    assert len({made.headers["x-request-id"], forged.headers["x-request-id"]}) == 2
    assert {len(a.headers["x-request-id"]) for a in (made, forged)} == {16}


async def test_a_stop_lets_go_so_that_another_can_start(runtime: Runtime) -> None:
    if runtime.engine.dialect.name == "postgresql":
        # Any number may serve one PostgreSQL.
        async with twilio_harness(runtime), twilio_harness(runtime):
            return
    async with twilio_harness(runtime):
        with pytest.raises(NotReady):
            await App.from_runtime(runtime).start(ticks=False)
    async with twilio_harness(runtime):
        pass


async def test_it_does_not_start_on_a_database_without_tables(
    empty_database_url: str, runtime: Runtime
) -> None:
    settings = runtime.settings.model_copy(update={"database_url": empty_database_url})
    app = App.open(settings)
    with pytest.raises(NotReady) as refused:
        await app.start(ticks=True)
    await app.stop()
    assert str(refused.value.params["reason"]).endswith(": run python -m bot migrate")


async def test_a_wrong_method_is_not_taken_for_a_path_that_is_not_there(runtime: Runtime) -> None:
    paths = ("/webhooks/twilio/messages", "/health/live/", "/no/such/page")
    found = {path: (await get(App.from_runtime(runtime), path)).status_code for path in paths}
    assert found == {"/webhooks/twilio/messages": 405, "/health/live/": 307, "/no/such/page": 404}
