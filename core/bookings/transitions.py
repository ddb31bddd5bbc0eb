"""What may become of a booking, and by whom: one table, which code and tests both read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.errors import NotAllowed, WrongState

Kind = Literal["customer", "staff", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: a customer or a member of staff by their user id, or Slotline itself.

    `name` is what others are told ("decided by Ana").
    """

    kind: Kind
    id: int | None = None
    name: str = ""

    def __str__(self) -> str:
        word = {"customer": "user", "staff": "staff", "system": "system"}[self.kind]
        return word if self.id is None else f"{word}:{self.id}"


SYSTEM = Actor("system")


@dataclass(frozen=True, slots=True)
class Step:
    """Where an action leads, who may take it, and whether only once the start has come."""

    to: str
    who: frozenset[Kind]
    begun: bool = False


NEW = ""
"""The state of a booking before it is one."""

LIVE = ("held", "pending", "confirmed", "in_progress")
"""In these states, and no other, a booking takes time: it has its claims or its seat."""

OPEN = ("pending", "confirmed")
"""What counts to the open bookings a customer may have, until it is over."""

_CUSTOMER: frozenset[Kind] = frozenset({"customer"})
_STAFF: frozenset[Kind] = frozenset({"staff"})
_SYSTEM: frozenset[Kind] = frozenset({"system"})
_BOTH = _CUSTOMER | _STAFF
_ALL = _BOTH | _SYSTEM

# `book` and `move` become `request` where the shop wants to see bookings first and it is not
# the shop itself that acts. Mistakes of the staff are corrected only where no time is taken
# anew: whoever came after all and was a no-show is completed, not begun again.
TRANSITIONS: dict[tuple[str, str], Step] = {
    (NEW, "hold"): Step("held", _CUSTOMER),
    (NEW, "book_for"): Step("confirmed", _STAFF | _SYSTEM),
    (NEW, "squeeze_in"): Step("confirmed", _STAFF),
    ("held", "book"): Step("confirmed", _CUSTOMER),
    ("held", "request"): Step("pending", _CUSTOMER),
    ("held", "release"): Step("expired", _CUSTOMER | _SYSTEM),
    ("held", "expire"): Step("expired", _SYSTEM),
    ("expired", "book"): Step("confirmed", _CUSTOMER),  # the hold ran out, the time is free yet
    ("expired", "request"): Step("pending", _CUSTOMER),
    ("pending", "confirm"): Step("confirmed", _STAFF),
    ("pending", "decline"): Step("declined", _STAFF),
    ("pending", "expire"): Step("expired", _SYSTEM),
    ("pending", "cancel"): Step("cancelled", _ALL),
    ("pending", "move"): Step("pending", _BOTH),
    ("pending", "request"): Step("pending", _CUSTOMER),
    ("pending", "mark_late"): Step("pending", _BOTH),
    ("confirmed", "cancel"): Step("cancelled", _ALL),
    ("confirmed", "move"): Step("confirmed", _BOTH),
    ("confirmed", "request"): Step("pending", _CUSTOMER),
    ("confirmed", "mark_late"): Step("confirmed", _BOTH),
    ("confirmed", "will_come"): Step("confirmed", _BOTH),
    ("confirmed", "start"): Step("in_progress", _STAFF),
    ("confirmed", "complete"): Step("completed", _STAFF, begun=True),
    ("confirmed", "mark_no_show"): Step("no_show", _STAFF, begun=True),
    ("in_progress", "complete"): Step("completed", _STAFF),
    ("in_progress", "correct"): Step("confirmed", _STAFF),
    ("completed", "correct"): Step("no_show", _STAFF),
    ("no_show", "correct"): Step("completed", _STAFF),
}


def step(state: str, action: str, actor: Actor, *, begun: bool = False) -> Step:
    """Return where `action` leads from `state`.

    Raises WrongState (`state`, `action`) when it leads nowhere, or not before the start;
    NotAllowed when it is not for this kind of actor.
    """
    found = TRANSITIONS.get((state, action))
    if found is None:
        raise WrongState(state=state, action=action)
    if actor.kind not in found.who:
        raise NotAllowed(action=action, actor=actor.kind)
    if found.begun and not begun:
        raise WrongState(state=state, action=action, begun=False)
    return found
