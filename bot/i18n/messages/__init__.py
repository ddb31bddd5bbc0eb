"""Every message text: its key and its English wording, with named placeholders.

Placeholders are `{name}` or `{name:form}`: an instant takes day, time, long, full, zone; a date
day, long, weekday; a list and, lines; user-written text takes text to keep its lines. A pair is
(singular, plural), chosen by `count`. After a change run `python -m bot.cli.translations`.

Never ask for a reply by an opt-out keyword (STOP, CANCEL, END, QUIT …): the SMS network would block
our messages and not forward the reply.
"""

from __future__ import annotations

from bot.i18n.messages import (
    alerts,
    bookings,
    choosing,
    common,
    customer_notices,
    emails,
    errors,
    faq,
    invitations,
    login,
    menu,
    preferences,
    public_pages,
    reminders,
    staff,
)
from bot.i18n.translator import Translator
from core.errors import SlotlineError
from core.messaging.messages import Money, Say

_AREAS = (
    common,
    menu,
    preferences,
    choosing,
    login,
    bookings,
    faq,
    alerts,
    reminders,
    invitations,
    staff,
    customer_notices,
    public_pages,
    emails,
    errors,
)

MESSAGES: dict[str, str | tuple[str, str]] = {
    key: words for area in _AREAS for key, words in area.MESSAGES.items()
}
"""Every text of all areas."""

if len(MESSAGES) != sum(len(area.MESSAGES) for area in _AREAS):
    raise RuntimeError("a text is in two areas")

TRANSLATOR = Translator(MESSAGES)


def text(key: str, /, **params: object) -> Say:
    """Return the Say of a text; raises KeyError for an unknown key."""
    if key not in MESSAGES:
        raise KeyError(key)
    return Say(key, params)


def secret_text(key: str, /, **params: object) -> Say:
    """Return the Say of a text that is erased after sending."""
    return Say(text(key).key, params, secret=True)


def error_text(error: SlotlineError) -> Say:
    """Return the message for an error, with those of its parameters that a text can hold."""
    facts = {
        name: value
        for name, value in error.params.items()
        if value is None or isinstance(value, str | int | Money)
    }
    return text(f"error.{error.code}", **facts)
