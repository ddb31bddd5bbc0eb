"""The languages that are understood, in the order they fill each other's gaps."""

from __future__ import annotations

from bot.nlu.languages.en import ENGLISH
from bot.nlu.languages.es import SPANISH
from bot.nlu.languages.hi import HINDI
from bot.nlu.languages.pt import PORTUGUESE
from bot.nlu.lexicon import Language

LANGUAGES: dict[str, Language] = {one.code: one for one in (ENGLISH, SPANISH, HINDI, PORTUGUESE)}
