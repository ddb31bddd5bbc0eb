"""Customers: search, details, notes, block, consent, merge, export and erasure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from core.people.search import customer_conversations
from webhooks.admin.error_messages import problem_message
from webhooks.admin.form_fields import api_errors, form_errors, parse_id
from webhooks.admin.handler_calls import CallRefused
from webhooks.admin.templating import PAGE_HEADERS, redirect_saved, render_shop_page
from webhooks.admin.visitor import ShopVisitor, Visitor
from webhooks.api import bookings as bookings_api
from webhooks.api import consents as consents_api
from webhooks.api import customers as customers_api
from webhooks.api import privacy as privacy_api
from webhooks.api import reach as reach_api

router = APIRouter(prefix="/shops/{shop_id}/customers")

REACH_LABELS = {
    "booking": "given for a booking",
    "form": "given in a form",
    "account": "their account's",
    "refused": "they want no messages",
}
"""On what ground somebody who did not write may be written to."""

CUSTOMER_FIELDS = ("name", "phone", "email", "notes")

CONSENT_SOURCE_LABELS = {
    ("wrote", True): "they wrote to the shop",
    ("asked", True): "they agreed by a link",
    ("start", True): "they asked for messages again",
    ("told", True): "they told the shop they want them",
    ("stop", False): "they asked for no more",
    ("refused", False): "their network takes none from us",
    ("told", False): "they told the shop they want none",
}
"""How a yes or no to our messages came about."""

OPT_IN_HINTS = {
    "sms": "by sending START by SMS",
    "whatsapp": "by sending START in WhatsApp",
    "telegram": "by sending START to the bot",
    "email": "by asking for mails again in a chat and opening the link we mail them",
}
"""How somebody takes back an opt-out of their own, by channel."""


@router.get("")
async def search_customers(visit: ShopVisitor, q: str = "", cursor: str = "") -> Response:
    """Show all customers, or those whose name, phone or e-mail matches a search."""
    return await _list(visit, q[:100], cursor)


@router.post("")
async def add_customer(visit: ShopVisitor) -> Response:
    """Add a customer; one with the same name and phone is not added twice."""
    typed = {name: visit.form[name] for name in ("name", "phone")}
    if len(typed["name"]) < 2:
        wrong = {"name": "Write a name of at least two letters."}
        return await _list(visit, typed=typed, **form_errors(wrong))
    try:
        made = await visit.call(customers_api.add_customer, typed)
    except CallRefused as problem:
        return await _list(visit, typed=typed, **_refused(problem))
    return redirect_saved(f"/admin{_path(visit)}/{made.id}", "added")


async def _list(
    visit: Visitor, q: str = "", cursor: str = "", *, typed: Mapping[str, str] | None = None,
    **said: Any,
) -> Response:  # fmt: skip
    found = await visit.call(customers_api.search_customers, q=q, cursor=cursor, total=True)
    return render_shop_page(
        visit,
        "customers.html",
        place="customers",
        q=q,
        found=found,
        typed={"name": "", "phone": ""} | dict(typed or {}),
        **said,
    )


@router.get("/{customer_id}")
async def show_customer(visit: ShopVisitor, customer_id: int, like: str = "") -> Response:
    """Show one customer; `like` searches for duplicates of them."""
    return await _one(visit, customer_id, like=like[:100])


@router.post("/{customer_id}")
async def change_customer(visit: ShopVisitor, customer_id: int) -> Response:
    """Change a customer's details."""
    typed = {name: visit.form[name] for name in CUSTOMER_FIELDS}
    try:
        await visit.call(customers_api.change_customer, typed, customer_id=customer_id)
    except CallRefused as problem:
        return await _one(visit, customer_id, typed=typed, **_refused(problem))
    return redirect_saved(f"/admin{_path(visit)}/{customer_id}", "saved")


@router.post("/{customer_id}/block")
async def set_customer_block(visit: ShopVisitor, customer_id: int) -> Response:
    """Block a customer from booking, or unblock them."""
    blocked = bool(visit.form["blocked"])
    said = {"blocked": blocked}
    await visit.call(customers_api.set_customer_block, said, customer_id=customer_id)
    return redirect_saved(
        f"/admin{_path(visit)}/{customer_id}", "blocked" if blocked else "unblocked"
    )


@router.post("/{customer_id}/consents/{talk_id}")
async def record_consent(visit: ShopVisitor, customer_id: int, talk_id: int) -> Response:
    """Record that a customer told the shop they want messages in a conversation, or none."""
    agreed, wording = bool(visit.form["agreed"]), visit.form["wording"]
    said = {"agreed": agreed, "wording": wording}
    try:
        await visit.call(
            consents_api.record_consent, said, customer_id=customer_id, conversation_id=talk_id
        )
    except CallRefused as problem:
        again = api_errors(problem)
        again["errors"] = {f"{k}{talk_id}": v for k, v in again["errors"].items()}
        return await _one(visit, customer_id, wording={talk_id: wording}, **again)
    word = "wants-again" if agreed else "asked-to-stop"
    return redirect_saved(f"/admin{_path(visit)}/{customer_id}", word)


