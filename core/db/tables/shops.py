"""Shops, their lines and hours."""

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
    rule_columns,
    same_shop_fk,
    same_shop_target,
    text_column,
)

shops = sa.Table(
    "shops",
    metadata,
    id_column(),
    text_column("name"),
    text_column("keyword", null=True, unique=True),  # in upper case; "BELLA" opens the shop
    text_column("type"),  # salon, barber, dentist, clinic …: free text, searched
    text_column("city"),
    text_column("address"),
    text_column("directions"),
    sa.Column("latitude", sa.Float()),
    sa.Column("longitude", sa.Float()),
    text_column("timezone"),
    text_column("country"),  # ISO 3166 alpha-2, for phones without a prefix
    text_column("currency"),
    text_column("language"),
    text_column("phone"),
    text_column("emergency_phone"),
    text_column("about"),
    json_column("answers"),  # short answers by topic: parking, payment, preparation …
    *rule_columns(),
    int_column("hold_minutes", default=5),
    int_column("max_open_bookings", default=5),  # limit of open bookings per customer
    int_column("max_unverified_holds", default=20),  # limit of unverified holds at one time
    int_column("codes_per_day", default=200),
    sa.Column("code_countries", sa.Text()),  # "ES,PT"; NULL: the shop's own country
    bool_column("may_change_provider"),
    bool_column("paused"),
    int_column("version", default=1),  # raised by every change of the catalog; caches compare it
    instant_column("created_at"),
    json_column("reminders", default=None, null=True),  # ["24h", "2h", …]; NULL: the default rules
    int_column(
        "quiet_from", default=None, null=True
    ),  # minutes of the local day; NULL: the default
    int_column("quiet_until", default=None, null=True),
    bool_column("discreet"),  # messages name neither service nor provider
    bool_column("alert_unanswered"),  # tell the owner of a second reminder nobody answered
    text_column(
        "agenda_today", server_default="08:00"
    ),  # when owners get the day's digest; empty: never
    text_column("agenda_tomorrow", server_default="20:00"),
    json_column("templates"),  # approved WhatsApp templates: kind → language → ContentSid
    json_column("message_overrides"),  # the shop's own texts: text key → language → template
    bool_column("codes_on_every_channel"),  # even where the channel authenticates the sender
    name_length_check(),
    sa.CheckConstraint("hold_minutes BETWEEN 1 AND 60", name="hold"),
    sa.CheckConstraint("max_open_bookings BETWEEN 1 AND 1000", name="max_open_bookings"),
)

lines = sa.Table(
    "lines",
    metadata,
    id_column(),
    fk_column("shop_id", "shops", null=True),  # NULL: the line serves all shops
    text_column("transport"),
    text_column("channel"),
    text_column("account"),
    text_column("address"),
    bool_column("staff"),  # for staff: alerts are sent and commands received here
    bool_column("active", default=True),
    instant_column("created_at"),
    sa.UniqueConstraint("transport", "channel", "account", "address"),
    sa.Index(None, "shop_id"),
    one_of_check("transport", "twilio", "telegram", "terminal", "simulator", "smtp"),
    one_of_check("channel", "sms", "whatsapp", "telegram", "email"),
)

hours = sa.Table(
    "hours",
    metadata,
    id_column(),
    fk_column("shop_id", "shops"),
    sa.Column("provider_id", sa.BigInteger()),  # NULL: the shop's hours
    int_column("weekday"),  # 0 is Monday
    int_column("opens"),  # minutes from the local midnight on which the interval begins
    int_column("closes"),  # up to 48:00
    same_shop_fk("provider_id", "providers"),
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
    id_column(),
    fk_column("shop_id", "shops"),
    sa.Column("provider_id", sa.BigInteger()),
    sa.Column("day", sa.Date(), nullable=False),
    sa.Column("opens", sa.Integer()),  # both NULL: closed that day
    sa.Column("closes", sa.Integer()),
    text_column("reason"),
    same_shop_fk("provider_id", "providers"),
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
    id_column(),
    fk_column("shop_id", "shops", null=True),  # NULL: a provider's, who may work at two shops
    text_column("kind"),
    text_column("name"),
    one_of_check("kind", "provider", "room"),
    same_shop_target("calendars"),
)

feeds = sa.Table(
    "feeds",  # secret addresses where other programs read a calendar
    metadata,
    id_column(),
    fk_column("shop_id", "shops"),
    sa.Column("provider_id", IdType),  # NULL: the whole shop
    text_column("digest", unique=True),  # SHA-256 of the secret, which is not stored
    instant_column("created_at"),
    same_shop_fk("provider_id", "providers"),
    sa.Index(None, "shop_id"),
)

external_calendars = sa.Table(
    "external_calendars",  # external calendars whose busy times become a provider's blocks
    metadata,
    id_column(),
    fk_column("shop_id", "shops"),
    sa.Column("provider_id", IdType, nullable=False),
    text_column("url"),  # a secret too: anyone with it can read that calendar
    text_column("error"),  # why the last fetch failed; empty: it succeeded
    instant_column("created_at"),
    instant_column("due_at"),
    instant_column("fetched_at", null=True),  # when it was last fetched
    json_column("odd_entries", default="[]"),  # entries not read: their start and why
    int_column("odd_count"),  # how many there were; only the first are listed
    same_shop_fk("provider_id", "providers"),
    sa.Index(None, "shop_id"),
    sa.Index(None, "due_at"),
)
