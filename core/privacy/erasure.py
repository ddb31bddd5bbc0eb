"""Erasing a person: their data is deleted, the shop's books remain without them.

A booking keeps its time, service, price and state, a customer their id, so that no figure changes.
Messages, prompts, codes, consents and addresses are deleted; what others wrote or were told about
the person is blanked. An audited change remains with its time and author only.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.bookings.booking import list_bookings, update_booking
from core.bookings.claims import expire_bookings, release_time
from core.bookings.transitions import OPEN_STATES, SYSTEM
from core.db.context import Context
from core.db.tables import (
    audit,
    auth_sessions,
    booking_events,
    bookings,
    consents,
    conversations,
    customers,
    idempotency_keys,
    identities,
    inbox,
    invitations,
    lines,
    member_chats,
    one_time_codes,
    outbox,
    passwords,
    prompts,
    reaches,
    staff_proofs,
    unrecognized_messages,
    untold,
    users,
)
from core.errors import InvalidValue
from core.messaging.conversations import closed_conversation_state
from core.people.customers import ERASED_NAME
from core.privacy.personal_data import DataSubject

SOLD_SNAPSHOT_KEYS = (
    "service",
    "provider",
    "title",
    "speciality",
    "minutes",
    "price_minor",
    "currency",
)
"""What is kept of a booking's snapshot, beside shop and address: what was sold, not to whom."""

_KEPT = (*SOLD_SNAPSHOT_KEYS, "shop", "address")

_UNDER_WAY = ("due", "sending")

_OF_PEOPLE = ("customers.%", "bookings.%", "talks.%", "users.%", "imports.%", "me.%")
"""Audited actions that may identify a customer only by name."""


@dataclass(frozen=True, slots=True)
class ErasureResult:
    """Counts: upcoming bookings cancelled, bookings kept without a name, messages deleted."""

    cancelled: int
    anonymized_bookings: int
    messages: int


async def erase_person(ctx: Context, person: DataSubject) -> ErasureResult:
    """Erase a person; upcoming bookings are cancelled without notifying anybody.

    Raise InvalidValue (`user`) for a member or an admin: their roles must end first.
    """
    if person.is_member and person.user_id is not None:
        raise InvalidValue(field="user", reason="works")
    await ctx.lock_rows(conversations, person.conversation_ids)
    await ctx.lock_rows(users, [person.user_id] if person.user_id else [])
    cancelled = await _call_off(ctx, person)
    await _bookings(ctx, person)
    await _unrecognized(ctx, person)
    about = await _told_others(ctx, person)
    messages = await _talks(ctx, person)
    await _said_by_others(ctx, person)
    await _traces(ctx, person)
    await _themself(ctx, person)
    return ErasureResult(cancelled, len(person.booking_ids), messages + about)


async def _call_off(ctx: Context, person: DataSubject) -> int:
    theirs = await list_bookings(
        ctx,
        bookings.c.id.in_(person.booking_ids),
        bookings.c.state.in_(("held", *OPEN_STATES)),
        bookings.c.starts_at > ctx.now,
    )
    await expire_bookings(ctx, [one for one in theirs if one.state == "held"], "release")
    coming = [one for one in theirs if one.state != "held"]
    for one in coming:
        await update_booking(ctx, one, "cancel", SYSTEM, to="cancelled")
        await release_time(ctx, [one])
    return len(coming)


async def _bookings(ctx: Context, person: DataSubject) -> None:
    ids = person.booking_ids
    sold = await ctx.all(
        sa.select(bookings.c.id, bookings.c.snapshot).where(bookings.c.id.in_(ids))
    )
    blank = {"attendee": "", "purpose": "", "note": "", "reason": "", "created_by": ""}
    # The key names the conversation, and the person can no longer repeat a request there.
    inner = {"idempotency_key": None, "fingerprint": "", "conversation_id": None}
    for row in sold:
        kept = {name: value for name, value in row.snapshot.items() if name in _KEPT}
        await ctx.execute(
            sa.update(bookings)
            .where(bookings.c.id == row.id)
            .values(**blank, **inner, snapshot=kept)
        )
    await ctx.execute(
        sa.update(booking_events)
        .where(booking_events.c.booking_id.in_(ids))
        .values(
            details={},
            actor=sa.case(
                (booking_events.c.actor.like("user:%"), "user"), else_=booking_events.c.actor
            ),
        )
    )
    await ctx.execute(sa.delete(untold).where(untold.c.booking_id.in_(ids)))
    if person.customer_ids:
        await ctx.execute(sa.delete(reaches).where(reaches.c.customer_id.in_(person.customer_ids)))
        await ctx.execute(
            sa.update(customers)
            .where(customers.c.id.in_(person.customer_ids))
            .values(user_id=None, name=ERASED_NAME, phone="", email="", notes="", search_text="")
        )


async def _unrecognized(ctx: Context, person: DataSubject) -> None:
    """Delete unrecognized texts of the turns in which they were written: rows name no person."""
    turns = sa.select(inbox.c.done_at).where(
        inbox.c.conversation_id.in_(person.conversation_ids), inbox.c.done_at.is_not(None)
    )
    await ctx.execute(
        sa.delete(unrecognized_messages).where(
            unrecognized_messages.c.at.in_(turns)
            | _names(ctx, unrecognized_messages.c.text, (*person.addresses, *person.names))
        )
    )


