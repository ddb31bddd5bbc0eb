"""Translation of a Say into words: catalogs, templates, and escaping of user-written text.

English texts are the message ids; other languages are gettext catalogs in
`bot/i18n/locales/<language>/LC_MESSAGES/slotline.po`, whose context is the text's key, so that the
same English may be translated differently. Catalogs are read once per process without compiling, so
they cannot be stale.
"""

from __future__ import annotations

import gettext
import html
import io
import re
import string
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bot.i18n import formats
from bot.i18n.absent_facts import join_present
from core.messaging.messages import Money, Say, When

MessageTemplates = Mapping[str, str | tuple[str, str]]
"""English text by key; a pair is (singular, plural), selected by the parameter `count`."""

Markup = Literal["plain", "html", "whatsapp"]

SOURCE_LANGUAGE = "en"
LOCALES_DIR = Path(__file__).parent / "locales"


@dataclass(frozen=True, slots=True)
class Translator:
    """The texts of every Say; `own` holds a shop's wordings, key → language → template."""

    templates: MessageTemplates
    overrides: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def with_overrides(self, own: Mapping[str, Mapping[str, str]]) -> Translator:
        """Return a copy that prefers a shop's wordings."""
        return replace(self, overrides=own) if own else self

    def override_template(self, key: str, language: str, known: Collection[str]) -> str | None:
        """Return a shop's wording of `key` if it uses only `known` placeholders.

        Wordings are validated when stored, but a message's parameters may have changed since.
        """
        short = language.replace("-", "_").partition("_")[0].lower()
        template = self.overrides.get(key, {}).get(short)
        return template if template and placeholder_names(template) <= set(known) else None

    def translate(
        self,
        say: Say,
        language: str,
        *,
        markup: Markup = "plain",
        gsm: bool = False,
        button: bool = False,
    ) -> str:
        """Return the words of `say` in `language` ("es", "es_ES"), written by that locale.

        For a `button` a text may have other words, under its key and ".button". With `gsm`
        amounts are written "25 EUR", because most signs of currencies are not in SMS's alphabet.
        What people wrote (every str parameter) never becomes markup, a line of its own or a format
        string. A key or parameter that is missing is a KeyError.
        """
        writer = _Writer(self, language, markup, gsm, button)
        return writer.say(say)

    def format_param(
        self, value: object, spec: str, language: str, *, markup: Markup = "plain"
    ) -> str:
        """Return one parameter of a Say as a placeholder with `spec` would render it."""
        return _Writer(self, language, markup, gsm=False, button=False).value(value, spec)

    def find_template(self, key: str, language: str, count: int = 1) -> str:
        """Return the text of `key` with its placeholders unfilled."""
        english = self.templates[key]
        catalog = load_translations(language)
        if isinstance(english, str):
            return catalog.pgettext(key, english) if catalog else english
        if catalog:
            return catalog.npgettext(key, english[0], english[1], count)
        return english[0] if count == 1 else english[1]


@dataclass(frozen=True, slots=True)
class _Writer:
    wording: Translator
    language: str
    markup: Markup
    gsm: bool
    button: bool

    def say(self, say: Say) -> str:
        count = say.params.get("count", 1)
        key = say.key
        if self.button and f"{key}.button" in self.wording.templates:
            key = f"{key}.button"
        template = (
            self.wording.override_template(key, self.language, say.params)
            if (self.wording.overrides)
            else None
        )
        if template is None:
            many = count if isinstance(count, int) else 1
            template = self.wording.find_template(key, self.language, many)
        written: list[str] = []
        absent = False
        parsed = parse_template(template)
        for literal, name, spec in parsed:
            written.append(literal)
            if name:
                value = self.value(say.params[name], spec)
                absent = absent or not value
                written.append(value)
        if not absent:
            return "".join(written)
        values = iter(written)
        return join_present(
            [(next(values), next(values) if name else None) for _, name, _ in parsed]
        )

    def value(self, value: object, spec: str) -> str:
        match value:
            case Say():
                return self.bold(self.say(value), spec)
            case tuple() | list():
                return self.joined([self.value(item, "") for item in value], spec)
            case str():
                text = clean_text(value, lines=spec == "text")
            case When():
                text = formats.format_moment(value, spec, self.language)
            case Money():
                text = formats.format_amount(value, self.language, sign=not self.gsm)
            case date():
                text = formats.format_day(value, spec, self.language)
            case _:
                text = "" if value is None else str(value)
        return self.bold(ESCAPERS[self.markup](text), spec)

    def bold(self, text: str, spec: str) -> str:
        before, after = BOLD_MARKS[self.markup] if spec == "b" and text else ("", "")
        return f"{before}{text}{after}"

    def joined(self, items: list[str], spec: str) -> str:
        if spec == "and":
            return formats.join_words(items, self.language)
        return ("\n" if spec == "lines" else ", ").join(items)


