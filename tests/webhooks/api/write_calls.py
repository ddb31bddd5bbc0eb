"""Successful calls of every route that writes, in order.

What a request has to hold is drawn from the documentation; only what that cannot know is said
here. What an answer leads to is what the next request is about.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from structlog.contextvars import bound_contextvars

from core.db.tables import audit, identities, member_chats, outbox
from tests.webhooks.api.harness import PHONES, ApiHarness
from tests.webhooks.api.openapi_requests import OpenApiRequests
from tests.webhooks.api.test_auth import NEW, code_sent, token_mailed
from tests.webhooks.api.test_openapi_fuzz import ids_of
from webhooks.api.app import routes_by_permission_key

DRY = "?dry_run=true"

SHOP = "/shops/{shop_id}"
PROVIDER = f"{SHOP}/providers/{{provider_id}}"
BOOKING = f"{SHOP}/bookings/{{booking_id}}"
CUSTOMER = f"{SHOP}/customers/{{customer_id}}"
TALK = f"{SHOP}/conversations/{{conversation_id}}"

SHOWN_BY = {
    f"PATCH {SHOP}": f"{SHOP}/settings",
    f"PUT {PROVIDER}/services/{{service_id}}": f"{SHOP}/offers/{{provider_id}}/{{service_id}}",
    f"DELETE {PROVIDER}/services/{{service_id}}": f"{SHOP}/offers/{{provider_id}}/{{service_id}}",
}
"""Where what a route is about is shown, if not where it is written."""


class FirstChoiceRandom(random.Random):
    """A random source that takes the first choice and leaves out optional parts."""

    def random(self) -> float:
        """Return a number that is never below a probability."""
        return 1.0

    def choice(self, seq: Any) -> Any:
        """Return the first."""
        return seq[0]

    def randrange(self, start: int, stop: int | None = None, step: int = 1) -> int:
        """Return the least."""
        return 0 if stop is None else start

    def randint(self, a: int, b: int) -> int:
        """Return the least."""
        return min(a, b)


@dataclass(frozen=True)
class WriteCall:
    """A call: what was shown before, its response, and its rows in the audit log."""

    route: str
    url: str
    user_id: int | None
    request: str
    was: Any
    answer: Any
    rows: Sequence[sa.Row[Any]]
    shop_id: int


@dataclass
class WriteCalls:
    """Calls routes that write and keeps the result of each."""

    api: ApiHarness
    known: dict[str, Any]
    documented: OpenApiRequests
    done: list[WriteCall] = field(default_factory=list)

    @classmethod
    def of(cls, api: ApiHarness) -> WriteCalls:
        """Return an instance that knows the ids of the filled shops."""
        ids = ids_of(api)
        known: dict[str, Any] = {name: values[0] for name, values in ids.items()}
        known |= {"day": "2026-03-19", "key": "tell.confirmed", "language": "es"}
        return cls(api, known, OpenApiRequests(api.app.openapi(), ids, FirstChoiceRandom()))

    async def call_route(
        self, route: str, who: str = "", *, query: Any = None, content: Any = b"", **said: Any
    ) -> Any:
        """Call a route as a user; return the response, which must be a success.

        `said` are parameters of the path, and members of the body beside those it has to have.
        """
        method, _, path = route.partition(" ")
        names = re.findall(r"\{(\w+)\}", path)
        given = self.known | {name: said.pop(name) for name in names if name in said}
        operation = self.documented.operations[operation_id(route)]
        url, more = self.documented.draw_request(operation, 0, given)
        more = {name: value for name, value in more.items() if name == "content"}
        if content:
            more["content"] = content
        elif more:
            more = {"json": json.loads(more["content"]) | said}
        else:
            assert not said, route
        name = route + (DRY if query and query["dry_run"] == "true" else "")
        was = await self._shown(route, who, given)
        since = await self._newest()
        request = f"request {len(self.done)}"
        with bound_contextvars(request=request):
            answer = await self.api.request(method, url, who, params=query, **more)
        assert answer.is_success, (route, answer.status_code, answer.text)
        body = answer.json() if answer.content else None
        async with self.api.runtime.read_transaction() as ctx:
            rows = await ctx.all(sa.select(audit).where(audit.c.id > since).order_by(audit.c.id))
        user = self.api.users[who] if who else await self._registered()
        shop_id = self.api.shop.shop_id
        self.done.append(WriteCall(name, url, user, request, was, body, rows, shop_id))
        for _, found in self.documented.follow_links(operation, answer.status_code, url, body):
            self.known |= found
        return body

    async def learn_id(self, route: str, who: str) -> None:
        """Read a list and keep the id of its first item."""
        path = route.removeprefix("GET ")
        url = path.format(**self.known)
        answer = await self.api.get(url, who)
        operation = self.documented.operations[operation_id(route)]
        for _, found in self.documented.follow_links(operation, 200, url, answer.json()):
            self.known |= found

    async def _shown(self, route: str, who: str, given: Mapping[str, Any]) -> Any:
        """Return what the API shows of a route's subject before the call, or None."""
        path = SHOWN_BY.get(route, route.partition(" ")[2])
        names = re.findall(r"\{(\w+)\}", path)
        last = ""
        while path and f"GET {path}" not in routes_by_permission_key():
            path, _, last = path.rpartition("/")
        if not path:
            return None
        shown = (await self.api.get(path.format(**given), who)).json()
        if not last.startswith("{") or last == "{day}":
            return shown
        keys = {name: name for name in names} | {last.strip("{}"): "id"}
        for one in shown["items"]:
            same = {name: one.get(name, one.get(key)) for name, key in keys.items()}
            if all(same[name] in {None, given[name]} for name in names):
                return one
        return None

    async def _newest(self) -> int:
        return int(await self.api.fetch_scalar(sa.select(sa.func.max(audit.c.id))) or 0)

    async def _registered(self) -> Any:
        return await self.api.fetch_scalar(
            sa.select(identities.c.user_id).where(identities.c.value == NEW)
        )


