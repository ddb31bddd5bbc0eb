"""Lockout: who guesses passwords waits, longer each time.

Three tries, then a pause of 30 seconds; three more, then two minutes, ten, and an hour from then
on. A try is counted before the password is looked at, so that many at once have no more between
them than one after another. A day without a try, or the right password, and all is forgotten.
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
    """Count a try for a subject ("user:5", an address); return how many are left.

    SignInLocked (`seconds`) during a pause. Commit it, whatever the password turns out to be.
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
    """Begin anew: the password was right, or is another now."""
    names = [_hashed(subject) for subject in subjects]
    await ctx.execute(lockouts.delete().where(lockouts.c.subject.in_(names)))


def _hashed(subject: str) -> str:
    return sha256(subject.encode("utf-8", "replace")).hexdigest()
