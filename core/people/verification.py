"""Proving an address, and giving one up."""

from __future__ import annotations

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import conversations, identities, lines, members, prompts, users
from core.errors import NotAllowed
from core.messaging.conversations import closed_conversation_state
from core.messaging.outbox.enqueue import cancel_pending
from core.people.identities import (
    IdentityKind,
    assign_identity,
    get_or_create_active_user,
    get_or_create_identity,
    is_active_identity,
    recently_verified,
)
from core.people.staff_proofs import VOUCHING


async def verify_identity(
    ctx: Context, kind: IdentityKind, value: str, *, conversation_id: int, name: str = ""
) -> int:
    """Note that whoever talks here has just proved an address; return the user's id.

    The address decides who somebody is, so that one person is one user on every channel:

    - It belongs to a user already: they are that user.
    - It is nobody's: it joins the user this conversation is known to belong to, by a proof that
      holds or a channel that vouches for its senders; else a new user is made. It never joins
      somebody who works at a shop or is an admin: it could be used to sign in as them.
    - The conversation's own identity joins that user too. When it was another user's, it changes
      hands: that user keeps their phones and history, and finds them there. Only an SMS number
      that is another user's stays where it is, for an SMS can be sent in anybody's name.

    `name` is taken for a user who has none. NotAllowed for a user who was deactivated.
    """
    await ctx.execute(
        ctx.insert_ignoring_conflicts(
            identities, {"kind": kind, "value": value, "created_at": ctx.now}
        )
    )
    # Locked: of two who prove one address at once, the second finds the first one's user.
    talk = sa.select(conversations.c.identity_id, lines.c.channel).join_from(conversations, lines)
    here = talk.where(conversations.c.id == conversation_id).subquery()
    it = is_active_identity(kind, value)
    found = await ctx.all(
        sa.select(
            identities.c.id,
            identities.c.user_id,
            identities.c.proved_at,
            identities.c.used_at,
            it.label("it"),
            here.c.channel,
        )
        .join_from(identities, here, sa.true())
        .where(it | (identities.c.id == here.c.identity_id), identities.c.ended_at.is_(None))
        .order_by(identities.c.id)
        .with_for_update(key_share=True, of=identities)
    )
    proved = next(row for row in found if row.it)
    own = next((row for row in found if not row.it), None)
    vouched = own is not None and proved.channel in VOUCHING
    user_id = proved.user_id
    if user_id is None and own is not None:
        sure = vouched or recently_verified(own.proved_at, own.used_at, ctx.now)
        # A code in a customers' talk opens no door of a shop or of the installation: whoever
        # proves a phone there does not add it to an account that has the keys.
        user_id = own.user_id if sure and not await _has_keys(ctx, own.user_id) else None
    user_id = await get_or_create_active_user(ctx, user_id, name)
    await assign_identity(ctx, proved.id, user_id, verified=True)
    if own is not None and (vouched or own.user_id in (None, user_id)):
        await assign_identity(ctx, own.id, user_id, verified=vouched)
    return user_id


async def _has_keys(ctx: Context, user_id: int | None) -> bool:
    """Whether a user works at a shop or is an admin."""
    works = sa.exists().where(members.c.user_id == users.c.id)
    return bool(
        await ctx.scalar(sa.select(users.c.id).where(users.c.id == user_id, works | users.c.admin))
    )


async def detach_identity(ctx: Context, conversation_id: int) -> None:
    """End the identity of a conversation ("wrong number"): whoever talks now is nobody known.

    What the former person had stays theirs, and shows here no more: the talk under way and its
    questions are closed, what was to be sent is dropped, also in other conversations with the
    same address. An opt-out stays: it is the number's.
    """
    identity = await ctx.first(
        sa.select(identities)
        .join_from(conversations, identities)
        .where(conversations.c.id == conversation_id)
    )
    if identity is None:
        return
    await ctx.execute(
        sa.update(identities)
        .where(identities.c.id == identity.id, identities.c.ended_at.is_(None))
        .values(ended_at=ctx.now)
    )
    fresh = await get_or_create_identity(ctx, identity.kind, identity.value)
    talks = (
        await ctx.execute(
            sa.update(conversations)
            .where(conversations.c.identity_id == identity.id)
            .values(
                identity_id=fresh,
                state=closed_conversation_state(ctx),
                name="",
                human_until=None,
                consented_at=None,
                consent="",
                misunderstood=0,
            )
            .returning(conversations.c.id)
        )
    ).scalars()
    ids = list(talks)
    await ctx.execute(
        sa.update(prompts)
        .where(prompts.c.conversation_id.in_(ids), prompts.c.closed_at.is_(None))
        .values(closed_at=ctx.now)
    )
    await cancel_pending(ctx, reason="wrong number", conversation_ids=ids)


async def verify_identity_without_conversation(
    ctx: Context, kind: IdentityKind, value: str, *, name: str = "", user_id: int | None = None
) -> int:
    """Note that whoever is at hand, outside of any conversation, proved an address.

    It is its user's, if it has one; else `user_id`'s, else a new user's. Returns whose it is;
    NotAllowed for a user who was deactivated, and for an address that is another's than `user_id`.
    """
    await get_or_create_identity(ctx, kind, value)
    row = await ctx.first(
        sa.select(identities.c.id, identities.c.user_id)
        .where(is_active_identity(kind, value))
        .with_for_update(key_share=True)
    )
    assert row is not None
    if None not in {row.user_id, user_id} and row.user_id != user_id:
        raise NotAllowed(user=user_id)
    whose = await get_or_create_active_user(ctx, row.user_id or user_id, name)
    await assign_identity(ctx, row.id, whose, verified=True)
    return whose
