"""Short answers: what the bot says when somebody asks where to park or how to pay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from bot.flows import faq
from webhooks.admin.form_fields import api_errors
from webhooks.admin.handler_calls import CallRefused
from webhooks.admin.templating import redirect_saved, render_shop_page
from webhooks.admin.visitor import ShopVisitor, Visitor
from webhooks.api import shops as shops_api

router = APIRouter(prefix="/answers")

FAQ_TOPICS = {
    "parking": ("Where can I park?", "In the square; the first hour is free."),
    "payment": ("How can I pay?", "Cash or card, after your visit."),
    "preparation": ("What do I bring?", "Nothing; come ten minutes early the first time."),
}
"""By topic: as a customer asks it, and an answer as an example."""

assert set(FAQ_TOPICS) == set(faq.FAQ_TOPICS.values())


@router.get("")
async def show_faq(visit: ShopVisitor) -> Response:
    """Show the answers."""
    return _page(visit)


@router.post("")
async def change_faq(visit: ShopVisitor) -> Response:
    """Change them; topics that the bot does not ask for stay as they are."""
    typed = {topic: visit.form[topic] for topic in FAQ_TOPICS}
    kept = {k: v for k, v in visit.catalog.shop.answers.items() if k not in FAQ_TOPICS}
    home = f"/shops/{visit.catalog.shop.id}"
    given = {topic: words for topic, words in typed.items() if words}
    try:
        await visit.call(shops_api.change_shop, {"answers": kept | given})
    except CallRefused as problem:
        said = api_errors(problem)
        # The API names the field that holds them all.
        said["errors"] = {t: "Write at most 500 characters." for t in typed if len(typed[t]) > 500}
        return _page(visit, typed=typed, **said)
    return redirect_saved(f"/admin{home}/setup", "saved")


def _page(visit: Visitor, *, typed: Mapping[str, str] | None = None, **said: Any) -> Response:
    first = {topic: visit.catalog.shop.answers.get(topic, "") for topic in FAQ_TOPICS}
    return render_shop_page(
        visit,
        "answers.html",
        place="setup",
        asked=FAQ_TOPICS,
        typed=first | dict(typed or {}),
        **said,
    )
