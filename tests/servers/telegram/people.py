"""Who talks to the bots: people with a phone in their hand, and groups of them."""

from __future__ import annotations

import dataclasses
import secrets
from typing import TYPE_CHECKING, Any

from tests.servers.telegram.bots import SENT_AT, Bot, Message

if TYPE_CHECKING:
    from tests.servers.telegram.server import TelegramServer

BLOCKED = "bot was blocked by the user"
DELETED = "user is deactivated"
STRANGER = "bot can't initiate conversation with a user"


@dataclasses.dataclass
class Person:
    """Somebody with Telegram: what they do reaches a bot as an update."""

    server: TelegramServer
    id: int
    first_name: str
    phone: str = ""
    language: str = "en"
    last_name: str = ""
    extra: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def user(self) -> dict[str, Any]:
        """The User object of the API."""
        user = {"id": self.id, "is_bot": False, "first_name": self.first_name}
        if self.last_name:
            user["last_name"] = self.last_name
        if self.language:
            user["language_code"] = self.language
        return user | self.extra

    @property
    def chat(self) -> dict[str, Any]:
        """Their private chat with a bot."""
        return {"id": self.id, "type": "private", "first_name": self.first_name}

    async def writes(self, bot: Bot, text: str, **more: Any) -> int | None:
        """Write something; return what the webhook answered, None for a bot that polls."""
        return await self._send(bot, self.chat, text, more)

    async def writes_in(self, bot: Bot, group: Group, text: str, **more: Any) -> int | None:
        """Write something in a group."""
        return await self._send(bot, group.chat, text, more)

    async def sends(self, bot: Bot, **content: Any) -> int | None:
        """Send what is no text: `sticker={...}`, `voice={...}`, `photo=[...]`."""
        return await self._send(bot, self.chat, "", content)

    async def shares_contact(
        self, bot: Bot, phone: str = "", *, user_id: int | None = None, **more: Any
    ) -> int | None:
        """Share a contact: their own as the button does it, unless `user_id` says whose."""
        contact: dict[str, Any] = {
            # Some clients leave the plus out.
            "phone_number": (phone or self.phone).removeprefix("+"),
            "first_name": self.first_name,
        }
        if (whose := self.id if user_id is None else user_id) != 0:
            contact["user_id"] = whose
        return await self._send(bot, self.chat, "", {"contact": contact, **more})

    async def edits(self, bot: Bot, text: str, **more: Any) -> int | None:
        """Change the last message they wrote."""
        mine = next(m for m in reversed(bot.messages[self.id]) if not m.mine)
        mine.text = text
        body = mine.as_json() | {"edit_date": SENT_AT + 60, **more}
        return await self.server.deliver(bot, bot.update(edited_message=body))

    async def taps(self, bot: Bot, label: str, *, message: Message | None = None) -> str:
        """Tap the newest button with this label; return the callback query's id."""
        found = self._with(bot, label) if message is None else message
        assert found.markup is not None
        data = next(
            button["callback_data"]
            for row in found.markup["inline_keyboard"]
            for button in row
            if button["text"] == label
        )
        return await self.taps_data(bot, data, found)

    async def taps_data(self, bot: Bot, data: str, message: Message, *, wait: bool = True) -> str:
        """Send a callback query with any data, as a client of their own making could."""
        query_id = str(secrets.randbits(62))
        bot.queries[query_id] = self.id
        query = {
            "id": query_id,
            "from": self.user,
            "message": message.as_json(),
            "chat_instance": "1",
            "data": data,
        }
        delivered = self.server.deliver(bot, bot.update(callback_query=query))
        if wait:
            await delivered
        else:
            self.server.later(delivered)
        return query_id

    async def blocks(self, bot: Bot) -> int | None:
        """Block the bot."""
        bot.unreachable[self.id] = BLOCKED
        return await self._membership(bot, "kicked")

    async def unblocks(self, bot: Bot) -> int | None:
        """Let the bot write again."""
        bot.unreachable.pop(self.id, None)
        return await self._membership(bot, "member")

    def leaves_telegram(self, bot: Bot) -> None:
        """Delete the account."""
        bot.unreachable[self.id] = DELETED

    def screen(self, bot: Bot) -> list[str]:
        """Return the private chat as it looks: their words after ">", ours after "<".

        A row of buttons stands in brackets below its message.
        """
        return [line for m in bot.messages.get(self.id, ()) for line in drawn(m)]

    def last(self, bot: Bot) -> Message:
        """Return the bot's newest message."""
        return next(m for m in reversed(bot.messages[self.id]) if m.mine)

    def _with(self, bot: Bot, label: str) -> Message:
        for message in reversed(bot.messages.get(self.id, [])):
            inline = (message.markup or {}).get("inline_keyboard", [])
            if any(b["text"] == label and "callback_data" in b for row in inline for b in row):
                return message
        raise AssertionError(f"no button {label!r} on:\n" + "\n".join(self.screen(bot)))

    async def _send(
        self, bot: Bot, chat: dict[str, Any], text: str, content: dict[str, Any]
    ) -> int | None:
        message = bot.add(chat, self.user, text=text, content=content)
        body = message.as_json()
        if text:
            body["text"] = text
            body.pop("caption", None)
            if text.startswith("/"):
                length = len(text.split(maxsplit=1)[0])
                body["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        if "caption" in content:
            body["caption"] = content["caption"]
        return await self.server.deliver(bot, bot.update(message=body))

    async def _membership(self, bot: Bot, status: str) -> int | None:
        was = "member" if status == "kicked" else "kicked"
        kicked = {"user": bot.user, "status": "kicked", "until_date": 0}
        member = {"user": bot.user, "status": "member"}
        sides = {"kicked": kicked, "member": member}
        change = {
            "chat": self.chat,
            "from": self.user,
            "date": SENT_AT,
            "old_chat_member": sides[was],
            "new_chat_member": sides[status],
        }
        return await self.server.deliver(bot, bot.update(my_chat_member=change))


@dataclasses.dataclass
class Group:
    """A group some people and bots are in."""

    id: int
    title: str = "Family"
    type: str = "group"

    @property
    def chat(self) -> dict[str, Any]:
        """The Chat object of the API."""
        return {"id": self.id, "title": self.title, "type": self.type}


def drawn(message: Message) -> list[str]:
    """Return a message as lines: its words, what is attached, its buttons."""
    sign = "<" if message.mine else ">"
    lines = [f"{sign} {line}".rstrip() for line in message.text.splitlines()]
    for kind, what in message.content.items():
        if kind == "venue":
            lines.append(f"{sign} (map: {what['title']}, {what['address']})")
        elif kind == "document":
            lines.append(f"{sign} (file: {what['file_name']})")
        elif kind == "contact":
            lines.append(f"{sign} (contact: {what['phone_number']})")
        elif kind in {"sticker", "voice", "photo", "video", "poll"}:
            lines.append(f"{sign} ({kind})")
    kind = "keyboard" if message.markup and "keyboard" in message.markup else "inline"
    mark = "  " if kind == "inline" else "  ⌨ "
    lines += [mark + "".join(f"[{label}]" for label in row) for row in message.buttons]
    return lines
