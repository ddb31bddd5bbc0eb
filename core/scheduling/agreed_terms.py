"""The terms a booking was made on, which a move keeps.

A shop may change its prices and lengths at any time; what was agreed stays. Only a provider who
works on other terms than the one booked makes a difference, and whoever moves agrees to it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from core.catalog.entities import Catalog, Offering, Slot


@dataclass(frozen=True, slots=True)
class Terms:
    """A length in minutes and a price in minor units; a price of None is on request."""

    minutes: int
    price_minor: int | None
    currency: str

    def applied_to(self, slot: Slot) -> Slot:
        """Return the slot on these terms; a session keeps its own length."""
        ends_at = slot.starts_at + timedelta(minutes=self.minutes)
        return replace(
            slot,
            ends_at=slot.ends_at if slot.session_id is not None else ends_at,
            price_minor=self.price_minor,
            currency=self.currency,
        )


def terms_of_slot(slot: Slot) -> Terms:
    """Return the terms of a slot."""
    return Terms(slot.minutes, slot.price_minor, slot.currency)


@dataclass(frozen=True, slots=True)
class AgreedTerms:
    """A booking's terms, with what tells whether another provider works on other ones.

    `session_price_minor` is the price of the booked session itself, if it has one. With `always`
    they hold with every provider, as for a move the shop asks for.
    """

    booked: Terms
    service_id: int
    provider_id: int
    session_price_minor: int | None = None
    always: bool = False

    def with_offering(
        self, known: Catalog, offering: Offering, session: Terms | None = None
    ) -> Terms:
        """Return the terms on which the booking would be with this offering, or in this session.

        They are those agreed, unless the two differ in what they ask for today.
        """
        listed = session or _listed(known, offering)
        before = known.offerings.get((self.service_id, self.provider_id))
        agreed = replace(self.booked, minutes=listed.minutes) if session else self.booked
        if self.always:
            return agreed
        if session is None:
            same = offering.provider.id == self.provider_id
            alike = before is not None and _listed(known, before) == listed
            return agreed if same or alike else listed
        price = self.session_price_minor
        if price is None:
            price = before.price_minor if before else self.booked.price_minor
        return agreed if price == listed.price_minor else listed


def _listed(known: Catalog, offering: Offering) -> Terms:
    return Terms(offering.minutes, offering.price_minor, known.shop.currency)
