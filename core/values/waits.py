"""How long a provider asks us to wait, in any of the forms it may say so."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_WAIT_SECONDS = 86_400.0
"""The longest wait that is believed, in seconds: a day; whoever is asked again says it again."""


def parse_wait(said: object, *, now: datetime | None = None) -> float | None:
    """Return the seconds of a Retry-After, from 0 to `MAX_WAIT_SECONDS`; None if it is none.

    Numbers and digits are seconds. RFC 9110 (10.2.3) also allows a date, which counts from `now`,
    aware; without `now` a date is no wait.
    """
    if isinstance(said, bool) or said is None:
        return None
    if isinstance(said, int):
        return float(min(max(said, 0), int(MAX_WAIT_SECONDS)))
    if isinstance(said, float):
        return None if math.isnan(said) else min(max(said, 0.0), MAX_WAIT_SECONDS)
    if not isinstance(said, str):
        return None
    written = said.strip()[:400]
    try:
        return parse_wait(float(written))
    except ValueError:
        pass
    if now is None:
        return None
    try:
        at = parsedate_to_datetime(written)
    except (ValueError, TypeError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return parse_wait((at - now).total_seconds())
