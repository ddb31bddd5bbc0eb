"""Who of a shop's people sees its customers' phones: one rule for API, page, chat and alerts."""

from __future__ import annotations

from collections.abc import Iterable

PHONE_ROLES = ("owner", "receptionist")
"""The roles that may see them. Providers reach customers through the shop."""


def may_see_phones(roles: Iterable[str]) -> bool:
    """Return whether somebody with these roles at a shop may see its customers' phones."""
    return any(role in PHONE_ROLES for role in roles)
