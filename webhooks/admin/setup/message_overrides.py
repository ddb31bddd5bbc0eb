"""What the shop tells people, in words of its own: by message and language, seen before."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from bot.rendering import overrides
from core.errors import InvalidValue, NotFound
from webhooks.admin import countries
from webhooks.admin.form_fields import api_errors
from webhooks.admin.handler_calls import CallRefused
from webhooks.admin.templating import redirect_saved, render_shop_page, render_template
from webhooks.admin.visitor import ShopVisitor, Visitor
from webhooks.api import message_overrides as overrides_api

router = APIRouter(prefix="/words")

MESSAGE_GROUPS = {
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

MESSAGE_LABELS = {key: called for part in MESSAGE_GROUPS.values() for key, called in part.items()}

assert set(MESSAGE_LABELS) == set(overrides.OVERRIDABLE_KEYS)

PLACEHOLDER_LABELS = {
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

assert set(PLACEHOLDER_LABELS) >= {
    name for key in overrides.OVERRIDABLE_KEYS for name in overrides.template_fields(key)
}


@router.get("")
async def show_message_overrides(visit: ShopVisitor, lang: str = "") -> Response:
    """Show every message that can be worded, as it reads in a language."""
    tongues = dict(countries.list_languages())
    shops = visit.catalog.shop.language
    language = lang if lang in tongues else shops if shops in tongues else "en"
    found = await visit.call(overrides_api.list_message_overrides)
    own = {one.key: one.own for one in found.items}
    return render_shop_page(
        visit,
        "message_overrides.html",
        place="setup",
        parts=MESSAGE_GROUPS,
        language=language,
        tongues=tongues,
        own={key: words[language] for key, words in own.items() if language in words},
        counts={tag: sum(tag in words for words in own.values()) for tag in tongues},
        usual={key: overrides.default_template(key, language) for key in MESSAGE_LABELS},
    )


@router.get("/{key}/{language}")
async def show_message_override(visit: ShopVisitor, key: str, language: str) -> Response:
    """Show one message in a language: the usual words, its own, and how it reads."""
    return await _one(visit, key, language)


@router.post("/{key}/{language}")
async def set_message_override(visit: ShopVisitor, key: str, language: str) -> Response:
    """Say it in these words from now on, or in the usual ones again; or only look at them."""
    which: dict[str, Any] = {"key": key, "language": language}
    text = visit.form["text"]
    back = f"/admin/shops/{visit.catalog.shop.id}/setup/words/{key}/{language}"
    if visit.form["drop"]:
        await visit.call(overrides_api.remove_message_override, **which)
        return redirect_saved(back, "usual")
    try:
        if visit.form["look"]:
            seen = await visit.call(overrides_api.preview_message_override, {"text": text}, **which)
            return await _one(visit, key, language, text, seen)
        await visit.call(overrides_api.set_message_override, {"text": text}, **which)
    except CallRefused as problem:
        said = api_errors(problem) | {"errors": {"text": _why(problem, key)}}
        return await _one(visit, key, language, text, **said)
    return redirect_saved(back, "saved")


@router.post("/{key}/{language}/preview")
async def preview_message_override(visit: ShopVisitor, key: str, language: str) -> Response:
    """Show how words would read, as a part of the page; also what keeps them from being kept."""
    which: dict[str, Any] = {"key": key, "language": language}
    said = {"text": visit.form["text"]}
    try:
        seen = await visit.call(overrides_api.preview_message_override, said, **which)
    except CallRefused as problem:
        api_errors(problem)
        return render_template("message_override_preview.html", seen=None, wrong=_why(problem, key))
    return render_template("message_override_preview.html", seen=seen, wrong="")


def _why(problem: CallRefused, key: str) -> str:
    """Return what is wrong with the words, in a sentence."""
    one = problem.fields[0] if problem.fields else {}
    reason = str(one.get("reason", ""))
    if reason not in {"braces", "form", "placeholder", "missing"}:
        return f"Write 1 to {overrides.MAX_LENGTH} characters."
    if reason == "placeholder":
        named = ", ".join(f"{{{name}}}" for name in sorted(overrides.template_fields(key)))
        return f"A name in braces is none that this message knows: {named}."
    words = overrides.explain_error(InvalidValue(reason=reason), key)
    return f"{words[:1].upper()}{words[1:]}."


async def _one(
    visit: Visitor,
    key: str,
    language: str,
    text: str | None = None,
    seen: Any = None,
    **said: Any,
) -> Response:
    tongues = dict(countries.list_languages())
    if key not in MESSAGE_LABELS or language not in tongues:
        raise NotFound(key=key)
    which: dict[str, Any] = {"key": key, "language": language}
    now = await visit.call(overrides_api.show_message_override, **which)
    known = overrides.template_fields(key)
    return render_shop_page(
        visit,
        "message_override.html",
        place="setup",
        key=key,
        language=language,
        tongues=tongues,
        called=MESSAGE_LABELS[key],
        now=now,
        typed=now.template if text is None else text,
        # An invalid text has no preview; its error is shown below the field.
        seen=seen or (None if said else now),
        fields={
            f"{{{name}}}": words for name, words in PLACEHOLDER_LABELS.items() if name in known
        },
        **said,
    )
