"""Structured JSON logs with request and conversation ids; phones are masked, secrets removed."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Iterable, MutableMapping
from typing import Any, TextIO

import structlog

from core.settings import Settings

HIDDEN_VALUE = "[hidden]"

_PHONE = re.compile(r"(?<![\w.])\+?\d{7,15}(?![\w.]*\d)")
_SECRET_NAME = re.compile(
    r"token|secret|password|passwd|authorization|cookie|signature|^code$|^otp$"
)
_IN_URL = re.compile(r"(?<=://)([^\s/@:]*):[^\s/@]+@")

# These libraries log addresses, headers and bodies of requests, including texts with codes.
_TALKATIVE = ("twilio", "aiohttp", "httpx", "httpcore", "aiosqlite", "asyncio", "apscheduler")

LogEvent = MutableMapping[str, Any]


def configure_logging(
    settings: Settings, stream: TextIO | None = None, *, quiet: bool = False
) -> None:
    """Send all logs, including the libraries', to `stream` (default stderr) as JSON lines.

    `quiet` logs only errors, for commands whose output is read by people.
    """
    level = logging.getLevelNamesMapping().get(settings.log_level.upper(), logging.INFO)
    level = max(level, logging.ERROR) if quiet else level
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        masking_processor(secret_values(settings)),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                *shared[:-1],
                structlog.stdlib.add_logger_name,
                shared[-1],
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False, default=repr),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def secret_values(settings: Settings) -> tuple[str, ...]:
    """Return every configured secret that must not be logged."""
    named = settings.model_dump()
    return tuple(
        value
        for name, value in named.items()
        if isinstance(value, str) and len(value) >= 8 and _is_secret_setting(name)
    )


def _is_secret_setting(name: str) -> bool:
    return name.endswith(("_token", "_secret", "_key"))


def masking_processor(hidden: Iterable[str]) -> Callable[[Any, str, LogEvent], LogEvent]:
    """Return a processor that masks phones and removes secrets, by name and by value."""
    values = tuple(hidden)

    def mask_event(_logger: Any, _method: str, event: LogEvent) -> LogEvent:
        for name, value in event.items():
            if name not in {"timestamp", "level"} and not name.startswith("_"):
                event[name] = HIDDEN_VALUE if _SECRET_NAME.search(name) else _masked(value, values)
        return event

    return mask_event


def _masked(value: Any, hidden: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        return {
            k: HIDDEN_VALUE if _SECRET_NAME.search(str(k)) else _masked(v, hidden)
            for k, v in value.items()
        }
    if isinstance(value, list | tuple | set):
        return [_masked(v, hidden) for v in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else repr(value)
    for secret in hidden:
        text = text.replace(secret, HIDDEN_VALUE)
    return mask_text(text)


def mask_text(text: str) -> str:
    """Return a text with phones and passwords masked."""
    return _PHONE.sub(lambda found: mask_phone(found[0]), _IN_URL.sub(rf"\1:{HIDDEN_VALUE}@", text))


def mask_address(of_somebody: str) -> str:
    """Return a phone, chat id, e-mail address or scoped id in masked form."""
    local, at, domain = of_somebody.partition("@")
    if at:
        return f"{local[:1]}•••@{domain}"
    return mask_phone(of_somebody) if len(of_somebody) > 6 else "•••"


def mask_phone(number: str) -> str:
    """Return a phone in masked form: +34•••123."""
    return f"{number[:3]}•••{number[-3:]}"
