"""Every text that is said exists, every text that exists is said, in every language we speak."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from bot.i18n import formats, translator
from bot.i18n.messages import MESSAGES
from bot.i18n.translator import LOCALES_DIR, parse_template, placeholder_names, supported_languages
from bot.rendering import sms_segments
from core import errors

ROOT = Path(__file__).resolve().parent.parent.parent.parent
SAYING = {"text", "secret_text", "Say"}
SPECS = formats.WHEN_SPECS | formats.DAY_SPECS | {"and", "lines", "text", "b"}
NEVER_BY_SMS = re.compile(r"(page|card|grid|month|command)\..*|.*\.button|done")
OTHERS = [language for language in supported_languages() if language != translator.SOURCE_LANGUAGE]


@cache
def sources() -> dict[Path, ast.Module]:
    files = [f for folder in ("core", "bot", "webhooks") for f in (ROOT / folder).rglob("*.py")]
    return {file: ast.parse(file.read_text("utf-8")) for file in files}


def said() -> Iterator[tuple[str, ast.expr]]:
    """Yield where and what is said: the first argument of each `text(...)` and `Say(...)`."""
    for file, tree in sources().items():
        # In core, `text` is a column.
        names = {"Say"} if ROOT / "core" in file.parents else SAYING
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            if isinstance(node.func, ast.Name) and node.func.id in names:
                yield f"{file.relative_to(ROOT)}:{node.lineno}", node.args[0]


def literals(expression: ast.expr) -> Iterator[str]:
    """Yield the keys an expression may be, if it says so: a literal, or one of two."""
    if isinstance(expression, ast.Constant) and isinstance(expression.value, str):
        yield expression.value
    if isinstance(expression, ast.IfExp):
        yield from literals(expression.body)
        yield from literals(expression.orelse)


def patterns(tree: ast.AST) -> Iterator[re.Pattern[str]]:
    """Yield what the f-strings of a tree may become, but for those that could be anything."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [
                re.escape(str(part.value)) if isinstance(part, ast.Constant) else "[a-z_.]+"
                for part in node.values
            ]
            head = r"[a-z_]+(\\\.[a-z_]*)*"
            if re.fullmatch(head, parts[0]) or re.fullmatch(r"\\\.[a-z_]+", parts[-1]):
                yield re.compile("".join(parts))


def test_whatever_is_said_has_words() -> None:
    absent = {
        f"{where} {key}"
        for where, expression in said()
        for key in literals(expression)
        if key and key not in MESSAGES
    }
    assert absent == set()


def test_what_is_told_unasked_can_be_told_discreetly() -> None:
    told = {key for key in MESSAGES if key.startswith("tell.")}
    discreet = {key for key in told if key.endswith((".discreet", ".somebody"))}
    assert {f"{key}.discreet" for key in told - discreet} <= discreet
    for key in discreet:
        assert (
            placeholder_names(str(MESSAGES[key])) & {"service", "provider", "by", "attendee"}
            == set()
        )


def test_whatever_has_words_is_said() -> None:
    used: set[str] = set()
    for file, tree in sources().items():
        if file.parent == ROOT / "bot/i18n/messages":  # a definition is no use
            functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
            tree = ast.Module(list(functions), [])
        constants = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)}
        used |= {key for key in MESSAGES if key in constants}
        for pattern in patterns(tree):
            used |= {key for key in MESSAGES if pattern.fullmatch(key)}
    assert set(MESSAGES) - used == set()


def test_every_error_has_words_and_no_other() -> None:
    codes = {
        each.code
        for _, each in inspect.getmembers(errors, inspect.isclass)
        if issubclass(each, errors.SlotlineError)
    }
    assert {key.removeprefix("error.") for key in MESSAGES if key.startswith("error.")} == codes


def english_of(key: str) -> tuple[str, ...]:
    words = MESSAGES[key]
    return (words,) if isinstance(words, str) else words


def ill_formed(key: str) -> Iterator[str]:
    """Yield what is wrong with the English of a text."""
    forms = english_of(key)
    if not all(forms):
        yield "empty words say nothing"
    if len({placeholder_names(form) for form in forms}) != 1:
        yield "the forms have different placeholders"
    if unknown := {spec for form in forms for _, _, spec in parse_template(form)} - SPECS:
        yield f"unknown formats {sorted(unknown)}"
    if len(forms) == 2 and "count" not in placeholder_names(forms[1]):
        yield "the plural has no {count}"


def rows_with_faults(faults_of: Callable[[str], Iterable[str]]) -> list[str]:
    """Return a line for each fault of each text, also where a text cannot even be parsed."""
    found = []
    for key in sorted(MESSAGES):
        try:
            found += [f"{key}: {fault}" for fault in faults_of(key)]
        except ValueError as error:
            found.append(f"{key}: {error}")
    return found


def test_every_text_is_well_formed() -> None:
    found = rows_with_faults(ill_formed)
    assert found == [], "\n".join(found)


def test_english_is_written_in_the_alphabet_of_sms() -> None:
    by_sms = [key for key in sorted(MESSAGES) if not NEVER_BY_SMS.fullmatch(key)]
    forms = [(key, form) for key in by_sms for form in english_of(key)]
    found = [f"{key}: {form}" for key, form in forms if not sms_segments.is_gsm(form)]
    assert found == [], "\n".join(found)


# --- translations -----------------------------------------------------------------------------


@cache
def catalog(language: str) -> Catalog:
    path = LOCALES_DIR / language / "LC_MESSAGES" / "slotline.po"
    with path.open("rb") as file:
        return read_po(file, locale=language)


def ill_translated(language: str, key: str) -> Iterator[str]:
    """Yield what is wrong with a translation of a text."""
    english, message = english_of(key), catalog(language).get(english_of(key)[0], context=key)
    if message is None:
        yield f"absent: run python -m bot.cli.translations {language}"
        return
    string = message.string
    forms = (string,) if isinstance(string, str) else tuple(string or ())
    if len(forms) != (1 if len(english) == 1 else catalog(language).num_plurals):
        yield f"{len(forms)} forms"
    if not all(forms):
        yield "an empty form"
    if {placeholder_names(form) for form in forms} != {placeholder_names(english[0])}:
        yield "other placeholders than in English"
    specs = {spec for form in english for _, _, spec in parse_template(form)}
    given = {spec for form in forms for _, _, spec in parse_template(form)}
    if unknown := given - SPECS:
        yield f"unknown formats {sorted(unknown)}"
    if ("text" in specs) != ("text" in given):
        yield "only one of the two languages puts a text of ours in"


def test_we_speak_spanish_too() -> None:
    assert supported_languages() == ("en", "es", "hi", "pt")


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalog_holds_our_texts_and_no_others(language: str) -> None:
    held = {message.context for message in catalog(language) if message.id}
    assert held == set(MESSAGES)


@pytest.mark.parametrize("language", OTHERS)
def test_every_translation_is_complete_and_has_the_same_placeholders(language: str) -> None:
    found = rows_with_faults(partial(ill_translated, language))
    assert found == [], "\n".join(found)
