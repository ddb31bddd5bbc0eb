"""Recognition of an option's number in front of a numbered list: "ok 1", "the 2nd one, please".

Only while a list is shown can a number be an option. A number or ordinal with nothing but polite or
choosing words around it is one; with any other word next to it ("2 people", "at 2", "2 pm") the
message is left to the other readers. A number that no option has is never an option.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.nlu.day_arithmetic import next_day
from bot.nlu.languages import CHOICES
from bot.nlu.lexicon import Language
from bot.nlu.tokenizer import Token, tokenize
from bot.nlu.types import NluContext

_LONGEST = 16
"""Tokens of a message in which a choice is looked for; a choice is said in few words."""

_LAST = -1
"""The ordinal of "the last one" in a lexicon."""

_DIGITS = 2
_MONTH = 31
_SOON = 10
"""Days ahead up to which "the 14th" is rather a day than an option."""

_HOUR_ARTICLES = frozenset("àÀ")
"""Portuguese "à 1" is one o'clock, "a 1" is option 1."""

_Phrases = Mapping[str, tuple[tuple[str, ...], ...]]


@dataclass(frozen=True, slots=True)
class OptionMention:
    """An option's number and where in the text it was said (`end` is exclusive)."""

    start: int
    end: int
    number: int


def find_option(
    text: str, tokens: Sequence[Token], languages: Sequence[Language], setting: NluContext
) -> OptionMention | None:
    """Return the option that the beginning of a message chooses among those shown.

    Words after a comma, a sentence's end or "and" are not part of the choice: "2, is there
    parking?". Returns None if the number may mean something else.
    """
    if not setting.shown.numbers or not tokens:
        return None
    for language in languages:
        found = _Reader(text, tokens, language, setting).read()
        if found is not None:
            return found
    return None


