"""Picking a start: the next fitting times, other days, other people, or typed in one's words.

Every round of it is one step whose answer is either the slot or what to show next; so what
is offered follows from the journal alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from bot.dialogue.questions import SwitchFlow
from bot.dialogue.talk import Talk
from bot.flows.slot_criteria import SlotCriteria
from bot.flows.slot_picker.answers import read_answer
from bot.flows.slot_picker.options import PickerRound
from core.catalog.entities import Catalog, Slot
from core.messaging.messages import Json

MAX_ROUNDS = 30
"""Questions about the time of one booking whose answers are all kept; the last says what they led
to."""


@dataclass(frozen=True, slots=True)
class PickedSlot:
    """The slot, the wish that led to it, and whether it was named in words, not picked."""

    slot: Slot
    wish: SlotCriteria
    named_in_words: bool

    @property
    def any_provider(self) -> bool:
        """Whether no provider was asked for."""
        return self.wish.provider is None


async def pick_slot(
    talk: Talk,
    catalog: Catalog,
    service_id: int,
    *,
    start: Json = None,
    ignore_booking: int | None = None,
) -> PickedSlot:
    """Return the start the person picked. `start` is what to show first (see `PickerRound`)."""
    state: Json = talk.compacted("from", start or {"show": "times"})
    for number in range(1, MAX_ROUNDS + 1):
        view = PickerRound(
            talk, catalog, service_id, state, ignore_booking, talk.step_key(str(number))
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
            raise SwitchFlow("stays", booking=ignore_booking)
        if "slot" in value:
            return PickedSlot(
                Slot.from_json(value["slot"]),
                SlotCriteria.from_json(state.get("wish", {}) | value.get("wish", {})),
                value.get("said", False),
            )
        state = value
    talk.compact("from", state)
