"""What became of a claimed message: started, sent, failed and tried again, given up.

Every mark is one tiny transaction of its own and holds only while the lease is still ours.
"""

from __future__ import annotations

import math
from datetime import timedelta

import sqlalchemy as sa

from core.context import Context, Row
from core.models import outbox, prompts
from core.outbox.alarming import FACTS, elsewhere
from core.outbox.finishing import Done, finish_all
from core.outbox.wiping import WIPED, WIPED_PROMPT

ATTEMPTS = 8
"""Tries before a message is given up."""

UNCERTAIN_ATTEMPTS = 10
"""Tries where the provider may have taken it without saying so: they last for more than an hour."""

LEASE = timedelta(seconds=60)
"""How long a claimed row is left alone; longer than any send may take."""

FIRST_WAIT, LONGEST_WAIT, JITTER = 15.0, 3600.0, 0.2
"""Seconds before the second try, doubled each time up to an hour, give or take a fifth."""

VANISHED = "the sender vanished"
"""The error of a row whose sender ended without a word; maybe because of it."""

UNFINISHED = sa.text("outbox.state IN ('due', 'sending')")
"""Written out, not bound: an index with a condition serves only queries that visibly share it."""


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

    See `finish_all`.
    """
    done = Done(row_id, lease, provider_id, provider_status, body, segments)
    return bool(await finish_all(ctx, [done]))


async def mark_failed(
    ctx: Context,
    row_id: int,
    lease: str,
    *,
    error: str,
    permanent: bool = False,
    retry_after: float | None = None,
    unreachable: bool = False,
    why: str = "",
    counts: bool = True,
    attempts: int = ATTEMPTS,
) -> str:
    """Note that a try failed; return the row's state now, or "" if another has the row.

    "due" again after a wait that doubles (or `retry_after` seconds, if the provider named them);
    "failed" if `permanent`; "dead" after `attempts` tries, of which this is one if it `counts`: an
    outage of the provider is no fault of the message. Then the next conversation of the same
    person is tried (`core.outbox.routing`), and without one the shop is told, in words of the text
    `why` if there is one. `unreachable` says that nothing will get there, and is kept in mind until
    they write again.
    """
    row = await ctx.first(
        FACTS.where(
            outbox.c.id == row_id,
            outbox.c.lease == lease,
            outbox.c.state.in_(("sending", "due")),
        ).with_for_update(of=outbox, key_share=True)
    )
    if row is None:
        return ""
    if permanent or (counts and row.attempts >= attempts):
        state = "failed" if permanent else "dead"
        await give_up(ctx, row, state, error)
        await elsewhere(ctx, row, error, why=why, unreachable=unreachable)
        return state
    await ctx.execute(
        sa.update(outbox)
        .where(outbox.c.id == row_id)
        .values(
            state="due",
            lease="",
            leased_until=None,
            error=error,
            attempts=outbox.c.attempts if counts else outbox.c.attempts - 1,
            due_at=ctx.now + _wait(ctx, row.attempts, retry_after),
        )
    )
    return "due"


async def release(ctx: Context, row_id: int, lease: str) -> None:
    """Give a row back that was claimed and started, but not tried: there was no room for it."""
    await ctx.execute(
        sa.update(outbox)
        .where(outbox.c.id == row_id, outbox.c.lease == lease, outbox.c.state == "sending")
        .values(state="due", lease="", leased_until=None, attempts=outbox.c.attempts - 1)
    )


async def requeue_expired_leases(ctx: Context) -> int:
    """Make rows due again whose sender vanished; return how many. Worn out ones die."""
    expired = sa.and_(UNFINISHED, outbox.c.state == "sending", outbox.c.leased_until <= ctx.now)
    for row in await ctx.all(FACTS.where(expired, outbox.c.attempts >= ATTEMPTS)):
        await give_up(ctx, row, "dead", VANISHED)
        await elsewhere(ctx, row, VANISHED)
    # The lease stays on the row: a sender that was merely slow may still mark it sent.
    done = await ctx.execute(
        sa.update(outbox).where(expired).values(state="due", leased_until=None, error=VANISHED)
    )
    return int(done.rowcount)


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
