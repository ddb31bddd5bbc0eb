"""Choice of a start: next matching times, other days, other providers, or free text.

Each round is one step whose answer is a slot or the state of the next round, so the options follow
from the journal alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from bot.dialogue.questions import SwitchFlow
from bot.dialogue.talk import Talk
from bot.flows.slot_criteria import SlotCriteria
from bot.flows.slot_picker.answers import read_answer
from bot.flows.slot_picker.options import PickerRound
from core.bookings.booking import Booking
from core.catalog.entities import Catalog, Slot
from core.messaging.messages import Json
from core.scheduling.agreed_terms import AgreedTerms

MAX_ROUNDS = 30
"""Rounds kept in the journal for one booking; then they are compacted into the latest state."""


@dataclass(frozen=True, slots=True)
class PickedSlot:
    """The chosen slot, the criteria that led to it, and whether it was named in words."""

    slot: Slot
    wish: SlotCriteria
    named_in_words: bool

    @property
    def any_provider(self) -> bool:
        """Whether no particular provider was requested."""
        return self.wish.provider is None


async def pick_slot(
    talk: Talk,
    catalog: Catalog,
    service_id: int,
    *,
    start: Json = None,
    moving: Booking | None = None,
    terms: AgreedTerms | None = None,
) -> PickedSlot:
    """Return the slot the person picks.

    `start` is the initial state (see `PickerRound`), `moving` the booking to be moved
    and `terms` its terms.
    """
    state: Json = talk.compacted("from", start or {"show": "times"})
    for number in range(1, MAX_ROUNDS + 1):
        view = PickerRound(
            talk, catalog, service_id, state, moving, terms, talk.step_key(str(number))
        )
        value = await talk.choose(
            str(number),
            view.question,
            view.choices,
            read=partial(read_answer, view),
            expects="when",
            recheck=False,
            layout=view.layout,
        )
        if "leave" in value:
            assert moving is not None
            raise SwitchFlow("stays", booking=moving.id)
        if "slot" in value:
            return PickedSlot(
                Slot.from_json(value["slot"]),
                SlotCriteria.from_json(state.get("wish", {}) | value.get("wish", {})),
                value.get("said", False),
            )
        state = value
    talk.compact("from", state)
