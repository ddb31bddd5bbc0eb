"""Customers: looked for, looked at, noted on, blocked, heard, made one, told all, forgotten."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from core.people.search import talks_of
from webhooks.admin.api_client import Problem
from webhooks.admin.error_messages import told
from webhooks.admin.form_fields import chosen, refused, wrongs
from webhooks.admin.templating import HEADERS, done, shown
from webhooks.admin.visitor import AtShop, Visit

router = APIRouter(prefix="/shops/{shop_id}/customers")

FIELDS = ("name", "phone", "email", "notes")

HOWS = {
    ("wrote", True): "they wrote to the shop",
    ("asked", True): "they agreed by a link",
    ("start", True): "they asked for messages again",
    ("told", True): "they told the shop they want them",
    ("stop", False): "they asked for no more",
    ("refused", False): "their network takes none from us",
    ("told", False): "they told the shop they want none",
}
"""How a yes or no to our messages came about."""

BACK = {
    "sms": "by sending START by SMS",
    "whatsapp": "by sending START in WhatsApp",
    "telegram": "by sending START to the bot",
    "email": "by asking for mails again in a chat and opening the link we mail them",
}
"""How somebody takes back an opt-out of their own, by channel."""


@router.get("")
async def search(visit: AtShop, q: str = "", cursor: str = "") -> Response:
    """Show the customers, or those whose name, phone or e-mail has some words."""
    return await _list(visit, q[:100], cursor)


@router.post("")
async def add(visit: AtShop) -> Response:
    """Add somebody; the same name and phone is the same person."""
    typed = {name: visit.form[name] for name in ("name", "phone")}
    if len(typed["name"]) < 2:
        wrong = {"name": "Write a name of at least two letters."}
        return await _list(visit, typed=typed, **wrongs(wrong))
    try:
        made = await visit.send("POST", _path(visit), **typed)
    except Problem as problem:
        return await _list(visit, typed=typed, **_refused(problem))
    return done(f"/admin{_path(visit)}/{made['id']}", "added")


async def _list(
    visit: Visit, q: str = "", cursor: str = "", *, typed: Mapping[str, str] | None = None,
    **said: Any,
) -> Response:  # fmt: skip
    found = await visit.get(_path(visit), q=q, cursor=cursor, total="true")
    return shown(
        visit,
        "customers.html",
        place="customers",
        q=q,
        found=found,
        typed={"name": "", "phone": ""} | dict(typed or {}),
        **said,
    )


@router.get("/{customer_id}")
async def show(visit: AtShop, customer_id: int, like: str = "") -> Response:
    """Show one customer; `like` looks for whoever is the same person."""
    return await _one(visit, customer_id, like=like[:100])


@router.post("/{customer_id}")
async def change(visit: AtShop, customer_id: int) -> Response:
    """Change what the shop knows of them."""
    typed = {name: visit.form[name] for name in FIELDS}
    try:
        await visit.send("PATCH", f"{_path(visit)}/{customer_id}", **typed)
    except Problem as problem:
        return await _one(visit, customer_id, typed=typed, **_refused(problem))
    return done(f"/admin{_path(visit)}/{customer_id}", "saved")


@router.post("/{customer_id}/block")
async def block(visit: AtShop, customer_id: int) -> Response:
    """Take no more bookings from them, or take them again."""
    blocked = bool(visit.form["blocked"])
    await visit.send("PUT", f"{_path(visit)}/{customer_id}/block", blocked=blocked)
    return done(f"/admin{_path(visit)}/{customer_id}", "blocked" if blocked else "unblocked")


@router.post("/{customer_id}/consents/{talk_id}")
async def tell(visit: AtShop, customer_id: int, talk_id: int) -> Response:
    """Write down that they told the shop they want no messages in a talk, or do after all."""
    agreed, wording = bool(visit.form["agreed"]), visit.form["wording"]
    said = {"agreed": agreed, "wording": wording}
    try:
        await visit.send("PUT", f"{_path(visit)}/{customer_id}/consents/{talk_id}", **said)
    except Problem as problem:
        again = refused(problem)
        again["errors"] = {f"{k}{talk_id}": v for k, v in again["errors"].items()}
        return await _one(visit, customer_id, wording={talk_id: wording}, **again)
    word = "wants-again" if agreed else "asked-to-stop"
    return done(f"/admin{_path(visit)}/{customer_id}", word)


@router.post("/{customer_id}/merge")
async def merge(visit: AtShop, customer_id: int) -> Response:
    """Make this row and another of the same person one; this one stays."""
    other = chosen(visit.form["other"])
    if other is None:
        return await _one(visit, customer_id, **wrongs({"like": "Choose who is the same person."}))
    try:
        await visit.send("POST", f"{_path(visit)}/{other}/merge", into=customer_id)
    except Problem as problem:
        said = refused(problem)
        words = said["errors"].get("into", said["problem"])
        return await _one(visit, customer_id, **said | {"problem": words, "errors": {}})
    return done(f"/admin{_path(visit)}/{customer_id}", "merged")


@router.get("/{customer_id}/export")
async def export(visit: AtShop, customer_id: int) -> Response:
    """Hand out everything the shop has of them, as a file."""
    found = await visit.get(f"{_path(visit)}/{customer_id}/export")
    name = f'attachment; filename="customer-{customer_id}.json"'
    words = json.dumps(found, ensure_ascii=False, indent=2)
    return Response(words, 200, HEADERS | {"Content-Disposition": name}, "application/json")


@router.post("/{customer_id}/erase")
async def erase(visit: AtShop, customer_id: int) -> Response:
    """Forget them for good, if whoever asks has said that they mean it."""
    if not visit.form["sure"]:
        wrong = {"sure": "Tick the box first: nothing brings them back."}
        return await _one(visit, customer_id, **wrongs(wrong))
    await visit.send("POST", f"{_path(visit)}/{customer_id}/erase")
    return done(f"/admin{_path(visit)}", "erased")


def _path(visit: Visit) -> str:
    return f"/shops/{visit.shop.shop.id}/customers"


def _refused(problem: Problem) -> dict[str, Any]:
    said = refused(problem)
    if problem.code == "phone_invalid":
        said |= {"errors": {"phone": told(problem)}, "problem": ""}
    return said


async def _one(
    visit: Visit,
    customer_id: int,
    *,
    like: str = "",
    typed: Mapping[str, str] | None = None,
    wording: Mapping[int, str] | None = None,
    **said: Any,
) -> Response:
    one = await visit.get(f"{_path(visit)}/{customer_id}")
    shop_id = visit.shop.shop.id
    visits = await visit.get(
        f"/shops/{shop_id}/bookings", customer_id=customer_id, newest_first="true", limit=50
    )
    consents = await visit.get(f"{_path(visit)}/{customer_id}/consents")
    talks = await visit.read(lambda ctx: talks_of(ctx, shop_id, customer_id))
    same = (await visit.get(_path(visit), q=like or one["name"], limit=11))["items"]
    return shown(
        visit,
        "customer.html",
        place="customers",
        one=one,
        visits=visits["items"],
        consents=consents["items"],
        away={talk.id for talk in talks if talk.unreachable_at},
        hows=HOWS,
        back=BACK,
        wording=wording or {},
        like=like,
        same=[other for other in same if other["id"] != customer_id],
        now=visit.call.app.runtime.clock.now(),
        typed={name: one[name] for name in FIELDS} | dict(typed or {}),
        **said,
    )
