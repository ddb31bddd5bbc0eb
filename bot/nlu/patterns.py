"""Patterns for acts: short templates over folded words, matched without any backtracking risk.

A pattern is written as words between spaces: `a|b` either, `a?` may be missing, `@name` a set of
words, `!a` anything but a comes next, `*` up to three words, `**` up to seven, `^` begin and
`$` end of a clause. At most two gaps
a pattern, so the work per word is bounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.nlu.tokenizer import fold_word

_GAP = {"*": 3, "**": 7}


@dataclass(frozen=True, slots=True)
class PatternPart:
    """One element of a pattern: a set of words or, if empty, a gap of up to `gap` words."""

    words: frozenset[str]
    optional: bool = False
    gap: int = 0
    barred: bool = False


@dataclass(frozen=True, slots=True)
class Pattern:
    """An act and a template that indicates it."""

    act: str
    parts: tuple[PatternPart, ...]
    at_start: bool
    at_end: bool

    def words(self) -> Iterable[str]:
        """Return every word in the pattern."""
        return (w for p in self.parts for w in p.words if not p.barred)

    def match(
        self, words: Sequence[str], i: int, starts: Sequence[bool], ends: Sequence[bool]
    ) -> int:
        """Return the end (exclusive) of a match that begins at `i`, or -1.

        `starts` and `ends` say for every word whether a clause begins or ends with it.
        """
        if self.at_start and not starts[i]:
            return -1
        return self._match(words, i, 0, ends)

    def _match(self, words: Sequence[str], i: int, k: int, ends: Sequence[bool]) -> int:
        n = len(words)
        while k < len(self.parts):
            part = self.parts[k]
            if part.gap:
                for skip in range(min(part.gap, n - i) + 1):
                    end = self._match(words, i + skip, k + 1, ends)
                    if end >= 0:
                        return end
                return -1
            if part.barred:
                if i < n and words[i] in part.words:
                    return -1
            elif i < n and words[i] in part.words:
                if part.optional:
                    end = self._match(words, i + 1, k + 1, ends)
                    if end >= 0:
                        return end
                else:
                    i += 1
            elif not part.optional:
                return -1
            k += 1
        if self.at_end and (i == 0 or not ends[i - 1]):
            return -1
        return i


def compile_patterns(
    acts: Mapping[str, str], macros: Mapping[str, str]
) -> dict[str, tuple[Pattern, ...]]:
    """Compile templates (one per line) and index them by every word they may begin with."""
    sets = {name: frozenset(fold_word(w) for w in words.split()) for name, words in macros.items()}
    index: dict[str, list[Pattern]] = {}
    for act, lines in acts.items():
        for line in lines.strip().splitlines():
            if line.strip():
                pattern = _compile(act, line.split(), sets)
                for word in _firsts(pattern):
                    index.setdefault(word, []).append(pattern)
    return {word: tuple(found) for word, found in index.items()}


def _compile(act: str, items: list[str], sets: Mapping[str, frozenset[str]]) -> Pattern:
    at_start = items[0] == "^"
    at_end = items[-1] == "$"
    parts: list[PatternPart] = []
    for item in items[at_start : len(items) - at_end]:
        if item in _GAP:
            parts.append(PatternPart(frozenset(), gap=_GAP[item]))
            continue
        barred, item = item.startswith("!"), item.removeprefix("!")
        optional = item.endswith("?")
        words: set[str] = set()
        for word in item.removesuffix("?").split("|"):
            words |= sets[word[1:]] if word.startswith("@") else {fold_word(word)}
        parts.append(PatternPart(frozenset(words), optional=optional, barred=barred))
    gaps = sum(1 for p in parts if p.gap)
    if gaps > 2 or parts[0].gap:
        raise ValueError(f"pattern too loose: {' '.join(items)}")
    return Pattern(act, tuple(parts), at_start, at_end)


def _firsts(pattern: Pattern) -> frozenset[str]:
    out: frozenset[str] = frozenset()
    for part in pattern.parts:
        out |= part.words
        if not part.optional:
            break
    return out
