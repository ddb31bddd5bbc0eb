"""Days with hours of their own, and when a provider is away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from webhooks.pages.admin.client import AtShop, Problem, Visit
from webhooks.pages.admin.forms import instant, refused, stretch, wrongs
from webhooks.pages.admin.rendering import done, shown

router = APIRouter()

FIELDS = ("day", "opens", "closes", "reason")


@router.get("/dates")
async def dates(visit: AtShop, provider: int | None = None) -> Response:
    """Show the days with hours of their own, of the shop or of a provider."""
    return await _page(visit, provider)


@router.post("/dates")
async def set_date(visit: AtShop, provider: int | None = None) -> Response:
    """Close on a day, open at other hours, or let the week hold again."""
    typed = {name: visit.form[name] for name in FIELDS}
    gone = visit.form["remove"]
    if not (typed["day"] or gone):
        return await _page(visit, provider, typed=typed, **wrongs({"day": "Choose a day."}))
    path = f"{_home(visit, provider)}/dates/{gone or typed['day']}"
    words = "Write from when until when, in steps of five minutes; or neither."
    try:
        given = typed["opens"] or typed["closes"]
        hours = [stretch(typed["opens"], typed["closes"])] if given else []
        if gone:
            await visit.send("DELETE", path)
        else:
            await visit.send("PUT", path, hours=hours, reason=typed["reason"])
    except ValueError:
        return await _page(visit, provider, typed=typed, **wrongs({"opens": words}))
    except Problem as problem:
        said = refused(problem) | {"errors": {"opens": words}, "problem": ""}
        return await _page(visit, provider, typed=typed, **said)
    query = f"?provider={provider}" if provider is not None else ""
    back = f"/admin/shops/{visit.shop.shop.id}/setup/dates{query}"
    return done(back, "removed" if gone else "saved")


def _home(visit: Visit, provider: int | None) -> str:
    home = f"/shops/{visit.shop.shop.id}"
    return home if provider is None else f"{home}/providers/{provider}"


async def _page(
    visit: Visit, provider: int | None, *, typed: Mapping[str, str] | None = None, **said: Any
) -> Response:
    who = None if provider is None else visit.shop.provider(provider)
    found = await visit.get(f"{_home(visit, provider)}/dates")
    return shown(
        visit,
        "dates.html",
        place="setup" if visit.runs else "mine",
        who=who,
        dates=[one | {"on": date.fromisoformat(one["day"])} for one in found["items"]],
        typed=dict.fromkeys(FIELDS, "") | dict(typed or {}),
        **said,
    )


# ------------------------------------------------------------------------------------ time off

AWAY = ("from_on", "from_at", "until_on", "until_at", "reason")


@router.get("/people/{provider_id}/away")
async def away(visit: AtShop, provider_id: int) -> Response:
    """Show when a provider is away."""
    return await _away(visit, provider_id)


@router.post("/people/{provider_id}/away")
async def change_away(visit: AtShop, provider_id: int) -> Response:
    """Take a provider off offer for a while, or put that time back on."""
    path = f"{_home(visit, provider_id)}/time-off"
    back = f"/admin/shops/{visit.shop.shop.id}/setup/people/{provider_id}/away"
    if gone := visit.form["remove"]:
        await visit.send("DELETE", f"{path}/{gone}")
        return done(back, "removed")
    typed = {name: visit.form[name] for name in AWAY}
    wrong: dict[str, str] = {}
    begins = _begins(visit, typed["from_on"], typed["from_at"], "from", wrong)
    # Without a time the last day is off as a whole.
    until_on = typed["until_on"] or typed["from_on"]
    last = until_on if typed["until_at"] else _after(until_on)
    ends = _begins(visit, last, typed["until_at"], "until", wrong)
    if begins and ends and ends <= begins:
        wrong["until_on"] = "The end has to come after the beginning."
    if wrong or begins is None or ends is None:
        return await _away(visit, provider_id, typed=typed, **wrongs(wrong))
    said = {"starts_at": begins.isoformat(), "ends_at": ends.isoformat()}
    try:
        await visit.send("POST", path, reason=typed["reason"], **said)
    except Problem as problem:
        return await _away(visit, provider_id, typed=typed, **refused(problem))
    return done(back, "added")


def _begins(visit: Visit, on: str, at: str, name: str, wrong: dict[str, str]) -> Any:
    mine: dict[str, str] = {}
    found = instant(visit, on, at or "00:00", mine)
    wrong |= {f"{name}_{field}": words for field, words in mine.items()}
    return found


def _after(day: str) -> str:
    try:
        return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return ""


async def _away(
    visit: Visit, provider_id: int, *, typed: Mapping[str, str] | None = None, **said: Any
) -> Response:
    one = visit.shop.provider(provider_id)
    found = await visit.get(f"{_home(visit, provider_id)}/time-off", limit=100)
    return shown(
        visit,
        "away.html",
        place="setup" if visit.runs else "mine",
        one=one,
        away=found["items"],
        typed=dict.fromkeys(AWAY, "") | dict(typed or {}),
        **said,
    )
