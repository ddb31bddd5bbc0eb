"""Which languages a message is read with: its own first, then those that fill the gaps."""

from __future__ import annotations

from collections.abc import Sequence

from bot.understanding.languages import LANGUAGES
from bot.understanding.lexicon import Language
from bot.understanding.tokens import Token


def languages_for(tokens: Sequence[Token], conversation: str) -> tuple[Language, ...]:
    """The languages to read `tokens` with; the conversation's wins when nothing speaks for one."""
    home = LANGUAGES.get(conversation, LANGUAGES["en"])
    words = [t.text for t in tokens[:_ENOUGH] if t.kind == "w"]
    scores = {
        code: sum(w in one.vocabulary for w in words) + (code == home.code) * _LOYALTY
        for code, one in LANGUAGES.items()
    }
    order = sorted(LANGUAGES, key=lambda code: (-scores[code], code != home.code))
    return tuple(LANGUAGES[code] for code in order)


_ENOUGH = 60
_LOYALTY = 0.5
