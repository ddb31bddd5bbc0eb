"""Caches by typed keys: one for each key, shared by every transaction, forgotten together."""

from __future__ import annotations

from core.db.caches import CacheKey, Caches


def test_each_key_has_a_cache_of_its_own_although_names_are_alike() -> None:
    ours: CacheKey[dict[str, int]] = CacheKey("prices", dict)
    theirs: CacheKey[set[str]] = CacheKey("prices", set)
    caches = Caches()
    caches.of(ours)["cut"] = 25
    caches.of(theirs).add("colour")
    assert caches.of(ours) == {"cut": 25}
    assert caches.of(theirs) == {"colour"}


def test_nothing_is_left_of_what_was_cleared() -> None:
    key: CacheKey[dict[str, int]] = CacheKey("prices", dict)
    caches = Caches()
    caches.of(key)["cut"] = 25
    caches.clear()
    assert caches.of(key) == {}
