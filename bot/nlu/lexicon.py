"""The lexicon of a language: words and phrases with tags, and patterns for acts.

A tag is a kind with a value: "friday" → WEEKDAY 4, "day after tomorrow" → DAYREL 2. The grammar
uses tags only, so a new language is a new `Language` and rarely a new rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.nlu.patterns import Pattern, compile_patterns
from bot.nlu.tags import TAG_MEANINGS
from bot.nlu.tokenizer import fold_word, tokenize

TagValue = int | str
Tags = dict[str, TagValue]


@dataclass(frozen=True, slots=True)
class LexiconEntry:
    """A phrase of one or more folded tokens and its possible meanings."""

    words: tuple[str, ...]
    tags: Tags


@dataclass(frozen=True, slots=True)
class Language:
    """One language, prepared for matching."""

    code: str
    entries: Mapping[str, tuple[LexiconEntry, ...]]
    patterns: Mapping[str, tuple[Pattern, ...]]
    vocabulary: frozenset[str]
    common: frozenset[str]
    fillers: frozenset[str] = frozenset()
    conjunctions: frozenset[str] = frozenset()
    said: frozenset[str] = frozenset()
    repairs: Mapping[str, str] = field(default_factory=dict)


def build_language(
    code: str,
    words: Mapping[str, Mapping[str, TagValue]],
    acts: Mapping[str, str],
    macros: Mapping[str, str],
    common: str,
    fillers: str = "",
    joins: str = "",
) -> Language:
    """Build a `Language` from its data.

    `words` maps a kind (see `tags.py`) to {"phrase|other phrase": value}; `acts` maps an act to one
    pattern per line; `macros` are named sets of words for the patterns; `common` are words without
    a meaning here, which are neither corrected as typos nor taken for names; `fillers` may precede
    the first real word of a clause, `joins` begin a new clause.
    """
    merged: dict[tuple[str, ...], Tags] = {}
    for tag, phrases in words.items():
        if tag not in TAG_MEANINGS:
            raise ValueError(f"no such kind of word: {tag}")
        for spelled, value in phrases.items():
            for phrase in spelled.split("|"):
                key = tuple(t.text for t in tokenize(phrase.strip()))
                merged.setdefault(key, {})[tag] = value
    entries: dict[str, list[LexiconEntry]] = {}
    for key, tags in merged.items():
        entries.setdefault(key[0], []).append(LexiconEntry(key, tags))
    for group in entries.values():
        group.sort(key=lambda e: -len(e.words))
    patterns = compile_patterns(acts, macros)
    small = [frozenset(fold_word(w) for w in x.split()) for x in (common, fillers, joins)]
    plain = frozenset().union(*small)
    said = {w for key in merged for w in key} | {w for p in _all(patterns) for w in p.words()}
    vocabulary = frozenset(w for w in said if w.isalpha() or not w.isascii()) | plain
    return Language(
        code,
        {k: tuple(v) for k, v in entries.items()},
        patterns,
        vocabulary,
        plain,
        small[1],
        small[2],
        frozenset(said - plain),
        _repairs(sorted(said - plain), vocabulary),
    )


def _all(patterns: Mapping[str, tuple[Pattern, ...]]) -> Iterable[Pattern]:
    return (p for group in patterns.values() for p in group)


def _repairs(words: Iterable[str], vocabulary: frozenset[str]) -> dict[str, str]:
    """Return the one-letter deletions of longer words that identify a single word."""
    out: dict[str, str] = {}
    clash: set[str] = set()
    for word in words:
        if len(word) < _LONG_ENOUGH or not word.isalpha():
            continue
        for shorter in {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))}:
            if shorter != word and shorter in vocabulary:
                continue
            if out.setdefault(shorter, word) != word:
                clash.add(shorter)
    return {k: v for k, v in out.items() if k not in clash}


_LONG_ENOUGH = 6
_MAX_TYPO = 40


def repair_typo(word: str, language: Language) -> str:
    """Return the known word that `word` is a typo of, or `word` itself."""
    # No longer word is a typo of a known one, and trying each of its letters would be quadratic.
    if not _LONG_ENOUGH - 1 <= len(word) <= _MAX_TYPO or word in language.vocabulary:
        return word
    if len(word) >= _LONG_ENOUGH:
        for i in range(1, len(word)):
            shorter = word[:i] + word[i + 1 :]
            if shorter in language.said and len(shorter) >= _LONG_ENOUGH - 1:
                return shorter
    found = language.repairs.get(word)
    if found is None and len(word) >= _LONG_ENOUGH:
        hits = {
            hit
            for i in range(len(word))
            if (hit := language.repairs.get(word[:i] + word[i + 1 :])) is not None
            and abs(len(hit) - len(word)) <= 1
            and hit[0] == word[0]
        }
        found = hits.pop() if len(hits) == 1 else None
    return found if found is not None and found[0] == word[0] else word
