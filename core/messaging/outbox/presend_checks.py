"""Just before sending: whether a message is still true and may go there now, and today's facts.

The outbox keeps what was sold – service, price, length and time as agreed. Who sells it and where
may have changed since the message was planned, so that is read when it is said.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import outbox, prompts
from core.localtime import quiet_hours
from core.messaging.messages import Say
from core.messaging.outbox import routing
from core.messaging.outbox.acknowledge import abandon_message
from core.messaging.outbox.claimed_message import ClaimedMessage
from core.messaging.outbox.enqueue import OPTED_OUT_REASON
from core.messaging.outbox.failure_alerts import alert_undelivered

QUIET_RECHECK_AFTER = timedelta(minutes=10)
"""A reminder this late respects the quiet hours of the present moment, too.

A shorter delay is just load: what was due at 20:59 still goes out at 21:00.
"""

TOO_LATE = "too late"

# A visit without an outcome is assumed to have taken place.
_STANDS = {"followup": ("confirmed", "in_progress", "completed")}


async def recheck_before_send(
    ctx: Context, row: ClaimedMessage
) -> Literal["send", "moved", "dropped", "postponed"]:
    """Check a claimed row again before it is sent; drop, move or postpone it if necessary.

    A reminder is dropped unless its booking stands at the start it names. In quiet hours it is
    postponed, and so are alerts in a member's own quiet hours. A message that cannot go to this
    conversation moves to the next one ("moved"); without one the reason is recorded.
    """
    if why := obsolete_reason(row, ctx):
        await _drop(ctx, row, why)
        return "dropped"
    if (until := _quiet_until(row, ctx)) is not None:
        if row.expires_at is not None and until > row.expires_at:
            await _drop(ctx, row, "quiet hours")
            return "dropped"
        waits = sa.update(outbox).where(outbox.c.id == row.id)
        await ctx.execute(
            waits.values(state="due", due_at=until, lease="", leased_until=None, attempts=0)
        )
        return "postponed"
    if why := routing.why_blocked(row, ctx.now):
        if await routing.redirect_message(ctx, row, why):
            return "moved"
        await _drop(ctx, row, why)
        if why != OPTED_OUT_REASON:
            await alert_undelivered(ctx, row.id, why)
        return "dropped"
    return "send"


def obsolete_reason(row: ClaimedMessage, ctx: Context) -> str:
    """Return why a message is obsolete, or ""."""
    if row.expires_at is not None and row.expires_at < ctx.now:
        return TOO_LATE
    if row.queue != "reminder" or row.booking_state is None or row.booking_starts is None:
        return ""
    said = row.message["params"].get("when")
    if said is not None and said["at"] != int(row.booking_starts.timestamp()):
        return "the booking was moved"
    if row.booking_state not in _STANDS.get(row.kind, ("confirmed",)):
        return f"the booking is {row.booking_state}"
    return ""


def _quiet_until(row: ClaimedMessage, ctx: Context) -> datetime | None:
    own = row.own_quiet_from, row.own_quiet_until
    if row.queue == "alert" and routing.is_for_staff(row.message) and None not in own:
        span = quiet_hours.quiet_span(
            ctx.now, row.timezone or "UTC", quiet_hours.effective_quiet_hours(own)
        )
        return span and span[1]
    if row.queue != "reminder":
        return None
    hours = quiet_hours.effective_quiet_hours(own, (row.quiet_from, row.quiet_until))
    moments = [row.due_at] if ctx.now - row.due_at < QUIET_RECHECK_AFTER else [row.due_at, ctx.now]
    for moment in moments:
        span = quiet_hours.quiet_span(moment, row.timezone or "UTC", hours)
        if span is not None and span[1] > ctx.now:
            return span[1]
    return None


async def _drop(ctx: Context, row: ClaimedMessage, why: str) -> None:
    if ctx.hooks.message_dropped is not None:
        ctx.after_commit.append(partial(ctx.hooks.message_dropped, row.queue))
    await abandon_message(ctx, row, "dropped", why)
    if row.prompt_id is not None and row.queue == "reminder":
        await ctx.execute(
            sa.update(prompts).where(prompts.c.id == row.prompt_id).values(closed_at=ctx.now)
        )


# --------------------------------------------------------------------------------- current facts

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
