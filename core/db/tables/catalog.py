"""What a shop offers, and who provides it."""

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
    money_column,
    name_length_check,
    rule_columns,
    same_shop_fk,
    same_shop_target,
    text_column,
)

categories = sa.Table(
    "categories",
    metadata,
    id_column(),
    fk_column("shop_id", "shops"),
    text_column("name"),
    int_column("position"),
    name_length_check(),
    same_shop_target("categories"),
)

services = sa.Table(
    "services",
    metadata,
    id_column(),
    fk_column("shop_id", "shops"),
    sa.Column("category_id", IdType),
    sa.Column("parent_id", IdType),  # a sub-service's parent
    text_column("name"),
    text_column("description"),
    text_column("preparation"),
    int_column("minutes", default=None),
    money_column("price_minor"),  # NULL: on request
    json_column("synonyms", default="[]"),
    bool_column("sessions"),  # only given in sessions, such as a class or a clinic hour
    int_column("position"),
    bool_column("active", default=True),
    *rule_columns(),
    json_column("reminders", default=None, null=True),  # NULL: the shop's rules
    name_length_check(),
    same_shop_target("services"),
    same_shop_fk("category_id", "categories"),
    same_shop_fk("parent_id", "services"),
    sa.CheckConstraint("minutes BETWEEN 5 AND 1440 AND minutes % 5 = 0", name="minutes"),
    sa.CheckConstraint("price_minor >= 0", name="price"),
)

providers = sa.Table(
    "providers",
    metadata,
    id_column(),
    fk_column("shop_id", "shops"),
    fk_column("calendar_id", "calendars"),
    fk_column("user_id", "users", null=True),
    text_column("name"),
    text_column("title"),
    text_column("speciality"),
    text_column("degree"),
    text_column("experience"),
    text_column("about"),
    money_column("fee_minor"),
    bool_column("available", default=True),
    bool_column("active", default=True),
    int_column("position"),
    *rule_columns(),
    name_length_check(least=1),
    same_shop_target("providers"),
    sa.UniqueConstraint("shop_id", "calendar_id"),
)

provider_services = sa.Table(
    "provider_services",
    metadata,
    fk_column("shop_id", "shops"),
    sa.Column("provider_id", IdType, nullable=False),
    sa.Column("service_id", IdType, nullable=False),
    money_column("price_minor"),  # NULL: the service's
    sa.Column("minutes", sa.Integer()),
    sa.PrimaryKeyConstraint("provider_id", "service_id"),
    same_shop_fk("provider_id", "providers"),
    same_shop_fk("service_id", "services"),
    sa.CheckConstraint("minutes BETWEEN 5 AND 1440 AND minutes % 5 = 0", name="minutes"),
    sa.CheckConstraint("price_minor >= 0", name="price"),
)

service_rooms = sa.Table(
    "service_rooms",
    metadata,
    fk_column("shop_id", "shops"),
    sa.Column("service_id", IdType, nullable=False),
    # a room that every booking of the service also claims
    sa.Column("calendar_id", IdType, nullable=False),
    sa.PrimaryKeyConstraint("service_id", "calendar_id"),
    same_shop_fk("service_id", "services"),
    same_shop_fk("calendar_id", "calendars"),
)

time_off = sa.Table(
    "time_off",
    metadata,
    id_column(),
    fk_column("shop_id", "shops"),
    sa.Column("provider_id", IdType, nullable=False),
    instant_column("starts_at"),
    instant_column("ends_at"),
    text_column("reason"),
    same_shop_fk("provider_id", "providers"),
    sa.CheckConstraint("ends_at > starts_at", name="span"),
    sa.Index(None, "shop_id", "provider_id", "ends_at"),
)
