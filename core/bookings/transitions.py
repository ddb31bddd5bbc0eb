"""What may become of a booking, and by whom: one table, which code and tests both read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.errors import InvalidTransition, NotAllowed

ActorKind = Literal["customer", "staff", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: a customer or a member of staff by their user id, or Slotline itself.

    `name` is what others are told ("decided by Ana").
    """

    kind: ActorKind
    id: int | None = None
    name: str = ""

    def __str__(self) -> str:
        word = {"customer": "user", "staff": "staff", "system": "system"}[self.kind]
        return word if self.id is None else f"{word}:{self.id}"


SYSTEM = Actor("system")


@dataclass(frozen=True, slots=True)
class Transition:
    """Where an action leads, who may take it, and whether only once the start has come."""

    to_state: str
    actor_kinds: frozenset[ActorKind]
    only_after_start: bool = False


NEW = ""
"""The state of a booking before it is one."""

LIVE_STATES = ("held", "pending", "confirmed", "in_progress")
"""In these states, and no other, a booking takes time: it has its claims or its seat."""

OPEN_STATES = ("pending", "confirmed")
"""What counts to the open bookings a customer may have, until it is over."""

_CUSTOMER: frozenset[ActorKind] = frozenset({"customer"})
_STAFF: frozenset[ActorKind] = frozenset({"staff"})
_SYSTEM: frozenset[ActorKind] = frozenset({"system"})
_BOTH = _CUSTOMER | _STAFF
_ALL = _BOTH | _SYSTEM

# `book` and `move` become `request` where the shop wants to see bookings first and it is not
# the shop itself that acts. Mistakes of the staff are corrected only where no time is taken
# anew: whoever came after all and was a no-show is completed, not begun again.
TRANSITIONS: dict[tuple[str, str], Transition] = {
    (NEW, "hold"): Transition("held", _CUSTOMER),
    (NEW, "book_for"): Transition("confirmed", _STAFF | _SYSTEM),
    (NEW, "squeeze_in"): Transition("confirmed", _STAFF),
    ("held", "book"): Transition("confirmed", _CUSTOMER),
    ("held", "request"): Transition("pending", _CUSTOMER),
    ("held", "release"): Transition("expired", _CUSTOMER | _SYSTEM),
    ("held", "expire"): Transition("expired", _SYSTEM),
    ("expired", "book"): Transition(
        "confirmed", _CUSTOMER
    ),  # the hold ran out, the time is free yet
    ("expired", "request"): Transition("pending", _CUSTOMER),
    ("pending", "confirm"): Transition("confirmed", _STAFF),
    ("pending", "decline"): Transition("declined", _STAFF),
    ("pending", "expire"): Transition("expired", _SYSTEM),
    ("pending", "cancel"): Transition("cancelled", _ALL),
    ("pending", "move"): Transition("pending", _BOTH),
    ("pending", "request"): Transition("pending", _CUSTOMER),
    ("pending", "mark_late"): Transition("pending", _BOTH),
    ("confirmed", "cancel"): Transition("cancelled", _ALL),
    ("confirmed", "move"): Transition("confirmed", _BOTH),
    ("confirmed", "request"): Transition("pending", _CUSTOMER),
    ("confirmed", "mark_late"): Transition("confirmed", _BOTH),
    ("confirmed", "will_come"): Transition("confirmed", _BOTH),
    ("confirmed", "start"): Transition("in_progress", _STAFF),
    ("confirmed", "complete"): Transition("completed", _STAFF, only_after_start=True),
    ("confirmed", "mark_no_show"): Transition("no_show", _STAFF, only_after_start=True),
    ("in_progress", "complete"): Transition("completed", _STAFF),
    ("in_progress", "correct"): Transition("confirmed", _STAFF),
    ("completed", "correct"): Transition("no_show", _STAFF),
    ("no_show", "correct"): Transition("completed", _STAFF),
}


def allowed_transition(state: str, action: str, actor: Actor, *, begun: bool = False) -> Transition:
    """Return where `action` leads from `state`.

    Raises WrongState (`state`, `action`) when it leads nowhere, or not before the start;
    NotAllowed when it is not for this kind of actor.
    """
    found = TRANSITIONS.get((state, action))
    if found is None:
        raise InvalidTransition(state=state, action=action)
    if actor.kind not in found.actor_kinds:
        raise NotAllowed(action=action, actor=actor.kind)
    if found.only_after_start and not begun:
        raise InvalidTransition(state=state, action=action, begun=False)
    return found
