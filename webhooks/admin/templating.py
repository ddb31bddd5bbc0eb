"""Rendering of the admin pages' templates, and redirects after a form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import jinja2
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot.i18n import formats
from core.messaging.messages import Money, When
from webhooks.admin.assets import asset_tag
from webhooks.admin.visitor import Visitor
from webhooks.api.booking_output import ToldOut
from webhooks.api.schemas import format_wall_time
from webhooks.http.html import PRIVATE_HEADERS

_HERE = Path(__file__).parent

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

PAGE_HEADERS = PRIVATE_HEADERS | {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    # Forms send their origin, which is checked; other sites get no referrer.
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}

FLASH_MESSAGES = {
    "saved": "Saved.",
    "usual": "The usual words hold again.",
    "booked": "Booked.",
    "confirmed": "Confirmed.",
    "declined": "Declined.",
    "moved": "Moved.",
    "terms": "Changed for this booking alone.",
    "cancelled": "Cancelled.",
    "called": "Noted: they know.",
    "reach-noted": "Noted.",
    "reach-ended": "Nothing more is sent there.",
    "started": "Noted: the visit has begun.",
    "completed": "Noted: the visit is done.",
    "no-show": "Noted: nobody came.",
    "corrected": "Corrected.",
    "noted": "The note is saved.",
    "added": "Added.",
    "removed": "Removed.",
    "revoked": "Revoked: the address opens nothing any more.",
    "reading": "It is read within a minute. Load the page anew to see how that went.",
    "sent": "On its way.",
    "back": "The bot answers again.",
    "out": "You are signed out.",
    "founded": "The shop is there. Three steps are left.",
    "paid": "Noted.",
    "blocked": "Blocked: the shop takes no more bookings from them.",
    "unblocked": "The shop takes their bookings again.",
    "merged": "The two are one now.",
    "asked-to-stop": "Written down: nothing is sent to them there but answers to what they write.",
    "wants-again": "Written down: they want messages there again.",
    "erased": "Everything about them is deleted. Bookings stay in the figures without a name.",
    "taken": "The talk is yours: the bot keeps quiet for twelve hours, or until you hand it back.",
    "answered": "Sent in the shop's name.",
    "retried": "On its way once more.",
    "dropped": "Dropped: it is not sent.",
    "planned": "Planned. Customers can take its seats.",
    "called-off": "Called off. Whoever cannot be written to is on the day's list to call.",
    "closed": "Closed: they are out everywhere.",
    "opened": "Open again: they can sign in.",
    "deleted": "Deleted for good.",
    "given": "Given. Whoever writes on it reaches them from now on.",
    "switched-off": "Switched off: it neither hears nor says anything.",
    "switched-on": "Switched on. Whoever writes on it is answered.",
    "invited": "Invited. Once they accept, they work here.",
    "accepted": "You work here now.",
    "not-accepted": "Declined. The shop learns nothing of you.",
    "ended": "Ended: that chat acts for you no more.",
    "taken-back": "Taken back: it can be accepted no more.",
}
"""What a page says on top after something was done, by the word in its address."""

TOLD_MESSAGES = {
    "sms": "The customer gets an SMS.",
    "whatsapp": "The customer gets a WhatsApp message.",
    "telegram": "The customer gets a Telegram message.",
    "email": "The customer gets an e-mail.",
    "unreachable": "Nothing could be sent to the customer: please tell them yourself.",
    "opted_out": "The customer wants no messages: please tell them yourself.",
}
"""What it says of the customer: by which channel they are told, or why they are not."""

STATE_LABELS = {
    "held": "Held",
    "pending": "To approve",
    "confirmed": "Confirmed",
    "in_progress": "In progress",
    "completed": "Done",
    "declined": "Declined",
    "cancelled": "Cancelled",
    "no_show": "No-show",
    "expired": "Expired",
}

CHANNEL_LABELS = {
    "sms": "SMS",
    "whatsapp": "WhatsApp",
    "telegram": "Telegram",
    "email": "E-mail",
    "staff": "The shop",
    "api": "The shop",
}
"""What channels are called."""

NAV_ITEMS = (
    ("day", "Day", "team"),
    ("week", "Week", "team"),
    ("mine", "You", "own"),
    ("customers", "People", "desk"),
    ("talks", "Talks", "desk"),
    ("messages", "Messages", "desk"),
    ("figures", "Figures", "counts"),
    ("setup", "Set-up", "runs"),
    ("audit", "Changes", "runs"),
)
"""The pages of a shop: address, words, and for whom: team, provider, desk, or who runs it."""

NAV_SLOTS = 5
"""Pages that stand side by side on a phone; of more the first four do, beside a menu."""

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _money(minor: int | None, currency: str) -> str:
    return "On request" if minor is None else formats.format_amount(Money(minor, currency), "en")


def format_instant(value: datetime | str, zone: str, spec: str = "") -> str:
    """Return an instant in words of a zone; `spec` "date" adds the year."""
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    moment = When(instant, zone)
    if spec == "date":  # that may be years ago
        year = instant.astimezone(ZoneInfo(zone)).year
        return f"{formats.format_moment(moment, 'long', 'en')} {year}"
    return formats.format_moment(moment, spec, "en")


def _day(value: date, spec: str = "") -> str:
    return formats.format_day(value, spec, "en")


def _length(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} h" if hours else "", f"{rest} min" if rest or not hours else ""]
    return " ".join(filter(None, parts))


def _with_cursor(query: Mapping[str, str], cursor: str) -> str:
    """Return the query string of the list's next page."""
    return urlencode({k: v for k, v in query.items() if v} | {"cursor": cursor})


