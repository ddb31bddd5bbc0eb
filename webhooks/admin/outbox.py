"""Messages on their way out: what became of each, and what may be done about it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from webhooks.admin.api_client import Problem
from webhooks.admin.form_fields import refused
from webhooks.admin.templating import done, shown
from webhooks.admin.visitor import AtShop, Visit

router = APIRouter(prefix="/shops/{shop_id}/messages")

STATES = {
    "": "All",
    "due": "Waiting",
    "sending": "Going out",
    "sent": "Sent",
    "failed": "Failed",
    "dead": "Given up",
    "dropped": "Dropped",
}

KINDS = {
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

RETRIED = frozenset({"due", "failed", "dead"})
DROPPED = frozenset({"due"})


@router.get("")
async def messages(visit: AtShop, state: str = "", kind: str = "", cursor: str = "") -> Response:
    """Show the messages, the newest first."""
    return await _page(visit, state, kind, cursor)


@router.post("/{message_id}/{what}")
async def act(visit: AtShop, message_id: int, what: str) -> Response:
    """Send one once more now, or drop one that waits."""
    path = f"/shops/{visit.shop.shop.id}/messages"
    state, kind = visit.form["state"], visit.form["kind"]
    words = {"retry": "retried", "drop": "dropped"}.get(what, "")
    try:
        await visit.send("POST", f"{path}/{message_id}/{what}")
    except Problem as problem:
        said = refused(problem)
        if problem.code == "wrong_state":
            said["problem"] = "Too late: something else has become of it meanwhile."
        return await _page(visit, state, kind, "", **said)
    return done(f"/admin{path}?state={state if state in STATES else ''}", words)


async def _page(visit: Visit, state: str, kind: str, cursor: str, **said: Any) -> Response:
    state = state if state in STATES else ""
    kind = kind if kind in KINDS else ""
    path = f"/shops/{visit.shop.shop.id}/messages"
    found = await visit.get(path, state=state, kind=kind, cursor=cursor)
    return shown(
        visit,
        "messages.html",
        place="messages",
        found=found,
        state=state,
        kind=kind,
        states=STATES,
        kinds=KINDS,
        retried=RETRIED,
        dropped=DROPPED,
        **said,
    )
