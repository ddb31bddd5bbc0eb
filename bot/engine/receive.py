"""Receiving of an incoming: stored once and committed before it is acknowledged to the provider."""

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
"""Maximum stored characters of a text: the most that any channel allows in one message."""

MAX_KNOWN_CONVERSATIONS = 20_000
"""Cached conversation ids; a hit makes receiving a single statement."""

_CONVERSATION_IDS: CacheKey[dict[tuple[int, str], int]] = CacheKey("conversation ids", dict)
"""Conversation ids by line id and address."""


@dataclass(frozen=True, slots=True)
class StoredIncoming:
    """A stored incoming; `inbox_id` is None if its event had been stored before."""

    inbox_id: int | None
    conversation_id: int


async def receive_incoming(
    runtime: Runtime, line: Line, address: str, event_id: str, incoming: Incoming
) -> StoredIncoming:
    """Store and commit an incoming from `address` on `line`; a repeated event is stored once.

    `event_id` is the provider's id of the event and unique per line.
    """
    incoming = sanitize_incoming(incoming)
    known = runtime.caches.of(_CONVERSATION_IDS)
    key = (line.id, address)
    if key in known:
        work = partial(_store, line, known[key], event_id, incoming)
        try:
            return await runtime.run(work)
        except NotFound:
            # The conversation was deleted, for example by a reset of the demo.
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
    """Return a copy that both databases can store: no NUL, no lone surrogates, bounded lengths."""
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
    # PostgreSQL rejects NUL, and UTF-8 cannot encode lone surrogates.
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()[:length]
