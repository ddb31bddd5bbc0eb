"""What ends a run of a flow – a question, another flow – and what goes out with what it says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from core.messaging.messages import Choice, Json, Say

MISSING: Any = object()
"""No answer (None may be one)."""


class AwaitAnswer(Exception):
    """The flow waits for the answer to `asked`."""

    def __init__(self, asked: Question) -> None:
        super().__init__(asked.step)
        self.question = asked


class RerunFlow(Exception):
    """Run the flow again from the top: steps were forgotten."""


class StartOver(Exception):
    """Give up every flow under way and begin with a welcome."""


class SwitchFlow(Exception):
    """Leave this flow for another, which begins afresh."""

    def __init__(self, flow: str, **args: Json) -> None:
        super().__init__(flow)
        self.flow = flow
        self.flow_args = args


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it is about to be put: the step, its words, its options.

    `done` are the answers before it, as a channel that changes its messages shows them: above it,
    or, for a question that says all of them itself (`alone`), only on the message before.
    """

    step: str
    say: Say
    options: tuple[Choice, ...] = ()
    expects: str = ""
    digest: str = ""
    args: Json = field(default_factory=dict)
    stands_alone: bool = False


@dataclass(frozen=True, slots=True)
class PendingAttachment:
    """What goes out after what is said, where it can: a place on the map, a calendar file."""

    kind: str
    say: Say
    booking_id: int
