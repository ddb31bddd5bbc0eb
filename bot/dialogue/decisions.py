"""How each decision kind defined in core is presented: its flow, labels and keywords."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.i18n.messages import text
from core.messaging.decisions import DecisionKind
from core.messaging.messages import Choice, Json, decode_value


@dataclass(frozen=True, slots=True)
class DecisionFlow:
    """How a kind of decision is presented and read, and which flow an answer starts.

    `about` is the act that a yes stands for. A passive decision (`is_passive`) is offered without
    expecting an answer. A persistent one (`is_persistent`) stays open after an answer.
    """

    flow: str
    choices: tuple[Choice, ...]
    about: str = ""
    is_passive: bool = False
    is_persistent: bool = False

    def choice(self, value: Json) -> Choice:
        """Return the choice with this value; raises KeyError if there is none."""
        for choice in self.choices:
            if choice.value == value:
                return choice
        raise KeyError(value)


_WRITE_BACK = Choice("write", text("relay.answer"), ("write back", "answer", "reply"))
_HAND_BACK = Choice("back", text("hand_back"), ("done",))

DECISIONS: Mapping[DecisionKind, DecisionFlow] = {
    "approval": DecisionFlow(
        "decide",
        (
            Choice("approve", text("approve"), ("@approve", "approve", "aprobar")),
            Choice("decline", text("decline"), ("@decline", "decline", "rechazar")),
            Choice("propose", text("propose"), ("other time", "otra hora")),
        ),
        about="approve",
    ),
    "bound_chat": DecisionFlow(
        "unpair", (Choice("end", text("chat_bound.end"), ("not me", "undo")),)
    ),
    # A card's buttons have no keywords: typed words refer to the current flow instead.
    "card": DecisionFlow(
        "card",
        (
            Choice("move", text("do_move")),
            Choice("cancel", text("do_cancel")),
            Choice("calendar", text("add_to_calendar")),
        ),
        is_persistent=True,
    ),
    "customer_message": DecisionFlow("desk.answer", (_WRITE_BACK, _HAND_BACK)),
    "ended_card": DecisionFlow(
        "card", (Choice("calendar", text("off_calendar")),), is_persistent=True
    ),
    "invitation": DecisionFlow(
        "invitation",
        (
            Choice("accept", text("invitation.accept"), ("@yes", "accept")),
            Choice("decline", text("invitation.decline"), ("@no", "decline")),
        ),
    ),
    "outcome": DecisionFlow(
        "desk.outcome",
        (
            Choice("done", text("came"), ("@yes", "came")),
            Choice(
                "noshow",
                text("did_not_come"),
                ("@no", "did not come", "didn't come", "no show", "noshow", "no vino", "não veio",
                 "nao veio", "nahi aaya", "nahi aayi", "नहीं आया", "नहीं आई"),
            ),
        ),
    ),
    "person_request": DecisionFlow("desk.answer", (_HAND_BACK, _WRITE_BACK)),
    "proposal": DecisionFlow(
        "proposal",
        (
            Choice("accept", text("proposal.accept"), ("@yes", "@approve")),
            Choice("other", text("proposal.other"), ("@other", "@move")),
            Choice("cancel", text("proposal.cancel"), ("@cancel",)),
        ),
        about="approve",
    ),
    "reminder": DecisionFlow(
        "reminder",
        (
            Choice(
                "come",
                text("reminder.come"),
                ("@yes", "confirm", "coming", "i come", "i'll come", "i will come",
                 "i'll be there", "confirmo", "voy", "sí voy", "asistiré", "ahí estaré"),
            ),
            Choice("move", text("do_move"), ("@move", "move")),
            Choice("cancel", text("do_cancel"), ("@cancel", "call it off")),
        ),
        is_passive=True,
    ),
}  # fmt: skip
"""Each kind of decision; a keyword is a word to type or, after an "@", an act in any words."""


def choices_of(decision: DecisionKind | str, options: Sequence[Json]) -> tuple[Choice, ...]:
    """Return the choices of a stored prompt.

    A decision stores option values that are looked up in `DECISIONS`; a prompt asked by a flow
    stores its choices in full.
    """
    if not decision:
        return tuple(decode_value(option) for option in options)
    known = DECISIONS[decision]  # type: ignore[index] # what is stored was of some kind
    return tuple(known.choice(value) for value in options)
