"""Take in what a person did: stored once and committed, before anybody is told it arrived."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from core.db.caches import CacheKey
from core.db.context import Context
from core.db.runtime import Runtime
from core.errors import NotFound
from core.messaging import inbox
from core.messaging.lines import Line
from core.messaging.messages import Incoming
from core.people.identities import get_or_create_contact

MAX_TEXT_LENGTH = 4096
"""Characters that are kept: as many as any channel lets a person send at once."""

MAX_KNOWN_CONVERSATIONS = 20_000
"""Conversations whose ids are remembered, so that a receipt is one statement."""

_CONVERSATION_IDS: CacheKey[dict[tuple[int, str], int]] = CacheKey("conversation ids", dict)
"""By line and address."""


@dataclass(frozen=True, slots=True)
class StoredIncoming:
    """What was stored; `inbox_id` is None for an event that had been stored before."""

    inbox_id: int | None
    conversation_id: int


async def receive_incoming(
    runtime: Runtime, line: Line, address: str, event_id: str, incoming: Incoming
) -> StoredIncoming:
    """Store an incoming of `address` on `line` for good; the same event only once.

    `event_id` is the provider's name for the event, unique on its line for ever.
    """
    incoming = sanitize_incoming(incoming)
    known = runtime.caches.of(_CONVERSATION_IDS)
    key = (line.id, address)
    if key in known:
        work = partial(_store, line, known[key], event_id, incoming)
        try:
            return await runtime.run(work)
        except NotFound:
            # It is gone: the demo was reset, say.
            known.pop(key, None)
    receipt = await runtime.run(partial(_open_and_store, line, address, event_id, incoming))
    if len(known) >= MAX_KNOWN_CONVERSATIONS:
        known.pop(next(iter(known)))
    known[key] = receipt.conversation_id
    return receipt


async def _open_and_store(
    line: Line, address: str, event_id: str, incoming: Incoming, ctx: Context
) -> StoredIncoming:
    contact = await get_or_create_contact(ctx, line, address)
    return await _store(line, contact.conversation_id, event_id, incoming, ctx)


async def _store(
    line: Line, conversation_id: int, event_id: str, incoming: Incoming, ctx: Context
) -> StoredIncoming:
    stored = await inbox.store(
        ctx,
        line_id=line.id,
        conversation_id=conversation_id,
        event_id=event_id,
        incoming=incoming,
    )
    return StoredIncoming(stored, conversation_id)


def sanitize_incoming(incoming: Incoming) -> Incoming:
    """Return it as the databases can keep it: no NUL, no half characters, no endless text."""
    return replace(
        incoming,
        text=_storable(incoming.text, MAX_TEXT_LENGTH),
        payload=_storable(incoming.payload, 100),
        contact=_storable(incoming.contact, 100),
        media=tuple(_storable(kind, 100) for kind in incoming.media[:10]),
        name=_storable(incoming.name, 100),
        language=_storable(incoming.language, 20),
        message=_storable(incoming.message, 100),
    )


def _storable(text: str, length: int) -> str:
    # PostgreSQL refuses NUL, and UTF-8 has no lone surrogates.
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()[:length]
