"""The catalog's entities: shop, service, provider, offering, rules and slot.

Plain data without a database; `core.catalog.loader` reads them, `core.shops` changes them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from core.errors import NotFound
from core.localtime.opening_masks import OpeningHours

EpochSpan = tuple[int, int]
"""Start and end in epoch seconds."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BookingRules:
    """The rules for bookings; the defaults of a shop that sets none.

    Minutes are elapsed time, days are days of the shop's zone. Buffers are kept free before and
    after; between neighbours the larger one counts. `cutoff_minutes` is how long before the start
    customers may still move or cancel.
    """

    grid_minutes: int = 30
    gap_before_minutes: int = 0
    gap_after_minutes: int = 0
    notice_minutes: int = 60
    horizon_days: int = 30
    needs_approval: bool = False
    cutoff_minutes: int = 0


@dataclass(frozen=True, slots=True)
class RuleOverrides:
    """The rules that a shop, service or provider overrides; None inherits from the level above."""

    grid_minutes: int | None = None
    gap_before_minutes: int | None = None
    gap_after_minutes: int | None = None
    notice_minutes: int | None = None
    horizon_days: int | None = None
    needs_approval: bool | None = None
    cutoff_minutes: int | None = None


RULE_NAMES = tuple(rule.name for rule in fields(BookingRules))
"""The names of the rules, both as columns and as fields."""


@dataclass(frozen=True, slots=True)
class Shop:
    """A place with a zone, hours and a type; the tenant.

    `answers` are short texts by topic. Reminder rules are interpreted by `core.bookings.reminders`;
    None is the default. Quiet hours are minutes of the local day, digest times "HH:MM" or empty for
    never. `templates` maps kind → language → ContentSid, `message_overrides` text key → language →
    the shop's own text.
    """

    id: int
    name: str
    keyword: str | None
    type: str
    city: str
    address: str
    directions: str
    latitude: float | None
    longitude: float | None
    timezone: str
    country: str
    currency: str
    language: str
    phone: str
    emergency_phone: str
    about: str
    answers: Mapping[str, str]
    hold_minutes: int
    max_open_bookings: int
    max_unverified_holds: int
    codes_per_day: int
    code_countries: str | None
    codes_on_every_channel: bool
    may_change_provider: bool
    paused: bool
    version: int
    created_at: datetime
    reminders: Sequence[str] | None
    quiet_from: int | None
    quiet_until: int | None
    discreet: bool
    alert_unanswered: bool
    agenda_today: str
    agenda_tomorrow: str
    templates: Mapping[str, Mapping[str, str]]
    message_overrides: Mapping[str, Mapping[str, str]]
    overrides: RuleOverrides

    @property
    def rules(self) -> BookingRules:
        """Return the shop's rules, which services and providers may override."""
        return effective_rules(self.overrides)


@dataclass(frozen=True, slots=True)
class Category:
    """A group of services, with a display order."""

    id: int
    shop_id: int
    name: str
    position: int


@dataclass(frozen=True, slots=True)
class Service:
    """A service: its duration, its price (None: on request), and synonyms.

    `sessions`: only given at fixed times to several people at once.
    """

    id: int
    shop_id: int
    category_id: int | None
    parent_id: int | None
    name: str
    description: str
    preparation: str
    minutes: int
    price_minor: int | None
    synonyms: tuple[str, ...]
    sessions: bool
    position: int
    active: bool
    reminders: Sequence[str] | None
    overrides: RuleOverrides


@dataclass(frozen=True, slots=True)
class Provider:
    """A person who gives services.

    `available` is false for a temporary absence, `active` for somebody who left.
    """

    id: int
    shop_id: int
    calendar_id: int
    user_id: int | None
    name: str
    title: str
    speciality: str
    degree: str
    experience: str
    about: str
    fee_minor: int | None
    available: bool
    active: bool
    position: int
    overrides: RuleOverrides

    @property
    def display_name(self) -> str:
        """Return the name as customers read it: "Dr Asha Rao", "Ana"."""
        return f"{self.title} {self.name}".strip()


@dataclass(frozen=True, slots=True)
class Offering:
    """A service as one provider gives it.

    The price is the offering's own, else the service's, else the provider's fee, else on request.
    """

    service: Service
    provider: Provider
    minutes: int
    price_minor: int | None
    rules: BookingRules

    @property
    def is_bookable(self) -> bool:
        """Return whether it can be booked at present."""
        return self.service.active and self.provider.active and self.provider.available


