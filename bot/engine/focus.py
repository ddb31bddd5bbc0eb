"""The booking a conversation is about: the one booked, moved or shown last, for a day.

Right after "Booked" or a list of bookings, "make it 11", "30 minutes later", "is it confirmed?" and
"cancel it" mean that booking.
"""

from __future__ import annotations

from datetime import timedelta

from bot.dialogue.heard import Heard
from bot.engine.turn_state import TurnState

FOCUS_LASTS = timedelta(days=1)
"""How long after a booking was spoken of "it" means that booking."""

_AT_REST = frozenset({"welcome", "menu", "standing"})
"""Flows that only offer what could be done next."""

_CHANGES_TIME = frozenset(
    {"book", "move", "no", "yes", "later", "earlier", "thanks", "greet", "wait"}
)


def focused_booking(turn: TurnState) -> int | None:
    """Return the id of the booking in focus, or None if there is none or another talk goes on."""
    top = turn.stack[-1] if turn.stack else None
    shown = top is not None and top.flow == "my_bookings" and top.step.endswith("/todo")
    at_rest = top is None or top.flow in _AT_REST or shown
    if turn.focus is None or not at_rest or turn.conversation.staff:
        return None
    booking_id, since = turn.focus
    return booking_id if turn.received_at - since < FOCUS_LASTS else None


def continue_with_focus(turn: TurnState, heard: Heard) -> bool | None:
    """Start the flow that a message about the booking in focus means.

    Returns whether the message is fully handled, None if it is not about that booking.
    """
    said = heard.understood
    booking_id = focused_booking(turn) if said is not None else None
    if said is None or booking_id is None:
        return None
    if said.intent in {"cancel", "move"} and not (said.date or said.weekdays or said.service):
        turn.end_all_flows()
        turn.begin_flow(said.intent, booking=booking_id)
        return said.intent == "cancel"
    if "ask_status" in said.acts and said.intent in {None, "my_bookings", "book"}:
        turn.end_all_flows()
        turn.begin_flow("status", booking=booking_id)
        return True
    other = said.service or said.provider or said.attendee or set(said.acts) - _CHANGES_TIME
    if other:
        return None
    timed = said.time is not None or said.time_to is not None or said.date is not None
    if said.minutes_shifted or (timed and said.alters):
        turn.end_all_flows()
        turn.begin_flow("move", booking=booking_id)
        return False
    return None