def operation_id(route: str) -> str:
    """Return a route's operation id."""
    found = routes_by_permission_key()[route]
    return f"{found.tags[0]}.{found.name}"


async def write_accounts(writer: WriteCalls) -> None:
    """Sign in by phone and by e-mail, change the account, sign out."""
    api = writer.api
    await writer.call_route("POST /auth/code")
    await writer.call_route("POST /auth/code/check", code=await code_sent(api))
    await writer.call_route("POST /auth/register", email=NEW)
    await writer.call_route("POST /auth/verify", token=await token_mailed(api))
    signed = await writer.call_route("POST /auth/sign-in", email=NEW)
    await writer.call_route("POST /auth/refresh", refresh_token=signed["refresh_token"])
    await writer.call_route("POST /auth/forgotten", email=NEW)
    token, chosen = await token_mailed(api), "battery staple"
    await writer.call_route("POST /auth/password", token=token, password=chosen)
    signed = await writer.call_route("POST /auth/sign-in", email=NEW, password=chosen)
    api.tokens["ana"] = signed["access_token"]
    api.users["ana"] = writer.done[-1].user_id or 0
    await writer.call_route("PATCH /me", "ana", name="Ana Ruiz")
    await writer.call_route("POST /me/password", "ana", current=chosen, password="another staple")
    await writer.call_route("POST /me/email", "owner")
    await writer.call_route("DELETE /me/sessions", "ana")
    await writer.call_route("POST /auth/sign-out", "ana")
    await writer.learn_id("GET /me/sessions", "provider")
    await writer.call_route("DELETE /me/sessions/{auth_session_id}", "provider")
    api.tokens.pop("provider")


async def write_shop(writer: WriteCalls) -> None:
    """Change the shop, its services and providers."""
    place = writer.api.shop
    await writer.call_route(f"PATCH {SHOP}", "owner", about="Since 1990.")
    await writer.call_route("POST /lines", "admin")
    await writer.call_route("PATCH /lines/{line_id}", "admin", active=False)
    await writer.call_route("DELETE /lines/{line_id}", "admin")
    await writer.call_route(f"POST {SHOP}/categories", "owner")
    await writer.call_route(f"PATCH {SHOP}/categories/{{category_id}}", "owner", name="Nails")
    await writer.call_route(f"DELETE {SHOP}/categories/{{category_id}}", "owner")
    await writer.call_route(f"POST {SHOP}/services", "owner")
    await writer.call_route(f"PATCH {SHOP}/services/{{service_id}}", "owner", price_minor=900)
    await writer.call_route(f"POST {SHOP}/providers", "owner")
    await writer.call_route(f"PATCH {PROVIDER}", "owner", available=False)
    given = f"{PROVIDER}/services/{{service_id}}"
    dried = {"provider_id": place.providers["Leo"], "service_id": place.services["Blow-dry"]}
    await writer.call_route(f"PUT {given}", "owner", **dried, price_minor=800)
    await writer.call_route(f"DELETE {given}", "owner", **dried)
    words = f"{SHOP}/message-overrides/{{key}}/{{language}}"
    await writer.call_route(f"POST {words}/preview", "owner", text="Hasta {when}!")
    await writer.call_route(f"PUT {words}", "owner", text="Hasta {when}!")
    await writer.call_route(f"DELETE {words}", "owner")


