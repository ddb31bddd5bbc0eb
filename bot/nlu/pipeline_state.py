"""The intermediate result of the pipeline's steps for one message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.nlu.acts import ActMention
from bot.nlu.lexicon import Language
from bot.nlu.tagger import Unit
from bot.nlu.times import TimeMention
from bot.nlu.tokenizer import Token
from bot.nlu.types import Ambiguity, NluContext, Span


@dataclass(slots=True)
class PipelineState:
    """What the steps have recognized in one message so far."""

    text: str
    setting: NluContext
    tokens: list[Token]
    units: list[Unit]
    languages: Sequence[Language]
    acts: list[ActMention]
    used: list[bool] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    aside_sentences: set[int] = field(default_factory=set)
    name_doubts: list[Ambiguity] = field(default_factory=list)
    time_mentions: list[tuple[int, TimeMention]] = field(default_factory=list)

    def mark_used(self, i: int, j: int, kind: str, value: object) -> None:
        """Mark units `i`..`j` as used, with their meaning."""
        self.used[i:j] = [True] * (j - i)
        self.spans.append(Span(self.units[i].start, self.units[j - 1].end, kind, value))
