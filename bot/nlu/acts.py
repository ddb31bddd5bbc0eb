"""Recognition of acts by patterns within clauses, and of the leading intent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.nlu.lexicon import Language, repair_typo
from bot.nlu.tokenizer import Token, ends_sentence

_CLAUSE_MARKS = frozenset({",", "-", "–", "—", ":", "(", ")", "/", "…"})


@dataclass(frozen=True, slots=True)
class Sentence:
    """The folded words of a sentence with its clause boundaries and position."""

    words: tuple[str, ...]
    starts: tuple[bool, ...]
    ends: tuple[bool, ...]
    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class ActMention:
    """An act and the characters it was recognized in."""

    act: str
    start: int
    end: int
    sentence: int


def split_sentences(tokens: list[Token], language: Language) -> list[Sentence]:
    """Split tokens into sentences and mark their clauses."""
    out: list[Sentence] = []
    held: list[Token] = []
    breaks: set[int] = set()
    for i, t in enumerate(tokens):
        if ends_sentence(tokens, i):
            out.append(_sentence(held, breaks, language))
            held, breaks = [], set()
        elif t.kind == "p" and t.text in _CLAUSE_MARKS:
            breaks.add(len(held))
        elif t.kind != "p" or not t.text.isascii():
            held.append(t)
    out.append(_sentence(held, breaks, language))
    return out


def _sentence(held: Sequence[Token], breaks: set[int], language: Language) -> Sentence:
    words = tuple(repair_typo(t.text, language) if t.kind == "w" else t.text for t in held)
    starts, ends = [], []
    fresh = True
    for i, word in enumerate(words):
        fresh = fresh or i in breaks or (i > 0 and words[i - 1] in language.conjunctions)
        starts.append(fresh)
        ends.append(i + 1 == len(words) or i + 1 in breaks or words[i + 1] in language.conjunctions)
        if fresh and word not in language.fillers:
            fresh = False
    return Sentence(words, tuple(starts), tuple(ends), tuple(held))


def find_acts(parts: Sequence[Sentence], languages: Sequence[Language]) -> list[ActMention]:
    """Return every act of a message in word order."""
    out: list[ActMention] = []
    for number, part in enumerate(parts):
        seen: set[str] = set()
        for i, word in enumerate(part.words):
            for language in languages:
                for pattern in language.patterns.get(word, ()):
                    if pattern.act in seen:
                        continue
                    end = pattern.match(part.words, i, part.starts, part.ends)
                    if end > i:
                        seen.add(pattern.act)
                        first, last = part.tokens[i], part.tokens[end - 1]
                        out.append(ActMention(pattern.act, first.start, last.end, number))
                if word in language.common:
                    break
    return out
