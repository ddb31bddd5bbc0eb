"""Identities, users, customers, members and one-time codes."""

from typing import Any

import sqlalchemy as sa

from core.db.tables.columns import (
    IdType,
    bool_column,
    fk_column,
    id_column,
    instant_column,
    int_column,
    json_column,
    metadata,
    name_length_check,
    one_of_check,
    same_shop_fk,
    same_shop_target,
    text_column,
)
from core.values.text_folding import person_search_text

users = sa.Table(
    "users",
    metadata,
    id_column(),
    text_column("name"),
    text_column("language"),
    bool_column("admin"),
    instant_column("created_at"),
    instant_column("deactivated_at", null=True),
    text_column("channel"),  # preferred for notifications; empty: the channel they write on
    int_column("quiet_from", default=None, null=True),  # minutes of the local day; NULL: the shop's
    int_column("quiet_until", default=None, null=True),
    instant_column("last_sign_in_at", null=True),
    sa.Index(
        "ix_users_admins",
        "id",
        sqlite_where=sa.text("admin"),
        postgresql_where=sa.text("admin"),
    ),
)

identities = sa.Table(
    "identities",
    metadata,
    id_column(),
    fk_column("user_id", "users", null=True),
    text_column("kind"),
    text_column("value"),  # E.164, Telegram id, e-mail in lower case, business-scoped id
    instant_column("verified_at", null=True),
    instant_column("used_at", null=True),
    instant_column("released_at", null=True),  # when its owner lost it: numbers are recycled
    instant_column("created_at"),
    instant_column("code_verified_at", null=True),  # NULL: only its channel vouched for it
    one_of_check("kind", "phone", "email", "telegram", "whatsapp"),
    sa.Index(
        "uq_identities_active",
        "kind",
        "value",
        unique=True,
        sqlite_where=sa.text("released_at IS NULL"),
        postgresql_where=sa.text("released_at IS NULL"),
    ),
    sa.Index(None, "user_id"),
)


def _search_text(context: Any) -> str:
    given = context.get_current_parameters()
    return person_search_text(*(str(given.get(name) or "") for name in ("name", "phone", "email")))


customers = sa.Table(
    "customers",
    metadata,
    id_column(),
    fk_column("shop_id", "shops"),
    fk_column("user_id", "users", null=True),  # NULL: a walk-in, a child, an import
    text_column("name"),
    text_column("phone"),
    text_column("email"),
    text_column("notes"),
    bool_column("blocked"),
    instant_column("created_at"),
    # Name, phone and e-mail as they are searched; whoever updates one of them updates this.
    text_column("search_text", default=_search_text),
    name_length_check(least=1),
    same_shop_target("customers"),
    sa.UniqueConstraint("shop_id", "user_id"),
    sa.Index(None, "shop_id", "phone"),
    sa.Index(None, "shop_id", "search_text"),
)

members = sa.Table(
    "members",
    metadata,
    id_column(),
    fk_column("shop_id", "shops"),
    fk_column("user_id", "users"),
    text_column("role"),
    sa.Column("provider_id", IdType),
    bool_column("alerts", default=True),
    instant_column("created_at"),
    text_column("channel"),  # preferred for this shop's alerts; empty: the account's
    one_of_check("role", "owner", "receptionist", "provider"),
    same_shop_fk("provider_id", "providers"),
    sa.UniqueConstraint("shop_id", "user_id", "role"),
    sa.Index(None, "user_id"),
)

staff_proofs = sa.Table(
    "staff_proofs",  # when a member proved by a staff code that they write here
    metadata,
    id_column(),
    fk_column("user_id", "users"),
    fk_column("identity_id", "identities"),
    # NULL: any conversation of the address
    fk_column("conversation_id", "conversations", null=True),
    instant_column("verified_at"),
    sa.Index(None, "identity_id"),
    sa.Index(None, "conversation_id"),
)

invitations = sa.Table(
    "invitations",  # to a role at a shop: unverified data until it is accepted
    metadata,
    id_column(),
    fk_column("shop_id", "shops"),
    text_column("role"),
    sa.Column("provider_id", IdType),
    bool_column("alerts", default=True),
    # E.164 as the shop entered it; its owner is not looked up before they accept
    text_column("phone"),
    text_column("name"),  # as the shop entered it
    fk_column("invited_by", "users", null=True),
    text_column("digest"),  # keyed hash of the link's code; empty once answered
    instant_column("created_at"),
    instant_column("expires_at"),
    instant_column("notified_at", null=True),  # when a message about it was queued
    instant_column("accepted_at", null=True),
    fk_column("accepted_by", "users", null=True),
    instant_column("declined_at", null=True),
    instant_column("revoked_at", null=True),
    one_of_check("role", "owner", "receptionist", "provider"),
    same_shop_fk("provider_id", "providers"),
    sa.Index(None, "shop_id"),
    sa.Index(None, "phone"),
    sa.Index(None, "digest"),
    sa.Index(None, "notified_at"),
)

member_chats = sa.Table(
    "member_chats",  # a chat account that acts in a member's role at one shop but has no user
    metadata,
    id_column(),
    fk_column("shop_id", "shops"),
    fk_column("user_id", "users"),
    fk_column("identity_id", "identities"),
    text_column("name"),  # the name the channel gives
    int_column("quiet_from", default=None, null=True),  # for its alerts; NULL: the member's
    int_column("quiet_until", default=None, null=True),
    instant_column("created_at"),
    instant_column("ended_at", null=True),
    sa.Index(
        "uq_member_chats_active",
        "shop_id",
        "identity_id",
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
    sa.Index(None, "user_id"),
    sa.Index(None, "identity_id"),
)

one_time_codes = sa.Table(
    "one_time_codes",
    metadata,
    id_column(),
    text_column("phone"),
    text_column("prefix"),  # of the number, for limits by range
    text_column("purpose"),
    # the conversation that asked for it, if any
    fk_column("conversation_id", "conversations", null=True),
    fk_column("shop_id", "shops", null=True),
    text_column("digest"),  # keyed hash; the code itself is not stored
    instant_column("created_at"),
    instant_column("expires_at"),
    int_column("tries"),
    instant_column("used_at", null=True),
    instant_column("invalidated_at", null=True),
    json_column("facts"),
    # hashed: who asked outside a conversation; of a cooldown, its subject
    text_column("requester"),
    text_column("network"),  # hashed: the network of a request outside a conversation
    bool_column("trusted"),  # requested where the phone was known before: it has a separate limit
    sa.Index(None, "phone", "created_at"),
    sa.Index(None, "conversation_id", "created_at"),
    sa.Index(None, "prefix", "created_at"),
    sa.Index(None, "network", "created_at"),
    sa.Index(None, "shop_id", "created_at"),
)
