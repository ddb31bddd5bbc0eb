"""Two shops with their staff and customers, and a client that calls the API as any of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import sqlalchemy as sa

from bot.app import App
from core.auth import sessions
from core.bookings.staff_actions import book_for_customer
from core.bookings.transitions import Actor
from core.catalog.loader import load_catalog
from core.clock import FixedClock
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import lines, users
from core.mailer import MemoryMailer
from core.people.customers import add_customer
from core.people.identities import get_or_create_contact, make_admin
from core.people.members import add_member
from core.people.verification import verify_identity_without_conversation
from core.scheduling import availability
from tests.support import shops
from tests.support.shops import BuiltShop
from webhooks.api.app import create_api_app

ROLES = ("owner", "receptionist", "provider")
PHONES = {
    "owner": "+34600000001",
    "receptionist": "+34600000002",
    "provider": "+34600000003",
    "customer": "+34600000004",
    "admin": "+34600000005",
    "deactivated": "+34600000006",
    "other owner": "+919820000001",
    "other receptionist": "+919820000002",
    "other provider": "+919820000003",
}
"""Who there is: roles at Bella Hair, those at Smile Dental, and people who work at neither."""


@dataclass(repr=False)
class ApiHarness:
    """The API on a database, in this process; `mails` are those it sent."""

    runtime: Runtime
    app: Any
    shop: BuiltShop
    other: BuiltShop
    users: dict[str, int]
    mails: MemoryMailer
    client: httpx.AsyncClient
    tokens: dict[str, str] = field(default_factory=dict)
    booking: int = 0
    customer: int = 0
    talk: int = 0

    @property
    def clock(self) -> FixedClock:
        """Return the clock, which tests move."""
        assert isinstance(self.runtime.clock, FixedClock)
        return self.runtime.clock

    async def access_token(self, who: str) -> str:
        """Return a user's access token, signing in the first time."""
        if who not in self.tokens:

            async def begin(ctx: Context) -> str:
                user = self.users[who]
                made = await sessions.start_auth_session(ctx, user, kind="token")
                return sessions.issue_tokens(ctx, user, made).access_token

            self.tokens[who] = await self.runtime.run(begin)
        return self.tokens[who]

    async def request(self, method: str, path: str, who: str = "", **more: Any) -> httpx.Response:
        """Make a request as a user, or unauthenticated without `who`."""
        headers = dict(more.pop("headers", {}))
        if who:
            headers["Authorization"] = f"Bearer {await self.access_token(who)}"
        return await self.client.request(method, path, headers=headers, **more)

    async def get(self, path: str, who: str = "", **more: Any) -> httpx.Response:
        """GET as a user."""
        return await self.request("GET", path, who, **more)

    async def post(self, path: str, who: str = "", /, **body: Any) -> httpx.Response:
        """POST a body as a user."""
        return await self.request("POST", path, who, json=body)

    async def add_booked_customer(self) -> None:
        """Add a customer who writes by SMS, with a cut by Ana tomorrow at ten."""
        start = datetime(2026, 3, 10, 9, tzinfo=UTC)

        async def work(ctx: Context) -> tuple[int, int, int]:
            shop = self.shop
            customer = await add_customer(ctx, shop.shop_id, "Marta", "+34600111222")
            known = await load_catalog(ctx, shop.shop_id)
            slot = availability.staff_slot(
                known, shop.services["Cut"], shop.providers["Ana"], start
            )
            actor = Actor("staff", self.users["owner"], "Owner")
            made = await book_for_customer(
                ctx, slot, actor=actor, customer_id=customer, key="furnished"
            )
            line = await ctx.first(sa.select(lines).where(lines.c.id == shop.line_id))
            assert line is not None
            contact = await get_or_create_contact(ctx, line, "+34600111222")
            return made.id, customer, contact.conversation_id

        self.booking, self.customer, self.talk = await self.runtime.run(work)

    async def wait_for_emails(self) -> None:
        """Wait until every mail was handed to the mail server."""
        while self.app.state.mails:
            await asyncio.gather(*self.app.state.mails)

    async def fetch_scalar(self, statement: sa.Executable) -> Any:
        """Return one value from the database."""
        async with self.runtime.read_transaction() as ctx:
            return await ctx.scalar(statement)


def status_and_code(answer: httpx.Response) -> tuple[int, str]:
    """Return a response's status and its problem code."""
    if answer.headers.get("content-type", "").startswith("application/problem"):
        return answer.status_code, answer.json()["code"]
    return answer.status_code, ""


@asynccontextmanager
async def open_api_harness(runtime: Runtime, **settings: Any) -> AsyncIterator[ApiHarness]:
    """Fill an empty database and open the API on it; limits are wide unless set."""
    runtime.settings = runtime.settings.model_copy(
        update={"limit_anonymous": 10**6, "limit_signed_in": 10**6, **settings}
    )

    async def fill(ctx: Context) -> tuple[BuiltShop, BuiltShop, dict[str, int]]:
        shop, other = await shops.build_salon(ctx), await shops.build_clinic(ctx)
        found = {}
        for role in ROLES:
            for place, prefix, provider in (
                (shop, "", shop.providers["Ana"]),
                (other, "other ", other.providers["Rao"]),
            ):
                who = f"{prefix}{role}"
                found[who] = await add_member(
                    ctx,
                    place.shop_id,
                    role=role,
                    phone=PHONES[who],
                    name=who.title(),
                    provider_id=provider if role == "provider" else None,
                )
        for who in ("customer", "admin", "deactivated"):
            found[who] = await verify_identity_without_conversation(
                ctx, "phone", PHONES[who], name=who.title()
            )
        await make_admin(ctx, PHONES["admin"])
        return shop, other, found

    shop, other, found = await runtime.run(fill)
    mails = MemoryMailer()
    app = create_api_app(App.from_runtime(runtime), mails)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("192.0.2.1", 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        api = ApiHarness(runtime, app, shop, other, found, mails, client)
        await api.access_token("deactivated")
        async with runtime.transaction() as ctx:
            gone = users.update().where(users.c.id == found["deactivated"])
            await ctx.execute(gone.values(deactivated_at=ctx.now))
        yield api
        await api.wait_for_emails()
        await app.state.limits.close_connections()
