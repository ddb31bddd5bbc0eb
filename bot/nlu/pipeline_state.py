"""What has been read so far of one message, shared by the steps that read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.nlu.acts import ActSaid
from bot.nlu.lexicon import Language
from bot.nlu.tagger import Unit
from bot.nlu.times import TimeSaid
from bot.nlu.tokenizer import Token
from bot.nlu.types import Setting, Span


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
