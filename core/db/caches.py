"""What outlives a transaction in this process: caches under typed keys, and hooks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class CacheKey(Generic[T]):
    """The key of a cache of type `T`, owned by the module that fills it; `make` creates it empty.

    Keys compare by identity, so that no two modules share a cache by accident.
    """

    name: str
    make: Callable[[], T]


@dataclass(slots=True)
class Caches:
    """The caches of one runtime; each holder stores a version with data that may change."""

    _by_key: dict[CacheKey[Any], Any] = field(default_factory=dict)

    def of(self, key: CacheKey[T]) -> T:
        """Return the cache of a key, created if necessary."""
        if key not in self._by_key:
            self._by_key[key] = key.make()
        return cast("T", self._by_key[key])

    def clear(self) -> None:
        """Clear every cache."""
        self._by_key.clear()


@dataclass(slots=True)
class Hooks:
    """Callbacks of running components, called after a commit; None if one does not run."""

    wake_sender: Callable[[], None] | None = None
    begin_turns: Callable[[int], None] | None = None  # argument: a conversation id
    # arguments: an inbox id, the text to show or ""
    answer_tap: Callable[[int, str], None] | None = None
    message_dropped: Callable[[str], None] | None = None  # argument: an outbox queue
