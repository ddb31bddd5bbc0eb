"""What this process counts, for Prometheus: turns, deliveries, waits. Reading costs no statement.

What the database knows – how much waits, how many bookings there are – is asked for when somebody
reads `/metrics` (`webhooks/ops/metrics.py`). No label holds a person, a phone or a text.
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
    "slotline_messages_sent", "Messages providers took", ("channel", "lane"), registry=REGISTRY
)
SEND_SECONDS = Histogram(
    "slotline_send_seconds",
    "How long a provider took to take a message, waits for its rate included",
    ("channel",),
    registry=REGISTRY,
    buckets=(0.01, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
SEGMENTS = Counter(
    "slotline_sms_segments", "SMS segments sent, by what they are priced as", ("alphabet",),
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
"""Different errors by name; what a provider makes up beyond them is "other"."""

_errors: set[tuple[str, str]] = set()


def count_failure(channel: str, error: str) -> None:
    """Count a failure by the provider's code or a short name; never by a text of many forms."""
    if (channel, error) not in _errors and len(_errors) >= _KNOWN_ERRORS:
        error = "other"
    _errors.add((channel, error))
    FAILURES.labels(channel, error).inc()


def error_label(params: Mapping[str, object]) -> str:
    """Return what a DeliveryFailed is counted as: the provider's code, or in a word why."""
    if code := params.get("code"):
        return str(code)
    if why := params.get("why"):
        return str(why).removeprefix("why.")
    # "TimeoutError: …", "429: …": the word before it.
    return str(params.get("reason", "")).partition(":")[0][:40] or "unknown"


def sample_value(name: str, **labels: str) -> float:
    """Return what a sample stands at now; 0 before it was first counted."""
    return REGISTRY.get_sample_value(name, labels) or 0.0