@dataclass(frozen=True, slots=True)
class Catalog:
    """All that a shop offers, at one version.

    Everything is in display order. `derived_cache` holds what readers compute from it.
    """

    shop: Shop
    categories: tuple[Category, ...]
    services: tuple[Service, ...]
    providers: tuple[Provider, ...]
    offerings: Mapping[tuple[int, int], Offering]
    shop_hours: OpeningHours
    provider_hours: Mapping[int, OpeningHours]
    rooms_by_service: Mapping[int, tuple[int, ...]]
    time_off_by_provider: Mapping[int, tuple[EpochSpan, ...]]
    version: int
    derived_cache: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)
    _services: Mapping[int, Service] = field(init=False, repr=False, compare=False)
    _providers: Mapping[int, Provider] = field(init=False, repr=False, compare=False)
    _given: Mapping[int, tuple[Offering, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "_services", {service.id: service for service in self.services})
        put(self, "_providers", {provider.id: provider for provider in self.providers})
        given: dict[int, list[Offering]] = {}
        for offering in self.offerings.values():
            if offering.is_bookable:
                given.setdefault(offering.service.id, []).append(offering)
        put(self, "_given", {service: tuple(those) for service, those in given.items()})

    def service(self, service_id: int) -> Service:
        """Return a service, active or not; raise NotFound otherwise."""
        return _known(self._services, service_id, service=service_id)

    def provider(self, provider_id: int) -> Provider:
        """Return a provider, active or not; raise NotFound otherwise."""
        return _known(self._providers, provider_id, provider=provider_id)

    def offering(self, service_id: int, provider_id: int) -> Offering:
        """Return an offering, bookable or not; raise NotFound if there never was one."""
        pair = service_id, provider_id
        return _known(self.offerings, pair, service=service_id, provider=provider_id)

    def offerings_of(self, service_id: int) -> tuple[Offering, ...]:
        """Return the bookable offerings of a service, in the providers' order."""
        return self._given.get(service_id, ())

    def providers_of(self, service_id: int) -> tuple[Provider, ...]:
        """Return the providers who give a service at present, in order."""
        return tuple(offering.provider for offering in self.offerings_of(service_id))

    def bookable_services(self) -> tuple[Service, ...]:
        """Return the bookable services, by category and position."""
        return tuple(service for service in self.services if service.id in self._given)

    def category_by_id(self, category_id: int) -> Category:
        """Return a category; raise NotFound otherwise."""
        named = {category.id: category for category in self.categories}
        return _known(named, category_id, category=category_id)

    def category_of(self, service: Service) -> Category | None:
        """Return the category of a service, or None."""
        return next((c for c in self.categories if c.id == service.category_id), None)


@dataclass(frozen=True, slots=True)
class Slot:
    """A start on offer; computed, never stored, but a flow's journal may keep it as JSON.

    Instants are aware UTC, the price in minor units (None: on request). A session's slot says how
    many seats are left, including the one asked for.
    """

    shop_id: int
    service_id: int
    provider_id: int
    starts_at: datetime
    ends_at: datetime
    price_minor: int | None
    currency: str
    session_id: int | None = None
    seats_left: int | None = None

    @property
    def minutes(self) -> int:
        """Return the duration in minutes."""
        return (self.ends_at - self.starts_at) // timedelta(minutes=1)

    def to_json(self) -> dict[str, Any]:
        """Return JSON data, with instants in epoch seconds."""
        return {
            "shop": self.shop_id,
            "service": self.service_id,
            "provider": self.provider_id,
            "starts": int(self.starts_at.timestamp()),
            "ends": int(self.ends_at.timestamp()),
            "price": self.price_minor,
            "currency": self.currency,
            "session": self.session_id,
            "seats": self.seats_left,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Slot:
        """Return the slot of data from `to_json`."""
        return cls(
            shop_id=data["shop"],
            service_id=data["service"],
            provider_id=data["provider"],
            starts_at=datetime.fromtimestamp(data["starts"], UTC),
            ends_at=datetime.fromtimestamp(data["ends"], UTC),
            price_minor=data["price"],
            currency=data["currency"],
            session_id=data["session"],
            seats_left=data["seats"],
        )


def effective_rules(*overrides: RuleOverrides) -> BookingRules:
    """Merge overrides, nearest first (provider, service, shop): the first that is set counts.

    Approval is different: it is required if any level requires it.
    """
    found: dict[str, Any] = {}
    for name in RULE_NAMES:
        values = [value for over in overrides if (value := getattr(over, name)) is not None]
        if values:
            found[name] = any(values) if name == "needs_approval" else values[0]
    return BookingRules(**found)


def _known(known: Mapping[Any, T], key: object, **facts: object) -> T:
    try:
        return known[key]
    except KeyError:
        raise NotFound(**facts) from None
