"""Selection of the languages a message is read in: the main one, then fallbacks."""

from __future__ import annotations

from collections.abc import Sequence

from bot.nlu.languages import LANGUAGES
from bot.nlu.lexicon import Language
from bot.nlu.tokenizer import Token


def detect_languages(tokens: Sequence[Token], conversation: str) -> tuple[Language, ...]:
    """Return the languages for `tokens`; the conversation's wins if no word indicates one.

    A word counts more the fewer languages contain it. English is a fallback for every language,
    another language only if the conversation or at least two words indicate it.
    """
    home = LANGUAGES.get(conversation, LANGUAGES["en"])
    scores = dict.fromkeys(LANGUAGES, 0.0)
    for word in {t.text for t in tokens[:_ENOUGH] if len(t.text) > 1}:
        knowing = [code for code, one in LANGUAGES.items() if word in one.vocabulary]
        for code in knowing:
            scores[code] += 1 / len(knowing) ** 2
    heard = scores[home.code] > 0 or not any(scores.values())
    scores[home.code] += _LOYALTY if heard else _HABIT
    order = sorted(LANGUAGES, key=lambda code: (-scores[code], code != home.code))
    best = order[0]
    kept = [c for c in order if c in {best, "en", home.code} or scores[c] >= _SPOKEN]
    return tuple(LANGUAGES[code] for code in kept)


_ENOUGH = 60
_LOYALTY = 1.0
_HABIT = 0.1
_SPOKEN = 2
