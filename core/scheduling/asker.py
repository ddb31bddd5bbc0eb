"""Who asks for slots: whose own time is not in the way, and on which terms."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from core.db.tables import bookings
from core.scheduling.agreed_terms import AgreedTerms

_BOOKING = sa.bindparam("own_booking", type_=bookings.c.id.type)
_TALK = sa.bindparam("own_talk", type_=bookings.c.conversation_id.type)


@dataclass(frozen=True, slots=True)
class Asker:
    """For whom slots are searched; what is theirs is not in their way.

    `booking_id` is the booking about to be moved, with its proposal. `conversation_id` is the
    conversation that asks: what it holds is released as soon as it takes something else. What is
    found is on the `terms` of a booking to be moved.
    """

    booking_id: int | None = None
    conversation_id: int | None = None
    terms: AgreedTerms | None = None

    def statement_params(self) -> dict[str, int]:
        """Return the values for the conditions below; no row has id 0."""
        return {"own_booking": self.booking_id or 0, "own_talk": self.conversation_id or 0}


NOBODY = Asker()
"""Nothing is one's own, as for somebody who only looks at what is free."""


OWN_BOOKINGS = (sa.select(bookings.c.id).where(bookings.c.id == _BOOKING)).union_all(
    sa.select(bookings.c.id).where(bookings.c.conversation_id == _TALK, bookings.c.state == "held")
)
"""The ids of the bookings that are not in the asker's way."""