@lru_cache(maxsize=4096)
def parse_template(template: str) -> tuple[tuple[str, str, str], ...]:
    """Split a template into triples: text before, placeholder name or "", and format.

    Raises ValueError if a placeholder is more than a name and a format word: templates come from
    translators and must not access attributes.
    """
    parts = []
    for literal, name, spec, conversion in string.Formatter().parse(template):
        if name is not None and (not name.isidentifier() or conversion):
            raise ValueError(f"{{{name}}} in {template!r} is no plain placeholder")
        parts.append((literal, name or "", spec or ""))
    return tuple(parts)


def placeholder_names(template: str) -> frozenset[str]:
    """Return the placeholder names of a template."""
    return frozenset(name for _, name, _ in parse_template(template) if name)


@cache
def load_translations(language: str) -> gettext.GNUTranslations | None:
    """Return the catalog of "es" or "es_ES"; None for English and unsupported languages."""
    name = language.replace("-", "_").partition("_")[0].lower()
    path = LOCALES_DIR / name / "LC_MESSAGES" / "slotline.po"
    if name == SOURCE_LANGUAGE or not name.isalpha() or not path.is_file():
        return None
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=name))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@cache
def supported_languages() -> tuple[str, ...]:
    """Return the supported languages, English first."""
    others = sorted(p.parent.parent.name for p in LOCALES_DIR.glob("*/LC_MESSAGES/slotline.po"))
    return (SOURCE_LANGUAGE, *others)


# --- user-written text ------------------------------------------------------------------------

# Direction overrides can reorder the text after them; a zero-width space or byte order mark only
# hides something. Joiners are kept because scripts and emoji need them.
_HIDDEN = dict.fromkeys(
    map(ord, "\u200b\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
)
_MARKS = re.compile(r"(?<![^\W_])[*_~`]|[*_~`](?![^\W_])")
_LOOKALIKES = {"*": "\u2217", "_": "\u02cd", "~": "\u223c", "`": "\u02b9"}


def clean_text(text: str, *, lines: bool = False) -> str:
    """Return user-written text as one line (or `lines`) without control characters.

    A name with a line break could forge an option of a numbered list.
    """
    if lines:
        return "\n".join(filter(None, (clean_text(line) for line in text.splitlines())))
    text = " ".join(text.translate(_HIDDEN).split())
    if text.isprintable():  # nearly always true, and cheap
        return text
    return "".join(c for c in text if unicodedata.category(c) not in {"Cc", "Cs"})


def _whatsapp(text: str) -> str:
    # WhatsApp has no escape; its marks only work at the edges of words, where a look-alike is used.
    # Links are kept.
    if "://" in text:
        return text
    return _MARKS.sub(lambda mark: _LOOKALIKES[mark[0]], text)


BOLD_MARKS: Mapping[Markup, tuple[str, str]] = {
    "plain": ("", ""),
    "html": ("<b>", "</b>"),
    "whatsapp": ("*", "*"),
}

ESCAPERS: Mapping[Markup, Callable[[str], str]] = {
    "plain": lambda text: text,
    "html": html.escape,
    "whatsapp": _whatsapp,
}
