"""Set-up: each part of a shop on a page of its own, and a page that leads to them."""

from __future__ import annotations

from fastapi import APIRouter

from webhooks.pages.admin.setup import (
    answers,
    calendars,
    dates,
    files,
    hours,
    members,
    overview,
    providers,
    reminding,
    rooms,
    services,
    shop,
    words,
)

router = APIRouter()

PARTS = (
    overview,
    hours,
    dates,
    calendars,
    services,
    providers,
    rooms,
    shop,
    reminding,
    answers,
    words,
    members,
    files,
)

for part in PARTS:
    router.include_router(part.router, prefix="/shops/{shop_id}/setup")
