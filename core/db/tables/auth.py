"""Passwords, sign-ins, lockouts; what was answered to a key; who changed what."""

import sqlalchemy as sa

from core.db.tables.columns import count, json, key, metadata, one_of, ref, text, when

passwords = sa.Table(
    "passwords",  # the newest is the one that counts; some older ones must not come again
    metadata,
    key(),
    ref("user_id", "users"),
    text("digest"),  # argon2id
    when("created_at"),
    sa.Index(None, "user_id", "id"),
)

sign_ins = sa.Table(
    "sign_ins",  # one device's: a family of refresh tokens, or a browser's cookie
    metadata,
    key(),
    ref("user_id", "users"),
    text("kind"),
    count("generation"),  # of the refresh token that is good; an older one used again ends all
    text("agent"),
    text("address"),
    when("created_at"),
    when("used_at"),
    when("expires_at"),
    when("ended_at", null=True),
    text("ended_for"),
    one_of("kind", "token", "cookie"),
    sa.Index(None, "user_id", "ended_at"),
)

lockouts = sa.Table(
    "lockouts",  # tries of a password since the last that was right
    metadata,
    key(),
    text("subject", unique=True),  # a hash: what people type is not always an address
    count("tries"),
    when("last_at"),
    when("until", null=True),
)

kept_answers = sa.Table(
    "kept_answers",  # to requests with an Idempotency-Key
    metadata,
    key(),
    text("caller"),
    text("key"),
    text("fingerprint"),
    count("status"),
    text("body"),
    when("created_at"),
    sa.UniqueConstraint("caller", "key"),
    sa.Index(None, "created_at"),
)

cuts = sa.Table(
    "cuts",  # until when retention has cut what is only ever added to
    metadata,
    key(),
    text("name", unique=True),
    when("until"),
)

audit = sa.Table(
    "audit",  # every change by the API; rows are only ever added (`growing`)
    metadata,
    key(),
    when("at"),
    ref("shop_id", "shops", null=True),
    ref("user_id", "users", null=True),
    text("action"),
    text("target"),
    json("before", default=None, null=True),
    json("after", default=None, null=True),
    text("address"),
    text("request"),
    sa.Index(None, "shop_id", "id"),
    sa.Index(None, "user_id", "id"),
)