_TEMPLATES.filters |= {
    "with_cursor": _with_cursor,
    "money": _money,
    "when": format_instant,
    "clock": format_wall_time,
    "length_of": _length,
    "day": _day,
}
_TEMPLATES.globals |= {"STATES": STATE_LABELS, "CHANNELS": CHANNEL_LABELS}
_TEMPLATES.globals["tag"] = asset_tag()


def render_template(template: str, *, status: int = 200, **facts: Any) -> Response:
    """Return `templates/<template>` filled in with `facts`, which are escaped."""
    facts = {"visit": None, "said": "", "problem": "", "errors": {}, "place": "", **facts}
    found = _TEMPLATES.get_template(template).render(**facts)
    return HTMLResponse(found, status, headers=PAGE_HEADERS)


def render_shop_page(visit: Visitor, template: str, *, status: int = 200, **facts: Any) -> Response:
    """Return a page for a signed-in visitor, with a notice of what was just saved."""
    query = visit.request.query_params
    told = TOLD_MESSAGES.get(query.get("told", ""), "")
    said = " ".join(filter(None, (FLASH_MESSAGES.get(query.get("said", ""), ""), told)))
    pages = _pages(visit) if visit.optional_catalog else []
    first = len(pages) if len(pages) <= NAV_SLOTS else NAV_SLOTS - 1
    nav = {"first_pages": pages[:first], "more_pages": pages[first:]}
    return render_template(template, status=status, visit=visit, said=said, **nav, **facts)


def _pages(visit: Visitor) -> list[tuple[str, str, str]]:
    """Return the shop's pages for this visitor as (key, label, path)."""
    home = f"/admin/shops/{visit.catalog.shop.id}"
    serves = {
        "team": True,
        "desk": visit.works_at_desk,
        "runs": visit.can_configure,
        "own": visit.own_provider_id is not None,
        "counts": visit.can_configure or visit.own_provider_id is not None,
    }
    own = f"{home}/setup/people/{visit.own_provider_id}"
    return [
        (key, words, own if needs == "own" else f"{home}/{key}")
        for key, words, needs in NAV_ITEMS
        if serves[needs]
    ]


def redirect_saved(path: str, flash: str = "", told: Sequence[ToldOut] = ()) -> Response:
    """Redirect after a form was saved, so that reloading does not repeat it.

    `told` is whom it told, as the API answers: the page says what became of the customer.
    """
    joint = "&" if "?" in path else "?"
    to = f"{path}{joint}said={flash}" if flash else path
    ways = [
        one.how if one.outcome == "sending" else one.outcome
        for one in told
        if one.who == "customer"
    ]
    if flash and ways:
        to += f"&told={ways[-1]}"
    return RedirectResponse(to, 303, {"Cache-Control": "no-store"})


def safe_admin_path(path: str, default: str) -> str:
    """Return a path within /admin to continue at; anything else is replaced by its start."""
    fits = path.startswith("/admin/") and "\\" not in path and path.isprintable()
    return path if fits else default
