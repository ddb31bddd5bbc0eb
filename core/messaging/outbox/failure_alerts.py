"""Final failures: the message goes to another conversation, or somebody is alerted."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
import structlog

from core.db.context import Context
from core.db.rows import Rows
from core.db.tables import bookings, conversations, lines, outbox
from core.messaging.messages import Json, Say
from core.messaging.outbox.alert_recipients import has_recipients
from core.messaging.outbox.routing import fall_back_message, is_for_staff
from core.messaging.outbox.staff_alerts import Event, alert_staff, enqueue_for_admins

log = structlog.get_logger(__name__)

ALARM_KEY = "alert.undelivered"
"""The alert that a message was not delivered: its kind and its text."""


@dataclass(frozen=True, slots=True)
class FailedMessage:
    """A row that failed; `message` is an encoded Say, `shop_id` the shop it or its line is of."""

    id: int
    message: Json
    queue: str
    kind: str
    secret: bool
    attempts: int
    conversation_id: int
    booking_id: int | None
    prompt_id: int | None
    name: str
    address: str
    shop_id: int | None
    ref: str | None


FAILED_MESSAGES = Rows(
    FailedMessage,
    sa.select(
        outbox.c.id,
        outbox.c.message,
        outbox.c.queue,
        outbox.c.kind,
        outbox.c.secret,
        outbox.c.attempts,
        outbox.c.conversation_id,
        outbox.c.booking_id,
        outbox.c.prompt_id,
        conversations.c.name,
        conversations.c.address,
        sa.func.coalesce(outbox.c.shop_id, conversations.c.shop_id, lines.c.shop_id).label(
            "shop_id"
        ),
        bookings.c.ref,
    )
    .join_from(outbox, conversations, conversations.c.id == outbox.c.conversation_id)
    .join(lines, lines.c.id == conversations.c.line_id)
    .outerjoin(bookings, bookings.c.id == outbox.c.booking_id),
)
"""What is read of a row before its failure is recorded."""


async def fall_back_or_alarm(
    ctx: Context, row: FailedMessage, error: str, *, why: str = "", unreachable: bool = False
) -> None:
    """Send a failed message to the next conversation, or alert the shop."""
    if unreachable:
        await ctx.execute(
            sa.update(conversations)
            .where(conversations.c.id == row.conversation_id)
            .values(unreachable_at=ctx.now)
        )
    if await fall_back_message(ctx, row.id) is None:
        await _alarm(ctx, row, error, why)


async def alert_undelivered(ctx: Context, row_id: int, error: str) -> None:
    """Alert the shop that a message reached nobody."""
    row = await ctx.fetch_first(FAILED_MESSAGES.where(outbox.c.id == row_id))
    if row is not None:
        await _alarm(ctx, row, error)


async def alert_unconfirmed(ctx: Context, row_id: int) -> None:
    """Alert the shop that nobody can tell whether a message arrived: it is not sent again."""
    row = await ctx.fetch_first(FAILED_MESSAGES.where(outbox.c.id == row_id))
    if row is not None:
        await _alarm(ctx, row, "accepted, unknown", "why.unconfirmed")


async def _alarm(ctx: Context, row: FailedMessage, error: str, why: str = "") -> None:
    """Alert the shop, or else the admins, once per day and conversation.

    Undelivered alerts to staff go to the admins: a shop without a working phone would alert itself
    for ever. Failed alarms, and codes, which anybody may request for a wrong number, are only
    logged.
    """
    log.error("outbox.undelivered", outbox_id=row.id, kind=row.kind, queue=row.queue, error=error)
    if row.secret or row.kind == ALARM_KEY:
        return
    say = Say(
        ALARM_KEY,
        {
            "customer": row.name or row.address,
            "phone": row.address,
            "ref": row.ref or "",
            "reason": Say(why) if why else error,
        },
    )
    unique_key = f"undelivered:{row.conversation_id}:{ctx.now:%Y-%m-%d}"
    theirs = None if is_for_staff(row.message) else row.shop_id
    if theirs is not None and await has_recipients(
        ctx, theirs, row.conversation_id, row.booking_id
    ):
        event = Event(theirs, ALARM_KEY, row.booking_id, conversation_id=row.conversation_id)
        await alert_staff(ctx, say, event, unique_key=unique_key)
    else:
        await enqueue_for_admins(
            ctx, say, kind=ALARM_KEY, conversation_id=row.conversation_id, unique_key=unique_key
        )
