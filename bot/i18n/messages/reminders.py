"""Texts of reminders and of the outcome question."""

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "reminder": "{shop}: {what}, {at}. Ref {ref}. Will you come?",
    "reminder.sure": "{shop}: {what}, {at}. Ref {ref}. See you then!",
    "reminder.what": "{service} with {provider}",
    "reminder.what_for": "{service} for {attendee} with {provider}",
    "reminder.discreet": "your appointment",
    "reminder.at": "{when}, {address}",
    "reminder.on": "{when}",
    "reminder.come": "Yes, I come",
    "reminder.noted": "Thank you, see you then: {booking}.",
    "reminder.moved_since": "That was moved meanwhile. It stands now: {booking}. {state}.",
    "reminder.over": "{booking}: {state}. I changed nothing.",
    "followup": "{shop}: thank you for coming, {name}. Write me here whenever you want to come "
    "again.",
    "alert.lapsed": "No answer to the time you proposed: {customer}, {service} with {provider}, "
    "{when} stands. Ref {ref}",
    "alert.outcome": "Did {customer} come? {service} with {provider}, {when}. Ref {ref}",
    "alert.completed": "Came, says {by}: {customer}, {service} with {provider}, {when}. Ref {ref}",
    "alert.no_show": "Did not come, says {by}: {customer}, {service} with {provider}, {when}. "
    "Ref {ref}",
    "came": "Came",
    "did_not_come": "Did not come",
    "propose": "Propose another time",
}
