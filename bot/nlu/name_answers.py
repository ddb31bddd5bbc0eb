"""Reading of an answer to "what is your name?", alone or next to a one-time code.

There the words are a name whatever provider, day or time they resemble ("Ana Gil", "Dawn", "Will
Day") and however short or foreign they are ("Jo", "李"). A sentence, a question, a command or a
courtesy is none. A single common word may be either; the name is then uncertain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.nlu.languages import ANSWERS
from bot.nlu.languages.names import GIVEN_NAMES, INTRODUCTIONS, PARTICLES
from bot.nlu.lexicon import Language
from bot.nlu.tokenizer import Token, fold_word, tokenize

_MOST_WORDS = 6

_NAMELIKE = frozenset({"WEEKDAY", "MONTH", "PART", "NOON", "WEAK", "DAYREL", "HOLIDAY", "KIN"})
"""Tags of words that are names, too: Tuesday Weld, April, Dawn."""


@dataclass(frozen=True, slots=True)
class NameAnswer:
    """A name, where in the text it was said, and whether it can hardly mean anything else."""

    name: str
    start: int
    end: int
    is_certain: bool


def read_name_answer(
    text: str, languages: Sequence[Language], code: tuple[int, int] | None = None
) -> NameAnswer | None:
    """Return the name in an answer to the question for one; None if it is something else.

    `code` is the part of the text (start, exclusive end) that is a one-time code.
    """
    if any(mark in text for mark in "?¿"):
        return None
    gone = range(*code) if code else range(0)
    tokens = [t for t in tokenize(text) if t.start not in gone]
    if any(t.kind == "n" for t in tokens):
        return None
    language = languages[0]
    tokens, introduced = _without_frame(tokens, languages)
    words = [t for t in tokens if t.kind == "w"]
    if not words or len(words) > _MOST_WORDS or _is_apart(tokens, text):
        return None
    name = " ".join(text[words[0].start : words[-1].end].split()).strip(" .,-")
    if len(name) == 1 and name.isascii():
        return None
    certain = _judge(
        [(t.text, text[t.start : t.end]) for t in words], language, introduced=introduced
    )
    if certain is None:
        return None
    return NameAnswer(_capitalized(name), words[0].start, words[-1].end, certain)


def _without_frame(tokens: list[Token], languages: Sequence[Language]) -> tuple[list[Token], bool]:
    """Return the tokens without greetings, courtesies and "my name is"; and if that was said."""
    introduced = False
    i, j = 0, len(tokens)
    while i < j:
        size = _begins(tokens, i, INTRODUCTIONS)
        if size:
            introduced = True
        else:
            size = max((_begins(tokens, i, _polite(one.code)) for one in languages), default=0)
        if not size and tokens[i].kind == "p":
            size = 1
        if not size or i + size >= j:
            break
        i += size
    while j > i + 1:
        if tokens[j - 1].kind == "p":
            j -= 1
            continue
        size = max((_ends(tokens[i:j], _polite(one.code)) for one in languages), default=0)
        if not size or j - size <= i:
            break
        j -= size
    return tokens[i:j], introduced


def _is_apart(tokens: Sequence[Token], text: str) -> bool:
    """Return whether marks part the words into sentences: "Marta, and 2 for my son"."""
    inner = tokens[1:-1]
    marks = {t.text for t in inner if t.kind == "p"}
    return bool(marks - _WITHIN_NAMES) or "\n" in text.strip()


_WITHIN_NAMES = frozenset({".", "-", "'", "’", "‐", ","})


def _judge(words: list[tuple[str, str]], language: Language, *, introduced: bool) -> bool | None:
    """Return whether folded and written words are surely a name; None if they are none."""
    titled = all(raw[0].isupper() for word, raw in words if word not in PARTICLES)
    caseless = all(raw[0].lower() == raw[0].upper() for _, raw in words)
    alone = len(words) == 1
    told = [w for w, _ in words if alone or not (w in PARTICLES or (len(w) == 1 and w.isascii()))]
    kinds = [_kind(word, language) for word in told]
    if not kinds:
        return None
    if introduced:
        return None if all(kind == "spoken" for kind in kinds) and not titled else True
    if "spoken" in kinds:
        return None  # an answer, a courtesy or a command
    if "common" in kinds:
        if caseless or not titled:
            return None
        return False if len(kinds) == 1 else "common" not in kinds[1:] or None
    if "strange" in kinds:
        return True
    if set(kinds) == {"timely"}:
        return None  # "monday afternoon" is a day
    return bool(titled or caseless or len(kinds) > 1)


def _kind(word: str, language: Language) -> str:
    """Return how a word is known: spoken, common, timely, both (a name, too) or strange."""
    if word in GIVEN_NAMES:
        return "both"
    if word in _answers(language.code) or word in _answers("en"):
        return "spoken"
    entries = language.entries.get(word, ())
    tags = {tag for e in entries if len(e.words) == 1 for tag in e.tags}
    if tags & _NAMELIKE:
        return "timely"
    if word in language.vocabulary:
        return "common"
    return "strange"


def _capitalized(name: str) -> str:
    """Return a name typed in lower case with capitals: "marta de la cruz" → "Marta de la Cruz"."""
    if not name.islower():
        return name
    return " ".join(
        word if fold_word(word) in PARTICLES else word[0].upper() + word[1:]
        for word in name.split(" ")
    )


def _begins(tokens: Sequence[Token], i: int, phrases: frozenset[tuple[str, ...]]) -> int:
    for size in range(min(_LONGEST_PHRASE, len(tokens) - i), 0, -1):
        if tuple(t.text for t in tokens[i : i + size]) in phrases:
            return size
    return 0


def _ends(tokens: Sequence[Token], phrases: frozenset[tuple[str, ...]]) -> int:
    for size in range(min(_LONGEST_PHRASE, len(tokens)), 0, -1):
        if tuple(t.text for t in tokens[-size:]) in phrases:
            return size
    return 0


_LONGEST_PHRASE = 5


@lru_cache(maxsize=16)
def _polite(code: str) -> frozenset[tuple[str, ...]]:
    """Return what may stand around a name: courtesies, a yes, fillers."""
    kinds = ANSWERS[code]
    listed = "|".join(kinds.get(kind, "") for kind in ("OK", "YES", "EMPH", "THANKS"))
    phrases = {
        tuple(t.text for t in tokenize(p))
        for p in listed.replace("\n", "|").split("|")
        if p.strip()
    }
    return frozenset(phrases | {(w,) for w in _COURTESIES})


_COURTESIES = frozenset(
    "thanks thx please pls hi hello hey gracias hola porfa obrigado obrigada oi ola namaste "
    "dhanyavad shukriya ji sure ok okay vale well so oh um uh er "
    "bueno pues bem entao accha hai hoon hun है हूं".split()
)


@lru_cache(maxsize=16)
def _answers(code: str) -> frozenset[str]:
    """Return the single words that answer, agree, refuse, thank or ask."""
    listed = "|".join(ANSWERS[code].values()).replace("\n", "|").split("|")
    words = {t.text for p in listed for t in tokenize(p) if " " not in p.strip()}
    return frozenset(words | _COURTESIES | _SLANG)


_SLANG = frozenset(
    "bet lol haha jaja jajaja kkk rsrs hmm hm eh huh idk nvm wtf omg test asdf".split()
)
