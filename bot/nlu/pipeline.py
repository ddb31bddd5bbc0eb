"""`understand`: interprets one message; pure, total, and linear in the text's length."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.nlu import codes_and_phones, person_names
from bot.nlu.acts import find_acts, split_sentences
from bot.nlu.choices import find_option
from bot.nlu.detect_language import detect_languages
from bot.nlu.entities import resolve_names
from bot.nlu.name_answers import read_name_answer
from bot.nlu.pipeline_state import PipelineState
from bot.nlu.resolve_intent import resolve_hints, resolve_intent
from bot.nlu.scan_dates_times import is_swap, mark_asides, resolve_when, scan_mentions
from bot.nlu.tagger import tag_tokens
from bot.nlu.tokenizer import tokenize
from bot.nlu.types import Ambiguity, Exclusions, ExtractedValue, NluContext, Span, Understood
from bot.nlu.when import ResolvedWhen

# The longest message of any channel (Telegram's 4,096 characters); the rest is ignored.
MAX_LENGTH = 4096


def understand_message(text: str, setting: NluContext) -> Understood:
    """Read a message the way a receptionist would.

    Never raises on any text; reads the first `LONGEST` characters. Fields hold the likeliest
    reading; `ambiguous` names every field that has another one, with all candidates.
    """
    tokens = tokenize(text[:MAX_LENGTH])
    languages = detect_languages(tokens, setting.language)
    units = tag_tokens(tokens, languages)
    acted = resolve_hints(find_acts(split_sentences(tokens, languages[0]), languages), setting)
    r = PipelineState(text, setting, tokens, units, languages, acted, [False] * len(units))
    mark_asides(r)
    option = _option(r)
    if option is not None:
        # The "ok" of "ok 1" agrees to nothing else.
        said = (units[option.i].start, units[option.j - 1].end)
        r.acts[:] = [a for a in r.acts if a.end <= said[0] or a.start >= said[1]]
    numbers = _numbers(r)
    answer = _name_answer(r, numbers)
    found = r.acts
    named = resolve_names(r)
    dates, times = scan_mentions(r)
    when = resolve_when(r, dates, times)
    if is_swap(found, dates):
        found = [replace(a, act="move") if a.act == "cancel" else a for a in found]
    pick = option or codes_and_phones.find_choice(units, r.used)
    if pick is not None and pick is not option:
        r.mark_used(pick.i, pick.j, "number", pick.value)
    attendee = person_names.find_attendee(text, units, r.used)
    if attendee is not None:
        r.mark_used(attendee.i, attendee.j, "attendee", attendee.value)
    me = answer or person_names.find_own_name(text, units, r.used, setting)
    if me is not None and me is not answer:
        r.mark_used(me.i, me.j, "person_name", me.value)
    acts, intent = resolve_intent(
        found, when_said=_wished(when), named=bool(named.matches), setting=setting
    )
    acts = _left_open(acts, when)
    r.spans.extend(Span(a.start, a.end, "act", a.act) for a in found if a.act in acts)
    if attendee is not None and "for_other" not in acts:
        acts = (*acts, "for_other")
    late = codes_and_phones.find_delay(units) if "late" in acts else None
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
        refused=Exclusions(
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
        from_date=when.from_date,
        from_time=when.from_time,
        spans=tuple(sorted(r.spans, key=lambda s: (s.start, s.end, s.kind))),
        ambiguous=(*when.doubts, *named.doubts, *r.name_doubts),
    )


@dataclass(frozen=True, slots=True)
class _Numbers:
    code: str | None = None
    phone: str | None = None


def _numbers(r: PipelineState) -> _Numbers:
    tel = codes_and_phones.find_phone(r.units)
    if tel is not None:
        r.mark_used(tel.i, tel.j, "phone", tel.value)
    code = codes_and_phones.find_code(r.units, r.setting) if tel is None else None
    if code is not None:
        r.mark_used(code.i, code.j, "code", code.value)
    return _Numbers(
        str(code.value) if code else None,
        str(tel.value) if tel else None,
    )


def _option(r: PipelineState) -> ExtractedValue | None:
    """Return the option chosen among those shown; its words then mean nothing else."""
    chosen = find_option(r.text, r.tokens, r.languages, r.setting)
    if chosen is None:
        return None
    covered = [k for k, u in enumerate(r.units) if chosen.start <= u.start and u.end <= chosen.end]
    if not covered:
        return None
    i, j = covered[0], covered[-1] + 1
    r.mark_used(i, j, "number", chosen.number)
    return ExtractedValue(i, j, chosen.number)


def _name_answer(r: PipelineState, numbers: _Numbers) -> ExtractedValue | None:
    """Return the name given in answer to the question for it; its words then mean nothing else."""
    expects = r.setting.expects
    if expects not in {"name", "code"} or numbers.phone:
        return None
    code = next(((s.start, s.end) for s in r.spans if s.kind == "code"), None)
    said = read_name_answer(r.text, r.languages, code)
    if said is None or (expects == "code" and code is None and not said.is_certain):
        return None
    covered = [k for k, u in enumerate(r.units) if said.start < u.end and u.start < said.end]
    if not covered or any(r.used[k] for k in covered):
        return None
    i, j = covered[0], covered[-1] + 1
    r.mark_used(i, j, "person_name", said.name)
    r.acts[:] = [a for a in r.acts if a.end <= said.start or a.start >= said.end]
    if not said.is_certain:
        r.name_doubts.append(Ambiguity("person_name", (said.name,), said.start, said.end))
    return ExtractedValue(i, j, said.name)


def _left_open(acts: tuple[str, ...], when: ResolvedWhen) -> tuple[str, ...]:
    """Return the acts without an "any day" or "any time" that adjacent words narrow."""
    dated = when.date or when.weekdays or when.excluded_dates or when.excluded_weekdays
    gone = {"any_day"} if dated else set()
    gone |= {"any_time"} if when.at else set()
    return tuple(act for act in acts if act not in gone)


def _wished(when: ResolvedWhen) -> bool:
    """Return whether a time is requested and not only refused."""
    return bool(when.date or when.weekdays or when.at)


def _language_wanted(r: PipelineState) -> str | None:
    for u in r.units:
        wanted = u.tag_value("LANGUAGE")
        if isinstance(wanted, str):
            return wanted
    return None