class _Reader:
    """Reads leading words, one number or ordinal and trailing words of one language."""

    def __init__(
        self, text: str, tokens: Sequence[Token], language: Language, setting: NluContext
    ) -> None:
        self.text = text
        self.tokens = tokens[:_LONGEST]
        self.is_cut = len(tokens) > _LONGEST
        self.language = language
        self.setting = setting
        self.shown = setting.shown.numbers
        self.words = _words(language.code)

    def read(self) -> OptionMention | None:
        i, marked = self._lead()
        number, j = self._number(i, marked=marked)
        if number is None:
            return None
        end = self._tail(j)
        if end is None:
            return None
        return OptionMention(self.tokens[0].start, self.tokens[end - 1].end, number)

    def _lead(self) -> tuple[int, bool]:
        """Return where the leading words end, and whether one of them marks a choice."""
        i, marked = 0, False
        while i < len(self.tokens):
            kind = next((k for k in ("MARK", "VERB", "POLITE") if self._phrase(k, i)), "")
            if kind:
                marked = marked or kind == "MARK"
                i += self._phrase(kind, i)
            elif self.tokens[i].text in _LOOSE:
                i += 1
            else:
                break
        return i, marked

    def _number(self, i: int, *, marked: bool) -> tuple[int | None, int]:
        """Return the number at `i` if an option has it and where it ends."""
        if i >= len(self.tokens):
            return None, i
        if self.tokens[i].kind == "n":
            return self._figures(i, marked=marked)
        tags = self._tags(i)
        order = (
            self.setting.shown.last
            if self.tokens[i].text in self.words["LAST"]
            else tags.get("ORD")
        )
        if isinstance(order, int):
            order = tags.get("ORD")
        if order == _LAST or self.tokens[i].text in self.words["LAST"]:
            order = self.setting.shown.last
        if isinstance(order, int):
            weekday = "WEEKDAY" in tags and not self._phrase("ONE", i + 1) and not marked
            return (order if order in self.shown and not weekday else None), i + 1
        value = tags.get("NUM")
        # "I'll take one" may want one appointment; "one, please" and "number one" are options.
        surely = marked or all(self._stands_alone(k) for k in range(i))
        named = isinstance(value, int) and value in self.shown and surely
        return (value if named and isinstance(value, int) else None), i + 1

    def _figures(self, i: int, *, marked: bool) -> tuple[int | None, int]:
        token = self.tokens[i]
        value = int(token.text) if len(token.text) <= _DIGITS else 0
        j = i + 1
        is_ordinal = self._is_suffix(j)
        j += is_ordinal
        sure = marked or self._phrase("ONE", j) > 0
        led = i > 0 and self._is_day_article(i - 1)
        if (is_ordinal or led) and not sure and self._is_day_soon(value):
            return None, j
        hour = i > 0 and self.text[self.tokens[i - 1].start] in _HOUR_ARTICLES
        return (value if value in self.shown and not hour else None), j

    def _is_suffix(self, j: int) -> bool:
        beside = j < len(self.tokens) and not self.tokens[j].spaced
        return beside and "SUFFIX" in self._tags(j)

    def _is_day_article(self, k: int) -> bool:
        return "DAYTHE" in self._tags(k)

    def _is_day_soon(self, day: int) -> bool:
        """Return whether the next such day of the month is one of the days people mean."""
        today = self.setting.now.astimezone(ZoneInfo(self.setting.zone)).date()
        found = next_day(today, day) if 1 <= day <= _MONTH else None
        return found is not None and (found - today).days <= _SOON

    def _stands_alone(self, k: int) -> bool:
        return self.tokens[k].text in _LOOSE or self.tokens[k].text in self.words["ALONE"]

    def _tail(self, j: int) -> int | None:
        """Return where the choice ends, or None if an unknown word belongs to the number."""
        j += self._phrase("ONE", j)
        while j < len(self.tokens):
            size = self._phrase("TAIL", j) or self._phrase("POLITE", j)
            if size:
                j += size
            elif self.tokens[j].text in _CLOSERS:
                return None if self._binds(j) else j
            elif self.tokens[j].text in _LOOSE:
                j += 1
            else:
                return None
        return None if self.is_cut else j

    def _binds(self, j: int) -> bool:
        """Return whether a mark joins two numbers: "3.30", "2,5"."""
        nxt = self.tokens[j + 1] if j + 1 < len(self.tokens) else None
        return nxt is not None and nxt.kind == "n" and not nxt.spaced

    def _tags(self, i: int) -> Mapping[str, object]:
        if i >= len(self.tokens):
            return {}
        for entry in self.language.entries.get(self.tokens[i].text, ()):
            if len(entry.words) == 1:
                return entry.tags
        return {}

    def _phrase(self, kind: str, i: int) -> int:
        """Return how many tokens a phrase of this kind takes at `i`; 0 if there is none."""
        if i >= len(self.tokens):
            return 0
        return _longest(self.words[kind], self.tokens, i)


_CLOSERS = frozenset(",;.!?\n")
_LOOSE = frozenset("#()!.,*~👍🙏😊🙂")


def _longest(phrases: _Phrases, tokens: Sequence[Token], i: int) -> int:
    for words in phrases.get(tokens[i].text, ()):
        if tuple(t.text for t in tokens[i : i + len(words)]) == words:
            return len(words)
    return 0


@lru_cache(maxsize=16)
def _words(code: str) -> dict[str, _Phrases]:
    """Return the phrases of a language by kind and first word, longest first."""
    out: dict[str, _Phrases] = {}
    for kind, listed in CHOICES[code].items():
        split = listed.replace(" ", "|") if kind == "ALONE" else listed
        by_first: dict[str, list[tuple[str, ...]]] = {}
        for phrase in split.replace("\n", "|").split("|"):
            words = tuple(t.text for t in tokenize(phrase))
            if words:
                by_first.setdefault(words[0], []).append(words)
        out[kind] = {k: tuple(sorted(v, key=len, reverse=True)) for k, v in by_first.items()}
    return out
