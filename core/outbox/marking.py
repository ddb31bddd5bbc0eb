"""What became of a claimed message: started, sent, failed and tried again, given up.

Every mark is one tiny transaction of its own and holds only while the lease is still ours.
"""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from core.context import Context, Row
from core.messages import Say
from core.models import bookings, conversations, lines, outbox, prompts
from core.outbox.posting import alert
from core.outbox.wiping import WIPED, WIPED_PROMPT

log = structlog.get_logger(__name__)

ATTEMPTS = 8
"""Tries before a message is given up."""

LEASE = timedelta(seconds=60)
"""How long a claimed row is left alone; longer than any send may take."""

FIRST_WAIT, LONGEST_WAIT, JITTER = 15.0, 3600.0, 0.2
"""Seconds before the second try, doubled each time up to an hour, give or take a fifth."""

_PROGRESS = ("", "accepted", "scheduled", "queued", "sending", "sent", "delivered", "read")
_FAILED = ("failed", "undelivered", "canceled")

UNFINISHED = sa.text("outbox.state IN ('due', 'sending')")
"""Written out, not bound: an index with a condition serves only queries that visibly share it."""

_behind = outbox.alias("behind")
_UNFINISHED_BEHIND = sa.text("behind.state IN ('due', 'sending')")

_MARK_SENT = (
    sa.update(outbox)
    .where(
        outbox.c.id == sa.bindparam("row_id"),
        outbox.c.lease == sa.bindparam("held"),
        outbox.c.state.in_(("sending", "due")),
    )
    .values(
        # The provider's callback may have overtaken us, even with a failure.
        state=sa.case((outbox.c.provider_status.in_(_FAILED), "failed"), else_="sent"),
        sent_at=sa.bindparam("now"),
        lease="",
        leased_until=None,
        provider_id=sa.bindparam("sid"),
        provider_status=sa.case(
            (outbox.c.provider_status == "", sa.bindparam("status")),
            else_=outbox.c.provider_status,
        ),
        body=sa.case((outbox.c.secret, ""), else_=sa.bindparam("as_sent")),
        segments=sa.bindparam("parts"),
        say=WIPED,
    )
    .returning(
        outbox.c.prompt_id,
        outbox.c.secret,
        sa.exists()
        .where(
            _UNFINISHED_BEHIND,
            # Written out: in RETURNING, SQLAlchemy leaves the table's name away on SQLite.
            _behind.c.conversation_id == sa.literal_column("outbox.conversation_id"),
            _behind.c.lane == sa.literal_column("outbox.lane"),
            _behind.c.id > sa.literal_column("outbox.id"),
        )
        .label("more"),
    )
)

