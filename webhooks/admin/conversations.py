"""Conversations: read, taken over from the bot, answered, handed back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from core.messaging import conversations
from webhooks.admin.api_client import Problem
from webhooks.admin.form_fields import refused, wrongs
from webhooks.admin.templating import done, shown
from webhooks.admin.visitor import AtShop, Visit

router = APIRouter(prefix="/shops/{shop_id}/talks")


@router.get("")
async def talks(visit: AtShop, cursor: str = "") -> Response:
    """Show the conversations with customers, those that a person has first among their page."""
    found = await visit.get(f"/shops/{visit.shop.shop.id}/conversations", cursor=cursor)
    now = visit.call.app.runtime.clock.now()
    items = sorted(found["items"], key=lambda one: not _theirs(one, now))
    return shown(
        visit,
        "talks.html",
        place="talks",
        talks=[one | {"human": _theirs(one, now)} for one in items],
        next=found["next"],
    )


@router.get("/{conversation_id}")
async def talk(
    visit: AtShop, conversation_id: int, part: str = "", cursor: str = ""
) -> Response:  # fmt: skip
    """Show one conversation; as `part` what was said alone, which the page asks for anew."""
    return await _page(visit, conversation_id, part=part, cursor=cursor)


@router.post("/{conversation_id}/take-over")
async def take_over(visit: AtShop, conversation_id: int) -> Response:
    """Have the bot keep quiet: a person writes."""
    await visit.send("POST", f"{_path(visit, conversation_id)}/take-over")
    return done(_back(visit, conversation_id), "taken")


@router.post("/{conversation_id}/hand-back")
async def hand_back(visit: AtShop, conversation_id: int) -> Response:
    """Give the talk back to the bot."""
    await visit.send("POST", f"{_path(visit, conversation_id)}/hand-back")
    return done(_back(visit, conversation_id), "back")


@router.post("/{conversation_id}/answer")
async def answer(visit: AtShop, conversation_id: int) -> Response:
    """Write to the customer in the shop's name."""
    words = visit.form["text"]
    if not words:
        return await _page(visit, conversation_id, **wrongs({"text": "Write something first."}))
    try:
        await visit.send("POST", f"{_path(visit, conversation_id)}/answers", text=words)
    except Problem as problem:
        return await _page(visit, conversation_id, text=words, **refused(problem))
    return done(_back(visit, conversation_id), "answered")


def _path(visit: Visit, conversation_id: int) -> str:
    return f"/shops/{visit.shop.shop.id}/conversations/{conversation_id}"


def _back(visit: Visit, conversation_id: int) -> str:
    return f"/admin/shops/{visit.shop.shop.id}/talks/{conversation_id}"


def _theirs(one: dict[str, Any], now: datetime) -> bool:
    """Whether a person has the talk."""
    until = one["human_until"]
    return bool(until) and datetime.fromisoformat(until) > now


async def _page(
    visit: Visit,
    conversation_id: int,
    *,
    part: str = "",
    cursor: str = "",
    text: str = "",
    **said: Any,
) -> Response:
    found = await visit.get(_path(visit, conversation_id), cursor=cursor, limit=60)
    shop_id = visit.shop.shop.id
    row = await visit.read(lambda ctx: conversations.conversation(ctx, shop_id, conversation_id))
    now = visit.call.app.runtime.clock.now()
    facts: dict[str, Any] = {
        "one": row,
        "human": row.human_until is not None and row.human_until > now,
        "lines": list(reversed([one for one in found["items"] if one["text"]])),
    }
    if part == "talk":
        return shown(visit, "lines.html", **facts)
    return shown(
        visit,
        "talk.html",
        place="talks",
        earlier=found["next"],
        later=bool(cursor),
        text=text,
        **facts,
        **said,
    )
