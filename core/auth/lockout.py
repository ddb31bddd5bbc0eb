"""Lockout against password guessing, with growing pauses.

Three failures pause for 30 seconds, three more for two minutes, then ten minutes, then an hour each
time. An attempt is counted before the password is checked, so parallel attempts gain nothing over
sequential ones. The count is cleared by a correct password or after a day without an attempt.
"""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import lockouts
from core.errors import SignInLocked

ATTEMPTS_PER_ROUND = 3
LOCKOUT_PERIODS = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
)
ATTEMPTS_EXPIRE_AFTER = timedelta(days=1)


async def count_attempt(ctx: Context, subject: str) -> int:
    """Count an attempt for a subject ("user:5", an address) and return how many are left.

    Raise SignInLocked (`seconds`) during a pause. Commit the count whether or not the password is
    right.
    """
    name = _hashed(subject)
    new = {"subject": name, "tries": 0, "last_at": ctx.now}
    await ctx.execute(ctx.insert_ignoring_conflicts(lockouts, new))
    row = await ctx.first(
        sa.select(lockouts).where(lockouts.c.subject == name).with_for_update(key_share=True)
    )
    assert row is not None
    if row.until is not None and row.until > ctx.now:
        raise SignInLocked(seconds=int((row.until - ctx.now).total_seconds()))
    before = 0 if ctx.now - row.last_at >= ATTEMPTS_EXPIRE_AFTER else row.tries
    rounds, left = divmod(before + 1, ATTEMPTS_PER_ROUND)
    pause = None if left else LOCKOUT_PERIODS[min(rounds, len(LOCKOUT_PERIODS)) - 1]
    await ctx.execute(
        lockouts.update()
        .where(lockouts.c.id == row.id)
        .values(tries=before + 1, last_at=ctx.now, until=pause and ctx.now + pause)
    )
    return (ATTEMPTS_PER_ROUND - left) % ATTEMPTS_PER_ROUND


async def clear_attempts(ctx: Context, *subjects: str) -> None:
    """Clear the count after a correct or a changed password."""
    names = [_hashed(subject) for subject in subjects]
    await ctx.execute(lockouts.delete().where(lockouts.c.subject.in_(names)))


def _hashed(subject: str) -> str:
    return sha256(subject.encode("utf-8", "replace")).hexdigest()
