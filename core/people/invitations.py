"""Invitations to a role at a shop: unverified data until the person accepts.

A shop's owner may enter anybody's phone, so an invitation grants and reveals nothing: no role, no
name, no alerts, and not whether the phone is known. It becomes a membership when somebody who
recently verified that phone accepts.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

import sqlalchemy as sa

from core.db.audit import record_change
from core.db.context import Context
from core.db.rows import Rows
from core.db.tables import conversations, identities, prompts, shops
from core.db.tables import invitations as table
from core.errors import InvalidValue, InvitationOver, NotFound
from core.messaging.decisions import Decision
from core.messaging.messages import Say
from core.messaging.outbox.enqueue import enqueue_prompt
from core.people import otp_limits, otp_sms
from core.people.identities import get_or_create_contact, recently_verified
from core.people.members import ROLES, add_member
from core.values.phone_numbers import country_of_phone, parse_phone

INVITATION_LIFETIME = timedelta(days=14)

START_PREFIX = "invite_"
"""Prefix of the code in a link: t.me/bot?start=invite_…"""

CODE_LENGTH = 10
CODE_ALPHABET = "2346789CDFHJKMNPQRTVWXYZ"
"""As for pairing codes: 45 bits, useless to any phone but the invited one."""

DAY = timedelta(days=1)
NOTICES_PER_PHONE, NOTICES_PER_SHOP, NOTICES_PER_PREFIX = 3, 20, 50
"""Messages about invitations per day: to one phone from all shops, by one shop, and to one range of
numbers (`otp_limits.PREFIX_LENGTH`). Beyond these limits an invitation is created without a
message."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """An open invitation: what the shop entered, and nothing about the phone's owner."""

    id: int
    shop_id: int
    shop: str
    role: str
    provider_id: int | None
    alerts: bool
    phone: str
    name: str
    created_at: datetime
    expires_at: datetime