_FACTS = (
    sa.select(
        outbox.c.id,
        outbox.c.say,
        outbox.c.lane,
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
    .outerjoin(bookings, bookings.c.id == outbox.c.booking_id)
)


async def start(ctx: Context, row_id: int, lease: str, *, until: timedelta = LEASE) -> bool:
    """Count an attempt and renew the lease; False if the row is no longer ours to send."""
    done = await ctx.execute(
        sa.update(outbox)
        .where(outbox.c.id == row_id, outbox.c.lease == lease, outbox.c.state == "sending")
        .values(attempts=outbox.c.attempts + 1, leased_until=ctx.now + until)
    )
    return done.rowcount == 1


async def mark_sent(
    ctx: Context,
    row_id: int,
    lease: str,
    *,
    provider_id: str = "",
    provider_status: str = "",
    body: str = "",
    segments: int = 0,
) -> bool:
    """Note that the provider took it, wiping what is secret; False if another has the row.

    See `finish`, which also tells whether more waits behind it.
    """
    marked, _ = await finish(
        ctx,
        row_id,
        lease,
        provider_id=provider_id,
        provider_status=provider_status,
        body=body,
        segments=segments,
    )
    return marked


async def finish(
    ctx: Context,
    row_id: int,
    lease: str,
    *,
    provider_id: str = "",
    provider_status: str = "",
    body: str = "",
    segments: int = 0,
) -> tuple[bool, bool]:
    """Note that the provider took it; return whether the row was ours, and whether more waits.

    What is secret is wiped, and the prompt it showed becomes the one shown last. More waits when
    its conversation has unfinished rows of the same lane behind it, which can be claimed once
    this is committed. A lease that ran out while nobody claimed the row anew still counts: better
    marked late than sent twice.
    """
    sent = (
        await ctx.execute(
            _MARK_SENT,
            {
                "row_id": row_id,
                "held": lease,
                "now": ctx.now,
                "sid": provider_id,
                "status": provider_status,
                "as_sent": body,
                "parts": segments,
            },
        )
    ).first()
    if sent is not None and sent.prompt_id is not None:
        shown: dict[str, Any] = {"shown_at": ctx.now, "message_id": provider_id}
        if sent.secret:
            shown["say"] = WIPED_PROMPT
        await ctx.execute(sa.update(prompts).where(prompts.c.id == sent.prompt_id).values(**shown))
    return (False, True) if sent is None else (True, sent.more)


async def mark_failed(
    ctx: Context,
    row_id: int,
    lease: str,
    *,
    error: str,
    permanent: bool = False,
    retry_after: float | None = None,
) -> str:
    """Note that a try failed; return the row's state now, or "" if another has the row.

    "due" again after a wait that doubles (or `retry_after` seconds, if the provider named them);
    "failed" if `permanent`; "dead" after `ATTEMPTS` tries. The last two tell the shop.
    """
    row = await ctx.first(
        _FACTS.where(
            outbox.c.id == row_id,
            outbox.c.lease == lease,
            outbox.c.state.in_(("sending", "due")),
        ).with_for_update(of=outbox, key_share=True)
    )
    if row is None:
        return ""
    if permanent or row.attempts >= ATTEMPTS:
        state = "failed" if permanent else "dead"
        await give_up(ctx, row, state, error)
        await _alarm(ctx, row, error)
        return state
    await ctx.execute(
        sa.update(outbox)
        .where(outbox.c.id == row_id)
        .values(
            state="due",
            lease="",
            leased_until=None,
            error=error,
            due_at=ctx.now + _wait(ctx, row.attempts, retry_after),
        )
    )
    return "due"


async def requeue_expired_leases(ctx: Context) -> int:
    """Make rows due again whose sender vanished; return how many. Worn out ones die."""
    expired = sa.and_(UNFINISHED, outbox.c.state == "sending", outbox.c.leased_until <= ctx.now)
    for row in await ctx.all(_FACTS.where(expired, outbox.c.attempts >= ATTEMPTS)):
        await give_up(ctx, row, "dead", "the sender vanished")
        await _alarm(ctx, row, "the sender vanished")
    # The lease stays on the row: a sender that was merely slow may still mark it sent.
    done = await ctx.execute(
        sa.update(outbox).where(expired).values(state="due", leased_until=None)
    )
    return int(done.rowcount)


async def provider_status(
    ctx: Context, provider_id: str, status: str, error: str = "", *, outbox_id: int | None = None
) -> bool:
    """Note what the provider says became of a message; False if that is unknown or no news.

    Callbacks come in any order: a status never moves back, and a failure is final and told to
    the shop. With `outbox_id` (from the callback's address) one that overtakes our own mark is
    not lost.
    """
    if status in _FAILED:
        before = _PROGRESS[: _PROGRESS.index("sent") + 1]
    elif status in _PROGRESS[1:]:
        before = _PROGRESS[: _PROGRESS.index(status)]
    else:
        return False
    which = outbox.c.provider_id == provider_id
    if outbox_id is not None:
        which |= (outbox.c.id == outbox_id) & (outbox.c.provider_id == "")
    news: dict[str, Any] = {"provider_status": status, "provider_id": provider_id}
    if status in _FAILED:
        news["error"] = error or status
        news["state"] = sa.case((outbox.c.state == "sent", "failed"), else_=outbox.c.state)
    row_id = (
        await ctx.execute(
            sa.update(outbox)
            .where(which, outbox.c.provider_status.in_(before))
            .values(**news)
            .returning(outbox.c.id)
        )
    ).scalar()
    if row_id is not None and status in _FAILED:
        row = await ctx.first(_FACTS.where(outbox.c.id == row_id))
        assert row is not None
        await _alarm(ctx, row, error or status)
    return row_id is not None


async def give_up(ctx: Context, row: Row, state: str, error: str) -> None:
    """End a row unsent: nothing secret stays, and its prompt's numbers are free again."""
    await ctx.execute(
        sa.update(outbox)
        .where(outbox.c.id == row.id)
        .values(state=state, error=error, lease="", leased_until=None, body="", say=WIPED)
    )
    if row.prompt_id is not None:
        unshown = sa.update(prompts).where(
            prompts.c.id == row.prompt_id, prompts.c.shown_at.is_(None)
        )
        wiped = {"say": WIPED_PROMPT} if row.secret else {}
        await ctx.execute(unshown.values(base=None, **wiped))


def _wait(ctx: Context, attempts: int, retry_after: float | None) -> timedelta:
    if retry_after is not None:
        return timedelta(seconds=max(1, math.ceil(retry_after)))
    wait = FIRST_WAIT * 2 ** max(0, attempts - 1) * ctx.random.uniform(1 - JITTER, 1 + JITTER)
    return timedelta(seconds=round(min(wait, LONGEST_WAIT)))


async def _alarm(ctx: Context, row: Row, error: str) -> None:
    """Tell the shop that somebody was not reached, at most once a day and conversation.

    Not about alerts, or a shop without a working phone would alert itself for ever; and not
    about codes, which anybody may have sent to a wrong number. Those are logged.
    """
    log.error("outbox.undelivered", outbox_id=row.id, kind=row.kind, lane=row.lane, error=error)
    if row.say["key"].startswith("alert.") or row.secret or row.shop_id is None:
        return
    params = {
        "customer": row.name or row.address,
        "phone": row.address,
        "ref": row.ref or "",
        "reason": error,
    }
    await alert(
        ctx,
        Say("alert.undelivered", params),
        shop_id=row.shop_id,
        kind="alert.undelivered",
        booking_id=row.booking_id,
        conversation_id=row.conversation_id,
        unique_key=f"undelivered:{row.conversation_id}:{ctx.now:%Y-%m-%d}",
    )
