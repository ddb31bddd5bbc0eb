"""The installation's lines, for its admins: numbers and senders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import Response

from core.catalog import shop_search
from webhooks.admin.form_fields import api_errors, id_or_raw
from webhooks.admin.handler_calls import CallRefused
from webhooks.admin.templating import CHANNEL_LABELS, redirect_saved, render_shop_page
from webhooks.admin.visitor import AnyVisitor, Visitor
from webhooks.api import lines as lines_api

router = APIRouter(prefix="/lines")

LINE_FIELDS = ("channel", "address", "shop_id", "staff")

LINE_CHANNELS = tuple((key, CHANNEL_LABELS[key]) for key in ("sms", "whatsapp"))
"""What can be added: whatever else there is comes from the settings."""

FIELD_ERROR_MESSAGES = {
    ("channel", "account"): "No Twilio account is set up: TWILIO_ACCOUNT_SID and "
    "TWILIO_AUTH_TOKEN have to be in the settings first.",
    ("address", "phone"): "This is no number. Write it with its country: +34 915 550 100.",
    ("address", "taken"): "This is a line already.",
    ("shop_id", "unknown"): "This shop is not there any more. Choose another.",
}
"""What the API finds wrong with a line, by field and reason."""

IN_USE_MESSAGES = {
    "shop": "People have written on it, and what they wrote stays with their shop: "
    "it cannot go to this one. Switch it off instead.",
    "remove": "People have written on it: it cannot be removed. Switch it off instead.",
}
"""Why a line stays as it is, by what was asked for."""


@router.get("")
async def show_lines(visit: AnyVisitor, cursor: str = "") -> Response:
    """Show all lines, including inactive ones, and a form to add one."""
    return await _page(visit, cursor)


@router.post("")
async def add_line(visit: AnyVisitor) -> Response:
    """Add a number or sender of the installation's Twilio account."""
    typed = {name: visit.form[name] for name in LINE_FIELDS}
    said = typed | {"shop_id": id_or_raw(typed["shop_id"]), "staff": bool(typed["staff"])}
    try:
        await visit.call(lines_api.add_line, said)
    except CallRefused as problem:
        return await _page(visit, typed=typed, **_refused(problem))
    return redirect_saved("/admin/lines", "added")


@router.post("/{line_id}/shop")
async def assign_line(visit: AnyVisitor, line_id: int) -> Response:
    """Give a line to a shop, or to all of them."""
    shop = visit.form["shop_id"]
    said = {"shop_id": id_or_raw(shop)}
    return await _change(visit, line_id, "given", said, meant={line_id: shop})


@router.post("/{line_id}/switch")
async def toggle_line(visit: AnyVisitor, line_id: int) -> Response:
    """Switch a line off, or on again."""
    on = bool(visit.form["active"])
    return await _change(visit, line_id, f"switched-{'on' if on else 'off'}", {"active": on})


@router.post("/{line_id}/remove")
async def remove_line(visit: AnyVisitor, line_id: int) -> Response:
    """Remove a line on which nobody has written."""
    try:
        await visit.call(lines_api.remove_line, line_id=line_id)
    except CallRefused as problem:
        return await _page(visit, visit.form["cursor"], **_refused(problem, line_id, "remove"))
    return redirect_saved(_back(visit), "removed")


async def _change(
    visit: Visitor, line_id: int, word: str, said: Mapping[str, Any], **typed: Any
) -> Response:
    try:
        await visit.call(lines_api.change_line, said, line_id=line_id)
    except CallRefused as problem:
        return await _page(
            visit, visit.form["cursor"], **typed, **_refused(problem, line_id, "shop")
        )
    return redirect_saved(_back(visit), word)


def _back(visit: Visitor) -> str:
    """Return the path of the page of the list on which the form was."""
    cursor = visit.form["cursor"]
    return f"/admin/lines?{urlencode({'cursor': cursor})}" if cursor else "/admin/lines"


def _refused(problem: CallRefused, line_id: int | None = None, asked: str = "") -> dict[str, Any]:
    """Return an API error at its field; within a line's form, at that line's field."""
    said = api_errors(problem)
    wrong: dict[str, str] = said["errors"]
    for one in problem.fields:
        name = str(one["field"]).rpartition(".")[2]
        wrong[name] = FIELD_ERROR_MESSAGES.get((name, str(one.get("reason"))), wrong[name])
    if problem.code == "line_in_use":
        wrong, said["problem"] = {asked: IN_USE_MESSAGES[asked]}, ""
    if line_id is not None:
        wrong = {f"{name.removesuffix('_id')}{line_id}": words for name, words in wrong.items()}
    return said | {"errors": wrong}


async def _page(
    visit: Visitor,
    cursor: str = "",
    *,
    typed: Mapping[str, str] | None = None,
    meant: Mapping[int, str] | None = None,
    **said: Any,
) -> Response:
    found = await visit.call(lines_api.list_lines, cursor=cursor)
    known = await visit.run_read(shop_search.list_shops)
    return render_shop_page(
        visit,
        "installation_lines.html",
        tab="lines",
        found=found,
        cursor=cursor,
        kinds=LINE_CHANNELS,
        names={shop.id: shop.name for shop in known},
        shops=[("", "All shops"), *((shop.id, shop.name) for shop in known)],
        typed=dict.fromkeys(LINE_FIELDS, "") | dict(typed or {}),
        meant=meant or {},
        **said,
    )
