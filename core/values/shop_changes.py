"""Changes of a shop: the body of an API request and the argument of `core.shops.shops`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from core.values import bounds
from core.values.catalog_changes import RuledChange
from core.values.change import unset
from core.values.field_types import (
    Answers,
    Countries,
    Country,
    Currency,
    DisplayName,
    Flag,
    Keyword,
    Language,
    Latitude,
    Longitude,
    LongText,
    MinuteOfDay,
    NumberField,
    PhoneText,
    ReminderRules,
    ShortText,
    Templates,
    TimeZone,
    WallTime,
)


class ShopChange(RuledChange):
    """A change of a shop; fields left out stay unchanged."""

    name: DisplayName = unset()
    keyword: Keyword | None = unset(description="Customers write it to open the shop.")
    type: ShortText = unset()
    city: ShortText = unset()
    address: ShortText = unset()
    directions: LongText = unset()
    latitude: Latitude | None = unset()
    longitude: Longitude | None = unset()
    timezone: TimeZone = unset(examples=["Europe/Madrid"])
    country: Country = unset(examples=["ES"])
    currency: Currency = unset(examples=["EUR"])
    language: Language = unset()
    phone: PhoneText = unset()
    emergency_phone: PhoneText = unset()
    about: LongText = unset()
    answers: Answers = unset(description="Short answers, by topic.")
    paused: Flag = unset(description="Takes no new bookings for now.")
    hold_minutes: Annotated[int, NumberField(*bounds.HOLD_MINUTES)] = unset()
    max_open_bookings: Annotated[int, NumberField(*bounds.MAX_OPEN_BOOKINGS)] = unset()
    max_unverified_holds: Annotated[int, NumberField(*bounds.MAX_UNVERIFIED_HOLDS)] = unset()
    codes_per_day: Annotated[int, NumberField(*bounds.CODES_PER_DAY)] = unset()
    code_countries: Countries | None = unset()
    codes_on_every_channel: Flag = unset(
        description="Ask for a code on WhatsApp and Telegram, too, which authenticate the sender."
    )
    may_change_provider: Flag = unset()
    reminders: ReminderRules | None = unset(examples=[["24h", "2h"]])
    quiet_from: MinuteOfDay | None = unset()
    quiet_until: MinuteOfDay | None = unset()
    discreet: Flag = unset()
    alert_unanswered: Flag = unset()
    agenda_today: WallTime = unset(examples=["08:00"])
    agenda_tomorrow: WallTime = unset(examples=["20:00"])
    templates: Templates = unset()


class NewShop(ShopChange):
    """A new shop."""

    name: DisplayName
    timezone: TimeZone = Field(examples=["Europe/Madrid"])
    country: Country = Field(examples=["ES"])
    currency: Currency = Field(examples=["EUR"])
