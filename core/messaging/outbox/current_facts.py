"""Facts are read when they are said: a reminder names the shop's address of today.

The outbox keeps what was sold – service, price, length and time as agreed – and these say who sells
it and where, which may have changed since the message was planned.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core.messaging.messages import Say
from core.messaging.outbox.claimed_message import ClaimedMessage

_PLANNED = ("tell.", "reminder", "followup")
"""Prefixes of the texts that customers get later than they are made."""


def with_current_facts(say: Say, row: ClaimedMessage) -> Say:
    """Return a customer's message with the names and the address of now.

    `row` has them as shop_name, shop_address and provider_name (None: not about a booking). The
    provider is replaced in reminders only: other messages say who it was when it happened.
    """
    if not say.key.startswith(_PLANNED) or row.shop_name is None:
        return say
    facts: dict[str, Any] = {"shop": row.shop_name, "address": row.shop_address}
    if row.queue == "reminder" and row.provider_name:
        facts["provider"] = row.provider_name
    return _renewed(say, facts)


def _renewed(say: Say, facts: dict[str, Any]) -> Say:
    params = {
        name: _renewed(value, facts) if isinstance(value, Say) else facts.get(name, value)
        for name, value in say.params.items()
    }
    key = say.key
    if key in {"reminder.at", "reminder.on"}:
        # Whether there is an address at all may have changed, too.
        key = "reminder.at" if facts["address"] else "reminder.on"
        params["address"] = facts["address"]
    return replace(say, key=key, params=params)
