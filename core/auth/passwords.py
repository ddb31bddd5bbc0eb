"""Passwords as they are kept: argon2id, computed in a thread.

A hash takes some 20 ms of a core on purpose, so never compute one inside a transaction.
Parameters: OWASP's Password Storage Cheat Sheet (19 MiB, two passes, one lane).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from core.errors import InvalidValue

MIN_LENGTH, MAX_LENGTH = 8, 200
"""Characters. Longer than any phrase would only be work for us."""

HISTORY_LENGTH = 5
"""So many of the last ones must not come again."""

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

_NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$c2xvdGxpbmUgbm9ib2R5$" + "A" * 43
"""Compared with where nobody is known, so that this takes as long as where somebody is."""


def validate_password(password: str) -> str:
    """Return a password that may be one; else Invalid."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise InvalidValue(field="password", reason="length", least=MIN_LENGTH, most=MAX_LENGTH)
    return password


async def hash_password(password: str) -> str:
    """Return what is kept of a password."""
    return await asyncio.to_thread(_HASHER.hash, password)


async def verify_password(password: str, digest: str | None) -> bool:
    """Whether `digest` was made of this password; of None, after as long a time, it was not."""
    right = await asyncio.to_thread(_matches, password, digest or _NOBODYS)
    return right and digest is not None


async def ensure_not_reused(password: str, digests: Iterable[str]) -> None:
    """Raise Invalid for a password one of these was made of."""
    for digest in digests:
        if await verify_password(password, digest):
            raise InvalidValue(field="password", reason="used_before", most=HISTORY_LENGTH)


def _matches(password: str, digest: str) -> bool:
    try:
        return _HASHER.verify(digest, password)
    except (Argon2Error, InvalidHashError):
        return False