async def write_hours(writer: WriteCalls) -> None:
    """Set hours of a provider and the shop, and remove them."""
    long = {"opens": "08:00", "closes": "19:00"}
    week = [{"weekday": day, **long} for day in range(5)]
    for at in (SHOP, PROVIDER):
        await writer.call_route(f"PUT {at}/hours", "owner", hours=week)
        await writer.call_route(f"PUT {at}/dates/{{day}}", "owner", reason="a feast")
        await writer.call_route(f"DELETE {at}/dates/{{day}}", "owner")


async def write_calendars(writer: WriteCalls) -> None:
    """Block time on calendars, and free it."""
    ana = writer.api.shop.providers["Ana"]
    writer.known["provider_id"] = ana
    night = {"starts_at": "2026-03-20T09:00:00Z", "ends_at": "2026-03-20T10:00:00Z"}
    await writer.call_route(f"POST {PROVIDER}/time-off", "owner", **night)
    await writer.call_route(f"DELETE {PROVIDER}/time-off/{{time_off_id}}", "owner")
    await writer.call_route(f"POST {SHOP}/blocks", "provider", provider_id=ana, **night)
    await writer.call_route(f"DELETE {SHOP}/blocks/{{block_id}}", "provider")
    await writer.call_route(f"POST {SHOP}/rooms", "owner")
    await writer.call_route(f"PATCH {SHOP}/rooms/{{room_id}}", "owner", name="Upstairs")
    given = {"service_id": writer.api.shop.services["Class"], "starts_at": night["starts_at"]}
    await writer.call_route(f"POST {SHOP}/sessions", "owner", **given)
    await writer.call_route(f"POST {SHOP}/sessions/{{session_id}}/cancel", "owner")
    await writer.call_route(f"POST {SHOP}/feeds", "owner")
    await writer.call_route(f"DELETE {SHOP}/feeds/{{feed_id}}", "owner")
    outside = f"{SHOP}/external-calendars"
    await writer.call_route(f"POST {outside}", "owner", url="https://example.org/mine.ics")
    await writer.call_route(f"POST {outside}/{{calendar_id}}/read", "owner")
    await writer.call_route(f"DELETE {outside}/{{calendar_id}}", "owner")


async def write_own_bookings(writer: WriteCalls) -> None:
    """Request a booking as a customer; move and cancel it."""
    api = writer.api
    asked = {"service_id": api.shop.services["Colour"], "starts_at": "2026-03-11T09:00:00Z"}
    for decided in ("confirm", "decline"):
        await writer.call_route("POST /me/bookings", "customer", **asked)
        await writer.call_route(f"POST {BOOKING}/{decided}", "owner")
        asked["starts_at"] = "2026-03-11T13:00:00Z"
    asked |= {"service_id": api.shop.services["Cut"]}
    await writer.call_route("POST /me/bookings", "customer", **asked)
    later = "2026-03-11T14:00:00Z"
    await writer.call_route("POST /me/bookings/{booking_id}/move", "customer", starts_at=later)
    await writer.call_route("POST /me/bookings/{booking_id}/cancel", "customer")


async def write_staff_bookings(writer: WriteCalls) -> None:
    """Book as staff, through all states of a visit."""
    api = writer.api
    cut = {"service_id": api.shop.services["Cut"], "customer_id": api.customer}
    later, last = "2026-03-10T14:00:00Z", "2026-03-12T09:00:00Z"
    await writer.call_route(f"POST {SHOP}/bookings", "receptionist", starts_at=last, **cut)
    await writer.call_route(f"POST {BOOKING}/cancel", "receptionist", reason="ill")
    writer.known["booking_id"] = api.booking
    await writer.call_route(f"PATCH {BOOKING}", "owner", note="tea")
    await writer.call_route(f"PUT {BOOKING}/payment", "receptionist", payment_status="paid")
    await writer.call_route(f"PUT {BOOKING}/terms", "owner", minutes=45, price_minor=3000)
    await writer.call_route(f"POST {BOOKING}/late", "provider", minutes=10)
    await writer.call_route(f"POST {BOOKING}/move", "owner", starts_at=later)
    await writer.call_route(f"POST {BOOKING}/propose", "owner", starts_at=last)
    await writer.call_route(f"POST {SHOP}/days/{{day}}/call-off", "owner", day="2026-03-13")
    second = {"starts_at": later, "confirm": True}
    await writer.call_route(f"POST {SHOP}/bookings", "receptionist", **second, **cut)
    await writer.call_route(f"POST {BOOKING}/called", "receptionist")
    api.clock.move_to("2026-03-10T14:10Z")
    api.tokens.clear()
    for happened in ("no-show", "correct"):
        await writer.call_route(f"POST {BOOKING}/{happened}", "receptionist")
    for happened in ("start", "complete"):
        await writer.call_route(f"POST {BOOKING}/{happened}", "provider", booking_id=api.booking)


