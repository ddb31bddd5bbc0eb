"""Who changed what in a shop."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from webhooks.admin.templating import format_instant, render_shop_page
from webhooks.admin.visitor import ShopVisitor
from webhooks.api import audit_log as audit_log_api

router = APIRouter(prefix="/shops/{shop_id}")

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")


@router.get("/audit")
async def show_audit_log(visit: ShopVisitor, cursor: str = "") -> Response:
    """Show the audit log, newest first."""
    found = await visit.call(audit_log_api.list_shop_audit_log, cursor=cursor)
    entries = [one.model_dump(mode="json") for one in found.items]
    zone = visit.catalog.shop.timezone
    items = [one | {"words": _action(one["action"]), "diff": _diff(one, zone)} for one in entries]
    return render_shop_page(visit, "audit.html", place="audit", entries=items, next=found.next)


_PAST = {
    "add": "added", "cancel": "cancelled", "clear": "cleared", "change": "changed",
    "close": "closed", "confirm": "confirmed", "create": "created", "decline": "declined",
    "drop": "dropped", "end": "ended", "erase": "erased", "hand": "handed", "import": "imported",
    "mark": "marked", "merge": "merged", "move": "moved", "note": "noted", "propose": "proposed",
    "record": "recorded", "refresh": "refreshed", "remove": "removed", "reply": "replied",
    "retry": "retried", "revoke": "revoked", "set": "set", "take": "took", "undo": "undid",
}  # fmt: skip
_UNTOLD = frozenset({"id", "created_at", "updated_at"})
"""What the database says of a row itself: nobody decided it."""
_LONGEST = 160


def _action(action: str) -> str:
    """Return what was done as a person says it: "Added room"."""
    verb, _, rest = action.partition(".")[2].partition("_")
    return " ".join((_PAST.get(verb, verb).capitalize(), *rest.split("_"))).strip()


def _diff(one: dict[str, Any], zone: str) -> list[tuple[str, str, str]]:
    """Return each field that changed: its name, what it was and what it is, in local time."""
    was, now = one["before"] or {}, one["after"] or {}
    names = [
        name
        for name in {**was, **now}
        if was.get(name) != now.get(name)
        and name not in _UNTOLD
        and not (was.get(name) in _EMPTY and now.get(name) in _EMPTY)
    ]
    told = []
    for name in names:
        before, after = was.get(name), now.get(name)
        if isinstance(before, list) and isinstance(after, list):  # only what came and went
            before, after = (
                [item for item in before if item not in after],
                [item for item in after if item not in before],
            )
        told.append((name.replace("_", " "), _plain(before, zone), _plain(after, zone)))
    return told


_EMPTY: tuple[object, ...] = (None, "", [], {})


def _plain(value: Any, zone: str) -> str:
    """Return a value of JSON in words, cut at `_LONGEST` characters."""
    words = _words(value, zone)
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"


def _words(value: Any, zone: str) -> str:
    if value in _EMPTY and value is not False:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(_words(item, zone) for item in value)
    if isinstance(value, dict):
        said = {name: item for name, item in value.items() if item not in _EMPTY}
        return ", ".join(
            f"{name.replace('_', ' ')} {_words(item, zone)}"
            for name, item in said.items()
            if name not in _UNTOLD
        )
    return format_instant(value, zone) if _INSTANT.fullmatch(str(value)) else str(value)
