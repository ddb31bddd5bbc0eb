"""The outbox: the state of each message, with retry and drop."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from core.errors import NotFound
from webhooks.admin.form_fields import api_errors
from webhooks.admin.handler_calls import CallRefused
from webhooks.admin.templating import redirect_saved, render_shop_page
from webhooks.admin.visitor import ShopVisitor, Visitor
from webhooks.api import messages as messages_api

router = APIRouter(prefix="/shops/{shop_id}/messages")

OUTBOX_STATE_LABELS = {
    "": "All",
    "due": "Waiting",
    "sending": "Going out",
    "sent": "Sent",
    "failed": "Failed",
    "dead": "Given up",
    "dropped": "Dropped",
}

OUTBOX_KIND_LABELS = {
    "": "Everything",
    "reminder": "Reminder",
    "new": "New booking, to the shop",
    "approve": "To approve, to the shop",
    "moved": "Moved, to the shop",
    "cancelled": "Cancelled, to the shop",
    "outcome": "How it went, asked of the shop",
    "unanswered": "Two reminders unanswered",
    "agenda": "The day's list",
    "proposal": "Another time proposed",
    "human": "Somebody asks for a person",
    "relay": "Written by a person",
    "code": "Code",
    "failed": "Something did not arrive",
}
"""What a message is about. All others are what the bot says in a talk."""

MESSAGE_ACTIONS = {
    "retry": (messages_api.retry_message, "retried"),
    "drop": (messages_api.drop_message, "dropped"),
}
"""By the word in the address: what is called, and what the page says then."""

RETRYABLE_STATES = frozenset({"due", "failed", "dead"})
DROPPABLE_STATES = frozenset({"due"})


@router.get("")
async def show_outbox(
    visit: ShopVisitor, state: str = "", kind: str = "", cursor: str = ""
) -> Response:
    """Show the messages, newest first."""
    return await _page(visit, state, kind, cursor)


@router.post("/{message_id}/{action}")
async def act_on_message(visit: ShopVisitor, message_id: int, action: str) -> Response:
    """Retry a message now, or drop a waiting one."""
    state, kind = visit.form["state"], visit.form["kind"]
    handler, words = MESSAGE_ACTIONS.get(action, (None, ""))
    if handler is None:
        raise NotFound(action=action)
    try:
        await visit.call(handler, message_id=message_id)
    except CallRefused as problem:
        said = api_errors(problem)
        if problem.code == "wrong_state":
            said["problem"] = "Too late: something else has become of it meanwhile."
        return await _page(visit, state, kind, "", **said)
    shown = state if state in OUTBOX_STATE_LABELS else ""
    back = f"/admin/shops/{visit.catalog.shop.id}/messages?state={shown}"
    return redirect_saved(back, words)


async def _page(visit: Visitor, state: str, kind: str, cursor: str, **said: Any) -> Response:
    state = state if state in OUTBOX_STATE_LABELS else ""
    kind = kind if kind in OUTBOX_KIND_LABELS else ""
    found = await visit.call(messages_api.list_messages, state=state, kind=kind, cursor=cursor)
    return render_shop_page(
        visit,
        "messages.html",
        place="messages",
        found=found,
        state=state,
        kind=kind,
        states=OUTBOX_STATE_LABELS,
        kinds=OUTBOX_KIND_LABELS,
        retried=RETRYABLE_STATES,
        dropped=DROPPABLE_STATES,
        **said,
    )
