"""What customers may be written to on, and whom nobody could tell something."""

import sqlalchemy as sa

from core.db.tables.columns import (
    IdType,
    fk_column,
    id_column,
    instant_column,
    metadata,
    one_of_check,
    same_shop_fk,
    text_column,
)

REACH_CHANNELS = ("sms", "whatsapp", "email")
"""Channels on which somebody who never wrote can be written to."""

REACH_BASES = ("booking", "form", "account", "refused")
"""On what ground: the number was given for a booking, in a form, an account; or they said no."""

REACH_PURPOSES = ("bookings", "marketing")
"""What for: messages about their own bookings, or marketing, which is opted into apart."""

reaches = sa.Table(
    "reaches",  # addresses a customer gave without writing from them; who wrote has a conversation
    metadata,
    id_column(),
    fk_column("shop_id", "shops"),
    sa.Column("customer_id", IdType, nullable=False),
    text_column("channel"),
    text_column("address"),  # E.164, or e-mail in lower case
    text_column("purpose"),
    text_column("basis"),
    text_column("wording"),  # how they said so: "at the counter"
    fk_column("noted_by", "users", null=True),  # NULL: the person, or their account
    instant_column("created_at"),
    instant_column("ended_at", null=True),
    one_of_check("channel", *REACH_CHANNELS),
    one_of_check("purpose", *REACH_PURPOSES),
    one_of_check("basis", *REACH_BASES),
    same_shop_fk("customer_id", "customers"),
    sa.Index(
        "uq_reaches_standing",
        "customer_id",
        "channel",
        "address",
        "purpose",
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
    sa.Index(None, "address"),
)

untold = sa.Table(
    "untold",  # what a booking's customer could not be told by a message: somebody has to call
    metadata,
    id_column(),
    fk_column("shop_id", "shops"),
    fk_column("booking_id", "bookings"),
    text_column("kind"),  # of the message: confirmed, moved, cancelled …
    text_column("reason"),
    instant_column("created_at"),
    instant_column("settled_at", null=True),
    fk_column("settled_by", "users", null=True),  # NULL: a later message arrived
    sa.Index(
        "uq_untold_open",
        "booking_id",
        "kind",
        unique=True,
        sqlite_where=sa.text("settled_at IS NULL"),
        postgresql_where=sa.text("settled_at IS NULL"),
    ),
    sa.Index(
        "ix_untold_shop",
        "shop_id",
        sqlite_where=sa.text("settled_at IS NULL"),
        postgresql_where=sa.text("settled_at IS NULL"),
    ),
)
