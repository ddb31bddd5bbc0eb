"""What the shop tells people, in words of its own: by message and language, seen before."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from bot.i18n import overrides
from core.errors import Invalid, NotFound
from webhooks.admin import countries
from webhooks.admin.api_client import Problem
from webhooks.admin.form_fields import refused
from webhooks.admin.templating import done, page, shown
from webhooks.admin.visitor import AtShop, Visit

router = APIRouter(prefix="/words")

MESSAGES = {
    "When somebody books": {
        "welcome": ("Welcome", "First of all, to whoever begins to write."),
        "booked": ("Booked", "The first booking of somebody who just proved their phone."),
        "booked_first_for": ("Booked for somebody else", "The same, where another person comes."),
        "booked_again": ("Booked again", "To somebody we know already."),
        "booked_for": ("Booked again for somebody else", "The same, where another person comes."),
        "requested": ("Asked for", "Where the shop looks at bookings first."),
        "moved": ("Moved", "They moved their booking."),
        "move_requested": ("Move asked for", "They did, and the shop looks at it first."),
        "cancelled": ("Called off", "They called their booking off."),
    },
    "Before and after the visit": {
        "reminder": ("Reminder", "With the question whether they will come."),
        "reminder.sure": ("Reminder, nothing asked", "To those who said that they come."),
        "followup": ("Afterwards", "Where the shop has a reminder after the visit."),
    },
    "When the shop decides": {
        "tell.confirmed": ("Confirmed", "The shop took a booking it looked at."),
        "tell.declined": ("Declined", "It did not take it."),
        "tell.moved": ("Moved by the shop", ""),
        "tell.cancelled": ("Cancelled by the shop", ""),
        "tell.expired": ("Not decided in time", "Nobody looked at it before it was due."),
    },
    "The same, where the shop is discreet": {
        "tell.confirmed.discreet": ("Confirmed, discreetly", "Names no service and nobody."),
        "tell.declined.discreet": ("Declined, discreetly", ""),
        "tell.moved.discreet": ("Moved, discreetly", ""),
        "tell.cancelled.discreet": ("Cancelled, discreetly", ""),
        "tell.expired.discreet": ("Not decided in time, discreetly", ""),
    },
}
"""By occasion: what each message is called, and when it goes out."""

CALLED = {key: called for part in MESSAGES.values() for key, called in part.items()}

assert set(CALLED) == set(overrides.KEYS)

FIELDS = {
    "when": "Day and time of the visit",
    "service": "The service",
    "provider": "Who gives it",
    "shop": "The shop's name",
    "address": "The shop's address",
    "name": "The customer's name",
    "attendee": "Who comes, when it is not the customer",
    "ref": "The booking's reference",
    "link": "A page with the booking, a map and a calendar file",
    "reason": "The reason the shop gave, if any",
    "booking": "Service, who gives it, day and time in one",
    "what": "Service and who gives it, or neither where the shop is discreet",
    "at": "Day and time, and the address",
}
"""What stands for each name in braces, the most useful first."""

assert set(FIELDS) >= {name for key in overrides.KEYS for name in overrides.fields(key)}


@router.get("")
async def messages(visit: AtShop, lang: str = "") -> Response:
    """Show every message that can be worded, as it reads in a language."""
    tongues = dict(countries.languages())
    shops = visit.shop.shop.language
    language = lang if lang in tongues else shops if shops in tongues else "en"
    found = await visit.get(_path(visit))
    own = {one["key"]: one["own"] for one in found["items"]}
    return shown(
        visit,
        "wordings.html",
        place="setup",
        parts=MESSAGES,
        language=language,
        tongues=tongues,
        own={key: words[language] for key, words in own.items() if language in words},
        counts={tag: sum(tag in words for words in own.values()) for tag in tongues},
        usual={key: overrides.standard(key, language) for key in CALLED},
    )


@router.get("/{key}/{language}")
async def message(visit: AtShop, key: str, language: str) -> Response:
    """Show one message in a language: the usual words, its own, and how it reads."""
    return await _one(visit, key, language)


@router.post("/{key}/{language}")
async def change(visit: AtShop, key: str, language: str) -> Response:
    """Say it in these words from now on, or in the usual ones again; or only look at them."""
    path, text = f"{_path(visit)}/{key}/{language}", visit.form["text"]
    back = f"/admin/shops/{visit.shop.shop.id}/setup/words/{key}/{language}"
    if visit.form["drop"]:
        await visit.send("DELETE", path)
        return done(back, "usual")
    try:
        if visit.form["look"]:
            seen = await visit.send("POST", f"{path}/preview", text=text)
            return await _one(visit, key, language, text, seen)
        await visit.send("PUT", path, text=text)
    except Problem as problem:
        said = refused(problem) | {"errors": {"text": _why(problem, key)}}
        return await _one(visit, key, language, text, **said)
    return done(back, "saved")


@router.post("/{key}/{language}/preview")
async def preview(visit: AtShop, key: str, language: str) -> Response:
    """Show how words would read, as a part of the page; also what keeps them from being kept."""
    path = f"{_path(visit)}/{key}/{language}/preview"
    try:
        seen = await visit.send("POST", path, text=visit.form["text"])
    except Problem as problem:
        refused(problem)
        return page("wording_seen.html", seen=None, wrong=_why(problem, key))
    return page("wording_seen.html", seen=seen, wrong="")


def _path(visit: Visit) -> str:
    return f"/shops/{visit.shop.shop.id}/wordings"


def _why(problem: Problem, key: str) -> str:
    """Return what is wrong with the words, in a sentence."""
    one = problem.fields[0] if problem.fields else {}
    reason = str(one.get("reason", ""))
    if reason not in {"braces", "form", "placeholder", "missing"}:
        return f"Write 1 to {overrides.LONGEST} characters."
    if reason == "placeholder":
        named = ", ".join(f"{{{name}}}" for name in sorted(overrides.fields(key)))
        return f"A name in braces is none that this message knows: {named}."
    words = overrides.why(Invalid(reason=reason), key)
    return f"{words[:1].upper()}{words[1:]}."


async def _one(
    visit: Visit,
    key: str,
    language: str,
    text: str | None = None,
    seen: Any = None,
    **said: Any,
) -> Response:
    tongues = dict(countries.languages())
    if key not in CALLED or language not in tongues:
        raise NotFound(key=key)
    now = await visit.get(f"{_path(visit)}/{key}/{language}")
    known = overrides.fields(key)
    return shown(
        visit,
        "wording.html",
        place="setup",
        key=key,
        language=language,
        tongues=tongues,
        called=CALLED[key],
        now=now,
        typed=now["template"] if text is None else text,
        # What cannot be said has no preview; the sentence that says why is below the field.
        seen=seen or (None if said else now),
        fields={f"{{{name}}}": words for name, words in FIELDS.items() if name in known},
        **said,
    )
