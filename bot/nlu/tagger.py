"""Conversion of tokens to units: the longest known phrase at each position with its tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.nlu.lexicon import Language, LexiconEntry, Tags, TagValue, repair_typo
from bot.nlu.tokenizer import Token, ends_sentence

_NONE: Tags = {}
_MAX_DIGITS = 9
# A message with more numbers is a list of something, not a request.
_MOST_NUMBERS = 40


@dataclass(frozen=True, slots=True)
class Unit:
    """A phrase with a meaning or one plain word; `digits` is set for a number in digits."""

    word: str
    tags: Tags
    start: int
    end: int
    sentence: int
    spaced: bool
    digits: str = ""
    ends_sentence: bool = False
    is_known: bool = True

    def tag_value(self, kind: str) -> TagValue | None:
        """Return the value of a tag, or None."""
        return self.tags.get(kind)


def tag_tokens(tokens: list[Token], languages: Sequence[Language]) -> list[Unit]:
    """Split tokens into units; the first language has precedence, the others are fallbacks."""
    out: list[Unit] = []
    sentence = 0
    i, n, numbers = 0, len(tokens), 0
    words = [repair_typo(t.text, languages[0]) if t.kind == "w" else t.text for t in tokens]
    while i < n:
        t = tokens[i]
        if t.kind == "n" and not _spelled(words, i, languages):
            numbers += 1
            read = len(t.text) <= _MAX_DIGITS and numbers <= _MOST_NUMBERS
            value: Tags = {"NUM": int(t.text)} if read else _NONE
            out.append(Unit(t.text, value, t.start, t.end, sentence, t.spaced, t.text))
            i += 1
            continue
        found = _suffix(tokens, i, languages) or _longest(words, i, languages)
        if found is not None:
            j = i + len(found.words)
            word = " ".join(found.words)
            out.append(Unit(word, found.tags, t.start, tokens[j - 1].end, sentence, t.spaced))
            i = j
            continue
        stop = ends_sentence(tokens, i)
        known = t.kind != "w" or any(words[i] in one.vocabulary for one in languages)
        out.append(Unit(words[i], _NONE, t.start, t.end, sentence, t.spaced, "", stop, known))
        sentence += stop
        i += 1
    return _join_numbers(out)


def _spelled(words: list[str], i: int, languages: Sequence[Language]) -> bool:
    """Return whether digits begin a word: "2morrow"."""
    found = _longest(words, i, languages)
    return found is not None and len(found.words) > 1


def _suffix(tokens: list[Token], i: int, languages: Sequence[Language]) -> LexiconEntry | None:
    """Return the ending of an ordinal, which begins no phrase: the "º" of "3º dia"."""
    if not i or tokens[i - 1].kind != "n" or tokens[i].spaced:
        return None
    entries = languages[0].entries.get(tokens[i].text, ())
    ends = any(len(e.words) == 1 and "SUFFIX" in e.tags for e in entries)
    return LexiconEntry((tokens[i].text,), {"SUFFIX": 1}) if ends else None


def _longest(words: list[str], i: int, languages: Sequence[Language]) -> LexiconEntry | None:
    for language in languages:
        for entry in language.entries.get(words[i], ()):
            size = len(entry.words)
            if size == 1 or tuple(words[i : i + size]) == entry.words:
                return entry
        if words[i] in language.common:
            return None
    return None


def _join_numbers(units: list[Unit]) -> list[Unit]:
    """Merge tens and ones into one number: "twenty five", "twenty-first", "treinta y cinco"."""
    out: list[Unit] = []
    i = 0
    while i < len(units):
        tens = units[i].tag_value("TENS")
        if isinstance(tens, int):
            j = i + 1
            if j < len(units) and (units[j].word == "-" or "TENSAND" in units[j].tags):
                j += 1
            if j < len(units) and not units[j].digits:
                for kind in ("NUM", "ORD"):
                    ones = units[j].tag_value(kind)
                    if isinstance(ones, int) and 0 < ones < 10:
                        a, b = units[i], units[j]
                        tags: Tags = {kind: tens + ones}
                        out.append(
                            Unit(f"{a.word} {b.word}", tags, a.start, b.end, a.sentence, a.spaced)
                        )
                        i = j + 1
                        break
                else:
                    out.append(units[i])
                    i += 1
                continue
        out.append(units[i])
        i += 1
    return out
