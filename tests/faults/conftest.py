"""What every test of faults gets: logs of what went wrong only, for much goes right here."""

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Log warnings and worse, without the pictures of tracebacks that take a second each."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(30),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(),
        ],
    )
    yield
    structlog.reset_defaults()
