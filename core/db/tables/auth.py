"""Passwords, auth sessions, lockouts, stored responses and the audit log."""

import sqlalchemy as sa

from core.db.tables.columns import (
    fk_column,
    id_column,
    instant_column,
    int_column,
    json_column,
    metadata,
    one_of_check,
    text_column,
)

passwords = sa.Table(
    "passwords",  # the newest one is valid; some older ones must not be reused
    metadata,
    id_column(),
    fk_column("user_id", "users"),
    text_column("digest"),  # argon2id
    instant_column("created_at"),
    sa.Index(None, "user_id", "id"),
)

auth_sessions = sa.Table(
    "auth_sessions",  # one per device: a family of refresh tokens, or a browser's cookie
    metadata,
    id_column(),
    fk_column("user_id", "users"),
    text_column("kind"),
    int_column("generation"),  # of the valid refresh token; reusing an older one ends the session
    text_column("agent"),
    text_column("address"),
    instant_column("created_at"),
    instant_column("used_at"),
    instant_column("expires_at"),
    instant_column("ended_at", null=True),
    text_column("ended_reason"),
    one_of_check("kind", "token", "cookie"),
    sa.Index(None, "user_id", "ended_at"),
)

lockouts = sa.Table(
    "lockouts",  # failed password attempts since the last success
    metadata,
    id_column(),
    text_column("subject", unique=True),  # a hash: what people type is not always an address
    int_column("tries"),
    instant_column("last_at"),
    instant_column("until", null=True),
)

idempotency_keys = sa.Table(
    "idempotency_keys",  # to requests with an Idempotency-Key
    metadata,
    id_column(),
    text_column("caller"),
    text_column("key"),
    text_column("fingerprint"),
    int_column("status"),
    text_column("body"),
    instant_column("created_at"),
    sa.UniqueConstraint("caller", "key"),
    sa.Index(None, "created_at"),
)

retention_marks = sa.Table(
    "retention_marks",  # up to when retention has deleted from append-only tables
    metadata,
    id_column(),
    text_column("name", unique=True),
    instant_column("until"),
)

audit = sa.Table(
    "audit",  # every change through the API; append-only (`audit_append_only`)
    metadata,
    id_column(),
    instant_column("at"),
    fk_column("shop_id", "shops", null=True),
    fk_column("user_id", "users", null=True),
    text_column("action"),
    text_column("target"),
    json_column("before", default=None, null=True),
    json_column("after", default=None, null=True),
    text_column("address"),
    text_column("request"),
    sa.Index(None, "shop_id", "id"),
    sa.Index(None, "user_id", "id"),
)