async def _told_others(ctx: Context, person: DataSubject) -> int:
    """Blank what staff were told or asked about the person's bookings and messages."""
    about = prompts.c.args["booking"].as_integer().in_(person.booking_ids)
    about |= prompts.c.args["conversation"].as_integer().in_(person.conversation_ids)
    linked = sa.select(outbox.c.prompt_id).where(outbox.c.booking_id.in_(person.booking_ids))
    asked = await ctx.all(sa.select(prompts.c.id).where(about | prompts.c.id.in_(linked)))
    ids = [row.id for row in asked]
    await _blank_prompts(ctx, prompts.c.id.in_(ids))
    return await _blank_outbox(
        ctx, outbox.c.booking_id.in_(person.booking_ids) | outbox.c.prompt_id.in_(ids)
    )


async def _blank_prompts(ctx: Context, which: sa.ColumnElement[bool]) -> None:
    closed = sa.func.coalesce(prompts.c.closed_at, sa.literal(ctx.now, prompts.c.closed_at.type))
    await ctx.execute(
        sa.update(prompts)
        .where(which)
        .values(message={}, options=[], args={}, content_hash="", message_id="", closed_at=closed)
    )


async def _blank_outbox(ctx: Context, which: sa.ColumnElement[bool]) -> int:
    """Blank messages; unsent ones, and those being sent, are not sent again."""
    state = sa.case((outbox.c.state.in_(_UNDER_WAY), "dropped"), else_=outbox.c.state)
    done = await ctx.execute(
        sa.update(outbox)
        .where(which)
        .values(
            message={"key": "erased", "params": {}}, body="", error="", edit_target={}, state=state
        )
    )
    return int(done.rowcount)


async def _talks(ctx: Context, person: DataSubject) -> int:
    """Delete conversations; a bare row of each is kept, and the ids of Twilio's messages.

    A signed Twilio request never expires, so it could be replayed.
    """
    ids = person.conversation_ids
    if not ids:
        return 0
    signed = sa.select(conversations.c.id).join(lines).where(lines.c.transport == "twilio")
    here = inbox.c.conversation_id.in_(ids)
    heard = await ctx.execute(
        sa.update(inbox)
        .where(here, inbox.c.conversation_id.in_(signed))
        .values(incoming={}, error="", prompt_id=None, done_at=None, state="done")
    )
    gone = await ctx.execute(sa.delete(inbox).where(here, inbox.c.conversation_id.not_in(signed)))
    sent = await ctx.execute(sa.delete(outbox).where(outbox.c.conversation_id.in_(ids)))
    asked_here = sa.select(prompts.c.id).where(prompts.c.conversation_id.in_(ids))
    elsewhere = {"prompt_id": None}
    await ctx.execute(sa.update(inbox).where(inbox.c.prompt_id.in_(asked_here)).values(elsewhere))
    await ctx.execute(sa.update(outbox).where(outbox.c.prompt_id.in_(asked_here)).values(elsewhere))
    await ctx.execute(sa.delete(prompts).where(prompts.c.conversation_id.in_(ids)))
    await ctx.execute(sa.delete(consents).where(consents.c.conversation_id.in_(ids)))
    await ctx.execute(sa.delete(one_time_codes).where(one_time_codes.c.conversation_id.in_(ids)))
    await ctx.execute(
        sa.update(conversations)
        .where(conversations.c.id.in_(ids))
        .values(
            address=sa.func.concat("erased:", conversations.c.id)
            if ctx.is_postgresql
            else sa.literal("erased:").concat(sa.cast(conversations.c.id, sa.Text)),
            identity_id=None,
            language="",
            name="",
            state=closed_conversation_state(ctx),
            human_until=None,
            consented_at=None,
            consent="",
            last_in_at=None,
            unreachable_at=None,
        )
    )
    return int(heard.rowcount + gone.rowcount + sent.rowcount)


async def _said_by_others(ctx: Context, person: DataSubject) -> None:
    """Blank where others wrote of the person: an address anywhere, a name at their shops.

    A match by name alone cancels nothing: somebody else may have the same name.
    """
    words = (*person.addresses, *person.names)
    for needles, under_way in ((person.addresses, True), (words, False)):
        named = _names(ctx, outbox.c.message, needles) | _names(ctx, outbox.c.body, needles)
        if not under_way:
            named &= outbox.c.state.not_in(_UNDER_WAY) & outbox.c.shop_id.in_(person.shop_ids)
        await _blank_outbox(ctx, named)
        asked = _names(ctx, prompts.c.options, needles) | _names(ctx, prompts.c.args, needles)
        asked |= _names(ctx, prompts.c.message, needles)
        await _blank_prompts(ctx, asked if under_way else asked & prompts.c.closed_at.is_not(None))
    at_shops = (
        sa.select(conversations.c.id)
        .join(lines)
        .where(sa.func.coalesce(lines.c.shop_id, conversations.c.shop_id).in_(person.shop_ids))
    )
    heard = _names(ctx, inbox.c.incoming, words) & inbox.c.conversation_id.in_(at_shops)
    heard |= _names(ctx, inbox.c.incoming, person.addresses)
    await ctx.execute(
        sa.update(inbox).where(heard, inbox.c.state != "new").values(incoming={}, error="")
    )
    talk = _names(ctx, conversations.c.state, words) & conversations.c.id.in_(at_shops)
    talk |= _names(ctx, conversations.c.state, person.addresses)
    await ctx.execute(
        sa.update(conversations).where(talk).values(state=closed_conversation_state(ctx))
    )


