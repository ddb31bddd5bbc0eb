"""The languages that are understood, in the order they fill each other's gaps."""

from __future__ import annotations

from bot.understanding.languages.english import ENGLISH
from bot.understanding.languages.hindi import HINDI
from bot.understanding.languages.portuguese import PORTUGUESE
from bot.understanding.languages.spanish import SPANISH
from bot.understanding.lexicon import Language

LANGUAGES: dict[str, Language] = {one.code: one for one in (ENGLISH, SPANISH, HINDI, PORTUGUESE)}
