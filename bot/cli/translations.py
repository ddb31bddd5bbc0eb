"""Synchronize the catalogs with the texts: `python -m bot.cli.translations [LANGUAGE [JSON]]`.

Without a language every catalog is updated: new texts appear untranslated, changed and unused ones
are removed. A JSON file (key → text, or a list of plural forms) fills in translations.
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from bot.i18n import translator
from bot.i18n.messages import MESSAGES

Translations = dict[str, str | list[str]]

_IDLE = (
    b'"Project-Id-Version',
    b'"Report-Msgid-Bugs-To',
    b'"POT-Creation-Date',
    b'"PO-Revision-Date',
    b'"Last-Translator',
    b'"Language-Team',
    b'"Generated-By',
    b"#, python-brace-format",
)


def update_po_file(
    words: translator.MessageTemplates, path: Path, language: str, given: Translations
) -> list[str]:
    """Rewrite the catalog at `path` for `words` and return the keys without a translation.

    A translation is kept only while its English text is unchanged; otherwise a speaker of the
    language has to review it.
    """
    old = Catalog(locale=language)
    if path.is_file():
        with path.open("rb") as file:
            old = read_po(file, locale=language)
    name = Locale.parse(language).english_name
    new = Catalog(locale=language, header_comment=f"# Slotline's texts in {name}.", fuzzy=False)
    lacking = []
    for key, english in sorted(words.items()):
        before = old.get(_id(english), context=key)
        translated = given.get(key) or (before.string if before else None) or ""
        if isinstance(english, tuple):
            forms = [translated] if isinstance(translated, str) else list(translated)
            forms += [""] * (new.num_plurals - len(forms))
            new.add(english, tuple(forms), context=key)
            complete = all(forms)
        else:
            new.add(english, str(translated), context=key)
            complete = bool(translated)
        if not complete:
            lacking.append(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    written = io.BytesIO()
    write_po(written, new, width=100)
    # Dates and addresses in the header would change on every run without being useful.
    lines = [line for line in written.getvalue().splitlines() if not line.startswith(_IDLE)]
    path.write_bytes(b"\n".join(lines).rstrip() + b"\n")
    return lacking


def _id(english: str | tuple[str, str]) -> str:
    return english if isinstance(english, str) else english[0]


def main(arguments: list[str]) -> int:
    """Run the command."""
    given = json.loads(Path(arguments[1]).read_text("utf-8")) if len(arguments) > 1 else {}
    languages = arguments[:1] or [
        x for x in translator.supported_languages() if x != translator.SOURCE_LANGUAGE
    ]
    for language in languages:
        path = translator.LOCALES_DIR / language / "LC_MESSAGES" / "slotline.po"
        lacking = update_po_file(MESSAGES, path, language, given)
        sys.stdout.write(f"{language}: {len(MESSAGES)} texts, {len(lacking)} untranslated\n")
        sys.stdout.writelines(f"  {key}\n" for key in lacking)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
