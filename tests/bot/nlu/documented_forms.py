"""The documented ways to say a date or a time, in each language: written here, read by the bot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta

DateForm = Callable[[date, date], str | None]
TimeForm = Callable[[time], str | None]

MONTHS = {
    "en": (
        "January February March April May June July August September October November December"
    ).split(),
    "es": (
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
    ).split(),
    "pt": (
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro"
    ).split(),
    "hi": "जनवरी फरवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर".split(),
}
WEEKDAYS = {
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(),
    "es": "lunes martes miércoles jueves viernes sábado domingo".split(),
    "pt": "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo".split(),
    "hi": "सोमवार मंगलवार बुधवार गुरुवार शुक्रवार शनिवार रविवार".split(),
}
LATIN_WEEKDAYS = "somvar mangalvar budhvar guruvar shukravar shanivar ravivar".split()
HOURS = {
    "en": "twelve one two three four five six seven eight nine ten eleven".split(),
    "es": "doce una dos tres cuatro cinco seis siete ocho nueve diez once".split(),
    "pt": "doze uma duas três quatro cinco seis sete oito nove dez onze".split(),
    "hi": "बारह एक दो तीन चार पांच छह सात आठ नौ दस ग्यारह".split(),
    "hi-latin": "barah ek do teen char paanch chhe saat aath nau das gyarah".split(),
}


@dataclass(frozen=True)
class DocumentedForms:
    """Every way of one language; a way answers None where nobody would say it so."""

    dates: Mapping[str, DateForm]
    times: Mapping[str, TimeForm]


def _english_ordinal(n: int) -> str:
    suffix = "th" if n in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{suffix}"


def _within(days: int, say: Callable[[date], str]) -> DateForm:
    return lambda d, today: say(d) if 0 < (d - today).days <= days else None


def _ahead(words: Mapping[int, str]) -> DateForm:
    return lambda d, today: words.get((d - today).days)


def _first_such_day(say: Callable[[date], str]) -> DateForm:
    """Only where no earlier day from today on has the same number."""

    def way(d: date, today: date) -> str | None:
        earlier = (today + timedelta(n) for n in range((d - today).days))
        return None if any(other.day == d.day for other in earlier) else say(d)

    return way


def _in_days(form: str) -> DateForm:
    return lambda d, today: form.format((d - today).days) if (d - today).days > 1 else None


def _in_weeks(form: str) -> DateForm:
    return lambda d, today: (
        form.format((d - today).days // 7) if (d - today).days in {14, 21, 28} else None
    )


def _next_week(say: Callable[[str], str], names: list[str]) -> DateForm:
    def way(d: date, today: date) -> str | None:
        monday = d.toordinal() - d.weekday() - (today.toordinal() - today.weekday())
        return say(names[d.weekday()]) if monday == 7 else None

    return way


def _month(d: date, language: str) -> str:
    return MONTHS[language][d.month - 1]


def _twelve(t: time) -> int:
    return t.hour % 12 or 12


def _english_part(t: time) -> str:
    if t.hour < 12:
        return "morning"
    return "afternoon" if t.hour < 17 else "evening"


def _spanish_part(t: time) -> str:
    if t.hour < 12:
        return "mañana"
    return "tarde" if t.hour < 20 else "noche"


def _portuguese_part(t: time) -> str:
    if t.hour < 12:
        return "manhã"
    return "tarde" if t.hour < 18 else "noite"


def _hindi_part(t: time) -> str:
    if t.hour < 12:
        return "सुबह"
    if t.hour < 16:
        return "दोपहर"
    return "शाम" if t.hour < 20 else "रात"


def _latin_part(t: time) -> str:
    return {"सुबह": "subah", "दोपहर": "dopahar", "शाम": "shaam", "रात": "raat"}[_hindi_part(t)]


def _at_minutes(minutes: int, say: Callable[[time], str]) -> TimeForm:
    return lambda t: say(t) if t.minute == minutes and 5 <= t.hour < 22 else None


def _by_day(say: Callable[[time], str]) -> TimeForm:
    return lambda t: say(t) if 5 <= t.hour < 22 else None


def _spanish_at(t: time) -> str:
    return "a la" if _twelve(t) == 1 else "a las"


def _next_hour(t: time) -> int:
    return (t.hour + 1) % 12 or 12


def _clock(t: time) -> str:
    return f"{_twelve(t)}:{t.minute:02}"


_SHARED_DATES: Mapping[str, DateForm] = {
    "iso": lambda d, _: d.isoformat(),
    "slashes with year": lambda d, _: f"{d.day}/{d.month}/{d.year}",
    "slashes": lambda d, _: f"{d.day}/{d.month}",
    "dots": lambda d, _: f"{d.day:02}.{d.month:02}.{d.year}",
}
_SHARED_TIMES: Mapping[str, TimeForm] = {
    "24 hours": lambda t: f"{t:%H:%M}",
    "12 hours": lambda t: f"{_clock(t)} {'am' if t.hour < 12 else 'pm'}",
    "12 hours, no space": lambda t: f"{_clock(t)}{'am' if t.hour < 12 else 'pm'}",
    "12 hours, points": lambda t: f"{_clock(t)} {'a.m.' if t.hour < 12 else 'p.m.'}",
}

ENGLISH = DocumentedForms(
    {
        **_SHARED_DATES,
        "month first": lambda d, _: f"{_month(d, 'en')} {d.day}",
        "month, ordinal": lambda d, _: f"{_month(d, 'en')} {_english_ordinal(d.day)}",
        "day first": lambda d, _: f"{d.day} {_month(d, 'en')}",
        "ordinal of": lambda d, _: f"the {_english_ordinal(d.day)} of {_month(d, 'en')}",
        "short": lambda d, _: f"{d.day} {_month(d, 'en')[:3]}",
        "with year": lambda d, _: f"{_month(d, 'en')} {d.day}, {d.year}",
        "with weekday": lambda d, _: f"{WEEKDAYS['en'][d.weekday()]} {d.day} {_month(d, 'en')}",
        "weekday, ordinal": _first_such_day(
            lambda d: f"{WEEKDAYS['en'][d.weekday()]} the {_english_ordinal(d.day)}"
        ),
        "ordinal": _first_such_day(lambda d: f"the {_english_ordinal(d.day)}"),
        "weekday": _within(6, lambda d: WEEKDAYS["en"][d.weekday()]),
        "this weekday": _within(6, lambda d: f"this {WEEKDAYS['en'][d.weekday()]}"),
        "coming weekday": _within(7, lambda d: f"the coming {WEEKDAYS['en'][d.weekday()]}"),
        "next weekday": _next_week(lambda w: f"next {w}", WEEKDAYS["en"]),
        "weekday next week": _next_week(lambda w: f"{w} next week", WEEKDAYS["en"]),
        "relative": _ahead({0: "today", 1: "tomorrow", 2: "the day after tomorrow"}),
        "in days": _in_days("in {} days"),
        "in weeks": _in_weeks("in {} weeks"),
    },
    {
        **_SHARED_TIMES,
        "part": lambda t: f"{_clock(t)} in the {_english_part(t)}" if 5 <= t.hour < 22 else None,
        "part first": _by_day(lambda t: f"{_english_part(t)} {_clock(t)}"),
        "hour": _at_minutes(0, lambda t: f"{_twelve(t)} {'am' if t.hour < 12 else 'pm'}"),
        "o'clock": _at_minutes(0, lambda t: f"{_twelve(t)} o'clock in the {_english_part(t)}"),
        "word": _at_minutes(0, lambda t: f"{HOURS['en'][t.hour % 12]} in the {_english_part(t)}"),
        "half": _at_minutes(30, lambda t: f"half past {_twelve(t)} in the {_english_part(t)}"),
        "quarter": _at_minutes(
            15, lambda t: f"quarter past {_twelve(t)} in the {_english_part(t)}"
        ),
        "quarter to": lambda t: (
            f"quarter to {_next_hour(t)} in the {_english_part(t)}"
            if t.minute == 45 and t.hour in {*range(5, 11), *range(12, 21)}
            else None
        ),
        "noon": lambda t: "noon" if t == time(12) else None,
    },
)
SPANISH = DocumentedForms(
    {
        **_SHARED_DATES,
        "day of month": lambda d, _: f"{d.day} de {_month(d, 'es')}",
        "with article": lambda d, _: f"el {d.day} de {_month(d, 'es')}",
        "with year": lambda d, _: f"el {d.day} de {_month(d, 'es')} de {d.year}",
        "with weekday": lambda d, _: (
            f"el {WEEKDAYS['es'][d.weekday()]} {d.day} de {_month(d, 'es')}"
        ),
        "day": _first_such_day(lambda d: f"el día {d.day}"),
        "weekday": _within(6, lambda d: f"el {WEEKDAYS['es'][d.weekday()]}"),
        "this weekday": _within(6, lambda d: f"este {WEEKDAYS['es'][d.weekday()]}"),
        "coming weekday": _within(7, lambda d: f"el próximo {WEEKDAYS['es'][d.weekday()]}"),
        "weekday that comes": _within(7, lambda d: f"el {WEEKDAYS['es'][d.weekday()]} que viene"),
        "weekday next week": _next_week(lambda w: f"el {w} de la semana que viene", WEEKDAYS["es"]),
        "relative": _ahead({0: "hoy", 1: "mañana", 2: "pasado mañana"}),
        "in days": _in_days("en {} días"),
        "within days": _in_days("dentro de {} días"),
        "in weeks": _in_weeks("en {} semanas"),
    },
    {
        **_SHARED_TIMES,
        "part": _by_day(lambda t: f"{_spanish_at(t)} {_clock(t)} de la {_spanish_part(t)}"),
        "hour": _at_minutes(
            0,
            lambda t: f"{_spanish_at(t)} {HOURS['es'][t.hour % 12]} de la {_spanish_part(t)}",
        ),
        "half": _at_minutes(
            30, lambda t: f"{_spanish_at(t)} {_twelve(t)} y media de la {_spanish_part(t)}"
        ),
        "quarter": _at_minutes(
            15, lambda t: f"{_spanish_at(t)} {_twelve(t)} y cuarto de la {_spanish_part(t)}"
        ),
        "quarter to": lambda t: (
            f"a las {_next_hour(t)} menos cuarto de la {_spanish_part(t)}"
            if t.minute == 45 and t.hour in {*range(5, 11), *range(13, 19), 20}
            else None
        ),
        "hours": lambda t: f"a las {t.hour}h" if t.minute == 0 and t.hour > 12 else None,
    },
)
PORTUGUESE = DocumentedForms(
    {
        **_SHARED_DATES,
        "day of month": lambda d, _: f"{d.day} de {_month(d, 'pt')}",
        "with day": lambda d, _: f"dia {d.day} de {_month(d, 'pt')}",
        "with year": lambda d, _: f"{d.day} de {_month(d, 'pt')} de {d.year}",
        "with weekday": lambda d, _: f"{WEEKDAYS['pt'][d.weekday()]}, {d.day} de {_month(d, 'pt')}",
        "day": _first_such_day(lambda d: f"dia {d.day}"),
        "weekday": _within(6, lambda d: f"na {WEEKDAYS['pt'][d.weekday()]}"),
        "short weekday": _within(6, lambda d: WEEKDAYS["pt"][d.weekday()].split("-")[0]),
        "coming weekday": _within(7, lambda d: f"próxima {WEEKDAYS['pt'][d.weekday()]}"),
        "weekday that comes": _within(7, lambda d: f"{WEEKDAYS['pt'][d.weekday()]} que vem"),
        "weekday next week": _next_week(lambda w: f"{w} da semana que vem", WEEKDAYS["pt"]),
        "relative": _ahead({0: "hoje", 1: "amanhã", 2: "depois de amanhã"}),
        "in days": _in_days("em {} dias"),
        "from here": _in_days("daqui a {} dias"),
        "in weeks": _in_weeks("em {} semanas"),
    },
    {
        **_SHARED_TIMES,
        "part": _by_day(lambda t: f"às {_clock(t)} da {_portuguese_part(t)}"),
        "hour": _at_minutes(0, lambda t: f"às {HOURS['pt'][t.hour % 12]} da {_portuguese_part(t)}"),
        "half": _at_minutes(30, lambda t: f"às {_twelve(t)} e meia da {_portuguese_part(t)}"),
        "quarter": _at_minutes(15, lambda t: f"às {_twelve(t)} e quinze da {_portuguese_part(t)}"),
        "quarter to": lambda t: (
            f"quinze para as {_next_hour(t)} da {_portuguese_part(t)}"
            if t.minute == 45 and t.hour in {*range(5, 11), *range(13, 17), *range(18, 21)}
            else None
        ),
        "glued": lambda t: f"às {t.hour}h{t.minute:02}" if t.hour > 12 else None,
        "hours": lambda t: f"às {t.hour} horas" if t.minute == 0 and t.hour > 12 else None,
    },
)
HINDI = DocumentedForms(
    {
        **_SHARED_DATES,
        "day month": lambda d, _: f"{d.day} {_month(d, 'hi')}",
        "with year": lambda d, _: f"{d.day} {_month(d, 'hi')} {d.year}",
        "with weekday": lambda d, _: f"{WEEKDAYS['hi'][d.weekday()]} {d.day} {_month(d, 'hi')} को",
        "latin month": lambda d, _: f"{d.day} {_month(d, 'en').lower()} ko",
        "day": _first_such_day(lambda d: f"{d.day} तारीख को"),
        "latin day": _first_such_day(lambda d: f"{d.day} tareekh ko"),
        "weekday": _within(6, lambda d: f"{WEEKDAYS['hi'][d.weekday()]} को"),
        "latin weekday": _within(6, lambda d: f"{LATIN_WEEKDAYS[d.weekday()]} ko"),
        "next weekday": _next_week(lambda w: f"अगले {w} को", WEEKDAYS["hi"]),
        "weekday next week": _next_week(lambda w: f"अगले हफ्ते {w} को", WEEKDAYS["hi"]),
        "latin next week": _next_week(lambda w: f"agle hafte {w} ko", LATIN_WEEKDAYS),
        "relative": _ahead({0: "आज", 1: "कल", 2: "परसों"}),
        "latin relative": _ahead({0: "aaj", 1: "kal", 2: "parso"}),
        "in days": _in_days("{} दिन बाद"),
        "latin in days": _in_days("{} din baad"),
        "in weeks": _in_weeks("{} हफ्ते बाद"),
    },
    {
        **_SHARED_TIMES,
        "part": _at_minutes(0, lambda t: f"{_hindi_part(t)} {_twelve(t)} बजे"),
        "latin part": _at_minutes(0, lambda t: f"{_latin_part(t)} {_twelve(t)} baje"),
        "latin part ko": _at_minutes(0, lambda t: f"{_latin_part(t)} ko {_twelve(t)} baje"),
        "word": _at_minutes(0, lambda t: f"{_hindi_part(t)} {HOURS['hi'][t.hour % 12]} बजे"),
        "latin word": _at_minutes(
            0, lambda t: f"{_latin_part(t)} {HOURS['hi-latin'][t.hour % 12]} baje"
        ),
        "half": lambda t: (
            f"{_hindi_part(t)} साढ़े {_twelve(t)} बजे"
            if t.minute == 30 and 5 <= t.hour < 22 and _twelve(t) > 2
            else None
        ),
        "latin half": lambda t: (
            f"{_latin_part(t)} sadhe {_twelve(t)} baje"
            if t.minute == 30 and 5 <= t.hour < 22 and _twelve(t) > 2
            else None
        ),
        "one and a half": {time(13, 30): "दोपहर डेढ़ बजे", time(14, 30): "दोपहर ढाई बजे"}.get,
        "quarter": _at_minutes(15, lambda t: f"{_hindi_part(t)} सवा {_twelve(t)} बजे"),
        "quarter to": lambda t: (
            f"{_hindi_part(t)} पौने {_next_hour(t)} बजे"
            if t.minute == 45 and t.hour in {*range(5, 11), *range(12, 15), *range(16, 19), 20}
            else None
        ),
        "minutes": lambda t: (
            f"{_hindi_part(t)} {_twelve(t)} बजकर {t.minute} मिनट"
            if t.minute and 5 <= t.hour < 22
            else None
        ),
        "24 hours, baje": lambda t: f"{t:%H:%M} बजे",
    },
)

FORMS_BY_LANGUAGE: Mapping[str, DocumentedForms] = {
    "en": ENGLISH,
    "es": SPANISH,
    "pt": PORTUGUESE,
    "hi": HINDI,
}