@router.post("/{customer_id}/reach")
async def note_reach(visit: ShopVisitor, customer_id: int) -> Response:
    """Note whether a customer agreed to messages at the address the shop has."""
    said = {name: visit.form[name] for name in ("channel", "purpose", "basis", "wording")}
    try:
        await visit.call(reach_api.note_reach, said, customer_id=customer_id)
    except CallRefused as problem:
        again = api_errors(problem)
        if "channel" in again["errors"]:
            again["errors"]["channel"] = "Write down the address first."
        return await _one(visit, customer_id, reach_typed=said, **again)
    return redirect_saved(f"/admin{_path(visit)}/{customer_id}", "reach-noted")


@router.post("/{customer_id}/reach/{reach_id}/end")
async def end_reach(visit: ShopVisitor, customer_id: int, reach_id: int) -> Response:
    """End a permission."""
    await visit.call(reach_api.end_reach, customer_id=customer_id, reach_id=reach_id)
    return redirect_saved(f"/admin{_path(visit)}/{customer_id}", "reach-ended")


@router.post("/{customer_id}/merge")
async def merge_customers(visit: ShopVisitor, customer_id: int) -> Response:
    """Merge another record of the same person into this one."""
    other = parse_id(visit.form["other"])
    if other is None:
        return await _one(
            visit, customer_id, **form_errors({"like": "Choose who is the same person."})
        )
    try:
        said = {"into": customer_id}
        await visit.call(customers_api.merge_customers, said, customer_id=other)
    except CallRefused as problem:
        refusal = api_errors(problem)
        words = refusal["errors"].get("into", refusal["problem"])
        return await _one(visit, customer_id, **refusal | {"problem": words, "errors": {}})
    return redirect_saved(f"/admin{_path(visit)}/{customer_id}", "merged")


@router.get("/{customer_id}/export")
async def export_customer(visit: ShopVisitor, customer_id: int) -> Response:
    """Download everything the shop stores about a customer."""
    found = await visit.call(privacy_api.export_customer, customer_id=customer_id)
    name = f'attachment; filename="customer-{customer_id}.json"'
    words = json.dumps(found.model_dump(mode="json"), ensure_ascii=False, indent=2)
    return Response(words, 200, PAGE_HEADERS | {"Content-Disposition": name}, "application/json")


@router.post("/{customer_id}/erase")
async def erase_customer(visit: ShopVisitor, customer_id: int) -> Response:
    """Erase a customer, once the box that confirms it is ticked."""
    if not visit.form["sure"]:
        wrong = {"sure": "Tick the box first: nothing brings them back."}
        return await _one(visit, customer_id, **form_errors(wrong))
    await visit.call(privacy_api.erase_customer, customer_id=customer_id)
    return redirect_saved(f"/admin{_path(visit)}", "erased")


def _path(visit: Visitor) -> str:
    return f"/shops/{visit.catalog.shop.id}/customers"


def _refused(problem: CallRefused) -> dict[str, Any]:
    said = api_errors(problem)
    if problem.code == "phone_invalid":
        said |= {"errors": {"phone": problem_message(problem)}, "problem": ""}
    return said


async def _one(
    visit: Visitor,
    customer_id: int,
    *,
    like: str = "",
    typed: Mapping[str, str] | None = None,
    wording: Mapping[int, str] | None = None,
    reach_typed: Mapping[str, str] | None = None,
    **said: Any,
) -> Response:
    one = await visit.call(customers_api.show_customer, customer_id=customer_id)
    shop_id = visit.catalog.shop.id
    visits = await visit.call(
        bookings_api.list_bookings, customer_id=customer_id, newest_first=True, limit=50
    )
    consents = await visit.call(consents_api.list_consents, customer_id=customer_id)
    reach = await visit.call(reach_api.list_reach, customer_id=customer_id)
    talks = await visit.run_read(lambda ctx: customer_conversations(ctx, shop_id, customer_id))
    same = await visit.call(customers_api.search_customers, q=like or one.name, limit=11)
    return render_shop_page(
        visit,
        "customer.html",
        place="customers",
        one=one,
        visits=visits.items,
        consents=consents.items,
        reach=[row for row in reach.items if not row.ended_at],
        bases=REACH_LABELS,
        reach_typed={"channel": "sms", "purpose": "bookings", "basis": "booking", "wording": ""}
        | dict(reach_typed or {}),
        away={talk.id for talk in talks if talk.unreachable_at},
        hows=CONSENT_SOURCE_LABELS,
        back=OPT_IN_HINTS,
        wording=wording or {},
        like=like,
        same=[other for other in same.items if other.id != customer_id],
        now=visit.api_request.app.runtime.clock.now(),
        typed={name: getattr(one, name) for name in CUSTOMER_FIELDS} | dict(typed or {}),
        **said,
    )
