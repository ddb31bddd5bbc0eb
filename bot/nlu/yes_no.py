"""Interpretation of answers to yes/no questions, with scope: "definitely not", "yes but later".

The whole message is read. Irreversible actions depend on the answer, so a yes next to anything that
retracts, postpones or qualifies it, or that is not understood, is not a clear yes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from bot.nlu.languages import ANSWERS
from bot.nlu.pipeline import MAX_LENGTH
from bot.nlu.tokenizer import Token, fold_word, tokenize

Value = Literal["yes", "no", "unclear"]

Tag = str
"""The roles of words in an answer (`languages/en/answers.py` explains each)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer a message gives to a yes/no question.

    An unclear answer may lean to a side, be in `doubt` (retracted, postponed or hedged) or have
    `asked` a question; it is `whole` if only a question accompanies its side. `unread` counts
    unknown words.
    """

    value: Value
    leaning: Literal["yes", "no", ""] = ""
    doubt: bool = False
    asked: bool = False
    whole: bool = False
    unread: int = 0


@dataclass(frozen=True, slots=True)
class _Clause:
    """A span of words between marks and its own meaning."""

    mark: str  # yes, soft, yes_unread, no, doubt, later, unread, asked, but, fix, wait or nothing
    idiom: bool = False


def read_answer(
    text: str,
    language: str = "en",
    *,
    about: str = "",
    own: Collection[str] = (),
    number_is_yes: bool = False,
) -> Answer:
    """Interpret a message as the answer to a yes/no question.

    `about` is what a yes does ("cancel", "move", "book", "approve"), so that "cancel it" is a yes
    to cancelling and "leave it" a no; `own` are words shown in the question, which add nothing.
    With `number_is_yes` a number stands for the yes it selects: "1, no".
    """
    if len(text) > MAX_LENGTH:
        return Answer("unclear", doubt=True)
    tokens = tokenize(text)
    if number_is_yes:
        tokens = [replace(t, text="ok", kind="w") if t.kind == "n" else t for t in tokens]
    words = frozenset(fold_word(word) for word in own)
    home = language if language in ANSWERS else "en"
    first = _read(tokens, home, about, words)
    if not first.unread and (first.value != "unclear" or first.doubt):
        return first
    others = [_read(tokens, code, about, words) for code in ANSWERS if code != home]
    least = min(first.unread, *(one.unread for one in others))
    found = [one for one in (first, *others) if one.unread == least]
    sides = {one.value for one in found} - {"unclear"}
    if len(sides) > 1 or (sides == {"yes"} and first.leaning == "no"):
        return Answer("unclear", doubt=True, unread=least)
    return next((one for one in found if one.value != "unclear"), found[0])


# --- one language ---------------------------------------------------------------------------------


def _read(tokens: list[Token], language: str, about: str, own: frozenset[str]) -> Answer:
    unread = [0]
    clauses = list(_clauses(tokens, language, about, own, unread))
    return replace(_together(clauses), unread=unread[0])


_BREAKS = frozenset(".,;:!\n…।¡¿—–-()/")
_SPLITS = {"BUT": "but", "FIX": "fix", "WAIT": "wait"}


def _clauses(
    tokens: list[Token], language: str, about: str, own: frozenset[str], unread: list[int]
) -> Iterator[_Clause]:
    """Split a message into clauses and classify each."""
    held: list[Tag] = []
    for tag in _tags(tokens, _lexicon(language, about), own):
        if tag == "?":
            yield _asked(_clause(held))
        elif tag == "BREAK":
            yield _clause(held)
        elif tag in _SPLITS:
            yield _clause(held)
            yield _Clause(_SPLITS[tag])
        else:
            unread[0] += tag == "UNREAD"
            held.append(tag)
            continue
        held = []
    yield _clause(held)


def _tags(
    tokens: list[Token], lexicon: Mapping[str, tuple[tuple[tuple[str, ...], Tag], ...]],
    own: frozenset[str],
) -> Iterator[Tag]:  # fmt: skip
    """Return the tag of each word or phrase, longest phrase first."""
    i = 0
    while i < len(tokens):
        token = tokens[i]
        found = _phrase(tokens, i, lexicon)
        if found is not None:
            words, tag = found
            i += len(words)
            yield tag
            continue
        i += 1
        if token.kind == "p":
            if token.text == "?":
                yield "?"
            elif token.text in _BREAKS:
                yield "BREAK"
        elif token.kind == "b":
            yield "BREAK"
        else:
            yield "FILL" if token.text in own else "UNREAD"


def _phrase(
    tokens: list[Token], i: int, lexicon: Mapping[str, tuple[tuple[tuple[str, ...], Tag], ...]]
) -> tuple[tuple[str, ...], Tag] | None:
    word = tokens[i].text
    if word not in lexicon and tokens[i].kind == "w":
        word = _REPEATED.sub(r"\1", word)  # "yesss", "nooo"
    for words, tag in lexicon.get(word, ()):
        more = len(words) - 1
        if all(i + k < len(tokens) and tokens[i + k].text == words[k] for k in range(1, more + 1)):
            return words, tag
    return None


_REPEATED = re.compile(r"(.)\1+")


@lru_cache(maxsize=64)
def _lexicon(language: str, about: str) -> Mapping[str, tuple[tuple[tuple[str, ...], Tag], ...]]:
    """Return a language's phrases by first word, with English as a fallback."""
    merged: dict[tuple[str, ...], Tag] = {}
    for code in dict.fromkeys(("en", language)):
        for tag, phrases in ANSWERS[code].items():
            for phrase in phrases.replace("\n", "|").split("|"):
                words = tuple(t.text for t in tokenize(phrase.strip()))
                if words:
                    merged[words] = _meant(tag, about)
    for word in _LOUD_FILL:
        merged.setdefault((word,), "FILL")
    by_first: dict[str, list[tuple[tuple[str, ...], Tag]]] = {}
    for words, tag in merged.items():
        by_first.setdefault(words[0], []).append((words, tag))
    return {
        first: tuple(sorted(those, key=lambda one: -len(one[0])))
        for first, those in by_first.items()
    }


