"""Pairing: a one-time code by which a member's own chat becomes theirs.

Long enough that nobody guesses it, good once, for a day; the database keeps a keyed hash.
"""

from __future__ import annotations

import hmac
from datetime import timedelta

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import identities, members, one_time_codes
from core.errors import CodeExpired, NotFound
from core.people.verification import assign_conversation

PAIRING_PURPOSE = "pair"
PAIRING_LIFETIME = timedelta(hours=24)
CODE_LENGTH = 10
CODE_ALPHABET = "2346789CDFHJKMNPQRTVWXYZ"
"""As of bookings' references, none mistaken for another: 63 bits."""

START_PREFIX = "pair_"
"""How the code begins as what a link hands over: t.me/bot?start=pair_…"""


async def issue_pairing_code(ctx: Context, user_id: int) -> str:
    """Return a new code for somebody who works at a shop; an older one is dead from now on.

    NotFound for a user who works nowhere.
    """
    works = sa.select(members.c.shop_id).where(members.c.user_id == user_id).limit(1)
    shop_id = await ctx.scalar(works)
    if shop_id is None:
        raise NotFound(member=user_id)
    owner = str(user_id)
    await ctx.execute(
        sa.update(one_time_codes)
        .where(
            one_time_codes.c.purpose == PAIRING_PURPOSE,
            one_time_codes.c.phone == owner,
            one_time_codes.c.used_at.is_(None),
            one_time_codes.c.dead_at.is_(None),
        )
        .values(dead_at=ctx.now)
    )
    code = "".join(ctx.random.choices(CODE_ALPHABET, k=CODE_LENGTH))
    await ctx.insert(
        one_time_codes,
        phone=owner,
        prefix=PAIRING_PURPOSE,
        purpose=PAIRING_PURPOSE,
        shop_id=shop_id,
        digest=_digest(ctx, code),
        created_at=ctx.now,
        expires_at=ctx.now + PAIRING_LIFETIME,
        facts={"user": user_id},
    )
    return code


async def issue_pairing_code_for_phone(ctx: Context, phone: str) -> str:
    """Return a new code for the member with this phone (E.164); NotFound if none has it."""
    owner = sa.select(identities.c.user_id).where(
        identities.c.kind == "phone", identities.c.value == phone, identities.c.ended_at.is_(None)
    )
    return await issue_pairing_code(ctx, int(await ctx.scalar(owner) or 0))


async def pair_conversation(ctx: Context, conversation_id: int, code: str) -> int:
    """Make the identity of a conversation the member's whose code this is; return the user's id.

    CodeDead for any that is wrong, used or too old: which of these is nobody's business.
    """
    row = await ctx.first(
        sa.update(one_time_codes)
        .where(
            one_time_codes.c.purpose == PAIRING_PURPOSE,
            one_time_codes.c.digest == _digest(ctx, code.strip().upper()),
            one_time_codes.c.used_at.is_(None),
            one_time_codes.c.dead_at.is_(None),
            one_time_codes.c.expires_at > ctx.now,
        )
        .values(used_at=ctx.now)
        .returning(one_time_codes.c.facts)
    )
    if row is None:
        raise CodeExpired
    user_id = int(row.facts["user"])
    await assign_conversation(ctx, conversation_id, user_id)
    return user_id


def _digest(ctx: Context, code: str) -> str:
    key = hmac.digest(ctx.secret, b"pairing", "sha256")
    return hmac.digest(key, code.encode(), "sha256").hex()
