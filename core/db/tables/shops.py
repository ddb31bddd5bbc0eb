"""Shops, their lines and hours."""

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
    rules,
    shop_key,
    text,
    when,
)

shops = sa.Table(
    "shops",
    metadata,
    key(),
    text("name"),
    text("keyword", null=True, unique=True),  # folded to upper case; "BELLA" opens the shop
    text("type"),  # salon, barber, dentist, clinic … : free words, searched
    text("city"),
    text("address"),
    text("directions"),
    sa.Column("latitude", sa.Float()),
    sa.Column("longitude", sa.Float()),
    text("timezone"),
    text("country"),  # ISO 3166 alpha-2: phones without a prefix, 3/4 or 4/3
    text("currency"),
    text("language"),
    text("phone"),
    text("emergency_phone"),
    text("about"),
    json("answers"),  # short answers by topic: parking, payment, preparation …
    *rules(),
    count("hold_minutes", default=5),
    count("max_open", default=5),  # open bookings a customer may have
    count("held_budget", default=20),  # unproved holds at one time
    count("codes_per_day", default=200),
    sa.Column("code_countries", sa.Text()),  # "ES,PT"; NULL: the shop's own country
    flag("moves_anyone"),
    flag("paused"),
    count("version", default=1),  # raised by every change of the catalog; caches go by it
    when("created_at"),
    json("reminders", default=None, null=True),  # ["24h", "2h", …]; NULL: the default ones
    count("quiet_from", default=None, null=True),  # minutes of the local day; NULL: the default
    count("quiet_until", default=None, null=True),
    flag("discreet"),  # messages name no service and no provider
    flag("alert_unanswered"),  # a second reminder nobody answered is told to the owner
    text("agenda_today", server_default="08:00"),  # when the owners get the day's; empty: never
    text("agenda_tomorrow", server_default="20:00"),
    json("templates"),  # WhatsApp's approved ones: kind → language → ContentSid
    json("wordings"),  # the shop's own words: text's key → language → template
    proper_name(),
    sa.CheckConstraint("hold_minutes BETWEEN 1 AND 60", name="hold"),
    sa.CheckConstraint("max_open BETWEEN 1 AND 1000", name="max_open"),
)

lines = sa.Table(
    "lines",
    metadata,
    key(),
    ref("shop_id", "shops", null=True),  # NULL: the line serves all shops
    text("transport"),
    text("channel"),
    text("account"),
    text("address"),
    flag("staff"),  # the owners' end: alerts go out here, commands come in
    flag("active", default=True),
    when("created_at"),
    sa.UniqueConstraint("transport", "channel", "account", "address"),
    one_of("transport", "twilio", "telegram", "terminal", "simulator", "smtp"),
    one_of("channel", "sms", "whatsapp", "telegram", "email"),
)

hours = sa.Table(
    "hours",
    metadata,
    key(),
    ref("shop_id", "shops"),
    sa.Column("provider_id", sa.BigInteger()),  # NULL: the shop's
    count("weekday"),  # 0 is Monday
    count("opens"),  # minutes from the local midnight the interval begins on
    count("closes"),  # up to 48:00
    of_shop("provider_id", "providers"),
    sa.CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
    sa.CheckConstraint(
        "opens >= 0 AND opens < 1440 AND closes > opens AND closes <= 2880"
        " AND opens % 5 = 0 AND closes % 5 = 0",
        name="interval",
    ),
    sa.Index(None, "shop_id", "provider_id"),
)

date_exceptions = sa.Table(
    "date_exceptions",
    metadata,
    key(),
    ref("shop_id", "shops"),
    sa.Column("provider_id", sa.BigInteger()),
    sa.Column("day", sa.Date(), nullable=False),
    sa.Column("opens", sa.Integer()),  # both NULL: closed that day
    sa.Column("closes", sa.Integer()),
    text("reason"),
    of_shop("provider_id", "providers"),
    sa.CheckConstraint(
        "(opens IS NULL AND closes IS NULL) OR (opens >= 0 AND opens < 1440 AND closes > opens"
        " AND closes <= 2880 AND opens % 5 = 0 AND closes % 5 = 0)",
        name="interval",
    ),
    sa.Index(None, "shop_id", "provider_id", "day"),
)

calendars = sa.Table(
    "calendars",
    metadata,
    key(),
    ref("shop_id", "shops", null=True),  # NULL: a provider's, who may work in two shops
    text("kind"),
    text("name"),
    one_of("kind", "provider", "room"),
    shop_key("calendars"),
)

feeds = sa.Table(
    "feeds",  # secret addresses at which other programs read a calendar
    metadata,
    key(),
    ref("shop_id", "shops"),
    sa.Column("provider_id", Key),  # NULL: the whole shop's
    text("digest", unique=True),  # SHA-256 of the secret, which itself is kept nowhere
    when("created_at"),
    of_shop("provider_id", "providers"),
    sa.Index(None, "shop_id"),
)

outside_calendars = sa.Table(
    "outside_calendars",  # calendars elsewhere, whose busy times become a provider's blocks
    metadata,
    key(),
    ref("shop_id", "shops"),
    sa.Column("provider_id", Key, nullable=False),
    text("url"),  # is a secret of its own: whoever has it reads that calendar
    text("error"),  # why it could not be read last time; empty: it could
    when("created_at"),
    when("due_at"),
    when("fetched_at", null=True),  # when it was last read
    of_shop("provider_id", "providers"),
    sa.Index(None, "shop_id"),
    sa.Index(None, "due_at"),
)
