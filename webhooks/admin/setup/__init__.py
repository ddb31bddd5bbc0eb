"""Set-up: each part of a shop on a page of its own, and a page that leads to them."""

from __future__ import annotations

from fastapi import APIRouter

from webhooks.admin.setup import (
    calendars,
    date_hours,
    faq,
    hours,
    import_export,
    members,
    message_overrides,
    overview,
    providers,
    reminders,
    rooms,
    services,
    shop,
    time_off,
)

router = APIRouter()

SETUP_PAGES = (
    overview,
    hours,
    date_hours,
    time_off,
    calendars,
    services,
    providers,
    rooms,
    shop,
    reminders,
    faq,
    message_overrides,
    members,
    import_export,
)

for part in SETUP_PAGES:
    router.include_router(part.router, prefix="/shops/{shop_id}/setup")
