"""Exceptions that end a run of a flow, and the questions and attachments it produces."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from core.messaging.messages import Choice, Json, Say

MISSING: Any = object()
"""Marks the absence of an answer; None is a valid answer."""


class AwaitAnswer(Exception):
    """Raised to suspend the flow until its question is answered."""

    def __init__(self, asked: Question) -> None:
        super().__init__(asked.step)
        self.question = asked


class RerunFlow(Exception):
    """Raised to run the flow again from the top after steps were discarded."""


class StartOver(Exception):
    """Raised to end every flow and restart with the welcome."""


class SwitchFlow(Exception):
    """Raised to leave this flow and start another one."""

    def __init__(self, flow: str, **args: Json) -> None:
        super().__init__(flow)
        self.flow = flow
        self.flow_args = args


@dataclass(frozen=True, slots=True)
class Question:
    """A question about to be asked: its step, text and options.

    `stands_alone` marks a question that repeats the answers given so far itself; on channels with
    editable messages they are then shown only on the previous message.
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
    """A location or calendar file sent after the text where the channel supports it."""

    kind: str
    say: Say
    booking_id: int
