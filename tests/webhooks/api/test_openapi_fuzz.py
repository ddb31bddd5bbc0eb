"""Requests generated from the OpenAPI document, plausible and hostile, by each role in turn.

Every operation is asked for as each role, and what an answer leads to (`links`) is followed: ids
that one request made are what the next ones ask for. Whatever comes, no answer is a fault of ours,
and every answer is one that the documentation names, of the form it says. On SQLite the API is
called in this process, on PostgreSQL over HTTP, as uvicorn serves it.

`SLOTLINE_TEST_ROUNDS` sets how often each role asks for everything on each database, each time
differently. Without it they ask for one half on SQLite, for the other on PostgreSQL.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
import uvicorn
from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import identities, users
from core.people.identities import make_admin
from core.people.members import add_member
from core.people.verification import verify_identity_without_conversation
from core.shops import providers, services
from core.values.catalog_changes import NewService, RulesChange, ServiceChange
from tests.webhooks.api.harness import PHONES, ROLES, ApiHarness, open_api_harness
from tests.webhooks.api.openapi_requests import OpenApiRequests, Operation
from webhooks.api.dependencies import authorize_route
from webhooks.api.permissions import PERMISSIONS, TEAM

LEADS = ("", "customer", "provider", "receptionist", "owner", "admin")
"""Who asks for everything, one after the other."""

ROUNDS = int(os.environ.get("SLOTLINE_TEST_ROUNDS", "0"))

WHOLE = slice(None)

OFTEN = (0, 0, 15)
"""Values for each that is hostile, of a request; 0: none is."""


@dataclass
class Walk:
    """A sequence of requests, each knowing the ids of the responses before."""

    api: ApiHarness
    documented: OpenApiRequests
    follow: bool = True
    asked: int = 0
    faults: list[str] = field(default_factory=list)
    followed: dict[str, set[str]] = field(default_factory=dict)
    """By who did: which operations were asked for with an id that an answer held, and granted."""
    granted: set[str] = field(default_factory=set)

    async def round(self, lead: str, part: slice = WHOLE) -> None:
        """Call every operation as a user, after the owner created what there is."""
        for who in dict.fromkeys((lead, "owner")):
            await revive(self.api, who)
        everything = list(self.documented.operations.values())
        open_ = []
        for operation in everything:
            if operation.creates and "owner" in operation.about["x-who"]:
                open_ += await self.ask(operation, "owner", often=0)
        self.documented.chance.shuffle(everything)
        for operation in everything[part]:
            often = self.documented.chance.choice(OFTEN)
            open_ += await self.ask(operation, lead, often=often)
            if open_:
                at = self.documented.chance.randrange(len(open_))
                operation, known = open_.pop(at)
                open_ += await self.ask(operation, lead, often=often, **known)

    async def nowhere(self, lead: str) -> None:
        """Call every operation at an unknown shop."""
        for operation in self.documented.operations.values():
            if "{shop_id}" in operation.path:
                await self.ask(operation, lead, often=0, shop_id=2**31)

    async def ask(
        self, operation: Operation, who: str, *, often: int, **known: Any
    ) -> list[tuple[Operation, dict[str, Any]]]:
        """Call one operation; return where its response links to."""
        url, more = self.documented.draw_request(operation, often, known)
        answer = await self.api.request(operation.method, url, who, **more)
        self.asked += 1
        if "/-" in url:  # an empty id is another path
            return []
        said = f"{who or 'nobody'}: {operation.method} {url} {more} -> "
        self.faults += [
            said + fault for fault in self.documented.find_violations(operation, answer)
        ]
        if answer.status_code == HTTPStatus.UNAUTHORIZED or operation.path in ENDS:
            await revive(self.api, who)
        if not (answer.is_success and self.follow):
            return []
        self.granted.add(operation.id)
        if known:
            self.followed.setdefault(who, set()).add(operation.id)
        json = answer.content and answer.headers["content-type"] == "application/json"
        leads = self.documented.follow_links(
            operation, answer.status_code, url, answer.json() if json else None
        )
        for _, found in leads:
            for name, value in found.items():
                if isinstance(value, int):
                    self.documented.ids.setdefault(name, []).append(value)
                    self.documented.ids.setdefault(name.removesuffix("_id"), []).append(value)
        return leads


ENDS = ("/me/erase", "/auth/sign-out")


async def revive(api: ApiHarness, who: str) -> None:
    """Sign a user in again who was signed out, deactivated or erased."""
    api.tokens.pop(who, None)
    if not who:
        return

    async def work(ctx: Context) -> int:
        theirs = sa.select(identities.c.user_id).where(identities.c.value == PHONES[who])
        there = users.update().where(users.c.id.in_(theirs))
        await ctx.execute(there.values(deactivated_at=None))
        role = who.removeprefix("other ")
        if role in ROLES:
            place = api.other if who != role else api.shop
            provider = next(iter(place.providers.values())) if role == "provider" else None
            return await add_member(
                ctx, place.shop_id, role=role, phone=PHONES[who], provider_id=provider
            )
        made = await verify_identity_without_conversation(
            ctx, "phone", PHONES[who], name=who.title()
        )
        if who == "admin":
            await make_admin(ctx, PHONES[who])
        return made

    api.users[who] = await api.runtime.run(work)


def walk(api: ApiHarness, seed: int, *, follow: bool = True) -> Walk:
    """Begin a walk with a seed."""
    chance = random.Random(seed)
    return Walk(api, OpenApiRequests(api.app.openapi(), ids_of(api), chance), follow)


@asynccontextmanager
async def furnished(runtime: Runtime) -> AsyncIterator[ApiHarness]:
    """Open two shops with at least one row of everything."""
    twilio = {"twilio_account_sid": "AC1", "twilio_auth_token": "t"}
    async with open_api_harness(runtime, shops_by_anyone=True, **twilio) as opened:
        await opened.add_booked_customer()
        await furnish_more(opened)
        yield opened


@pytest.fixture
async def api(runtime: Runtime) -> AsyncIterator[ApiHarness]:
    async with furnished(runtime) as opened:
        if runtime.engine.dialect.name == "sqlite":
            yield opened
            return
        async with on_a_port(opened.app) as url, httpx.AsyncClient(base_url=url) as client:
            opened.client = client
            yield opened


@asynccontextmanager
async def on_a_port(app: Any) -> AsyncIterator[str]:
    """Serve an application over HTTP; yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(app, log_config=None, lifespan="off", ws="none")
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


