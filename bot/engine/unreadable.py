"""Events that cannot be read: stored, acknowledged and laid aside, whatever shape they have.

A provider repeats what is not acknowledged, so that one such event would block all that follow it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from typing import Any

import structlog

from bot.engine.apology import apologize
from bot.observability import metrics
from core.db.context import Context
from core.db.runtime import Runtime
from core.messaging import inbox
from core.messaging.conversations import lock_conversation
from core.messaging.lines import Line
from core.people.identities import get_or_create_contact

log = structlog.get_logger(__name__)

MAX_RAW_LENGTH = 4096
"""Maximum stored characters of what could not be read."""

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"(\s*:)?', re.DOTALL)
_LONG_NUMBER = re.compile(r"\d{5,}")


@dataclass(frozen=True, slots=True)
class UnreadableEvent:
    """An event that could not be read: its raw text and what went wrong.

    `event_id` and `address` as far as they could be found. `is_message`: its sender waits for an
    answer.
    """

    raw: str
    error: str
    event_id: str = ""
    address: str = ""
    is_message: bool = False

    @classmethod
    def from_error(cls, raw: object, error: Exception, **found: Any) -> UnreadableEvent:
        """Return the event of a raw text or of JSON data."""
        return cls(raw_text(raw), f"{type(error).__name__}: {error}"[:500], **found)


async def lay_aside(runtime: Runtime, line: Line, event: UnreadableEvent) -> None:
    """Store and commit an event as laid aside; apologize once to whoever sent a message."""
    await runtime.run(partial(_store, line, event))


def raw_text(raw: object) -> str:
    """Return the text of bytes, a text or JSON data of any depth."""
    if isinstance(raw, bytes):
        return raw.decode("utf-8", "replace")
    if isinstance(raw, str):
        return raw
    try:
        return json.dumps(raw, ensure_ascii=True, default=repr)
    except (ValueError, RecursionError):
        return f"{type(raw).__name__} that cannot be written"


def outline(raw: str) -> str:
    """Return JSON without its texts and numbers, and of anything else only the length."""
    if not raw.lstrip().startswith(("{", "[")):
        return f"{len(raw)} characters"
    shown = _STRING.sub(lambda found: found[0] if found[1] else '"…"', raw[:MAX_RAW_LENGTH])
    return _LONG_NUMBER.sub("0", shown)


async def _store(line: Line, event: UnreadableEvent, ctx: Context) -> None:
    conversation_id = None
    if event.address:
        conversation_id = (await get_or_create_contact(ctx, line, event.address)).conversation_id
    known = conversation_id is not None
    raw = event.raw if known else outline(event.raw)
    written = event.raw.encode("utf-8", "replace")
    digest = blake2b(written, digest_size=12).hexdigest()
    inbox_id = await inbox.store_unreadable(
        ctx,
        line_id=line.id,
        conversation_id=conversation_id,
        event_id=event.event_id or f"unreadable:{digest}",
        raw=_storable(raw)[:MAX_RAW_LENGTH],
        error=_storable(event.error if known else event.error.partition(":")[0]),
    )
    ctx.after_commit.append(partial(_note, line, event, inbox_id, conversation_id))
    if inbox_id is None or conversation_id is None or not event.is_message:
        return
    stored = await lock_conversation(ctx, conversation_id)
    if stored is not None and stored.opted_out_at is None:
        await apologize(ctx, stored, inbox_id)


def _note(
    line: Line, event: UnreadableEvent, inbox_id: int | None, conversation_id: int | None
) -> None:
    log.error(
        "incoming.unreadable",
        line=line.id,
        event_id=event.event_id,
        inbox=inbox_id,
        conversation=conversation_id,
        why=event.error.partition(":")[0],
    )
    if inbox_id is not None:
        metrics.TURNS.labels(line.channel, "none", "laid aside").inc()


def _storable(text: str) -> str:
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()


def find_number(data: object, *path: str) -> int | None:
    """Return the whole number at a path of JSON data if it is one that can be a Telegram id."""
    for name in path:
        if not isinstance(data, Mapping):
            return None
        data = data.get(name)
    if isinstance(data, bool) or not isinstance(data, int):
        return None
    return data if 0 < data < 2**52 else None
