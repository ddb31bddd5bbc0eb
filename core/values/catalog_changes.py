"""Changes of categories, services, providers, offerings, rooms and booking rules.

Each model is the body of an API request, the row of an import, and the argument of the functions of
`core.shops`.
"""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field

from core.values.bounds import MAX_ROOM_SERVICES
from core.values.change import Change, unset
from core.values.field_types import (
    DisplayName,
    DisplayOrder,
    DurationMinutes,
    Flag,
    GapMinutes,
    HorizonDays,
    LongText,
    MinorUnits,
    NoticeMinutes,
    PersonName,
    ReminderRules,
    RowId,
    ShortText,
    Words,
)


class RulesChange(Change):
    """Booking rules to set: minutes in steps of five, days; null inherits the rule."""

    grid_minutes: DurationMinutes | None = unset(examples=[15])
    gap_before_minutes: GapMinutes | None = unset()
    gap_after_minutes: GapMinutes | None = unset()
    notice_minutes: NoticeMinutes | None = unset(description="How long before its start at least.")
    horizon_days: HorizonDays | None = unset(description="How far ahead one may book.")
    needs_approval: Flag | None = unset()
    cutoff_minutes: NoticeMinutes | None = unset(
        description="Until when customers move and cancel, before the start."
    )


class RuledChange(Change):
    """A change of something that may have booking rules of its own."""

    rules: RulesChange | None = unset()

    def changes(self) -> dict[str, Any]:
        """Return the fields that were set, by column, including the rules."""
        found = super().changes()
        found.pop("rules", None)
        return found | (self.rules.changes() if self.rules else {})

    @classmethod
    def from_columns(cls, **columns: Any) -> Self:
        """Return the change that sets these columns, including the rules."""
        rules = {name: value for name, value in columns.items() if name in RulesChange.model_fields}
        rest = {name: value for name, value in columns.items() if name not in rules}
        return cls(**rest, **({"rules": RulesChange(**rules)} if rules else {}))


class CategoryChange(Change):
    """A change of a category; fields left out stay unchanged."""

    name: DisplayName = unset()
    position: DisplayOrder = unset()


class NewCategory(CategoryChange):
    """A new category of services."""

    name: DisplayName


class ServiceChange(RuledChange):
    """A change of a service; fields left out stay unchanged."""

    name: DisplayName = unset()
    category_id: RowId | None = unset()
    parent_id: RowId | None = unset(description="Makes it a sub-service of another.")
    description: LongText = unset()
    preparation: LongText = unset(description="What customers do before they come.")
    minutes: DurationMinutes = unset()
    price_minor: MinorUnits | None = unset(description="In minor units; null: on request.")
    synonyms: Words = unset(description="Words people use for it.")
    sessions: Flag = unset(description="Only at set times, to several at once.")
    position: DisplayOrder = unset()
    active: Flag = unset(description="False takes it off offer.")
    reminders: ReminderRules | None = unset(description="Null: the shop's.")


class NewService(ServiceChange):
    """A new service."""

    name: DisplayName
    minutes: DurationMinutes


class ProviderChange(RuledChange):
    """A change of a provider; fields left out stay unchanged."""

    name: PersonName = unset()
    title: ShortText = unset(examples=["Dr"])
    speciality: ShortText = unset()
    degree: ShortText = unset()
    experience: ShortText = unset()
    about: LongText = unset()
    fee_minor: MinorUnits | None = unset(description="Where a service has no price.")
    available: Flag = unset(description="False: not just now.")
    active: Flag = unset(description="False: not any more.")
    position: DisplayOrder = unset()


class NewProvider(ProviderChange):
    """A new provider, with a calendar of their own."""

    name: PersonName


class OfferingChange(Change):
    """How a provider gives a service; null uses the service's value."""

    minutes: DurationMinutes | None = None
    price_minor: MinorUnits | None = None


RoomServiceIds = Annotated[list[RowId], Field(max_length=MAX_ROOM_SERVICES)]


class RoomChange(Change):
    """A change of a room; fields left out stay unchanged."""

    name: DisplayName = unset()
    service_ids: RoomServiceIds = unset(
        description="All the services whose bookings take it from now on."
    )


class NewRoom(RoomChange):
    """A new room, which bookings of these services also claim."""

    name: DisplayName
    service_ids: RoomServiceIds = Field([])
