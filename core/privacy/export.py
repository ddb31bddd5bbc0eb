"""Exporting all data about a person as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import (
    audit,
    auth_sessions,
    booking_events,
    bookings,
    consents,
    conversations,
    customers,
    identities,
    inbox,
    invitations,
    member_chats,
    one_time_codes,
    outbox,
    prompts,
    reaches,
    staff_proofs,
    users,
)
from core.privacy.personal_data import DataSubject

_INNER = frozenset(
    # Keys, hashes and internal marks that say nothing about a person.
    {
        "digest",
        "content_hash",
        "fingerprint",
        "idempotency_key",
        "lease",
        "leased_until",
        "unique_key",
        "edit_target",
    }
)

ExportSection = list[dict[str, Any]]


async def export_person(ctx: Context, person: DataSubject) -> dict[str, ExportSection]:
    """Return every row that belongs to a person, by table; instants as ISO 8601 in UTC."""
    talks = person.conversation_ids
    whose: Mapping[sa.Table, sa.ColumnElement[bool]] = {
        users: users.c.id == person.user_id,
        identities: identities.c.id.in_(person.identity_ids),
        customers: customers.c.id.in_(person.customer_ids),
        reaches: reaches.c.customer_id.in_(person.customer_ids),
        bookings: bookings.c.id.in_(person.booking_ids),
        booking_events: booking_events.c.booking_id.in_(person.booking_ids),
        conversations: conversations.c.id.in_(talks),
        consents: consents.c.conversation_id.in_(talks),
        prompts: prompts.c.conversation_id.in_(talks),
        inbox: inbox.c.conversation_id.in_(talks),
        outbox: outbox.c.conversation_id.in_(talks),
        one_time_codes: one_time_codes.c.conversation_id.in_(talks)
        | one_time_codes.c.phone.in_(person.addresses if person.user_id else ()),
        invitations: _invited(person),
        member_chats: member_chats.c.user_id == person.user_id,
        auth_sessions: auth_sessions.c.user_id == person.user_id,
        staff_proofs: staff_proofs.c.user_id == person.user_id,
        audit: audit.c.user_id == person.user_id,
    }
    return {table.name: await _rows(ctx, table, which) for table, which in whose.items()}


def _invited(person: DataSubject) -> sa.ColumnElement[bool]:
    """Return the condition for invitations to a user's phones; a shop's customer has none."""
    if person.user_id is None:
        return sa.false()
    return invitations.c.phone.in_(person.addresses) | (invitations.c.accepted_by == person.user_id)


async def _rows(ctx: Context, table: sa.Table, which: sa.ColumnElement[bool]) -> ExportSection:
    columns = [column for column in table.c if column.name not in _INNER]
    rows = await ctx.all(sa.select(*columns).where(which).order_by(table.c.id))
    return [
        {column.name: _plain(value) for column, value in zip(columns, row, strict=True)}
        for row in rows
    ]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value
