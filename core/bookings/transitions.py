"""The table of booking state transitions and who may cause them, used by code and tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.errors import InvalidTransition, NotAllowed

ActorKind = Literal["customer", "staff", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a customer or a member by user id, or Slotline itself.

    `name` is shown to others ("decided by Ana").
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
    """The state an action leads to, who may take it, and whether only after the start."""

    to_state: str
    actor_kinds: frozenset[ActorKind]
    only_after_start: bool = False


NEW = ""
"""The state before a booking exists."""

LIVE_STATES = ("held", "pending", "confirmed", "in_progress")
"""The states in which a booking takes time: exactly then it has claims or a seat."""

OPEN_STATES = ("pending", "confirmed")
"""The states that count towards a customer's limit of open bookings, until the booking is over."""

_CUSTOMER: frozenset[ActorKind] = frozenset({"customer"})
_STAFF: frozenset[ActorKind] = frozenset({"staff"})
_SYSTEM: frozenset[ActorKind] = frozenset({"system"})
_BOTH = _CUSTOMER | _STAFF
_ALL = _BOTH | _SYSTEM

# `book` and `move` become `request` where the shop approves and the actor is not staff. Staff may
# take back an outcome: `correct` leads to what was before it (by default, confirmed), and an
# outcome may be replaced by the other one. A visit begins at its start, or a little before.
TRANSITIONS: dict[tuple[str, str], Transition] = {
    (NEW, "hold"): Transition("held", _CUSTOMER),
    (NEW, "book_for"): Transition("confirmed", _STAFF | _SYSTEM),
    (NEW, "overbook"): Transition("confirmed", _STAFF),
    ("held", "book"): Transition("confirmed", _CUSTOMER),
    ("held", "request"): Transition("pending", _CUSTOMER),
    ("held", "release"): Transition("expired", _CUSTOMER | _SYSTEM),
    ("held", "expire"): Transition("expired", _SYSTEM),
    ("expired", "book"): Transition(
        "confirmed", _CUSTOMER
    ),  # the hold expired, but the time is still free
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
    ("confirmed", "start"): Transition("in_progress", _STAFF, only_after_start=True),
    ("confirmed", "complete"): Transition("completed", _STAFF, only_after_start=True),
    ("confirmed", "mark_no_show"): Transition("no_show", _STAFF, only_after_start=True),
    ("in_progress", "complete"): Transition("completed", _STAFF, only_after_start=True),
    ("in_progress", "cancel"): Transition("cancelled", _STAFF),  # an emergency
    ("in_progress", "correct"): Transition("confirmed", _STAFF),
    ("completed", "correct"): Transition("confirmed", _STAFF),
    ("completed", "mark_no_show"): Transition("no_show", _STAFF, only_after_start=True),
    ("no_show", "correct"): Transition("confirmed", _STAFF),
    ("no_show", "complete"): Transition("completed", _STAFF, only_after_start=True),
}


def allowed_transition(state: str, action: str, actor: Actor, *, begun: bool = False) -> Transition:
    """Return the transition of `action` from `state`.

    Raise InvalidTransition (`state`, `action`) if there is none or not before the start, and
    NotAllowed if this kind of actor may not.
    """
    found = TRANSITIONS.get((state, action))
    if found is None:
        raise InvalidTransition(state=state, action=action)
    if actor.kind not in found.actor_kinds:
        raise NotAllowed(action=action, actor=actor.kind)
    if found.only_after_start and not begun:
        raise InvalidTransition(state=state, action=action, begun=False)
    return found
