"""Who changed what in a shop."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from webhooks.admin.templating import render_shop_page
from webhooks.admin.visitor import ShopVisitor
from webhooks.api import audit_log as audit_log_api

router = APIRouter(prefix="/shops/{shop_id}")


@router.get("/audit")
async def show_audit_log(visit: ShopVisitor, cursor: str = "") -> Response:
    """Show the audit log, newest first."""
    found = await visit.call(audit_log_api.list_shop_audit_log, cursor=cursor)
    entries = [one.model_dump(mode="json") for one in found.items]
    items = [one | {"words": _action(one["action"]), "diff": _diff(one)} for one in entries]
    return render_shop_page(visit, "audit.html", place="audit", entries=items, next=found.next)


def _action(action: str) -> str:
    part, _, name = action.partition(".")
    return f"{part.capitalize()}: {name.replace('_', ' ')}"


def _diff(one: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return each field that changed: its name, what it was and what it is."""
    was, now = one["before"] or {}, one["after"] or {}
    names = [name for name in {**was, **now} if was.get(name) != now.get(name)]
    return [
        (name.replace("_", " "), _plain(was.get(name)), _plain(now.get(name))) for name in names
    ]


def _plain(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return "–"
    words = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return words if len(words) <= 160 else f"{words[:159]}…"
