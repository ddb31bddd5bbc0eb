"""What a shop offers, and who gives it."""

import sqlalchemy as sa

from core.db.tables.columns import (
    Key,
    count,
    flag,
    json,
    key,
    metadata,
    money,
    of_shop,
    proper_name,
    ref,
    rules,
    shop_key,
    text,
    when,
)

categories = sa.Table(
    "categories",
    metadata,
    key(),
    ref("shop_id", "shops"),
    text("name"),
    count("position"),
    proper_name(),
    shop_key("categories"),
)

services = sa.Table(
    "services",
    metadata,
    key(),
    ref("shop_id", "shops"),
    sa.Column("category_id", Key),
    sa.Column("parent_id", Key),  # a sub-service's parent
    text("name"),
    text("description"),
    text("preparation"),
    count("minutes", default=None),
    money("price_minor"),  # NULL: on request
    json("synonyms", default="[]"),
    flag("sessions"),  # given only in sessions: a class, a clinic hour
    count("position"),
    flag("active", default=True),
    *rules(),
    json("reminders", default=None, null=True),  # NULL: the shop's
    proper_name(),
    shop_key("services"),
    of_shop("category_id", "categories"),
    of_shop("parent_id", "services"),
    sa.CheckConstraint("minutes BETWEEN 5 AND 1440 AND minutes % 5 = 0", name="minutes"),
    sa.CheckConstraint("price_minor >= 0", name="price"),
)

providers = sa.Table(
    "providers",
    metadata,
    key(),
    ref("shop_id", "shops"),
    ref("calendar_id", "calendars"),
    ref("user_id", "users", null=True),
    text("name"),
    text("title"),
    text("speciality"),
    text("degree"),
    text("experience"),
    text("about"),
    money("fee_minor"),
    flag("available", default=True),
    flag("active", default=True),
    count("position"),
    *rules(),
    proper_name(),
    shop_key("providers"),
    sa.UniqueConstraint("shop_id", "calendar_id"),
)

provider_services = sa.Table(
    "provider_services",
    metadata,
    ref("shop_id", "shops"),
    sa.Column("provider_id", Key, nullable=False),
    sa.Column("service_id", Key, nullable=False),
    money("price_minor"),  # NULL: the service's
    sa.Column("minutes", sa.Integer()),
    sa.PrimaryKeyConstraint("provider_id", "service_id"),
    of_shop("provider_id", "providers"),
    of_shop("service_id", "services"),
    sa.CheckConstraint("minutes BETWEEN 5 AND 1440 AND minutes % 5 = 0", name="minutes"),
    sa.CheckConstraint("price_minor >= 0", name="price"),
)

service_rooms = sa.Table(
    "service_rooms",
    metadata,
    ref("shop_id", "shops"),
    sa.Column("service_id", Key, nullable=False),
    sa.Column("calendar_id", Key, nullable=False),  # a room every booking of it also takes
    sa.PrimaryKeyConstraint("service_id", "calendar_id"),
    of_shop("service_id", "services"),
    of_shop("calendar_id", "calendars"),
)

time_off = sa.Table(
    "time_off",
    metadata,
    key(),
    ref("shop_id", "shops"),
    sa.Column("provider_id", Key, nullable=False),
    when("starts_at"),
    when("ends_at"),
    text("reason"),
    of_shop("provider_id", "providers"),
    sa.CheckConstraint("ends_at > starts_at", name="span"),
    sa.Index(None, "shop_id", "provider_id", "ends_at"),
)
