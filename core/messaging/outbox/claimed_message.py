"""A claimed row of the outbox, with all that decides whether and how it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from core.db.rows import Rows
from core.db.tables import (
    bookings,
    conversations,
    customers,
    identities,
    lines,
    member_chats,
    outbox,
    prompts,
    providers,
    shops,
    sql_literal,
    users,
)
from core.messaging.messages import Json
from core.messaging.outbox.customer_reach import is_noted_address
from core.messaging.outbox.recipients import is_unreachable


@dataclass(frozen=True, slots=True)
class RoutedMessage:
    """What decides where a message can go: `message` is an encoded Say.

    `the_shop` is the shop it is about, or else the conversation or the line; `templates` and
    `shop_language` are that shop's, `language` the conversation's. `talk_user` is the user whose
    address the conversation is at, `customer_user` the user of the booking's customer.
    """

    id: int
    message: Json
    queue: str
    kind: str
    secret: bool
    expires_at: datetime | None
    conversation_id: int
    booking_id: int | None
    prompt_id: int | None
    language: str
    transport: str
    the_shop: int | None
    shop_language: str | None
    templates: Json
    talk_user: int | None
    customer_user: int | None
    customer_id: int | None


@dataclass(frozen=True, slots=True)
class ClaimedMessage(RoutedMessage):
    """A claimed row; times are aware UTC, quiet hours minutes of the local day.

    The facts of the shop, the provider and the booking are those of now, None without one. `noted`:
    the customer gave this address; `written_to`: something was sent in the conversation before.
    """

    attempts: int
    created_at: datetime
    due_at: datetime
    provider_message_id: str
    provider_status: str
    address: str
    last_in_at: datetime | None
    opted_out_at: datetime | None
    unreachable: bool
    line_id: int
    channel: str
    account: str
    line_address: str
    shop_id: int | None
    shop_name: str | None
    shop_address: str | None
    provider_name: str | None
    timezone: str | None
    country: str | None
    message_overrides: Json
    quiet_from: int | None
    quiet_until: int | None
    own_quiet_from: int | None
    own_quiet_until: int | None
    noted: bool
    booking_state: str | None
    booking_starts: datetime | None
    edit_target: Json
    written_to: bool
    options: Json
    decision: str | None
    number_offset: int | None
    prompt_args: Json


def _has_been_written_to() -> sa.ColumnElement[bool]:
    sent = outbox.alias("sent")
    return (
        sa.exists()
        .where(
            sent.c.conversation_id == outbox.c.conversation_id,
            sent.c.state == sql_literal("sent"),
        )
        .correlate(outbox)
    )


CLAIMED = Rows(
    ClaimedMessage,
    sa.select(
        outbox.c.id,
        outbox.c.message,
        outbox.c.queue,
        outbox.c.kind,
        outbox.c.secret,
        outbox.c.attempts,
        outbox.c.created_at,
        outbox.c.due_at,
        outbox.c.expires_at,
        outbox.c.conversation_id,
        outbox.c.booking_id,
        outbox.c.prompt_id,
        outbox.c.provider_message_id,
        outbox.c.provider_status,
        conversations.c.address,
        conversations.c.language,
        conversations.c.last_in_at,
        conversations.c.opted_out_at,
        is_unreachable().label("unreachable"),
        conversations.c.line_id,
        lines.c.transport,
        lines.c.channel,
        lines.c.account,
        lines.c.address.label("line_address"),
        shops.c.id.label("shop_id"),
        shops.c.name.label("shop_name"),
        shops.c.address.label("shop_address"),
        sa.func.trim(providers.c.title + " " + providers.c.name).label("provider_name"),
        shops.c.timezone,
        shops.c.country,
        shops.c.language.label("shop_language"),
        shops.c.id.label("the_shop"),
        shops.c.templates,
        shops.c.message_overrides,
        shops.c.quiet_from,
        shops.c.quiet_until,
        identities.c.user_id.label("talk_user"),
        # A paired chat has its own quiet hours, or else the member's.
        sa.func.coalesce(member_chats.c.quiet_from, users.c.quiet_from).label("own_quiet_from"),
        sa.func.coalesce(member_chats.c.quiet_until, users.c.quiet_until).label("own_quiet_until"),
        customers.c.user_id.label("customer_user"),
        bookings.c.customer_id,
        is_noted_address(bookings.c.customer_id).label("noted"),
        bookings.c.state.label("booking_state"),
        bookings.c.starts_at.label("booking_starts"),
        outbox.c.edit_target,
        _has_been_written_to().label("written_to"),
        prompts.c.options,
        prompts.c.decision,
        prompts.c.number_offset,
        prompts.c.args.label("prompt_args"),
    )
    .join_from(outbox, conversations, conversations.c.id == outbox.c.conversation_id)
    .join(lines, lines.c.id == conversations.c.line_id)
    .outerjoin(
        shops,
        shops.c.id == sa.func.coalesce(outbox.c.shop_id, conversations.c.shop_id, lines.c.shop_id),
    )
    .outerjoin(prompts, prompts.c.id == outbox.c.prompt_id)
    .outerjoin(identities, identities.c.id == conversations.c.identity_id)
    .outerjoin(
        member_chats,
        (member_chats.c.identity_id == identities.c.id)
        & (member_chats.c.shop_id == shops.c.id)
        & (outbox.c.queue == sql_literal("alert"))
        & member_chats.c.ended_at.is_(None),
    )
    .outerjoin(users, users.c.id == sa.func.coalesce(member_chats.c.user_id, identities.c.user_id))
    .outerjoin(bookings, bookings.c.id == outbox.c.booking_id)
    .outerjoin(providers, providers.c.id == bookings.c.provider_id)
    .outerjoin(customers, customers.c.id == bookings.c.customer_id)
    .where(outbox.c.id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(outbox.c.id),
)
"""The rows of `:ids`, by id; built once, as composing costs more than running."""
