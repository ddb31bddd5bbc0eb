"""Dockerfile and compose.yaml, done here in their order on a real PostgreSQL and Valkey.

No Docker engine is needed: the commands, the order of the services and their environment are
read from the files, and the services run as plain processes.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
import yaml

from core.clock import SystemClock
from core.db import tables
from core.db.runtime import Runtime
from tests.servers import postgres
from tests.servers.twilio.server import TwilioServer
from tests.support import shops
from tests.support.runtimes import settings_for

ROOT = Path(__file__).resolve().parent.parent.parent
OURS = "+15005550006"
TALKS = 200
PATIENCE = 90


@pytest.fixture
def compose() -> dict[str, Any]:
    """Return compose.yaml as data."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return loaded


def in_order(services: dict[str, Any]) -> list[str]:
    """Return the services' names, each after those it depends on."""
    done: list[str] = []
    while len(done) < len(services):
        ready = [
            name
            for name, service in services.items()
            if name not in done and set(service.get("depends_on", {})) <= set(done)
        ]
        assert ready, "services wait for each other in a circle"
        done += ready
    return done


def test_migrations_come_before_whatever_serves(compose: dict[str, Any]) -> None:
    order = in_order(compose["services"])
    assert order[:3] == ["database", "valkey", "migrate"]
    assert set(order[3:]) == {"web", "worker"}
    assert compose["services"]["web"]["deploy"]["replicas"] == 2
    for name in ("web", "worker"):
        waits = compose["services"][name]["depends_on"]
        assert waits["migrate"]["condition"] == "service_completed_successfully"


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions, continued lines joined and comments left out."""
    text = "\n".join(
        line
        for line in (ROOT / "Dockerfile").read_text().splitlines()
        if not line.strip().startswith("#")
    )
    lines = text.replace("\\\n", " ").splitlines()
    return [
        (word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines) if word
    ]


def test_the_image_runs_as_nobody_special_and_says_whether_it_lives() -> None:
    found = dict(instructions())
    assert found["USER"] == "slotline"
    assert "/health/live" in found["HEALTHCHECK"]
    assert json.loads(found["CMD"]) == ["python", "-m", "bot", "serve"]


def test_everything_the_application_imports_is_copied_into_the_image() -> None:
    copied = {rest.split()[-1] for word, rest in instructions() if word == "COPY"}
    assert {"core", "bot", "webhooks", "migrations"} <= copied


def test_the_health_check_answers_for_a_live_process_and_fails_for_a_dead_one() -> None:
    check = dict(instructions())["HEALTHCHECK"].partition("CMD ")[2]
    command = json.loads(check.replace('\\"', '\\"'))
    command[0] = sys.executable
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    dead = subprocess.run(command, env={"PORT": port}, capture_output=True, check=False)
    assert dead.returncode != 0


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


class Services:
    """The services of compose.yaml as processes of this machine."""

    def __init__(self, compose: dict[str, Any], environment: dict[str, str]) -> None:
        self.services = compose["services"]
        self.environment = environment
        self.running: list[subprocess.Popen[bytes]] = []

    def command(self, name: str) -> list[str]:
        """Return a service's command, or the image's where it has none."""
        image = json.loads(dict(instructions())["CMD"])
        given = self.services[name].get("command", image)
        words = shlex.split(given) if isinstance(given, str) else list(given)
        assert words[0] == "python"
        return [sys.executable, *words[1:]]

    def once(self, name: str) -> None:
        """Run a service that ends, to its end."""
        subprocess.run(self.command(name), env=self.environment, cwd=ROOT, check=True, timeout=60)

    def begin(self, name: str, **more: str) -> None:
        """Start a service that goes on."""
        process = subprocess.Popen(
            self.command(name),
            env=self.environment | more,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.running.append(process)

    def end(self) -> list[int]:
        """Stop all, as an orchestrator does; return their exit statuses."""
        for process in self.running:
            process.send_signal(signal.SIGTERM)
        statuses = []
        for process in self.running:
            try:
                statuses.append(process.wait(timeout=15))
            finally:
                process.kill()
        self.running.clear()
        return statuses


@pytest.fixture
def database(postgres_url: str) -> Iterator[str]:
    """Yield an empty database of the run's PostgreSQL."""
    name = f"test_compose_{os.getpid()}"
    url = postgres.create_database(postgres_url, name)
    yield url
    postgres.drop_database(postgres_url, name)


