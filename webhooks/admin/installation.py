"""Pages for admins of the installation: reports over all shops, and all users."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from core.catalog import shop_search
from core.errors import NotAllowed
from core.people.members import roles_of_user
from webhooks.admin.form_fields import api_errors, form_errors
from webhooks.admin.handler_calls import CallRefused
from webhooks.admin.reports import LOST_STATES, PERIOD_CHOICES, period_dates
from webhooks.admin.setup.members import ROLE_LABELS
from webhooks.admin.templating import redirect_saved, render_shop_page
from webhooks.admin.visitor import AnyVisitor, Visitor
from webhooks.api import stats as stats_api
from webhooks.api import users as users_api

router = APIRouter()


@router.get("/figures")
async def show_installation_reports(visit: AnyVisitor, period: str = "30") -> Response:
    """Show the figures of all shops over a period, each in its own zone, and recent bookings."""
    _check(visit)
    today = visit.api_request.app.runtime.clock.now().date()
    first, last = period_dates(period, "", "", today)
    found = await visit.call(stats_api.show_installation_stats, from_=first, to=last)
    known = {shop.id: shop for shop in await visit.run_read(shop_search.list_shops)}
    return render_shop_page(
        visit,
        "installation.html",
        tab="figures",
        found=found,
        first=first,
        last=last,
        period=period if any(period == one[0] for one in PERIOD_CHOICES) else "30",
        periods=PERIOD_CHOICES,
        known=known,
        shops=found.by_shop,
        lost=sum(found.states.get(state, 0) for state in LOST_STATES),
    )


@router.get("/users")
async def search_users(visit: AnyVisitor, q: str = "", cursor: str = "") -> Response:
    """Show all users, or those whose name, phone or e-mail matches a search."""
    _check(visit)
    found = await visit.call(users_api.search_users, q=q[:100], cursor=cursor, total=True)
    return render_shop_page(visit, "users.html", tab="users", q=q[:100], found=found)


@router.get("/users/{user_id}")
async def show_user(visit: AnyVisitor, user_id: int) -> Response:
    """Show one user with their roles and the possible actions."""
    return await _one(visit, user_id)


@router.post("/users/{user_id}/close")
async def set_account_closed(visit: AnyVisitor, user_id: int) -> Response:
    """Deactivate an account, or activate it again."""
    handler, words = users_api.deactivate_user, "closed"
    if visit.form["open"]:
        handler, words = users_api.reactivate_user, "opened"
    try:
        await visit.call(handler, user_id=user_id)
    except CallRefused as problem:
        return await _one(visit, user_id, **_refused(problem))
    return redirect_saved(f"/admin/users/{user_id}", words)


@router.post("/users/{user_id}/delete")
async def delete_user(visit: AnyVisitor, user_id: int) -> Response:
    """Delete a user, once the box that confirms it is ticked."""
    if not visit.form["sure"]:
        wrong = {"sure": "Tick the box first: nothing brings them back."}
        return await _one(visit, user_id, **form_errors(wrong))
    try:
        await visit.call(users_api.delete_user, user_id=user_id)
    except CallRefused as problem:
        return await _one(visit, user_id, **_refused(problem))
    return redirect_saved("/admin/users", "deleted")


def _check(visit: Visitor) -> None:
    """Raise NotAllowed if the API would refuse the visitor."""
    if not visit.api_request.principal.is_admin:
        raise NotAllowed(user=visit.api_request.principal.user_id)


def _refused(problem: CallRefused) -> dict[str, Any]:
    said = api_errors(problem)
    return said | {"problem": said["errors"].get("user_id", said["problem"]), "errors": {}}


async def _one(visit: Visitor, user_id: int, **said: Any) -> Response:
    _check(visit)
    one = await visit.call(users_api.show_user, user_id=user_id)
    mine = await visit.run_read(lambda ctx: roles_of_user(ctx, user_id))
    names = {shop.id: shop.name for shop in await visit.run_read(shop_search.list_shops)}
    return render_shop_page(
        visit,
        "user.html",
        one=one,
        roles=[
            (names.get(role.shop_id, ""), ROLE_LABELS[role.role][0], role.shop_id) for role in mine
        ],
        days={
            name: moment.date()
            for name in ("created_at", "last_sign_in_at", "deactivated_at")
            if (moment := getattr(one, name))
        },
        oneself=user_id == visit.api_request.principal.user_id,
        **said,
    )
