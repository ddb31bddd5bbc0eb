"""What has been read so far of one message, shared by the steps that read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.understanding.acts import ActSaid
from bot.understanding.lexicon import Language
from bot.understanding.model import Setting, Span
from bot.understanding.times import TimeSaid
from bot.understanding.tokens import Token
from bot.understanding.units import Unit


@dataclass(slots=True)
class Reading:
    """What has been read so far of one message."""

    text: str
    setting: Setting
    tokens: list[Token]
    units: list[Unit]
    languages: Sequence[Language]
    acts: list[ActSaid]
    taken: list[bool] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    aside: set[int] = field(default_factory=set)
    timed: list[tuple[int, TimeSaid]] = field(default_factory=list)

    def take(self, i: int, j: int, kind: str, value: object) -> None:
        """Note units `i`..`j` as used up, and what they meant."""
        self.taken[i:j] = [True] * (j - i)
        self.spans.append(Span(self.units[i].start, self.units[j - 1].end, kind, value))
