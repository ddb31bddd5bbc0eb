"""Answers to "what is your name?", alone and behind a code: which of them are names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.nlu.pipeline import understand_message
from bot.nlu.types import Understood
from tests.bot.nlu.phrase_tables import usual_situation

NAMES = {
    "en": {
        "Ana Gil": "Ana Gil",  # a provider is called Ana, too
        "ana": "Ana",
        "Leo Paz": "Leo Paz",
        "Tuesday Weld": "Tuesday Weld",
        "Will Day": "Will Day",
        "Dawn": "Dawn",
        "May": "May",
        "Al": "Al",
        "Jo": "Jo",
        "李": "李",
        "marta gil": "Marta Gil",
        "my name is Marta Gil": "Marta Gil",
        "it's Jean-Luc": "Jean-Luc",
        "I'm Will": "Will",
        "J. R. Smith": "J. R. Smith",
        "sure, Marta Gil": "Marta Gil",
        "Marta, thanks": "Marta",
        "maria de la cruz": "Maria de la Cruz",
    },
    "es": {
        "Domingo": "Domingo",
        "Consuelo Reyes": "Consuelo Reyes",
        "soy Marta": "Marta",
        "me llamo Luz": "Luz",
        "María José de la Cruz": "María José de la Cruz",
        "Sol Paz": "Sol Paz",
    },
    "pt": {"sou a Marta": "Marta", "João dos Santos": "João dos Santos", "Natália": "Natália"},
    "hi": {"mera naam Asha hai": "Asha", "मेरा नाम आशा है": "आशा", "priya sharma": "Priya Sharma"},
}
NO_NAMES = {
    "en": "bet|no|yes|is it approved yet?|is it approved yet|with Ana|thanks|ok|hello|cancel|wait"
    "|can I change the time|tomorrow|at 5|call me later|how much is it|stop|let me think|menu"
    "|friday at 5 please|Hope you are well|what?",
    "es": "no|vale|gracias|¿está confirmado?|espera|quiero cambiar la hora|mañana",
    "pt": "não|obrigado|já está confirmado|beleza|espera aí|quero mudar",
    "hi": "nahi|haan|theek hai|confirm hua kya|ruko",
}
UNCERTAIN = {"en": ["will", "rose", "may"], "es": ["domingo"]}


def answer(text: str, language: str, expects: str) -> Understood:
    """Read an answer in a shop whose providers are Ana, Leo and Priya."""
    return understand_message(text, replace(usual_situation(language), expects=expects))


@pytest.mark.parametrize("behind", ["", "481920 "])
@pytest.mark.parametrize("language", NAMES)
def test_a_name_is_a_name_whatever_it_resembles(language: str, behind: str) -> None:
    """Providers, weekdays, parts of the day and short names; nothing else is understood."""
    expects = "code" if behind else "name"
    said = {text: answer(behind + text, language, expects) for text in NAMES[language]}

    assert {text: one.person_name for text, one in said.items()} == NAMES[language]
    assert [text for text, one in said.items() if one.provider or one.date or one.ambiguous] == []


@pytest.mark.parametrize("behind", ["", "481920 "])
@pytest.mark.parametrize("language", NO_NAMES)
def test_a_sentence_a_question_or_a_courtesy_is_no_name(language: str, behind: str) -> None:
    """What answers, asks or commands is left to the other readers."""
    expects = "code" if behind else "name"
    said = [answer(behind + text, language, expects) for text in NO_NAMES[language].split("|")]

    assert [one.text for one in said if one.person_name] == []


@pytest.mark.parametrize("language", UNCERTAIN)
def test_a_common_word_in_small_letters_is_an_uncertain_name(language: str) -> None:
    """The talk then asks whether to book it under this name."""
    said = [answer(text, language, "name") for text in UNCERTAIN[language]]

    assert [[doubt.field for doubt in one.ambiguous] for one in said] == [["person_name"]] * len(
        said
    )