async def _traces(ctx: Context, person: DataSubject) -> None:
    """Blank what the API kept: audited values, stored responses, addresses of requests."""
    words = (*person.addresses, *person.names)
    targets = [f"shops/%/customers/{id_}" for id_ in person.customer_ids]
    targets += [f"shops/%/bookings/{id_}" for id_ in person.booking_ids]
    targets += [f"shops/%/conversations/{id_}" for id_ in person.conversation_ids]
    which = sa.or_(
        _names(ctx, audit.c.before, person.addresses),
        _names(ctx, audit.c.after, person.addresses),
        *(audit.c.target.like(one) | audit.c.target.like(f"{one}/%") for one in targets),
        sa.and_(
            sa.or_(*(audit.c.action.like(one) for one in _OF_PEOPLE)),
            _names(ctx, audit.c.before, words) | _names(ctx, audit.c.after, words),
        ),
    )
    if person.user_id is not None:
        which |= audit.c.user_id == person.user_id
        own = audit.c.user_id == person.user_id
        await ctx.execute(sa.update(audit).where(own).values(address=""))
        await ctx.execute(
            sa.delete(idempotency_keys).where(idempotency_keys.c.caller == f"user:{person.user_id}")
        )
    await ctx.execute(sa.update(audit).where(which).values(before=sa.null(), after=sa.null()))
    # The key is kept: a repeated request is not carried out again, but gets an empty response.
    await ctx.execute(
        sa.update(idempotency_keys)
        .where(_names(ctx, idempotency_keys.c.body, words))
        .values(body="")
    )


async def _themself(ctx: Context, person: DataSubject) -> None:
    """Delete addresses, passwords, auth sessions and codes; keep the user's row as a bare id."""
    if person.user_id is None:
        # An unverified identity that only this shop wrote to belongs to nobody any more.
        loose = sa.exists().where(conversations.c.identity_id == identities.c.id)
        await ctx.execute(
            sa.delete(identities).where(
                identities.c.id.in_(person.identity_ids), identities.c.user_id.is_(None), ~loose
            )
        )
        return
    facts = one_time_codes.c.facts
    await ctx.execute(
        sa.delete(one_time_codes).where(
            one_time_codes.c.phone.in_(person.addresses)
            | (facts["user"].as_integer() == person.user_id)
            | _names(ctx, facts, person.addresses)
        )
    )
    acted: sa.ColumnElement[bool] = member_chats.c.user_id == person.user_id
    acted |= member_chats.c.identity_id.in_(person.identity_ids)
    await ctx.execute(sa.delete(member_chats).where(acted))
    invited: sa.ColumnElement[bool] = invitations.c.phone.in_(person.addresses)
    invited |= invitations.c.accepted_by == person.user_id
    await ctx.execute(sa.delete(invitations).where(invited))
    for table in (passwords, auth_sessions):
        await ctx.execute(sa.delete(table).where(table.c.user_id == person.user_id))
    proved: sa.ColumnElement[bool] = staff_proofs.c.user_id == person.user_id
    proved |= staff_proofs.c.identity_id.in_(person.identity_ids)
    await ctx.execute(sa.delete(staff_proofs).where(proved))
    of_them = conversations.c.identity_id.in_(person.identity_ids)
    await ctx.execute(sa.update(conversations).where(of_them).values(identity_id=None))
    await ctx.execute(sa.delete(identities).where(identities.c.id.in_(person.identity_ids)))
    bare: dict[str, Any] = {"name": "", "language": "", "channel": "", "last_sign_in_at": None}
    bare |= {"quiet_from": None, "quiet_until": None, "deactivated_at": ctx.now}
    await ctx.execute(sa.update(users).where(users.c.id == person.user_id).values(bare))


def _names(
    ctx: Context, column: sa.ColumnElement[Any], needles: Collection[str]
) -> sa.ColumnElement[bool]:
    """Return the condition that a text or JSON column contains one of these words."""
    text = sa.cast(column, sa.Text)
    find = sa.func.strpos if ctx.is_postgresql else sa.func.instr
    return sa.or_(sa.false(), *(find(text, word) > 0 for word in _written(needles)))


def _written(needles: Collection[str]) -> Sequence[str]:
    """Return words in plain form and in JSON escaping."""
    found: dict[str, None] = {}
    for word in needles:
        for text in (word, json.dumps(word)[1:-1], json.dumps(word, ensure_ascii=False)[1:-1]):
            found[text] = None
    return list(found)
