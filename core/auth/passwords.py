"""Password hashing with argon2id, in a worker thread.

A hash deliberately takes about 20 ms of CPU, so never compute one inside a transaction. Parameters:
OWASP Password Storage Cheat Sheet (19 MiB, two passes, one lane).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from core.errors import InvalidValue

MIN_LENGTH, MAX_LENGTH = 8, 200
"""Maximum length in characters, to bound the work of hashing."""

HISTORY_LENGTH = 5
"""How many of the last passwords may not be reused."""

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

_NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$c2xvdGxpbmUgbm9ib2R5$" + "A" * 43
"""Compared with when the user is unknown, so that the response takes the same time."""


def validate_password(password: str) -> str:
    """Return a password of acceptable length; raise InvalidValue otherwise."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise InvalidValue(field="password", reason="length", least=MIN_LENGTH, most=MAX_LENGTH)
    return password


async def hash_password(password: str) -> str:
    """Return the argon2id digest to store."""
    return await asyncio.to_thread(_HASHER.hash, password)


async def verify_password(password: str, digest: str | None) -> bool:
    """Whether `digest` is of this password; for None, return False after the same time."""
    right = await asyncio.to_thread(_matches, password, digest or _NOBODYS)
    return right and digest is not None


async def ensure_not_reused(password: str, digests: Iterable[str]) -> None:
    """Raise InvalidValue if the password matches one of these digests."""
    for digest in digests:
        if await verify_password(password, digest):
            raise InvalidValue(field="password", reason="used_before", most=HISTORY_LENGTH)


def _matches(password: str, digest: str) -> bool:
    try:
        return _HASHER.verify(digest, password)
    except (Argon2Error, InvalidHashError):
        return False
