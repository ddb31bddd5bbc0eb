"""Signed links: whoever has one may open one booking, and nobody can guess one."""

from __future__ import annotations

import base64
import hmac

from core.db.context import Context
from core.errors import NotFound

_SIGNED = 10  # characters: 50 bits, checked by a rate-limited server


def booking_url(ctx: Context, booking_id: int) -> str:
    """Return the URL of a booking's page; with `.ics` appended, of its calendar file."""
    return f"{ctx.settings.public_base_url}/b/{booking_token(ctx.secret, booking_id)}"


def booking_token(secret: bytes, booking_id: int) -> str:
    """Return the token of a booking: its id and a signature, short enough for an SMS."""
    return f"{booking_id:x}-{_signature(secret, booking_id)}"


def booking_id_from_token(secret: bytes, token: str) -> int:
    """Return the booking id of a token; raise NotFound for an invalid one."""
    return _opened(secret, "booking", token)


def unsubscribe_token(secret: bytes, conversation_id: int) -> str:
    """Return the token that unsubscribes an e-mail conversation."""
    return f"{conversation_id:x}-{_signature(secret, conversation_id, 'mail')}"


def conversation_id_from_token(secret: bytes, token: str) -> int:
    """Return the conversation id of an unsubscribe token; raise NotFound for an invalid one."""
    return _opened(secret, "mail", token)


def _opened(secret: bytes, kind: str, token: str) -> int:
    number, _, signature = token.partition("-")
    try:
        row_id = int(number[:16], 16)
    except ValueError:
        raise NotFound from None
    if not hmac.compare_digest(_signature(secret, row_id, kind).encode(), signature.encode()):
        raise NotFound
    return row_id


def _signature(secret: bytes, row_id: int, kind: str = "booking") -> str:
    digest = hmac.digest(secret, f"{kind} link {row_id}".encode(), "sha256")
    return base64.b32encode(digest).decode()[:_SIGNED].lower()
