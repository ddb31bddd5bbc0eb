"""The result of understanding as JSON, as printed by `python -m bot understand`."""

from __future__ import annotations

from datetime import date, time

from bot.nlu.types import EntityMatch, Understood


def understood_to_json(u: Understood) -> dict[str, object]:
    """Return plain values: ISO dates, HH:MM times, and None for what was not mentioned."""
    return {
        "text": u.text,
        "language": u.language,
        "date": _plain(u.date),
        "date_to": _plain(u.date_to),
        "weekdays": sorted(u.weekdays),
        "excluded_dates": [_plain(d) for d in sorted(u.excluded_dates)],
        "excluded_weekdays": sorted(u.excluded_weekdays),
        "time": _plain(u.time),
        "time_to": _plain(u.time_to),
        "at": u.at,
        "part": u.part,
        "acts": list(u.acts),
        "intent": u.intent,
        "service": _match(u.service),
        "provider": _match(u.provider),
        "shop": _match(u.shop),
        "type": _match(u.type),
        "city": _match(u.city),
        "refused": {
            "providers": list(u.refused.providers),
            "services": list(u.refused.services),
            "shops": list(u.refused.shops),
            "dates": [_plain(d) for d in u.refused.dates],
            "weekdays": list(u.refused.weekdays),
            "times": [_plain(t) for t in u.refused.times],
        },
        "attendee": u.attendee,
        "person_name": u.person_name,
        "code": u.code,
        "number": u.number,
        "minutes_late": u.minutes_late,
        "minutes_shifted": u.minutes_shifted,
        "alters": u.alters,
        "phone": u.phone,
        "language_wanted": u.language_wanted,
        "from_date": _plain(u.from_date),
        "from_time": _plain(u.from_time),
        "spans": [
            {"start": s.start, "end": s.end, "kind": s.kind, "value": _plain(s.value)}
            for s in u.spans
        ],
        "ambiguous": [
            {
                "field": d.field,
                "candidates": [_plain(c) for c in d.candidates],
                "start": d.start,
                "end": d.end,
            }
            for d in u.ambiguous
        ],
    }


def _plain(value: object) -> object:
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    return value


def _match(match: EntityMatch | None) -> dict[str, object] | None:
    if match is None:
        return None
    return {
        "id": match.id,
        "text": match.text,
        "score": match.score,
        "alternatives": list(match.alternatives),
    }
