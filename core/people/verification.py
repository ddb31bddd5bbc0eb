"""Verifying an identity, and releasing one."""

from __future__ import annotations

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import conversations, identities, lines, members, prompts, reaches, users
from core.errors import NotAllowed
from core.messaging.conversations import closed_conversation_state
from core.messaging.outbox.enqueue import cancel_pending
from core.people.identities import (
    VOUCHING,
    IdentityKind,
    assign_identity,
    get_or_create_active_user,
    get_or_create_identity,
    is_active_identity,
    recently_verified,
)
from core.people.noted_customers import adopt_noted_customers


async def verify_identity(
    ctx: Context,
    kind: IdentityKind,
    value: str,
    *,
    conversation_id: int,
    name: str = "",
    by_code: bool = True,
) -> int:
    """Record that the person in this conversation verified an address; return the user's id.

    The address decides who the person is, so that one person is one user on every channel. If it
    belongs to a user, they are that user. Otherwise it is added to the user this conversation is
    known to belong to, by a valid verification or a channel that authenticates the sender; else a
    new user is created. It is never added to a member or an admin, since it could be used to sign
    in as them.

    The conversation's own identity is assigned to that user, too. If it was another user's, it is
    transferred; that user keeps their phones and history. Only another user's SMS number stays,
    since the sender of an SMS can be forged.

    `name` is for a user who has none. `by_code` is False if only the channel vouched for the
    address, which does not verify it on SMS. Raise NotAllowed for a deactivated user.
    """
    await ctx.execute(
        ctx.insert_ignoring_conflicts(
            identities, {"kind": kind, "value": value, "created_at": ctx.now}
        )
    )
    # Locked: of two concurrent verifications of one address, the second finds the first's user.
    talk = sa.select(conversations.c.identity_id, lines.c.channel).join_from(conversations, lines)
    here = talk.where(conversations.c.id == conversation_id).subquery()
    it = is_active_identity(kind, value)
    found = await ctx.all(
        sa.select(
            identities.c.id,
            identities.c.user_id,
            identities.c.code_verified_at,
            identities.c.used_at,
            it.label("it"),
            here.c.channel,
        )
        .join_from(identities, here, sa.true())
        .where(it | (identities.c.id == here.c.identity_id), identities.c.released_at.is_(None))
        .order_by(identities.c.id)
        .with_for_update(key_share=True, of=identities)
    )
    proved = next(row for row in found if row.it)
    own = next((row for row in found if not row.it), None)
    vouched = own is not None and proved.channel in VOUCHING
    user_id = proved.user_id
    if user_id is None and own is not None:
        sure = vouched or recently_verified(own.code_verified_at, own.used_at, ctx.now)
        # A code in a customer's conversation must give no access to a shop or the installation:
        # whoever verifies a phone there does not add it to a member's or admin's account.
        user_id = own.user_id if sure and not await _has_keys(ctx, own.user_id) else None
    user_id = await get_or_create_active_user(ctx, user_id, name)
    await assign_identity(ctx, proved.id, user_id, verified=True, by_code=by_code)
    if own is not None and (vouched or own.user_id in (None, user_id)):
        await assign_identity(ctx, own.id, user_id, verified=vouched, by_code=by_code)
    if kind == "phone":
        known = await ctx.scalar(sa.select(users.c.name).where(users.c.id == user_id))
        shop = sa.select(lines.c.shop_id).join_from(conversations, lines)
        here = await ctx.scalar(shop.where(conversations.c.id == conversation_id))
        await adopt_noted_customers(ctx, user_id, value, str(known or name), here)
    return user_id


async def _has_keys(ctx: Context, user_id: int | None) -> bool:
    """Return whether a user is a member of a shop or an admin."""
    works = sa.exists().where(members.c.user_id == users.c.id)
    return bool(
        await ctx.scalar(sa.select(users.c.id).where(users.c.id == user_id, works | users.c.admin))
    )


async def detach_identity(ctx: Context, conversation_id: int) -> None:
    """Release the identity of a conversation ("wrong number"): its person is unknown from now on.

    The former person keeps their data, which is not shown here any more: active flows and prompts
    are closed and unsent messages dropped, also in other conversations of the address. An opt-out
    stays, as it belongs to the number.
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
        .where(identities.c.id == identity.id, identities.c.released_at.is_(None))
        .values(released_at=ctx.now)
    )
    # Who gave this number has another now.
    await ctx.execute(
        sa.update(reaches)
        .where(reaches.c.address == identity.value, reaches.c.ended_at.is_(None))
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
                unrecognized_count=0,
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
    """Record that a person outside any conversation verified an address; return the user's id.

    The address's user, if it has one; else `user_id`; else a new user. Raise NotAllowed for a
    deactivated user, and for an address of another user than `user_id`.
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
