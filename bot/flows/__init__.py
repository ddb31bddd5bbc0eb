"""The flows, by the name a conversation keeps them under."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.dialogue.talk import Talk
from bot.flows.approve import decide, handback
from bot.flows.book import book
from bot.flows.booking_card import card, stays
from bot.flows.menu import human, language, menu, resume, welcome
from bot.flows.my_bookings import cancel, late, move, my_bookings, standing
from bot.flows.preferences import notify
from bot.flows.reminder_reply import reminder
from bot.flows.staff import FLOWS as DESK

FLOWS: dict[str, Callable[[Talk], Awaitable[None]]] = {
    "book": book,
    "cancel": cancel,
    "card": card,
    "decide": decide,
    "handback": handback,
    "human": human,
    "language": language,
    "late": late,
    "menu": menu,
    "move": move,
    "my_bookings": my_bookings,
    "notify": notify,
    "reminder": reminder,
    "resume": resume,
    "standing": standing,
    "stays": stays,
    "welcome": welcome,
    **DESK,
}
