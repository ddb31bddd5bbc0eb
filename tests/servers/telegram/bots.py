"""One bot at the stand-in: its chats as people see them, its updates, its settings."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import secrets
import time
from typing import Any

from tests.servers.telegram import keyboards

SENT_AT = 1_773_046_800
"""The date of every message: a Monday in March 2026. Nobody may decide anything by it."""


@dataclasses.dataclass
class Message:
    """A message in a chat, as it is now; `edits` counts how often the bot changed it."""

    message_id: int
    chat: dict[str, Any]
    from_: dict[str, Any]
    text: str = ""
    entities: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    markup: dict[str, Any] | None = None
    content: dict[str, Any] = dataclasses.field(default_factory=dict)
    edits: int = 0

    @property
    def mine(self) -> bool:
        """Whether the bot sent it."""
        return bool(self.from_["is_bot"])

    @property
    def buttons(self) -> list[list[str]]:
        """What stands on its buttons, row by row."""
        return keyboards.labels(self.markup)

    def as_json(self) -> dict[str, Any]:
        """Build the object of the API."""
        caption = "caption" if self.content else "text"
        body: dict[str, Any] = {
            "message_id": self.message_id,
            "from": self.from_,
            "chat": self.chat,
            "date": SENT_AT,
            **{k: v for k, v in self.content.items() if not k.startswith("_")},
        }
        if self.text:
            body[caption] = self.text
        if self.entities:
            body[caption + "_entities" if self.content else "entities"] = self.entities
        if self.markup and "inline_keyboard" in self.markup:
            body["reply_markup"] = self.markup
        return body


@dataclasses.dataclass
class Webhook:
    """Where updates go, and how the last one fared."""

    url: str
    secret: str
    max_connections: int
    allowed: list[str] | None
    last_error: str = ""
    last_error_date: int = 0


class Bot:
    """A bot with its token.

    `calls` are all its requests by method and parameters, refused ones included, `refused` the
    errors of those that were its own fault, `answers` what callback queries were answered with.
    `blocked` and `deleted` are chats it may not write to and why, `moved` groups that became
    supergroups under another id.
    """

    def __init__(self, name: str, number: int) -> None:
        """Make a bot called `name` whose id is `number`."""
        self.id = number
        self.token = f"{number}:{secrets.token_urlsafe(26)}"
        self.user = {
            "id": number,
            "is_bot": True,
            "first_name": name.removesuffix("Bot"),
            "username": name,
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.refused: list[str] = []
        self.chats: dict[int, dict[str, Any]] = {}
        self.messages: dict[int, list[Message]] = {}
        self.queries: dict[str, int] = {}
        self.answers: dict[str, dict[str, Any]] = {}
        self.actions: list[tuple[int, str]] = []
        self.unreachable: dict[int, str] = {}
        self.moved: dict[int, int] = {}
        self.webhook: Webhook | None = None
        self.commands: dict[tuple[str, str], list[dict[str, str]]] = {}
        self.descriptions: dict[str, str] = {}
        self.short_descriptions: dict[str, str] = {}
        self.menu_button: dict[str, Any] = {"type": "default"}
        self.times: list[tuple[float, int]] = []
        self.updates: dict[int, dict[str, Any]] = {}
        self.allowed: list[str] | None = None
        self.news = asyncio.Event()
        self.poll: object = None
        self._update_ids = itertools.count(secrets.randbelow(10**6) + 1)
        self._message_ids = itertools.count(1)

    # ---------------------------------------------------------------------- chats

    def add(
        self, chat: dict[str, Any], from_: dict[str, Any] | None = None, **more: Any
    ) -> Message:
        """Put a message into a chat."""
        message = Message(next(self._message_ids), chat, from_ or self.user, **more)
        self.chats.setdefault(chat["id"], chat)
        self.messages.setdefault(chat["id"], []).append(message)
        return message

    def find(self, chat_id: int, message_id: int) -> Message | None:
        """Return a message of a chat, unless it was deleted."""
        found = (m for m in self.messages.get(chat_id, ()) if m.message_id == message_id)
        return next(found, None)

    def called(self, method: str) -> list[dict[str, Any]]:
        """Return the parameters of every request for a method."""
        return [parameters for name, parameters in self.calls if name == method]

    # ---------------------------------------------------------------------- updates

    def update(self, **event: Any) -> dict[str, Any]:
        """Return an update with the next number."""
        return {"update_id": next(self._update_ids), **event}

    def wants(self, update: dict[str, Any]) -> bool:
        """Whether the bot asked for updates of this kind."""
        allowed = self.webhook.allowed if self.webhook else self.allowed
        kind = next(name for name in update if name != "update_id")
        return not allowed or kind in allowed

    # ---------------------------------------------------------------------- rates

    def note(self, chat_id: int) -> None:
        """Count a message that was accepted, for the limits."""
        self.times.append((time.monotonic(), chat_id))

    def most(self, seconds: float, chat_id: int | None = None) -> int:
        """Return the most messages accepted in any `seconds`, to one chat or to all."""
        times = [at for at, chat in self.times if chat_id in (None, chat)]
        first, most = 0, 0
        for last, at in enumerate(times):
            while times[first] <= at - seconds:
                first += 1
            most = max(most, last - first + 1)
        return most
