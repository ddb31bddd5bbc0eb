"""What a message is read with, and what comes out: plain frozen values, no behaviour.

Times are minutes or `datetime.time` on the shop's wall clock, dates are the shop's local dates.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

WeeklyHours = tuple[tuple[tuple[int, int], ...], ...]


@dataclass(frozen=True, slots=True)
class CatalogName:
    """One thing of the catalog that can be named, with the other words a shop uses for it."""

    id: int
    text: str
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CatalogNames:
    """Everything of the catalog that can be named in this conversation."""

    services: tuple[CatalogName, ...] = ()
    providers: tuple[CatalogName, ...] = ()
    shops: tuple[CatalogName, ...] = ()
    types: tuple[CatalogName, ...] = ()
    cities: tuple[CatalogName, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownOptions:
    """The numbers of the options shown; `last` is the number "the last one" means, 0 for none."""

    numbers: frozenset[int] = frozenset()
    last: int = 0


NOTHING_SHOWN = ShownOptions()


@dataclass(frozen=True, slots=True)
class NluContext:
    """What the reader of a message knows beside its text.

    `now` is aware; `zone` is the shop's IANA zone; `region` (ISO country) decides whether 3/4 is
    4 March or 3 April; `opening` has seven weekdays (Monday first) of (opens, closes) in minutes
    after midnight and serves to read a bare "5"; `expects` is what the pending question asks
    ("yes_no", "date", "time", "when", "service", "provider", "name", "number", "code", "phone");
    `last_date` is the day the talk is about, for "the same day" and "the day after"; `shown` are
    the options in front of the person.
    """

    now: dt.datetime
    zone: str
    language: str = "en"
    region: str = "US"
    opening: WeeklyHours | None = None
    names: CatalogNames = field(default_factory=CatalogNames)
    expects: str | None = None
    last_date: dt.date | None = None
    shown: ShownOptions = field(default_factory=lambda: NOTHING_SHOWN)


@dataclass(frozen=True, slots=True)
class Span:
    """Which characters of the original text meant what; `end` is exclusive.

    A kind that begins with "aside_" was understood but belongs to something else than the
    appointment ("what will the weather be on the 5th").
    """

    start: int
    end: int
    kind: str
    value: object


@dataclass(frozen=True, slots=True)
class EntityMatch:
    """A named thing of the catalog: `score` 0–100, `alternatives` the other ids it may be."""

    id: int
    text: str
    score: int
    alternatives: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Exclusions:
    """What the person does not want: "not Ana", "any day but the 5th", "5 doesn't work"."""

    providers: tuple[int, ...] = ()
    services: tuple[int, ...] = ()
    shops: tuple[int, ...] = ()
    dates: tuple[dt.date, ...] = ()
    weekdays: tuple[int, ...] = ()
    times: tuple[dt.time, ...] = ()


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """A field that can mean several things; the field itself holds the likeliest or None.

    Whoever acts on a message asks first about every doubt that touches what it acts on.
    """

    field: str
    candidates: tuple[object, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Understood:
    """What a message says; None and empty mean that nothing was said about it.

    `date`..`date_to` is an inclusive range (`date_to` None: one day). `weekdays` (Monday 0)
    narrows it: "Mondays or Tuesdays". `at` says how `time` and `time_to` are meant:

    - "exact": `time`; "around": near `time`
    - "after": from `time` on; "before": up to `time_to`; "between": both
    - "part": a part of the day, `part` names it, `time`..`time_to` is its usual window
    - "asap", "earlier", "later": no time, a wish relative to what is on offer

    `minutes_shifted` is by how much something is to be later (negative: earlier), `alters` says
    that something already chosen is to be different: "make it 11", "Friday instead".

    `from_date` and `from_time` are of the booking that is moved: "from Friday at 5 to Monday".
    """

    text: str
    language: str
    date: dt.date | None = None
    date_to: dt.date | None = None
    weekdays: frozenset[int] = frozenset()
    excluded_dates: frozenset[dt.date] = frozenset()
    excluded_weekdays: frozenset[int] = frozenset()
    time: dt.time | None = None
    time_to: dt.time | None = None
    at: str | None = None
    part: str | None = None
    acts: tuple[str, ...] = ()
    intent: str | None = None
    service: EntityMatch | None = None
    provider: EntityMatch | None = None
    shop: EntityMatch | None = None
    type: EntityMatch | None = None
    city: EntityMatch | None = None
    refused: Exclusions = field(default_factory=Exclusions)
    attendee: str | None = None
    person_name: str | None = None
    code: str | None = None
    number: int | None = None
    minutes_late: int | None = None
    minutes_shifted: int | None = None
    alters: bool = False
    phone: str | None = None
    language_wanted: str | None = None
    from_date: dt.date | None = None
    from_time: dt.time | None = None
    spans: tuple[Span, ...] = ()
    ambiguous: tuple[Ambiguity, ...] = ()


@dataclass(frozen=True, slots=True)
class ExtractedValue:
    """A value and the units `i`..`j` (exclusive) it was read from."""

    i: int
    j: int
    value: str | int
