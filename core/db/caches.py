"""What outlives a transaction in this process: caches by typed keys, and hooks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class CacheKey(Generic[T]):
    """Names a cache of type `T`; whoever fills it owns the key, and `make` makes it empty.

    The key is compared by identity, so that two modules never share a cache by accident.
    """

    name: str
    make: Callable[[], T]


@dataclass(slots=True)
class Caches:
    """The caches of one runtime; each holder keeps a version with what may change."""

    _by_key: dict[CacheKey[Any], Any] = field(default_factory=dict)

    def of(self, key: CacheKey[T]) -> T:
        """Return the cache of a key, made if need be."""
        if key not in self._by_key:
            self._by_key[key] = key.make()
        return cast("T", self._by_key[key])

    def clear(self) -> None:
        """Forget everything."""
        self._by_key.clear()


@dataclass(slots=True)
class Hooks:
    """What running parts want to hear of after a commit; None where no such part runs."""

    wake_sender: Callable[[], None] | None = None
    begin_turns: Callable[[int], None] | None = None  # of a conversation
    answer_tap: Callable[[int, str], None] | None = None  # an inbox id, the words to show or ""
    message_dropped: Callable[[str], None] | None = None  # in an outbox lane