async def furnish_more(api: ApiHarness) -> None:
    """Add a session of Ana's, and let colours need approval."""

    async def work(ctx: Context) -> int:
        shop, colour = api.shop.shop_id, api.shop.services["Colour"]
        await services.change_service(
            ctx, shop, colour, ServiceChange(rules=RulesChange(needs_approval=True))
        )
        made = await services.add_service(
            ctx, shop, NewService(name="Class", minutes=60, sessions=True)
        )
        await providers.set_offering(ctx, shop, api.shop.providers["Ana"], made)
        return made

    made = await api.runtime.run(work)
    api.shop = replace(api.shop, services={**api.shop.services, "Class": made})


@pytest.mark.experiment
async def test_fuzzed_api_requests_are_answered_as_documented(api: ApiHarness) -> None:
    faults = []
    half = slice(api.runtime.engine.dialect.name == "postgresql", None, 2)
    for seed in range(max(ROUNDS, 1) * len(LEADS)):
        lead = LEADS[seed % len(LEADS)]
        one = walk(api, seed)
        await one.round(lead, WHOLE if ROUNDS else half)
        if lead == "admin":  # whom no role keeps out
            await one.nowhere(lead)
        faults += one.faults
        assert one.asked > len(PERMISSIONS) * (1 if ROUNDS else 1 / 2)
        if lead in {"owner", "admin"}:
            # Things made by a request, shown and changed by the next ones.
            assert len(one.followed.get(lead, ())) > 5, one.followed
    assert faults == []


# ------------------------------------------------------------------------------------ controls


class Gadget(BaseModel):
    id: int
    name: str


def break_routes(api: ApiHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Serve routes that fail on what was created, and lists of another form."""
    made: set[int] = set()

    async def at_shop(shop_id: int) -> int:
        return shop_id

    broken = APIRouter(
        prefix="/shops/{shop_id}/gadgets",
        tags=["gadgets"],
        dependencies=[Depends(authorize_route), Depends(at_shop)],
    )

    @broken.post("", status_code=HTTPStatus.CREATED)
    async def add() -> Gadget:
        made.add(10**9)
        return Gadget(id=10**9, name="Drier")

    @broken.get("/{gadget_id}")
    async def show(gadget_id: int) -> Gadget:
        if gadget_id in made:
            raise ZeroDivisionError
        return Gadget(id=gadget_id, name="")

    @broken.get("", response_model=list[Gadget])
    async def list_all() -> JSONResponse:
        return JSONResponse([{"id": "one", "name": "Drier"}])

    for route in ("POST ", "GET ", "GET /{gadget_id}"):
        method, below = route.split(" ")
        monkeypatch.setitem(PERMISSIONS, f"{method} /shops/{{shop_id}}/gadgets{below}", TEAM)
    api.app.include_router(broken)


@pytest.mark.experiment
async def test_fuzzing_finds_a_broken_route(
    api: ApiHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_routes(api, monkeypatch)
    found: dict[bool, set[str]] = {False: set(), True: set()}
    # A round draws the shop it asks at: this one draws the receptionist's own for each gadget.
    for follow in found:
        one = walk(api, 1, follow=follow)
        await one.round("receptionist")
        found[follow] |= {fault.rpartition(" -> ")[2].partition(" {")[0] for fault in one.faults}
    unfit = "answer.0.id is no integer: 'one'"
    # Without the links nobody hits on the id that breaks it.
    assert found == {False: {unfit}, True: {unfit, "500"}}


def ids_of(api: ApiHarness) -> dict[str, list[int]]:
    """Return existing ids of both shops by field name."""
    shop, other = api.shop, api.other
    return {
        "shop_id": [shop.shop_id] * 8 + [other.shop_id],
        "service_id": [*shop.services.values()] * 3 + [*other.services.values()],
        "service": [*shop.services.values()],
        "provider_id": [*shop.providers.values()] * 3 + [*other.providers.values()],
        "provider": [*shop.providers.values()],
        "booking_id": [api.booking],
        "customer_id": [api.customer],
        "into": [api.customer],
        "conversation_id": [api.talk],
        "user_id": [api.users["other provider"], api.users["other receptionist"]],
        "category_id": [1],
        "calendar_id": [1, 2, 3],
    }