async def ready(url: str) -> None:
    """Wait until a web process is fit to be sent requests."""
    async with httpx.AsyncClient() as client:
        for _ in range(PATIENCE * 10):
            try:
                if (await client.get(f"{url}/health/ready")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)
    pytest.fail(f"{url} never became ready")


async def shown(runtime: Runtime, person: str, messages: int) -> None:
    """Wait until a person was sent so many messages and they are marked: they have read them."""
    outbox, talks = tables.outbox.c, tables.conversations.c
    sent = (
        sa.select(sa.func.count())
        .join_from(tables.outbox, tables.conversations)
        .where(talks.address == person, outbox.state == "sent")
    )
    for _ in range(PATIENCE * 4):
        async with runtime.read_transaction() as ctx:
            if await ctx.scalar(sent) >= messages:
                return
        await asyncio.sleep(0.25)
    pytest.fail(f"{person} was not sent message {messages}")


@pytest.mark.experiment
@pytest.mark.heavy
async def test_two_webs_and_a_worker_serve_two_hundred_talks(
    compose: dict[str, Any], database: str, valkey_url: str, tmp_path: Path
) -> None:
    public = "http://127.0.0.1:9"  # what Twilio signs: the proxy's address, not a process's
    async with TwilioServer(numbers=(OURS,)) as twilio:
        environment = {
            **{k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "LANG"}},
            "DATABASE_URL": database,
            "REDIS_URL": valkey_url,
            "DATA_DIR": str(tmp_path),
            "PUBLIC_URL": public,
            "TWILIO_ACCOUNT_SID": twilio.account_sid,
            "TWILIO_AUTH_TOKEN": twilio.auth_token,
            "TWILIO_SMS_FROM": OURS,
            "TWILIO_API_URL": twilio.url,
            "TRUSTED_PROXIES": "127.0.0.1",
            "TWILIO_RATES": "longcode=0",  # the order is tried here, not a number's pace
        }
        said = compose["services"]["web"]["environment"]
        assert set(said) <= set(environment)
        services = Services(compose, environment)
        services.once("migrate")
        runtime = Runtime.open(settings_for(database, tmp_path), SystemClock())
        async with runtime.transaction() as ctx:
            await shops.build_salon(ctx)
        webs = []
        try:
            for _ in range(compose["services"]["web"]["deploy"]["replicas"]):
                port = free_port()
                webs.append(f"http://127.0.0.1:{port}")
                services.begin("web", PORT=str(port))
            services.begin("worker")
            await asyncio.gather(*(ready(url) for url in webs))
            chance = random.Random(5)
            people = [f"+34600{number:06d}" for number in range(TALKS)]
            room = asyncio.Semaphore(20)

            async def talk(person: str) -> list[str]:
                async with room:
                    for number, text in enumerate(("hi", "1", "0", "7"), 1):
                        path = "/webhooks/twilio/messages"
                        answer = await twilio.deliver(
                            chance.choice(webs) + path, person, OURS, text, signed_url=public + path
                        )
                        assert (answer.status, answer.replies) == (200, ())
                        await shown(runtime, person, number)
                    return twilio.to(person)

            talks = await asyncio.gather(*(talk(person) for person in people))
            async with runtime.read_transaction() as ctx:
                inbox = tables.inbox.c
                turns = sa.select(inbox.state, sa.func.count()).group_by(inbox.state)
                states = [tuple(row) for row in await ctx.all(turns)]
        finally:
            statuses = services.end()
            await runtime.close()
        first_lines = [tuple(body.splitlines()[0] for body in talk) for talk in talks]
        times = re.compile(r"(Bella Hair\. )?Cut, 30 min, 25 EUR.*:")
        for welcome, offer, menu, back in first_lines:
            assert (welcome, menu) == ("Welcome to Bella Hair.", "Bella Hair. What can I do?")
            assert times.fullmatch(offer)
            assert times.fullmatch(back)
        assert states == [("done", 4 * TALKS)]
        assert statuses == [0, 0, 0]
