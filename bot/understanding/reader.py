"""`understand`: one message in, everything it says out. Pure, total, linear in the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.understanding import people
from bot.understanding.acts import ActSaid, acts_in, sentences
from bot.understanding.dates import date_at
from bot.understanding.days import Calendar, DateSaid
from bot.understanding.decide import decide
from bot.understanding.detect import languages_for
from bot.understanding.lexicon import Language
from bot.understanding.model import (
    Doubt,
    Match,
    Name,
    Refused,
    Setting,
    Span,
    Understood,
)
from bot.understanding.names import NameSaid, as_match, names_in
from bot.understanding.settle_dates import settle_dates
from bot.understanding.settle_times import clock_time, day_of, settle_times
from bot.understanding.times import TimeSaid, time_at
from bot.understanding.tokens import Token, tokenize
from bot.understanding.units import Unit, unitize
from bot.understanding.when import When, listed, refused
from bot.understanding.written_dates import MONTH_FIRST

# What the longest message of any channel holds (Telegram's 4,096); the rest is not read.
LONGEST = 4096
_TIME_ASKED = frozenset({"time", "when"})
_DATE_ASKED = frozenset({"date", "when"})


@dataclass(slots=True)
class _Reading:
    """What has been read so far of one message."""

    text: str
    setting: Setting
    tokens: list[Token]
    units: list[Unit]
    languages: Sequence[Language]
    acts: list[ActSaid]
    taken: list[bool] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    aside: set[int] = field(default_factory=set)

    def take(self, i: int, j: int, kind: str, value: object) -> None:
        """Note units `i`..`j` as used up, and what they meant."""
        self.taken[i:j] = [True] * (j - i)
        self.spans.append(Span(self.units[i].start, self.units[j - 1].end, kind, value))


def understand(text: str, setting: Setting) -> Understood:
    """Read a message the way a receptionist would.

    Never raises on any text; reads the first `LONGEST` characters. Fields hold the likeliest
    reading; `ambiguous` names every field that has another one, with all candidates.
    """
    tokens = tokenize(text[:LONGEST])
    languages = languages_for(tokens, setting.language)
    units = unitize(tokens, languages)
    found = acts_in(sentences(tokens, languages[0]), languages)
    r = _Reading(text, setting, tokens, units, languages, found, [False] * len(units))
    _mark_asides(r)
    numbers = _numbers(r)
    named = _names(r)
    dates, times = _scan(r)
    when = _when(r, dates, times)
    pick = people.choice(units, r.taken)
    if pick is not None:
        r.take(pick.i, pick.j, "number", pick.value)
    attendee = people.attendee(text, units, r.taken)
    if attendee is not None:
        r.take(attendee.i, attendee.j, "attendee", attendee.value)
    me = people.called(text, units, r.taken, setting, numbers.code_end)
    if me is not None:
        r.take(me.i, me.j, "person_name", me.value)
    acts, intent = decide(
        found, when_said=_wished(when), named=bool(named.matches), setting=setting
    )
    r.spans.extend(Span(a.start, a.end, "act", a.act) for a in found if a.act in acts)
    if attendee is not None and "for_other" not in acts:
        acts = (*acts, "for_other")
    late = people.late(units) if "late" in acts else None
    return Understood(
        text=text,
        language=languages[0].code,
        date=when.date,
        date_to=when.date_to,
        weekdays=when.weekdays,
        excluded_dates=when.excluded_dates,
        excluded_weekdays=when.excluded_weekdays,
        time=when.time,
        time_to=when.time_to,
        at=when.at,
        part=when.part,
        acts=acts,
        intent=intent,
        service=named.matches.get("service"),
        provider=named.matches.get("provider"),
        shop=named.matches.get("shop"),
        type=named.matches.get("type"),
        city=named.matches.get("city"),
        refused=Refused(
            providers=tuple(named.refused.get("provider", ())),
            services=tuple(named.refused.get("service", ())),
            shops=tuple(named.refused.get("shop", ())),
            dates=tuple(sorted(when.excluded_dates)),
            weekdays=tuple(sorted(when.excluded_weekdays)),
            times=when.refused_times,
        ),
        attendee=str(attendee.value) if attendee else None,
        person_name=str(me.value) if me else None,
        code=numbers.code,
        number=int(pick.value) if pick else None,
        minutes_late=int(late.value) if late else None,
        phone=numbers.phone,
        language_wanted=_language_wanted(r),
        spans=tuple(sorted(r.spans, key=lambda s: (s.start, s.end, s.kind))),
        ambiguous=(*when.doubts, *named.doubts),
    )


def _mark_asides(r: _Reading) -> None:
    """Sentences about something else, up to the next one that books: their dates are not ours."""
    topics = {a.sentence for a in r.acts if a.act in {"_aside", "_errand"}}
    own = {a.sentence for a in r.acts if a.act in {"book", "move", "cancel"}}
    off = False
    last = r.units[-1].sentence if r.units else 0
    for number in range(last + 1):
        off = number in topics or (off and number not in own)
        if off:
            r.aside.add(number)


@dataclass(frozen=True, slots=True)
class _Numbers:
    code: str | None = None
    code_end: int = -1
    phone: str | None = None


def _numbers(r: _Reading) -> _Numbers:
    tel = people.phone(r.units)
    if tel is not None:
        r.take(tel.i, tel.j, "phone", tel.value)
    code = people.code(r.units, r.setting) if tel is None else None
    if code is not None:
        r.take(code.i, code.j, "code", code.value)
    return _Numbers(
        str(code.value) if code else None,
        code.j if code and r.setting.expects == "code" else -1,
        str(tel.value) if tel else None,
    )


@dataclass(slots=True)
class _Named:
    matches: dict[str, Match] = field(default_factory=dict)
    refused: dict[str, list[int]] = field(default_factory=dict)
    doubts: list[Doubt] = field(default_factory=list)


def _wished(when: When) -> bool:
    """Whether a time is wanted, not only refused."""
    return bool(when.date or when.weekdays or when.at)


def _names(r: _Reading) -> _Named:
    out = _Named()
    names = r.setting.names
    groups: tuple[tuple[str, tuple[Name, ...]], ...] = (
        ("provider", names.providers),
        ("service", names.services),
        ("shop", names.shops),
        ("type", names.types),
        ("city", names.cities),
    )
    common = r.languages[0].vocabulary
    for kind, group in groups:
        wanted: list[NameSaid] = []
        until = -1
        for one in names_in(r.tokens, group, common):
            i, j = _units_of(r, one.start, one.end)
            again = until >= 0 and listed(r.units, until, i)
            if again or refused(r.units, i, j):
                until = j
                top = one.found[0][1]
                same = [found for found, score in one.found if score == top]
                out.refused.setdefault(kind, []).extend(same)
                r.take(i, j, f"not_{kind}", one.found[0][0])
            else:
                wanted.append(one)
        if wanted:
            out.matches[kind] = _meant(r, kind, group, wanted, out.doubts)
    return out


def _meant(
    r: _Reading,
    kind: str,
    group: tuple[Name, ...],
    wanted: list[NameSaid],
    doubts: list[Doubt],
) -> Match:
    """The name meant: the last after a correction, the first of "Ana or Leo" with the others."""
    now = wanted[0]
    others: list[int] = []
    for one in wanted[1:]:
        i, j = _units_of(r, now.start, one.start)
        tags = {k for u in r.units[i:j] for k in u.tags}
        if one.found[0][0] == now.found[0][0]:
            continue
        if "CORRECT" in tags or one.found[0][1] > now.found[0][1] + _CLEARLY:
            now, others = one, []
        elif one.found[0][1] >= now.found[0][1] - _CLEARLY:
            others.append(one.found[0][0])
    match = as_match(now, group)
    match = replace(match, alternatives=tuple(dict.fromkeys((*match.alternatives, *others))))
    i, j = _units_of(r, now.start, now.end)
    if not any({"MONTH", "WEEKDAY"} & u.tags.keys() for u in r.units[i:j]):
        r.take(i, j, kind, match.id)
    if match.alternatives:
        doubts.append(Doubt(kind, (match.id, *match.alternatives), now.start, now.end))
    return match


# Points of a name's score that make one mention the meant one and another an accident.
_CLEARLY = 15


def _units_of(r: _Reading, start: int, end: int) -> tuple[int, int]:
    i = next(k for k, u in enumerate(r.units) if u.end > start)
    j = next((k for k, u in enumerate(r.units) if u.start >= end), len(r.units))
    return i, j


def _scan(r: _Reading) -> tuple[list[DateSaid], list[TimeSaid]]:
    """Every date and time mentioned, left to right; the longer reading wins at each place."""
    local = r.setting.now.astimezone(ZoneInfo(r.setting.zone))
    cal = Calendar(
        local.date(),
        r.setting.region in MONTH_FIRST,
        r.setting.last_date,
        eager=r.setting.expects in _DATE_ASKED,
        bare=r.setting.expects == "date",
        choosing=r.setting.expects is not None and r.setting.expects not in _DATE_ASKED,
    )
    eager = r.setting.expects in _TIME_ASKED
    done = {a.sentence for a in r.acts if a.act == "_done"}
    dates: list[DateSaid] = []
    times: list[TimeSaid] = []
    i = 0
    while i < len(r.units):
        if r.taken[i] or not r.units[i].tags:
            i += 1
            continue
        d = date_at(r.units, i, cal)
        t = time_at(r.units, i, eager=eager)
        t = None if t is not None and _idle_part(r, t, dates) else t
        d = None if d is not None and any(r.taken[d.i : d.j]) else d
        t = None if t is not None and any(r.taken[t.i : t.j]) else t
        both = d is not None and {"DAYREL", "PART"} <= r.units[i].tags.keys()
        j = i + 1
        if d is not None and (t is None or d.j >= t.j or both):
            elsewhere = _past(r, d, cal) or (d.first == cal.today and r.units[i].sentence in done)
            _note_date(r, d, dates, elsewhere=elsewhere)
            j = d.j
            if d.first is not None:
                # "not tomorrow, the day after": of the day just named
                cal = replace(cal, last_date=d.first)
        if t is not None and (both or d is None or t.j > d.j):
            _note_time(r, t, times)
            j = max(j, t.j) if both else t.j
        i = j
    return dates, times


def _idle_part(r: _Reading, t: TimeSaid, dates: list[DateSaid]) -> bool:
    """Whether a part of the day only describes something: "the evening news"."""
    if t.at != "part" or t.j >= len(r.units) or (dates and dates[-1].j == t.i):
        return False
    after = r.units[t.j]
    return not after.known and not after.tags and after.spaced and not r.taken[t.j]


def _past(r: _Reading, d: DateSaid, cal: Calendar) -> bool:
    """Whether it is a day gone by without a year, like yesterday: nobody books one."""
    dated = any(len(u.digits) == 4 for u in r.units[d.i : d.j])
    return d.first is not None and d.first < cal.today and not dated


def _note_date(r: _Reading, d: DateSaid, dates: list[DateSaid], *, elsewhere: bool) -> None:
    off = elsewhere or r.units[d.i].sentence in r.aside
    r.take(d.i, d.j, "aside_date" if off else "date", _date_value(d))
    if not off:
        dates.append(d)


def _note_time(r: _Reading, t: TimeSaid, times: list[TimeSaid]) -> None:
    off = r.units[t.i].sentence in r.aside
    r.take(t.i, t.j, "aside_time" if off else "time", _time_value(t))
    if not off:
        times.append(t)


def _date_value(d: DateSaid) -> object:
    if d.weekdays:
        return tuple(sorted(d.weekdays))
    return d.first if d.last is None else (d.first, d.last)


def _time_value(t: TimeSaid) -> object:
    if t.part:
        return t.part
    c = t.low or t.high
    return clock_time(c.minutes) if c is not None else t.at


def _when(r: _Reading, dates: list[DateSaid], times: list[TimeSaid]) -> When:
    local = r.setting.now.astimezone(ZoneInfo(r.setting.zone))
    moving = any(a.act == "move" for a in r.acts)
    cancelling = any(a.act == "cancel" for a in r.acts)
    out = settle_dates(r.units, dates, moving=moving, cancelling=cancelling)
    offset = next((t for t in times if t.offset is not None), None)
    if offset is not None and offset.offset is not None:
        # Through UTC, so that two hours are two hours on the days the clock changes.
        later = (r.setting.now + timedelta(minutes=offset.offset)).astimezone(local.tzinfo)
        return When(
            date=later.date(),
            time=later.time().replace(second=0, microsecond=0),
            at="exact",
            doubts=out.doubts,
        )
    about = out.date or r.setting.last_date
    day = day_of(about if out.date_to is None else None, r.setting.opening, local)
    return settle_times(r.units, times, day, out)


def _language_wanted(r: _Reading) -> str | None:
    for u in r.units:
        wanted = u.get("LANGUAGE")
        if isinstance(wanted, str):
            return wanted
    return None
