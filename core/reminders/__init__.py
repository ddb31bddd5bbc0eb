"""Reminders, to customers and to the shop.

`rules` says when one goes, `planning` what waits for a booking, `agenda` what the shop's own people
are told by the clock.
"""

from core.reminders.agenda import agendas, unanswered
from core.reminders.planning import FLOW, again, drop, plan, plan_all, replan, reword
from core.reminders.rules import DEFAULT, MOST, Rule

__all__ = [
    "DEFAULT",
    "FLOW",
    "MOST",
    "Rule",
    "again",
    "agendas",
    "drop",
    "plan",
    "plan_all",
    "replan",
    "reword",
    "unanswered",
]
