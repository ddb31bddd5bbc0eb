"""The languages that are understood, in the order they fill each other's gaps."""

from __future__ import annotations

from bot.understanding.languages.english import ENGLISH
from bot.understanding.lexicon import Language

LANGUAGES: dict[str, Language] = {"en": ENGLISH}
