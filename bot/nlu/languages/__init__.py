"""The supported languages, in the order of their use as fallbacks."""

from __future__ import annotations

from bot.nlu.languages.en import ENGLISH, answers, choices
from bot.nlu.languages.es import SPANISH
from bot.nlu.languages.es import answers as es_answers
from bot.nlu.languages.es import choices as es_choices
from bot.nlu.languages.hi import HINDI
from bot.nlu.languages.hi import answers as hi_answers
from bot.nlu.languages.hi import choices as hi_choices
from bot.nlu.languages.pt import PORTUGUESE
from bot.nlu.languages.pt import answers as pt_answers
from bot.nlu.languages.pt import choices as pt_choices
from bot.nlu.lexicon import Language

LANGUAGES: dict[str, Language] = {one.code: one for one in (ENGLISH, SPANISH, HINDI, PORTUGUESE)}

ANSWERS: dict[str, dict[str, str]] = {
    "en": answers.ANSWERS,
    "es": es_answers.ANSWERS,
    "hi": hi_answers.ANSWERS,
    "pt": pt_answers.ANSWERS,
}
"""Words that answer yes/no questions, by language (`bot.nlu.yes_no`)."""

CHOICES: dict[str, dict[str, str]] = {
    "en": choices.CHOICES,
    "es": es_choices.CHOICES,
    "hi": hi_choices.CHOICES,
    "pt": pt_choices.CHOICES,
}
"""Words around the number of an option, by language (`bot.nlu.choices`)."""
