"""Index of catalog names that tolerates case, accents, plurals, typos, word order and parts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz, process

from bot.nlu.tokenizer import Token, tokenize
from bot.nlu.types import CatalogName, EntityMatch

# Words shared by many names that identify nothing by themselves.
_EMPTY = frozenset(
    "the a an of and for with s y de la el los las e da do das dos con para com dr dra mr mrs ms "
    "doctor doctora & का की के और".split()
)
# Domain words that help to distinguish names but identify none alone.
_GENERIC = frozenset(
    "hair salon salons studio spa service full head basic session center centre clinic shop place "
    "pelo cabello peluqueria servicio sesion centro clinica cabelo salao servico sessao new big "
    "बाल सैलून baal bal parlour parlor small".split()
)
_TYPO_SCORE = 82
_MIN_TYPO = 4
_KIN = 6
_MOST_WORDS = 400


@dataclass(frozen=True, slots=True)
class NameMention:
    """A mention of one or several names: its characters and the candidates by score."""

    start: int
    end: int
    found: tuple[tuple[int, int], ...]
    text: str


@dataclass(frozen=True, slots=True)
class _Spelling:
    name: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NameIndex:
    """Names indexed by word, built once per catalog."""

    names: tuple[CatalogName, ...]
    spellings: tuple[_Spelling, ...]
    by_word: dict[str, tuple[int, ...]]
    words: tuple[str, ...]


@lru_cache(maxsize=256)
def build_index(names: tuple[CatalogName, ...]) -> NameIndex:
    """Index names under each of their words."""
    spellings: list[_Spelling] = []
    by_word: dict[str, list[int]] = {}
    for number, name in enumerate(names):
        for text in (name.text, *name.synonyms):
            words = tuple(_stem(w) for w in _words(text))
            if not words:
                continue
            spellings.append(_Spelling(number, words))
            for word in words:
                by_word.setdefault(word, []).append(len(spellings) - 1)
    files = {w: tuple(ids) for w, ids in by_word.items()}
    return NameIndex(names, tuple(spellings), files, tuple(files))


def _words(text: str) -> list[str]:
    all_words = [t.text for t in tokenize(text) if t.kind != "p"]
    return [w for w in all_words if w not in _EMPTY] or all_words


def _stem(word: str) -> str:
    """Return a word without its plural or possessive ending."""
    if len(word) > 4 and word.endswith("es") and word[-3] in "sxzlrnd":
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and word[-2] != "s" else word


def find_names(
    tokens: Sequence[Token], names: tuple[CatalogName, ...], common: frozenset[str]
) -> list[NameMention]:
    """Return every mention of a name; words in `common` are never treated as typos of one."""
    if not names:
        return []
    idx = build_index(names)
    hits: list[tuple[int, str]] = []
    for i, token in enumerate(tokens[:_MOST_WORDS]):
        if token.kind == "p" or token.text in _EMPTY:
            continue
        word = _known(token.text, idx, common)
        if word is not None:
            hits.append((i, word))
    said = (_judge(tokens, group, idx) for group in _groups(tokens, hits))
    return [one for one in said if one.found]


def _known(word: str, idx: NameIndex, common: frozenset[str]) -> str | None:
    for form in (word, _stem(word)):
        if form in idx.by_word:
            return form
    if len(word) < _MIN_TYPO or not word.isalpha():
        return None
    if word in common:
        # "dentista" is a known word and also matches the catalog's "dentist".
        kin = (w for w in idx.words if len(w) >= _KIN and abs(len(w) - len(word)) <= 2)
        return next((w for w in kin if w.startswith(word) or word.startswith(w)), None)
    best = process.extractOne(_stem(word), idx.words, scorer=fuzz.ratio, score_cutoff=_TYPO_SCORE)
    return best[0] if best is not None and best[0][0] == word[0] else None


def _groups(
    tokens: Sequence[Token], hits: list[tuple[int, str]]
) -> Iterable[list[tuple[int, str]]]:
    group: list[tuple[int, str]] = []
    for i, word in hits:
        if group:
            between = tokens[group[-1][0] + 1 : i]
            apart = any(t.text not in _EMPTY and not _inside(t) for t in between)
            if apart or len(between) > 2 or word in {w for _, w in group}:
                yield group
                group = []
        group.append((i, word))
    if group:
        yield group


def _inside(mark: Token) -> bool:
    """Return whether a mark joins two words of a name: "Blow-dry", but not "a cut - a colour"."""
    return mark.text in {"-", "'"} and not mark.spaced


def _judge(tokens: Sequence[Token], group: list[tuple[int, str]], idx: NameIndex) -> NameMention:
    said = {w for _, w in group}
    telling = bool(said - _GENERIC)
    scores: dict[int, int] = {}
    for spelling_id in {s for w in said for s in idx.by_word[w]}:
        spelling = idx.spellings[spelling_id]
        shared = said & set(spelling.words)
        # All words of the mention must belong to the name; then the shorter name is closer.
        covered = len(shared) / len(said)
        whole = len(shared) / len(set(spelling.words))
        if whole < 1 and not (telling and shared - _GENERIC):
            continue
        score = round(100 * (0.75 * covered + 0.25 * whole))
        owner = idx.names[spelling.name].id
        scores[owner] = max(scores.get(owner, 0), score)
    ranked = sorted(scores.items(), key=lambda kv: (-kv[1], kv[0]))
    first, last = tokens[group[0][0]], tokens[group[-1][0]]
    return NameMention(first.start, last.end, tuple(ranked), " ".join(w for _, w in group))


def best_match(said: NameMention, names: tuple[CatalogName, ...]) -> EntityMatch:
    """Return the best candidate, with equal or nearly equal ones as alternatives."""
    best_id, best = said.found[0]
    text = next(n.text for n in names if n.id == best_id)
    near = tuple(i for i, score in said.found[1:] if score >= best - _NEAR and best < _WHOLE)
    return EntityMatch(best_id, text, best, near)


_NEAR = 5
_WHOLE = 100
