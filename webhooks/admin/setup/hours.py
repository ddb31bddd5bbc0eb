"""The week of a shop, or a provider's own: stretches of each day, with breaks between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from core.localtime.opening_masks import Interval
from core.scheduling import opening_hours
from webhooks.admin.form_fields import api_errors, parse_time_range
from webhooks.admin.handler_calls import CallRefused
from webhooks.admin.templating import redirect_saved, render_shop_page
from webhooks.admin.visitor import ShopVisitor, Visitor
from webhooks.api import opening_hours as hours_api
from webhooks.api.schemas import format_wall_time

router = APIRouter()

WEEKDAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

RANGE_SUFFIXES = "abcdef"
"""Stretches a day may have; a form shows two, or as many as there are."""

_NINE_TO_SIX = (("opens", "09:00"), ("closes", "18:00"))


@router.get("/hours")
async def show_weekly_hours(
    visit: ShopVisitor, provider: int | None = None, first: str = ""
) -> Response:
    """Show the week of the shop, or a provider's own."""
    return await _page(visit, provider, first)


@router.post("/hours")
async def set_weekly_hours(
    visit: ShopVisitor, provider: int | None = None, first: str = ""
) -> Response:
    """Set the whole week."""
    form, made, wrong = visit.form, [], {}
    for day in range(7):
        for part in RANGE_SUFFIXES:
            opens, closes = form[f"opens{day}{part}"], form[f"closes{day}{part}"]
            if not opens and not closes:
                continue
            try:
                made.append({"weekday": day, **parse_time_range(opens, closes)})
            except ValueError:
                words = f"{WEEKDAY_NAMES[day]}: write from when until when, such as 09:00 to 18:00."
                wrong[f"d{day}"] = words
    typed = {name: form[name] for name in form.values}
    if not made and not wrong and provider is None:
        wrong["d0"] = "Open on at least one day."
    if wrong:
        words = " ".join(wrong.values())
        again = {"errors": wrong, "status": 422, "problem": words}
        return await _page(visit, provider, first, typed=typed, **again)
    home = f"/shops/{visit.catalog.shop.id}"
    try:
        if provider is None:
            await visit.call(hours_api.set_shop_hours, {"hours": made})
        else:
            said = {"hours": made}
            await visit.call(hours_api.set_provider_hours, said, provider_id=provider)
    except CallRefused as problem:
        words = "Times come in steps of five minutes, and stretches of a day do not overlap."
        refusal = api_errors(problem) | {"problem": words}
        return await _page(visit, provider, first, typed=typed, **refusal)
    if first:
        return redirect_saved(f"/admin{home}/setup/services?first=1", "saved")
    back = f"/admin{home}/setup" if provider is None else f"/admin{home}/setup/people/{provider}"
    return redirect_saved(back, "saved")


async def _page(
    visit: Visitor,
    provider: int | None,
    first: str,
    *,
    typed: Mapping[str, str] | None = None,
    **said: Any,
) -> Response:
    who = None if provider is None else visit.catalog.provider(provider)
    shop_id = visit.catalog.shop.id
    week = await visit.run_read(lambda ctx: opening_hours.weekly_hours(ctx, shop_id, provider))
    if typed is None:
        typed = _typed(week)
        if first and not week:
            typed = {f"{word}{day}a": at for day in range(5) for word, at in _NINE_TO_SIX}
    most = max(Counter(row.weekday for row in week).values(), default=0)
    return render_shop_page(
        visit,
        "hours.html",
        place="setup" if visit.can_configure else "mine",
        who=who,
        first=first,
        days=WEEKDAY_NAMES,
        parts=RANGE_SUFFIXES[: max(2, most)],
        typed=typed,
        **said,
    )


def _typed(week: list[opening_hours.WeeklyInterval]) -> dict[str, str]:
    """Return a week as the fields of its form."""
    typed: dict[str, str] = {}
    for row in week:
        part = next(p for p in RANGE_SUFFIXES if f"opens{row.weekday}{p}" not in typed)
        for word, minutes in (("opens", row.opens), ("closes", row.closes)):
            typed[f"{word}{row.weekday}{part}"] = format_wall_time(minutes % 1440)
    return typed


def summarize_week(week: Sequence[Sequence[Interval]]) -> list[tuple[str, str]]:
    """Return a week in few lines: days that follow each other with the same hours are one."""
    found = []
    for hours_, days in groupby(enumerate(week), lambda pair: tuple(pair[1])):
        names = [WEEKDAY_NAMES[number][:3] for number, _ in days]
        named = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
        spans = [
            f"{format_wall_time(i.opens % 1440)}–{format_wall_time(i.closes % 1440)}"
            for i in hours_
        ]
        found.append((named, ", ".join(spans) or "closed"))
    return found
