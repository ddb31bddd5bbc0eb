"""Prometheus metrics of this process: turns, deliveries and delays; reading them needs no query.

Figures from the database are queried when `/metrics` is read (`webhooks/ops/metrics.py`). No label
contains a person, phone or text.
"""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram

REGISTRY = CollectorRegistry()

TURNS = Counter(
    "slotline_turns", "Turns handled", ("channel", "flow", "outcome"), registry=REGISTRY
)
TURN_SECONDS = Histogram(
    "slotline_turn_seconds",
    "How long a turn took, from its lock to its commit",
    ("channel",),
    registry=REGISTRY,
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)
SENT = Counter(
    "slotline_messages_sent", "Messages providers took", ("channel", "queue"), registry=REGISTRY
)
SEND_SECONDS = Histogram(
    "slotline_send_seconds",
    "How long a provider took to take a message, waits for its rate included",
    ("channel",),
    registry=REGISTRY,
    buckets=(0.01, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
SEGMENTS = Counter(
    "slotline_sms_segments", "SMS segments sent, by what they are priced as", ("encoding",),
    registry=REGISTRY,
)  # fmt: skip
REMINDERS = Counter(
    "slotline_reminders", "Reminders sent, sent late, or dropped", ("outcome",), registry=REGISTRY
)
FAILURES = Counter(
    "slotline_delivery_failures",
    "Messages a provider refused or could not deliver, by its error",
    ("channel", "error"),
    registry=REGISTRY,
)
RATE_WAITS = Histogram(
    "slotline_rate_wait_seconds",
    "Waits for a sender's rate",
    ("channel",),
    registry=REGISTRY,
    buckets=(0.01, 0.1, 0.5, 1, 2, 5, 30),
)
RATE_FULL = Counter(
    "slotline_rate_full", "Messages put back because a sender's line was full", ("channel",),
    registry=REGISTRY,
)  # fmt: skip

_KNOWN_ERRORS = 100
"""Maximum distinct error labels; further ones are counted as "other"."""

_errors: set[tuple[str, str]] = set()


def count_failure(channel: str, error: str) -> None:
    """Count a failure by the provider's code or a short name, never by free text."""
    if (channel, error) not in _errors and len(_errors) >= _KNOWN_ERRORS:
        error = "other"
    _errors.add((channel, error))
    FAILURES.labels(channel, error).inc()


def error_label(params: Mapping[str, object]) -> str:
    """Return the label of a DeliveryFailed: the provider's code or a short reason."""
    if code := params.get("code"):
        return str(code)
    if why := params.get("why"):
        return str(why).removeprefix("why.")
    # The word before the colon in "TimeoutError: …" or "429: …".
    return str(params.get("reason", "")).partition(":")[0][:40] or "unknown"


def sample_value(name: str, **labels: str) -> float:
    """Return the current value of a sample; 0 if it was never counted."""
    return REGISTRY.get_sample_value(name, labels) or 0.0
