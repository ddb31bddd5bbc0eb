"""Identities, users, customers, members, one-time codes."""

import sqlalchemy as sa

from core.db.tables.columns import (
    Key,
    count,
    flag,
    json,
    key,
    metadata,
    of_shop,
    one_of,
    proper_name,
    ref,
    shop_key,
    text,
    when,
)

users = sa.Table(
    "users",
    metadata,
    key(),
    text("name"),
    text("language"),
    flag("admin"),
    when("created_at"),
    when("deactivated_at", null=True),
    text("channel"),  # where they want to be told things; empty: where they talk
    count("quiet_from", default=None, null=True),  # minutes of the local day; NULL: the shop's
    count("quiet_until", default=None, null=True),
    when("last_sign_in_at", null=True),
)

identities = sa.Table(
    "identities",
    metadata,
    key(),
    ref("user_id", "users", null=True),
    text("kind"),
    text("value"),  # E.164, Telegram id, e-mail in lower case, business-scoped id
    when("proved_at", null=True),
    when("used_at", null=True),
    when("ended_at", null=True),  # numbers are recycled: an ended one is somebody else's
    when("created_at"),
    one_of("kind", "phone", "email", "telegram", "whatsapp"),
    sa.Index(
        "uq_identities_alive",
        "kind",
        "value",
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
    sa.Index(None, "user_id"),
)

customers = sa.Table(
    "customers",
    metadata,
    key(),
    ref("shop_id", "shops"),
    ref("user_id", "users", null=True),  # NULL: a walk-in, a child, an import
    text("name"),
    text("phone"),
    text("email"),
    text("notes"),
    flag("blocked"),
    when("created_at"),
    proper_name(),
    shop_key("customers"),
    sa.UniqueConstraint("shop_id", "user_id"),
    sa.Index(None, "shop_id", "phone"),
)

members = sa.Table(
    "members",
    metadata,
    key(),
    ref("shop_id", "shops"),
    ref("user_id", "users"),
    text("role"),
    sa.Column("provider_id", Key),
    flag("alerts", default=True),
    when("created_at"),
    one_of("role", "owner", "receptionist", "provider"),
    of_shop("provider_id", "providers"),
    sa.UniqueConstraint("shop_id", "user_id", "role"),
    sa.Index(None, "user_id"),
)

one_time_codes = sa.Table(
    "one_time_codes",
    metadata,
    key(),
    text("phone"),
    text("prefix"),  # of the number: budgets by range
    text("purpose"),
    ref("conversation_id", "conversations", null=True),
    ref("shop_id", "shops", null=True),
    text("digest"),  # keyed; the code itself is nowhere
    when("created_at"),
    when("expires_at"),
    count("tries"),
    when("used_at", null=True),
    when("dead_at", null=True),
    json("facts"),
    sa.Index(None, "phone", "created_at"),
    sa.Index(None, "conversation_id", "created_at"),
    sa.Index(None, "prefix", "created_at"),
    sa.Index(None, "shop_id", "created_at"),
)
