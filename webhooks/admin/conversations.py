"""Conversations: read, taken over from the bot, answered, handed back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from core.messaging import conversations
from webhooks.admin.form_fields import api_errors, form_errors
from webhooks.admin.handler_calls import CallRefused
from webhooks.admin.templating import redirect_saved, render_shop_page
from webhooks.admin.visitor import ShopVisitor, Visitor
from webhooks.api import conversations as conversations_api

router = APIRouter(prefix="/shops/{shop_id}/talks")


@router.get("")
async def show_conversations(visit: ShopVisitor, cursor: str = "") -> Response:
    """Show the conversations with customers; on each page those handed off come first."""
    found = await visit.call(conversations_api.list_conversations, cursor=cursor)
    now = visit.api_request.app.runtime.clock.now()
    items = sorted(found.items, key=lambda one: not _theirs(one, now))
    return render_shop_page(
        visit,
        "talks.html",
        place="talks",
        talks=[one.model_dump() | {"human": _theirs(one, now)} for one in items],
        next=found.next,
    )


@router.get("/{conversation_id}")
async def show_conversation(
    visit: ShopVisitor, conversation_id: int, part: str = "", cursor: str = ""
) -> Response:  # fmt: skip
    """Show one conversation; with `part` only its messages, which the page polls."""
    return await _page(visit, conversation_id, part=part, cursor=cursor)


@router.post("/{conversation_id}/take-over")
async def take_over_conversation(visit: ShopVisitor, conversation_id: int) -> Response:
    """Start a handoff: staff write instead of the bot."""
    await visit.call(conversations_api.take_over_conversation, conversation_id=conversation_id)
    return redirect_saved(_back(visit, conversation_id), "taken")


@router.post("/{conversation_id}/hand-back")
async def hand_back_conversation(visit: ShopVisitor, conversation_id: int) -> Response:
    """End the handoff."""
    await visit.call(conversations_api.hand_back_conversation, conversation_id=conversation_id)
    return redirect_saved(_back(visit, conversation_id), "back")


@router.post("/{conversation_id}/answer")
async def reply_to_customer(visit: ShopVisitor, conversation_id: int) -> Response:
    """Write to the customer in the shop's name."""
    words = visit.form["text"]
    if not words:
        return await _page(
            visit, conversation_id, **form_errors({"text": "Write something first."})
        )
    try:
        await visit.call(
            conversations_api.reply_to_customer, {"text": words}, conversation_id=conversation_id
        )
    except CallRefused as problem:
        return await _page(visit, conversation_id, text=words, **api_errors(problem))
    return redirect_saved(_back(visit, conversation_id), "answered")


def _back(visit: Visitor, conversation_id: int) -> str:
    return f"/admin/shops/{visit.catalog.shop.id}/talks/{conversation_id}"


def _theirs(one: conversations_api.ConversationOut, now: datetime) -> bool:
    """Return whether the conversation is in a handoff."""
    return one.human_until is not None and one.human_until > now


async def _page(
    visit: Visitor,
    conversation_id: int,
    *,
    part: str = "",
    cursor: str = "",
    text: str = "",
    **said: Any,
) -> Response:
    found = await visit.call(
        conversations_api.read_conversation,
        conversation_id=conversation_id,
        cursor=cursor,
        limit=60,
    )
    shop_id = visit.catalog.shop.id
    row = await visit.run_read(
        lambda ctx: conversations.get_conversation(ctx, shop_id, conversation_id)
    )
    now = visit.api_request.app.runtime.clock.now()
    facts: dict[str, Any] = {
        "one": row,
        "human": row.human_until is not None and row.human_until > now,
        "lines": list(reversed([one for one in found.items if one.text])),
    }
    if part == "talk":
        return render_shop_page(visit, "lines.html", **facts)
    return render_shop_page(
        visit,
        "talk.html",
        place="talks",
        earlier=found.next,
        later=bool(cursor),
        text=text,
        **facts,
        **said,
    )
