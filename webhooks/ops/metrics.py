"""`/metrics` for Prometheus: counters of this process, and gauges from the database."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from bot.app import App
from bot.observability.metrics import REGISTRY
from core.reporting.gauges import Gauges, read_gauges
from webhooks.http.problems import problem_response

router = APIRouter()


@router.get("/metrics", include_in_schema=False)
async def export_metrics(request: Request) -> Response:
    """Answer in Prometheus' text format; METRICS_TOKEN, if set, is required."""
    app: App = request.app.state.slotline
    token = app.settings.metrics_token
    given = request.headers.get("authorization", "")
    if token and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return problem_response(request, 403, code="forbidden", detail="This takes METRICS_TOKEN.")
    async with app.runtime.read_transaction() as ctx:
        now = await read_gauges(ctx)
    registry = CollectorRegistry()
    registry.register(DatabaseCollector(now))
    body = generate_latest(REGISTRY) + generate_latest(registry)
    return Response(body, headers={"Content-Type": CONTENT_TYPE_LATEST})


class DatabaseCollector(Collector):
    """Gauges read from the database a moment ago."""

    def __init__(self, now: Gauges) -> None:
        self._now = now

    def collect(self) -> Iterable[Metric]:
        """Return the gauges."""
        now = self._now
        yield _gauge("slotline_outbox_due", "Messages due and not sent", "queue", now.due_by_queue)
        oldest = "Seconds the oldest message due has waited"
        yield _gauge("slotline_outbox_oldest_due_seconds", oldest, "queue", now.oldest_age_by_queue)
        yield _gauge("slotline_bookings", "Bookings by state", "state", now.bookings_by_state)
        yield _gauge(
            "slotline_codes_24h", "One-time codes of the last day", "outcome", now.codes_by_outcome
        )


def _gauge(name: str, text: str, label: str, values: Mapping[str, Any]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=(label,))
    for which, value in sorted(values.items()):
        family.add_metric((which,), value)
    return family
