"""Short answers: what the bot says when somebody asks where to park or how to pay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from bot.flows.faq import TOPICS
from webhooks.admin.api_client import Problem
from webhooks.admin.form_fields import refused
from webhooks.admin.templating import done, shown
from webhooks.admin.visitor import AtShop, Visit

router = APIRouter(prefix="/answers")

ASKED = {
    "parking": ("Where can I park?", "In the square; the first hour is free."),
    "payment": ("How can I pay?", "Cash or card, after your visit."),
    "preparation": ("What do I bring?", "Nothing; come ten minutes early the first time."),
}
"""By topic: as a customer asks it, and an answer as an example."""

assert set(ASKED) == set(TOPICS.values())


@router.get("")
async def answers(visit: AtShop) -> Response:
    """Show the answers."""
    return _page(visit)


@router.post("")
async def change(visit: AtShop) -> Response:
    """Change them; topics that the bot does not ask for stay as they are."""
    typed = {topic: visit.form[topic] for topic in ASKED}
    kept = {k: v for k, v in visit.shop.shop.answers.items() if k not in ASKED}
    home = f"/shops/{visit.shop.shop.id}"
    given = {topic: words for topic, words in typed.items() if words}
    try:
        await visit.send("PATCH", home, answers=kept | given)
    except Problem as problem:
        said = refused(problem)
        # The API names the field that holds them all.
        said["errors"] = {t: "Write at most 500 characters." for t in typed if len(typed[t]) > 500}
        return _page(visit, typed=typed, **said)
    return done(f"/admin{home}/setup", "saved")


def _page(visit: Visit, *, typed: Mapping[str, str] | None = None, **said: Any) -> Response:
    first = {topic: visit.shop.shop.answers.get(topic, "") for topic in ASKED}
    return shown(
        visit,
        "answers.html",
        place="setup",
        asked=ASKED,
        typed=first | dict(typed or {}),
        **said,
    )
