from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.cli import translations
from bot.i18n import translator
from bot.i18n.translator import Translator, clean_text, parse_template
from core.messaging.messages import Money, Say, When

HALF_PAST_FIVE = When(datetime(2026, 3, 13, 16, 30, tzinfo=UTC), "Europe/Madrid")
NINE = When(datetime(2026, 9, 4, 3, 30, tzinfo=UTC), "Asia/Kolkata")


def words(template: str, language: str = "en", **params: object) -> str:
    return Translator({"key": template}).translate(Say("key", params), language, gsm=True)


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", "Fri 13 Mar 5:30 pm"),
        ("en_ES", "Fri 13 Mar 5:30 pm"),
        ("en_IN", "Fri 13 Mar 5:30 pm"),
        ("en-US", "Fri Mar 13 5:30 pm"),
        ("es", "vie 13 mar 17:30"),
        ("es_ES", "vie 13 mar 17:30"),
        ("es_US", "vie 13 mar 5:30 p.m."),
        ("xx", "Fri 13 Mar 5:30 pm"),
        ("../../etc", "Fri 13 Mar 5:30 pm"),
    ],
)
def test_instant_is_formatted_by_locale_and_zone(language: str, written: str) -> None:
    assert words("{when}", language, when=HALF_PAST_FIVE) == written


@pytest.mark.parametrize(
    ("spec", "english", "spanish"),
    [
        ("day", "Fri 13 Mar", "vie 13 mar"),
        ("time", "5:30 pm", "17:30"),
        ("long", "Friday 13 March", "viernes 13 de marzo"),
        ("full", "Friday 13 March 5:30 pm", "viernes 13 de marzo 17:30"),
        ("zone", "Madrid", "Madrid"),
    ],
)
def test_instant_parts_are_formatted_by_locale(spec: str, english: str, spanish: str) -> None:
    assert words(f"{{when:{spec}}}", "en", when=HALF_PAST_FIVE) == english
    assert words(f"{{when:{spec}}}", "es", when=HALF_PAST_FIVE) == spanish


def test_midnight_noon_and_morning_have_day_periods() -> None:
    noon, midnight = (When(datetime(2026, 7, 1, hour, tzinfo=UTC), "UTC") for hour in (12, 0))
    assert words("{a:time}, {b:time}, {c}", a=noon, b=midnight, c=NINE) == (
        "12:00 pm, 12:00 am, Fri 4 Sept 9:00 am"
    )
    assert [words("{c:time}", language, c=NINE) for language in ("es_ES", "en_GB", "fr_FR")] == [
        "9:00",
        "9:00 am",
        "09:00",
    ]


def test_date_is_formatted_by_locale() -> None:
    day = date(2026, 12, 25)
    assert words("{day} / {day:long}", day=day) == "Fri 25 Dec / Friday 25 December"
    assert words("{day:long}", "en_US", day=day) == "Friday December 25"


@pytest.mark.parametrize(
    ("money", "language", "coded", "signed"),
    [
        (Money(2500, "EUR"), "en_ES", "25 EUR", "25 €"),
        (Money(2500, "EUR"), "en", "25 EUR", "€25"),
        (Money(1250, "EUR"), "es_ES", "12,50 EUR", "12,50 €"),
        (Money(12_500_000, "INR"), "en_IN", "1,25,000 INR", "₹1,25,000"),
        (Money(3050, "USD"), "en_US", "30.50 USD", "$30.50"),
        (Money(3000, "JPY"), "en_US", "3,000 JPY", "¥3,000"),
    ],
)
def test_amount_is_formatted_by_currency_and_locale(
    money: Money, language: str, coded: str, signed: str
) -> None:
    text, say = Translator({"key": "{price}"}), Say("key", {"price": money})
    assert text.translate(say, language, gsm=True) == coded
    assert text.translate(say, language) == signed


def test_lists_says_within_says_and_nothing() -> None:
    text = Translator(
        {"outer": "{what}: {items:and}{rest}", "inner": "{n} cuts", "l": "{of:lines}"}
    )
    say = Say("outer", {"what": Say("inner", {"n": 2}), "items": ("a", "b", "c"), "rest": None})
    assert text.translate(say, "en") == "2 cuts: a, b and c"
    assert text.translate(say, "es") == "2 cuts: a, b y c"
    assert text.translate(Say("l", {"of": (say, Say("inner", {"n": 1}))}), "en") == (
        "2 cuts: a, b and c\n1 cuts"
    )


def test_the_count_chooses_the_form() -> None:
    text = Translator({"seats": ("{count} seat left", "{count} seats left")})
    assert [text.translate(Say("seats", {"count": n}), "en") for n in (0, 1, 2)] == [
        "0 seats left",
        "1 seat left",
        "2 seats left",
    ]


