"""The date grammar over units: all rules are tried and the longest match wins."""

from __future__ import annotations

from collections.abc import Sequence

from bot.nlu.day_arithmetic import DateContext, DateMention
from bot.nlu.month_dates import (
    counted_in_month,
    date_before_weekday,
    holiday,
    rest_of_week,
    week_of_date,
    weekdays_ahead,
    working_days,
)
from bot.nlu.numeric_dates import day_span, iso_date, named_month, numeric_date, ordinal_day
from bot.nlu.relative_dates import (
    coming_days,
    month_words,
    named_weekday,
    past_date,
    relative_date,
    week_words,
)
from bot.nlu.tagger import Unit


def date_at(units: Sequence[Unit], i: int, cal: DateContext) -> DateMention | None:
    """Return the date mention that begins at unit `i`."""
    best: DateMention | None = None
    kinds = units[i].tags.keys()
    for opening, rule in _RULES:
        if kinds.isdisjoint(opening):
            continue
        found = rule(units, i, cal)
        if found is not None and (best is None or found.j > best.j):
            best = found
    return best


# Each rule with the tags it may begin with, so that most rules are skipped by one lookup.
_NUMBER = ("NUM", "ORD")
_LEAD = ("THE", "ON", "DAYW")
_TURN = ("THIS", "NEXT", "COMING")
_EDGE = ("END", "BEGIN", "MIDDLE")
_RULES = (
    (frozenset({"NUM"}), iso_date),
    (frozenset({"NUM"}), numeric_date),
    (frozenset({*_NUMBER, *_LEAD, "MONTH", "DAYTHE"}), named_month),
    (frozenset({*_NUMBER, *_LEAD, "MONTH", "BETWEEN", "DAYTHE"}), day_span),
    (frozenset({*_NUMBER, *_LEAD, "LAST", "IN"}), counted_in_month),
    (frozenset({"WEEK", "THE", "ON"}), week_of_date),
    (frozenset({"REST", "THE"}), rest_of_week),
    (frozenset({"NEXT", "COMING", "NUM", "IN", "THE", "ON"}), working_days),
    (frozenset({"NUM", "WEEKDAY", "THE"}), weekdays_ahead),
    (frozenset({"HOLIDAY", "EVE", "THE"}), holiday),
    (frozenset({"NUM"}), date_before_weekday),
    (frozenset({*_TURN, *_EDGE, "THE", "ON", "OF", "WEEKEND", "WEEK"}), week_words),
    (frozenset({*_TURN, "THE", "ON", "WEEKDAY", "WORKDAYS", "NUM"}), named_weekday),
    (frozenset({*_TURN, *_EDGE, "IN", "OF", "THE", "MONTH", "MONTHW", "MONTHEND"}), month_words),
    (frozenset({"DAYREL", "SAMEDAY", "DAYAFTER", "IN", "NUM", "A"}), relative_date),
    (frozenset({"NEXT", "COMING", "IN", "THE", "WITHIN", "ON", "NUM", "FEW"}), coming_days),
    (frozenset({*_NUMBER, *_LEAD, "DAYTHE"}), ordinal_day),
    (frozenset({"LAST", "THE", "WEEKDAY", "WEEK", "MONTHW", "WEEKEND"}), past_date),
)
