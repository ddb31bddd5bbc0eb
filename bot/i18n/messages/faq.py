"""Answers to questions about a shop."""

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "answer": "{answer}",
    "hours": "Open {lines}.",
    "hours.day": "{first:weekday} {spans:and}",
    "hours.days": "{first:weekday}-{last:weekday} {spans:and}",
    "no_hours": "Opening hours on request.",
    "span": "{since}-{until}",
    "address": "We are at {address}.",
    "address_how": "We are at {address}. {directions}",
    "phone": "Our phone: {phone}.",
    "who": "With us: {people}.",
    "prices": "{services}.",
    "emergency": "In an emergency call {phone} now.",
    "unknown": "I do not know that. Reply PERSON to ask somebody.",
    "unknown_call": "I do not know that. Call {phone}, or reply PERSON.",
}