@pytest.mark.parametrize(
    ("markup", "written"),
    [
        ("plain", "<b>{0} %s 1 *Leo* a_b</b>"),
        ("html", "&lt;b&gt;{0} %s 1 *Leo* a_b&lt;/b&gt;"),
        ("whatsapp", "<b>{0} %s 1 ∗Leo∗ a_b</b>"),
    ],
)
def test_what_people_wrote_stays_mere_text(markup: translator.Markup, written: str) -> None:
    say = Say("key", {"name": "<b>{0} %s\r\n1 *Leo*\u202e\x00\u200b a_b</b>"})
    assert Translator({"key": "{name}"}).translate(say, "en", markup=markup) == written


def test_a_link_is_not_touched_for_whatsapp() -> None:
    say = Say("key", {"link": "https://example.com/_a_*"})
    assert (
        Translator({"key": "{link}"}).translate(say, "en", markup="whatsapp")
        == "https://example.com/_a_*"
    )


def test_cleaning_keeps_what_writing_needs() -> None:
    assert clean_text(" José\t\n👩‍🔧  क्‍ष ") == "José 👩‍🔧 क्‍ष"
    assert words("{text:text}", text="one\n\n two\x07 \nthree") == "one\ntwo\nthree"


@pytest.mark.parametrize("template", ["{a.b}", "{a[0]}", "{a!r}", "{0}", "{}"])
def test_a_template_cannot_reach_into_values(template: str) -> None:
    with pytest.raises(ValueError, match="no plain placeholder"):
        parse_template(template)


def test_a_missing_text_or_parameter_is_an_error() -> None:
    with pytest.raises(KeyError):
        Translator({}).translate(Say("absent"), "en")
    with pytest.raises(KeyError):
        words("{name}")


# --- catalogs ---------------------------------------------------------------------------------


@pytest.fixture
def locales(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(translator, "LOCALES_DIR", tmp_path)
    monkeypatch.setattr(translator, "load_translations", translator.load_translations.__wrapped__)
    return tmp_path / "es" / "LC_MESSAGES" / "slotline.po"


def test_a_catalog_translates_by_key(locales: Path) -> None:
    both: translator.MessageTemplates = {
        "verb.book": "Book",
        "noun.book": "Book",
        "seats": ("{count} seat", "{count} seats"),
    }
    lacking = translations.update_po_file(
        both,
        locales,
        "es",
        {
            "verb.book": "Reservar",
            "noun.book": "Libro",
            "seats": ["{count} plaza", "{count} plazas"],
        },
    )
    assert lacking == []
    text = Translator(both)
    assert text.translate(Say("verb.book"), "es_ES") == "Reservar"
    assert text.translate(Say("noun.book"), "es") == "Libro"
    assert text.translate(Say("seats", {"count": 1}), "es") == "1 plaza"
    assert text.translate(Say("seats", {"count": 3}), "es") == "3 plazas"
    assert text.translate(Say("verb.book"), "fr") == "Book"


def test_updating_keeps_what_is_the_same_and_asks_anew_for_what_changed(locales: Path) -> None:
    translations.update_po_file(
        {"a": "Yes", "b": "No", "c": "Old"}, locales, "es", {"a": "Sí", "b": "No"}
    )
    assert translations.update_po_file({"a": "Yes", "b": "No!", "d": "New"}, locales, "es", {}) == [
        "b",
        "d",
    ]
    written = locales.read_text("utf-8")
    assert written == (
        "# Slotline's texts in Spanish.\n"
        'msgid ""\n'
        'msgstr ""\n'
        '"Language: es\\n"\n'
        '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n'
        '"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        "\n"
        'msgctxt "a"\nmsgid "Yes"\nmsgstr "Sí"\n'
        "\n"
        'msgctxt "b"\nmsgid "No!"\nmsgstr ""\n'
        "\n"
        'msgctxt "d"\nmsgid "New"\nmsgstr ""\n'
    )
    # Run again, nothing changes.
    translations.update_po_file({"a": "Yes", "b": "No!", "d": "New"}, locales, "es", {})
    assert locales.read_text("utf-8") == written


def test_a_value_that_is_empty_leaves_no_space_before_what_follows() -> None:
    words = Translator({"who": "New: {customer} {phone}. Ref {ref}"})
    facts: dict[str, object] = {"customer": "Marta", "ref": "K7Q-3MD"}
    said = [words.translate(Say("who", {**facts, "phone": p}), "en") for p in ("+34600111222", "")]
    assert said == ["New: Marta +34600111222. Ref K7Q-3MD", "New: Marta. Ref K7Q-3MD"]