_LOUD_FILL = ("🙏", "🙂", "😊", "😀")


def _meant(tag: Tag, about: str) -> Tag:
    """Return the tag of a phrase for a question about `about`."""
    if tag.startswith("DO_"):
        return "DO" if tag == f"DO_{about}" else "OTHER"
    if tag == "UNWANTED":  # "I don't want it": the booking, or the cancelling?
        return "HEDGE" if about == "cancel" else "REFUSE"
    if tag == "CONFIRM":  # the cancelling, or that they come?
        return "HEDGE" if about == "cancel" else "DO"
    if tag == "COME":
        return "KEEP" if about in {"cancel", "move"} else "YES"
    if tag == "CANT":  # "I can't come" speaks for cancelling, and never clearly
        return "HEDGE" if about == "cancel" else "LATER"
    return tag


def _clause(tags: list[Tag]) -> _Clause:
    """Return a clause's own meaning."""
    said = set(tags) - {"FILL"}
    if not said:
        return _Clause("")
    if "HEDGE" in said:
        return _Clause("doubt")
    if said & {"REFUSE", "NOT", "NO", "KEEP"}:
        return _Clause(_refusing(tags, said))
    if said & {"YES", "DO", "AGREE", "EMPH", "OK"}:
        if said & {"OTHER", "LATER"}:
            return _Clause("doubt")
        if "UNREAD" in said or "ASK" in said:
            return _Clause("yes_unread")
        strong = bool(said & {"YES", "DO", "AGREE"})
        return _Clause("yes" if strong else "soft", idiom="AGREE" in said)
    return _Clause("later" if said == {"LATER"} else "unread")


def _refusing(tags: list[Tag], said: set[Tag]) -> str:
    """Return the meaning of a clause with a refusal: a no only if its scope is clear."""
    if said & {"YES", "AGREE", "ASK"}:
        return "doubt"
    if "REFUSE" in said:
        return "doubt" if "DO" in said or _lost(tags, "REFUSE") else "no"
    if "NOT" in said:
        if "KEEP" in said or _lost(tags, "NOT"):
            return "doubt"
        return "no"
    if "NO" in said:
        after = set(tags[tags.index("NO") + 1 :])
        return "doubt" if after & {"DO", "OK"} or _lost(tags, "NO") else "no"
    return "doubt" if said & {"DO", "OTHER", "LATER", "UNREAD"} else "no"


def _lost(tags: list[Tag], refusal: Tag) -> bool:
    """Return whether unknown words precede or follow a refusal, as in "I have no time"."""
    at = tags.index(refusal)
    if "UNREAD" in tags[:at]:
        return True
    last = len(tags) - 1 - tags[::-1].index(refusal)
    return last + 1 < len(tags) and tags[last + 1] == "UNREAD"


def _asked(clause: _Clause) -> _Clause:
    """Return a question clause's meaning: "yes?" asks back, "why not?" does not."""
    if clause.mark in {"yes", "soft", "no"} and not clause.idiom:
        return _Clause("doubt")
    return _Clause("asked") if clause.mark in {"unread", "", "later"} else clause


# --- all clauses together -------------------------------------------------------------------------

_SIDES = {"yes": "yes", "soft": "yes", "yes_unread": "yes", "no": "no"}


def _together(clauses: list[_Clause]) -> Answer:
    """Combine the meanings of all clauses; after a correction only what follows counts."""
    marks = [clause.mark for clause in clauses if clause.mark]
    waits = bool(marks) and marks[-1] == "wait"
    last = max((n for n, mark in enumerate(marks) if mark in {"fix", "wait"}), default=-1)
    if any(mark in {"yes", "soft", "no"} for mark in marks[last + 1 :]):
        marks = marks[last + 1 :]
    marks = [mark for mark in marks if mark not in {"fix", "wait"}]
    while marks and marks[0] == "but":
        del marks[0]
    sides = {_SIDES[mark] for mark in marks if mark in _SIDES}
    leaning: Literal["yes", "no", ""] = ""
    if len(sides) == 1:
        leaning = "yes" if "yes" in sides else "no"
    doubt = waits or "doubt" in marks or not _agree(marks)
    asked = "asked" in marks
    if leaning == "no" and not doubt:
        return Answer("no", "no", asked=asked)
    if sides == {"yes", "no"} and not doubt:
        return Answer("no", "no", asked=asked)  # "ok, no": the no is what was decided
    doubt = doubt or (leaning == "yes" and bool({"but", "later"} & set(marks)))
    clear = leaning == "yes" and not doubt and {"yes", "soft"} >= set(marks)
    whole = leaning == "yes" and not doubt and {"yes", "soft", "asked"} >= set(marks)
    return Answer("yes" if clear else "unclear", leaning, doubt, asked, whole)


def _agree(marks: list[str]) -> bool:
    """Return whether no yes contradicts a no; a plain "ok" or "sure" before it does not."""
    if "no" not in marks:
        return True
    first = marks.index("no")
    return all(mark == "soft" for mark in marks[:first] if _SIDES.get(mark) == "yes") and not any(
        _SIDES.get(mark) == "yes" for mark in marks[first:]
    )