async def write_customers(writer: WriteCalls) -> None:
    """Change, block, merge and erase customers."""
    marta = writer.api.customer
    await writer.call_route(f"POST {SHOP}/customers", "receptionist", name="Marta R.")
    await writer.call_route(f"PATCH {CUSTOMER}", "receptionist", notes="tea")
    await writer.call_route(f"PUT {CUSTOMER}/block", "owner", blocked=True)
    await writer.call_route(f"POST {CUSTOMER}/merge", "owner", into=marta)
    writer.known["customer_id"] = marta
    await writer.call_route(f"POST {CUSTOMER}/reach", "receptionist", wording="at the desk")
    await writer.learn_id(f"GET {CUSTOMER}/reach", "receptionist")
    await writer.call_route(f"DELETE {CUSTOMER}/reach/{{reach_id}}", "receptionist")
    talk = writer.known["conversation_id"]
    told = f"PUT {CUSTOMER}/consents/{{conversation_id}}"
    await writer.call_route(told, "receptionist", conversation_id=talk, agreed=False)
    await writer.call_route(f"POST {CUSTOMER}/erase", "owner")
    rows = {"what": "customers", "dry_run": "true"}
    file = b"name,phone\nHugo,+34600111444\n"
    await writer.call_route(f"POST {SHOP}/imports", "owner", query=rows, content=file)
    rows["dry_run"] = "false"
    await writer.call_route(f"POST {SHOP}/imports", "owner", query=rows, content=file)


async def write_conversations(writer: WriteCalls) -> None:
    """Hand conversations off and back, and operate the outbox."""
    await writer.call_route(f"POST {TALK}/take-over", "receptionist")
    await writer.call_route(f"POST {TALK}/answers", "receptionist", text="Come by!")
    await writer.call_route(f"POST {TALK}/hand-back", "receptionist")
    api = writer.api
    async with api.runtime.transaction() as ctx:
        message = await ctx.insert(
            outbox,
            conversation_id=api.talk,
            shop_id=api.shop.shop_id,
            queue="alert",
            kind="new",
            message={"key": "alert.new", "params": {}},
            state="failed",
            due_at=ctx.now,
            created_at=ctx.now,
        )
    for done in ("retry", "drop"):
        route = f"POST {SHOP}/messages/{{message_id}}/{done}"
        await writer.call_route(route, "owner", message_id=message)


async def write_team(writer: WriteCalls) -> None:
    """Invite, remove and erase members; at last create a shop."""
    users = writer.api.users
    to = {"phone": PHONES["customer"], "role": "receptionist"}
    for answer in ("decline", "accept"):
        await writer.call_route(f"POST {SHOP}/invitations", "owner", **to)
        await writer.call_route(f"POST /me/invitations/{{invitation_id}}/{answer}", "customer")
    await writer.call_route(f"POST {SHOP}/invitations", "owner", phone="+34600000020", role="owner")
    await writer.call_route(f"DELETE {SHOP}/invitations/{{invitation_id}}", "owner")
    shop_id = writer.api.shop.shop_id
    await writer.call_route("POST /me/pairing", "customer", shop_id=shop_id)
    chat = await _bound(writer, users["customer"], shop_id)
    await writer.call_route("DELETE /me/chats/{chat_id}", "customer", chat_id=chat)
    member = f"{SHOP}/members/{{user_id}}"
    writer.known["user_id"] = users["customer"]
    await writer.call_route(f"PUT {member}/alerts", "owner", alerts=False)
    await writer.call_route(f"DELETE {member}/{{role}}", "owner", role="receptionist")
    writer.known["user_id"] = users["ana"]
    for done in ("deactivate", "reactivate", "erase"):
        await writer.call_route(f"POST /users/{{user_id}}/{done}", "admin")
    await writer.call_route("DELETE /users/{user_id}", "admin", user_id=users["other receptionist"])
    await writer.call_route("POST /me/erase", "customer")
    await writer.call_route("POST /shops", "admin")


async def _bound(writer: WriteCalls, user_id: int, shop_id: int) -> int:
    """Pair a chat with a member; return its id."""
    async with writer.api.runtime.transaction() as ctx:
        made = {"created_at": ctx.now}
        account = await ctx.insert(identities, kind="telegram", value="5", **made)
        row = {"user_id": user_id, "shop_id": shop_id, "identity_id": account}
        return await ctx.insert(member_chats, **row, **made)


ALL_WRITES = (
    write_accounts,
    write_shop,
    write_hours,
    write_calendars,
    write_own_bookings,
    write_staff_bookings,
    write_conversations,
    write_customers,
    write_team,
)
"""All parts; a later one takes what an earlier one left."""
