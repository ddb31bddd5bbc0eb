"""All flows, by the name stored with a conversation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.dialogue.talk import Talk
from bot.flows.approve import decide_request
from bot.flows.book import book_appointment
from bot.flows.booking_card import handle_card_button, keep_booking
from bot.flows.invitations import accept_by_link, answer_invitation, end_own_chat
from bot.flows.menu import call_person, change_language, resume_talk, show_menu, welcome_customer
from bot.flows.my_bookings import (
    cancel_booking,
    move_booking,
    report_late,
    show_my_bookings,
    show_next_booking,
    show_status,
)
from bot.flows.preferences import change_preferences
from bot.flows.reminder_reply import answer_reminder
from bot.flows.staff import STAFF_FLOWS
from bot.flows.wrong_number import wrong_number

FLOWS: dict[str, Callable[[Talk], Awaitable[None]]] = {
    "book": book_appointment,
    "cancel": cancel_booking,
    "card": handle_card_button,
    "decide": decide_request,
    "human": call_person,
    "invitation": answer_invitation,
    "join": accept_by_link,
    "language": change_language,
    "late": report_late,
    "menu": show_menu,
    "move": move_booking,
    "my_bookings": show_my_bookings,
    "notify": change_preferences,
    "reminder": answer_reminder,
    "resume": resume_talk,
    "standing": show_next_booking,
    "status": show_status,
    "stays": keep_booking,
    "unpair": end_own_chat,
    "welcome": welcome_customer,
    "wrong_number": wrong_number,
    **STAFF_FLOWS,
}
