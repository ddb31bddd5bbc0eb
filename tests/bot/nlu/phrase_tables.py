"""Tables of phrases and what they mean: how a line is read, how a meaning is written down.

A table has one phrase a line, `phrase => meaning`. Lines that begin with `@ ` set what the reader
knows from there on (`@ now=… zone=… region=… expects=… last=… opening=none`, nothing: the usual),
lines that begin with `# ` are comments. A meaning that is left out says that the phrase means
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path

from bot.nlu.pipeline import understand_message
from bot.nlu.types import CatalogName, CatalogNames, EntityMatch, NluContext, Understood

PHRASES_FOLDER = Path(__file__).parent / "phrases"
DAYS = "mon tue wed thu fri sat sun".split()
_WORKDAY = ((9 * 60, 14 * 60), (16 * 60, 20 * 60))
OPENING = (_WORKDAY, _WORKDAY, _WORKDAY, _WORKDAY, _WORKDAY, ((9 * 60, 14 * 60),), ())
CATALOG = CatalogNames(
    services=(
        CatalogName(
            1, "Women's cut", ("haircut", "cut", "corte", "corte de pelo", "bal katwana", "कटिंग")
        ),
        CatalogName(2, "Colour", ("color", "hair dye", "tinte", "coloração", "कलर")),
        CatalogName(3, "Beard trim", ("barba", "beard", "दाढ़ी")),
        CatalogName(4, "Full head highlights", ("mechas", "luzes", "highlights")),
        CatalogName(5, "Manicure", ("manicura", "nails", "unhas", "मैनीक्योर")),
    ),
    providers=(
        CatalogName(10, "Ana Ruiz", ("एना",)),
        CatalogName(11, "Leo Paz", ("लियो",)),
        CatalogName(12, "Dr. Priya Rao", ("प्रिया",)),
        CatalogName(13, "Ana Gómez"),
    ),
    shops=(CatalogName(20, "Bella Hair"), CatalogName(21, "Plaza Sol")),
    types=(CatalogName(30, "Hair salon"), CatalogName(31, "Dentist")),
    cities=(CatalogName(40, "Madrid"), CatalogName(41, "San José")),
)


@dataclass(frozen=True)
class PhraseCase:
    """One phrase of a table: where it stands, what is known, what it should mean."""

    table: str
    number: int
    setting: NluContext
    phrase: str
    meaning: str


def usual_situation(language: str) -> NluContext:
    """Thursday morning, 12 March 2026, in Madrid."""
    return NluContext(
        now=datetime.fromisoformat("2026-03-12T09:00+01:00"),
        zone="Europe/Madrid",
        language=language,
        region="ES",
        opening=OPENING,
        names=CATALOG,
    )


def load_phrases(table: str) -> Iterator[PhraseCase]:
    """The phrases of a table, named after its language: "en", "en_nothing"."""
    setting = usual_situation(table.partition("_")[0])
    text = (PHRASES_FOLDER / f"{table}.txt").read_text(encoding="utf-8")
    for number, row in enumerate(text.splitlines(), 1):
        if row.partition(" ")[0] == "@":
            setting = _told(usual_situation(table.partition("_")[0]), row[1:].split())
        elif row and not row.startswith("# "):
            phrase, _, meaning = row.partition(" => ")
            yield PhraseCase(table, number, setting, phrase.strip(), meaning.strip())


def _told(setting: NluContext, items: list[str]) -> NluContext:
    for item in items:
        key, _, value = item.partition("=")
        if key == "now":
            setting = replace(setting, now=datetime.fromisoformat(value))
        elif key == "last":
            setting = replace(setting, last_date=date.fromisoformat(value))
        elif key == "opening":
            setting = replace(setting, opening=None)
        elif key == "zone":
            setting = replace(setting, zone=value)
        elif key == "region":
            setting = replace(setting, region=value)
        elif key == "expects":
            setting = replace(setting, expects=value)
        else:
            raise ValueError(f"no such setting: {item}")
    return setting


def parsed_meaning(line: PhraseCase) -> str:
    """What the bot makes of a line's phrase, written the way tables are."""
    return meaning_as_text(understand_message(line.phrase, line.setting), line.setting)


def meaning_as_text(u: Understood, setting: NluContext) -> str:
    """Everything that was understood, in one line; the language only where it is another."""
    acts = " ".join(f"*{act}" if act == u.intent else act for act in u.acts)
    fields = {
        "language": u.language if u.language != setting.language else "",
        "date": _span(_text(u.date), _text(u.date_to)),
        "from": " ".join(filter(None, (_text(u.from_date), _text(u.from_time)))),
        "weekdays": _days(u.weekdays),
        "not": " ".join([*_days(u.excluded_weekdays).split(), *map(str, sorted(u.excluded_dates))]),
        "time": _span(_text(u.time), _text(u.time_to)),
        "at": (u.part or u.at or "") if u.at != "exact" else "",
        "not at": " ".join(_text(t) for t in u.refused.times),
        "service": _match(u.service),
        "provider": _match(u.provider),
        "shop": _match(u.shop),
        "type": _match(u.type),
        "city": _match(u.city),
        "not by": " ".join(map(str, u.refused.providers)),
        "not doing": " ".join(map(str, u.refused.services)),
        "not in": " ".join(map(str, u.refused.shops)),
        "for": u.attendee or "",
        "name": u.person_name or "",
        "code": u.code or "",
        "number": "" if u.number is None else str(u.number),
        "late": "" if u.minutes_late is None else str(u.minutes_late),
        "phone": u.phone or "",
        "wants": u.language_wanted or "",
        "acts": acts,
        "unsure": "; ".join(
            f"{d.field} " + " or ".join(str(c).removesuffix(":00") for c in d.candidates)
            for d in u.ambiguous
        ),
    }
    return ", ".join(f"{key}: {value}" for key, value in fields.items() if value)


def _text(value: date | time | None) -> str:
    return "" if value is None else value.isoformat().removesuffix(":00")


def _span(first: str, last: str) -> str:
    return f"{first}..{last}" if last else first


def _days(days: frozenset[int]) -> str:
    return " ".join(DAYS[d] for d in sorted(days))


def _match(match: EntityMatch | None) -> str:
    return "" if match is None else match.text