def _open(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(_unanswered(), table.c.expires_at > now)


def _unanswered() -> sa.ColumnElement[bool]:
    return sa.and_(
        table.c.accepted_at.is_(None), table.c.declined_at.is_(None), table.c.revoked_at.is_(None)
    )


_INVITATIONS = Rows(
    Invitation,
    sa.select(
        *(
            shops.c.name.label("shop") if one.name == "shop" else table.c[one.name]
            for one in fields(Invitation)
        )
    )
    .join_from(table, shops, shops.c.id == table.c.shop_id)
    .order_by(table.c.id),
)


async def _found(ctx: Context, *which: sa.ColumnElement[bool]) -> list[Invitation]:
    return await ctx.fetch(_INVITATIONS.where(_open(ctx.now), *which))


# ------------------------------------------------------------------------------------ shop


async def create_invitation(
    ctx: Context,
    shop_id: int,
    *,
    role: str,
    phone: str,
    invited_by: int | None,
    name: str = "",
    provider_id: int | None = None,
    alerts: bool = True,
) -> tuple[Invitation, str]:
    """Invite the owner of a phone, in the format of the shop's country; return the link's code.

    Returns the invitation, too. It replaces an open one of that phone for the same role. The phone
    gets a message if a line can send one and the daily limits allow; the result does not reveal
    whether it did, nor whether the phone is known.
    """
    if role not in ROLES:
        raise InvalidValue(field="role", reason=f"one of {', '.join(ROLES)}")
    if role == "provider" and provider_id is None:
        raise InvalidValue(field="provider_id", reason="a provider's role names the provider")
    shop = await ctx.first(sa.select(shops).where(shops.c.id == shop_id))
    if shop is None:
        raise NotFound(shop=shop_id)
    number = parse_phone(phone, shop.country)
    await ctx.lock_rows(shops, [shop_id])
    before = sa.update(table).where(
        table.c.shop_id == shop_id, table.c.phone == number, table.c.role == role, _unanswered()
    )
    replaced = await ctx.execute(before.values(revoked_at=ctx.now, digest="").returning(table.c.id))
    for one in replaced.scalars().all():
        await _ask_no_more(ctx, one)
    code = "".join(ctx.random.choices(CODE_ALPHABET, k=CODE_LENGTH))
    made = await ctx.insert(
        table,
        shop_id=shop_id,
        role=role,
        provider_id=provider_id,
        alerts=alerts,
        phone=number,
        name=" ".join(name.split())[:100],
        invited_by=invited_by,
        digest=_digest(ctx, code),
        created_at=ctx.now,
        expires_at=ctx.now + INVITATION_LIFETIME,
    )
    (invitation,) = await _found(ctx, table.c.id == made)
    countries = (shop.code_countries or shop.country).split(",")
    if country_of_phone(number) in {country.strip() for country in countries}:
        await _tell(ctx, invitation)
    return invitation, code


async def list_open_invitations(ctx: Context, shop_id: int) -> list[Invitation]:
    """Return a shop's open invitations."""
    return await _found(ctx, table.c.shop_id == shop_id)


async def load_open_invitation(ctx: Context, shop_id: int, invitation_id: int) -> Invitation:
    """Return one of them; raise NotFound otherwise."""
    for one in await _found(ctx, table.c.shop_id == shop_id, table.c.id == invitation_id):
        return one
    raise NotFound(invitation=invitation_id)


async def revoke_invitation(ctx: Context, shop_id: int, invitation_id: int) -> None:
    """Revoke a shop's open invitation; raise NotFound otherwise."""
    this = sa.update(table).where(
        table.c.id == invitation_id, table.c.shop_id == shop_id, _open(ctx.now)
    )
    done = await ctx.execute(this.values(revoked_at=ctx.now, digest=""))
    if not done.rowcount:
        raise NotFound(invitation=invitation_id)
    await _ask_no_more(ctx, invitation_id)


async def _tell(ctx: Context, invitation: Invitation) -> None:
    """Enqueue a message to the invited phone if the daily limits allow."""
    line = await otp_sms.delivery_line(ctx, shop_id=invitation.shop_id)
    if line is None:
        return
    since = table.c.notified_at > ctx.now - DAY
    prefix = invitation.phone[: otp_limits.PREFIX_LENGTH]
    for which, most in (
        (table.c.phone == invitation.phone, NOTICES_PER_PHONE),
        (table.c.shop_id == invitation.shop_id, NOTICES_PER_SHOP),
        (table.c.phone.startswith(prefix), NOTICES_PER_PREFIX),
    ):
        told = sa.select(sa.func.count()).select_from(table).where(since, which)
        if int(await ctx.scalar(told)) >= most:
            return
    contact = await get_or_create_contact(ctx, line, invitation.phone)
    await enqueue_prompt(
        ctx,
        Say("invitation", {"shop": invitation.shop, "role": Say(f"role.{invitation.role}")}),
        decision=Decision(
            "invitation",
            ("accept", "decline"),
            {"invitation": invitation.id},
            invitation.expires_at,
        ),
        kind="invitation",
        conversation_id=contact.conversation_id,
        shop_id=invitation.shop_id,
    )
    await ctx.execute(
        sa.update(table).where(table.c.id == invitation.id).values(notified_at=ctx.now)
    )


# ------------------------------------------------------------------------------------ person


async def invitations_to_phones(ctx: Context, phones: Sequence[str]) -> list[Invitation]:
    """Return the open invitations to phones (E.164)."""
    return await _found(ctx, table.c.phone.in_(phones)) if phones else []


async def invitations_of_user(ctx: Context, user_id: int) -> list[Invitation]:
    """Return the open invitations to a user's verified phones."""
    return await invitations_to_phones(ctx, await verified_phones(ctx, user_id))


async def invitation_by_code(ctx: Context, code: str) -> Invitation | None:
    """Return the open invitation of a link's code, or None."""
    found = await _found(ctx, table.c.digest == _digest(ctx, code.strip().upper()))
    return found[0] if found else None


async def accept_invitation(ctx: Context, invitation_id: int, user_id: int) -> Invitation:
    """Make the user, who recently verified the invited phone, a member.

    This is no staff proof: the code was for a customer, or there was none where the phone had been
    verified recently, so an SMS may be forged. The first staff command asks for a staff code. Raise
    NotFound for an invitation to another phone, InvitationOver for one that is over.
    """
    invitation = await _theirs(ctx, invitation_id, user_id)
    await _answer(ctx, invitation_id, accepted_at=ctx.now, accepted_by=user_id)
    await add_member(
        ctx,
        invitation.shop_id,
        role=invitation.role,
        user_id=user_id,
        provider_id=invitation.provider_id,
        alerts=invitation.alerts,
    )
    return invitation


async def decline_invitation(ctx: Context, invitation_id: int, user_id: int) -> Invitation:
    """Decline an invitation; errors as `accept_invitation`."""
    invitation = await _theirs(ctx, invitation_id, user_id)
    await _answer(ctx, invitation_id, declined_at=ctx.now)
    return invitation


async def record_answer(
    ctx: Context, invitation: Invitation, answer: str, *, user_id: int, conversation_id: int
) -> None:
    """Record an answer given in a conversation in the audit log, as the API does.

    `answer` is "accept" or "decline".
    """
    await record_change(
        ctx,
        action=f"invitations.{answer}",
        target=f"shops/{invitation.shop_id}/invitations/{invitation.id}",
        shop_id=invitation.shop_id,
        user_id=user_id,
        before=None,
        after={"role": invitation.role},
        address="",
        request=f"conversation {conversation_id}",
    )


async def verified_phones(ctx: Context, user_id: int) -> list[str]:
    """Return a user's phones whose verification still holds."""
    rows = await ctx.all(
        sa.select(identities.c.value, identities.c.verified_at, identities.c.used_at).where(
            identities.c.user_id == user_id,
            identities.c.kind == "phone",
            identities.c.released_at.is_(None),
        )
    )
    return [row.value for row in rows if recently_verified(row.verified_at, row.used_at, ctx.now)]


# --------------------------------------------------------------------------------- internal


async def _theirs(ctx: Context, invitation_id: int, user_id: int) -> Invitation:
    found = await _found(ctx, table.c.id == invitation_id)
    phone = await ctx.scalar(sa.select(table.c.phone).where(table.c.id == invitation_id))
    if phone is None or phone not in await verified_phones(ctx, user_id):
        raise NotFound(invitation=invitation_id)
    if not found:
        raise InvitationOver(invitation=invitation_id)
    return found[0]


async def _answer(ctx: Context, invitation_id: int, **values: object) -> None:
    """Close an invitation once: of concurrent answers, one wins."""
    this = sa.update(table).where(table.c.id == invitation_id, _open(ctx.now))
    done = await ctx.execute(this.values(**values, digest=""))
    if not done.rowcount:
        raise InvitationOver(invitation=invitation_id)
    await _ask_no_more(ctx, invitation_id)


async def _ask_no_more(ctx: Context, invitation_id: int) -> None:
    """Close the prompt about an invitation, which frees its numbers."""
    phone = sa.select(table.c.phone).where(table.c.id == invitation_id).scalar_subquery()
    talks = (
        sa.select(conversations.c.id)
        .join_from(conversations, identities, identities.c.id == conversations.c.identity_id)
        .where(identities.c.kind == "phone", identities.c.value == phone)
    )
    await ctx.execute(
        sa.update(prompts)
        .where(
            prompts.c.conversation_id.in_(talks),
            prompts.c.closed_at.is_(None),
            prompts.c.decision == "invitation",
            prompts.c.args["invitation"].as_integer() == invitation_id,
        )
        .values(closed_at=ctx.now)
    )


def _digest(ctx: Context, code: str) -> str:
    key = hmac.digest(ctx.secret, b"invitation", "sha256")
    return hmac.digest(key, code.encode("utf-8", "replace"), "sha256").hex()
