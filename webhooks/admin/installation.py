"""The whole installation, for its admins: how all shops do, and everybody with an account."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from core.catalog import shop_search
from core.errors import NotAllowed
from core.people import members
from webhooks.admin.api_client import Problem
from webhooks.admin.form_fields import refused, wrongs
from webhooks.admin.reports import LOST, PERIODS, dates
from webhooks.admin.setup.members import ROLES
from webhooks.admin.templating import done, shown
from webhooks.admin.visitor import Visit, Visitor

router = APIRouter()


@router.get("/figures")
async def figures(visit: Visitor, period: str = "30") -> Response:
    """Show how all shops do over a period, each on its own calendar, and what was booked last."""
    _check(visit)
    today = visit.call.app.runtime.clock.now().date()
    first, last = dates(period, "", "", today)
    found = await visit.get("/stats", **{"from": first.isoformat(), "to": last.isoformat()})
    known = {shop.id: shop for shop in await visit.read(shop_search.shops)}
    return shown(
        visit,
        "installation.html",
        tab="figures",
        found=found,
        first=first,
        last=last,
        period=period if any(period == one[0] for one in PERIODS) else "30",
        periods=PERIODS,
        known=known,
        shops=found["by_shop"],
        lost=sum(found["states"].get(state, 0) for state in LOST),
    )


@router.get("/users")
async def users(visit: Visitor, q: str = "", cursor: str = "") -> Response:
    """Show everybody with an account, or those whose name, phone or e-mail has some words."""
    _check(visit)
    found = await visit.get("/users", q=q[:100], cursor=cursor, total="true")
    return shown(visit, "users.html", tab="users", q=q[:100], found=found)


@router.get("/users/{user_id}")
async def user(visit: Visitor, user_id: int) -> Response:
    """Show one user: where they work, since when they are here, and what may be done."""
    return await _one(visit, user_id)


@router.post("/users/{user_id}/close")
async def close(visit: Visitor, user_id: int) -> Response:
    """Close an account, or open it again."""
    act, words = ("reactivate", "opened") if visit.form["open"] else ("deactivate", "closed")
    try:
        await visit.send("POST", f"/users/{user_id}/{act}")
    except Problem as problem:
        return await _one(visit, user_id, **_refused(problem))
    return done(f"/admin/users/{user_id}", words)


@router.post("/users/{user_id}/delete")
async def delete(visit: Visitor, user_id: int) -> Response:
    """Delete a user for good, if whoever asks has said that they mean it."""
    if not visit.form["sure"]:
        wrong = {"sure": "Tick the box first: nothing brings them back."}
        return await _one(visit, user_id, **wrongs(wrong))
    try:
        await visit.send("DELETE", f"/users/{user_id}")
    except Problem as problem:
        return await _one(visit, user_id, **_refused(problem))
    return done("/admin/users", "deleted")


def _check(visit: Visit) -> None:
    """Raise NotAllowed for whoever the API would refuse."""
    if not visit.call.me.admin:
        raise NotAllowed(user=visit.call.me.user_id)


def _refused(problem: Problem) -> dict[str, Any]:
    said = refused(problem)
    return said | {"problem": said["errors"].get("user_id", said["problem"]), "errors": {}}


async def _one(visit: Visit, user_id: int, **said: Any) -> Response:
    _check(visit)
    one = await visit.get(f"/users/{user_id}")
    mine = await visit.read(lambda ctx: members.roles(ctx, user_id))
    names = {shop.id: shop.name for shop in await visit.read(shop_search.shops)}
    return shown(
        visit,
        "user.html",
        one=one,
        roles=[(names.get(role.shop_id, ""), ROLES[role.role][0], role.shop_id) for role in mine],
        days={
            name: date.fromisoformat(one[name][:10])
            for name in ("created_at", "last_sign_in_at", "deactivated_at")
            if one[name]
        },
        oneself=user_id == visit.call.me.user_id,
        **said,
    )
