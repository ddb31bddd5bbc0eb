"""Set-up: each part of a shop on a page of its own, and a page that leads to them."""

from __future__ import annotations

from fastapi import APIRouter

from webhooks.pages.admin.setup import (
    answers,
    dates,
    hours,
    members,
    overview,
    providers,
    reminding,
    services,
    shop,
)

router = APIRouter()

for part in (overview, hours, dates, services, providers, shop, reminding, answers, members):
    router.include_router(part.router, prefix="/shops/{shop_id}/setup")
