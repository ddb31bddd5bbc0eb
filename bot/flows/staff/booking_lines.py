"""Bookings as displayed to staff: a line, a card, and a list to choose from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import count

from bot.dialogue.heard import Heard
from bot.dialogue.questions import MISSING
from bot.dialogue.talk import Talk
from bot.flows.staff.permissions import StaffContext
from bot.i18n.messages import text
from core.bookings.booking import Booking, load_booking
from core.bookings.transitions import OPEN_STATES
from core.messaging.messages import Choice, Json, Say
from core.values.text_folding import name_matches

_REF = re.compile(
    r"\b([2346789CDFHJKMNPQRTVWXY]{3})-?([2346789CDFHJKMNPQRTVWXY]{3})\b", re.IGNORECASE
)
_PLAIN = {"confirmed"}


def find_reference(words: str) -> str:
    """Return the booking reference in a message in canonical form; "" if there is none."""
    found = _REF.search(words)
    return f"{found[1]}-{found[2]}".upper() if found else ""


def attendee_name(one: Booking) -> str:
    """Return the name of the attendee, else of the customer."""
    return one.attendee or one.customer_name or str(one.snapshot.get("customer") or "?")


def customer_phone(one: Booking) -> str:
    """Return the customer's phone; "" if there is none."""
    return str(one.snapshot.get("phone") or one.customer_phone)


def agenda_line(desk: StaffContext, one: Booking) -> Say:
    """Return a booking as an agenda line, with provider, phone and state where relevant."""
    facts: dict[str, object] = {
        "when": one.local_start,
        "customer": attendee_name(one),
        "service": str(one.snapshot["service"]),
    }
    say = text("desk.row", **facts)
    if len(desk.allowed_providers) > 1:
        say = text("desk.row_with", row=say, provider=str(one.snapshot["provider"]))
    if desk.can("phones") and customer_phone(one):
        say = text("desk.row_phone", row=say, phone=customer_phone(one))
    if one.late_minutes and one.state in OPEN_STATES:
        say = text("desk.row_late", row=say, count=one.late_minutes)
    if one.state not in _PLAIN:
        say = text("desk.row_state", row=say, state=text(f"state.{one.state}"))
    return say


def booking_summary(one: Booking) -> Say:
    """Return a booking as a sentence: customer, service, provider and time."""
    return text(
        "desk.line",
        customer=attendee_name(one),
        service=str(one.snapshot["service"]),
        provider=str(one.snapshot["provider"]),
        when=one.local_start,
    )


def staff_booking_card(desk: StaffContext, one: Booking) -> Say:
    """Return a booking's card with the details that the member may see."""
    facts: dict[str, object] = {"booking": booking_summary(one), "ref": one.ref}
    say = text("desk.card", state=text(f"state.{one.state}"), **facts)
    if desk.can("phones") and customer_phone(one):
        say = text("desk.card_phone", card=say, phone=customer_phone(one))
    if one.purpose or one.note:
        say = text("desk.card_note", card=say, note=(one.purpose or one.note)[:80])
    return say


def call_request(desk: StaffContext, one: Booking) -> Say:
    """Return a request to call a customer whom the bot cannot reach."""
    if desk.can("phones") and customer_phone(one):
        return text("desk.call", customer=attendee_name(one), phone=customer_phone(one))
    return text("desk.call_desk", customer=attendee_name(one))


def customer_told(talk: Talk, booking_id: int) -> list[str]:
    """Return how this turn told a booking's customer: outcome and channel; [] if it did not."""
    found = [t for t in talk.ctx.told if t.who == "customer" and t.booking_id == booking_id]
    return [found[-1].outcome, found[-1].how] if found else []


def told_line(desk: StaffContext, one: Booking, told: Sequence[str]) -> Say:
    """Return by which channel a customer is told, else a request to call them."""
    outcome, how = told
    if outcome != "sending":
        return call_request(desk, one)
    return text("desk.told", customer=attendee_name(one), channel=text(f"channel.{how}"))


async def reload_booking(talk: Talk, desk: StaffContext, booking_id: int) -> Booking:
    """Return a booking's current state; raises NotFound if it is not visible to the member."""
    return desk.ensure_visible(await load_booking(talk.ctx, booking_id, shop_id=desk.shop_id))


async def pick_booking(
    talk: Talk, desk: StaffContext, found: Sequence[Booking], say: Say, *, size: int
) -> Booking:
    """Let the member choose a booking from pages by number, name or reference."""
    skip = 0
    for number in count(1):
        page = found[skip : skip + size]
        rest = len(found) - skip - len(page)

        async def options(page: Sequence[Booking] = page, rest: int = rest) -> Sequence[Choice]:
            listed = [Choice(one.id, agenda_line(desk, one), (one.ref.casefold(),)) for one in page]
            if rest:
                listed.append(Choice("more", text("desk.more", count=rest), ("more", "@more")))
            return listed

        async def read(heard: Heard) -> Json:
            said = heard.text
            if not said or not heard.step:
                return MISSING
            named = [one.id for one in found if name_matches(said, attendee_name(one))]
            by_ref = [one.id for one in found if one.ref == find_reference(heard.text)]
            one = by_ref or named
            return one[0] if len(one) == 1 else MISSING

        chosen = await talk.choose(f"list{number}", say, options, read=read, recheck=False)
        if chosen != "more":
            return await reload_booking(talk, desk, int(chosen))
        skip += size
    raise AssertionError  # pragma: no cover - count() never ends
