"""Interpretation of Telegram updates in the types of either SDK, which share the API's names.

Only private chats are conversations. A command in a group is answered with a link to the private
chat, and taps there change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from core.messaging.messages import Incoming

UPDATE_KINDS = ("message", "edited_message", "callback_query", "my_chat_member")
"""The update types requested; others are not delivered."""

MAX_ID = 2**63
"""Ids of chats have 52 significant bits, those of updates 32; a larger number is none."""

DEAD_BUTTON = "-"
"""The payload of inactive buttons, since Telegram requires one."""

# Inbox names of content types without a MIME type.
_MEDIA = {
    "animation": "video/mp4",
    "audio": "audio/mpeg",
    "checklist": "application/x-checklist",
    "dice": "application/x-dice",
    "document": "application/octet-stream",
    "game": "application/x-game",
    "invoice": "application/x-invoice",
    "paid_media": "application/x-paid-media",
    "photo": "image/jpeg",
    "poll": "application/x-poll",
    "sticker": "image/webp",
    "story": "application/x-story",
    "video": "video/mp4",
    "video_note": "video/mp4",
    "voice": "audio/ogg",
}


@dataclass(frozen=True, slots=True)
class ParsedUpdate:
    """One update: the sender and what they did.

    `incoming` is None for an update outside a conversation: a tap on an inactive button, in a group
    or on an unknown message (`answer` says which), or a command in a group.
    """

    update_id: int
    chat_id: int
    incoming: Incoming | None = None
    callback_query_id: str = ""
    outside_reply: Literal["", "nothing_there", "not_here"] = ""
    language: str = ""

    def __post_init__(self) -> None:
        """Raise ValueError for a value of a wrong type: one SDK does not look at types."""
        numbers = (self.update_id, self.chat_id)
        texts: list[object] = [self.callback_query_id, self.language]
        if (said := self.incoming) is not None:
            texts += [said.text, said.payload, said.contact, said.name, said.message, *said.media]
        if not all(type(one) is int and abs(one) < MAX_ID for one in numbers):
            raise ValueError("an id is no number")
        if not all(isinstance(one, str) for one in texts):
            raise ValueError("a text is no text")


def parse_update(update: Any) -> ParsedUpdate | None:
    """Return how to handle an update; None to ignore it.

    Raises ValueError, TypeError or AttributeError if it is malformed.
    """
    if update is None:
        raise ValueError("no update")
    if update.callback_query is not None:
        return _tap(update.update_id, update.callback_query)
    if update.message is not None:
        return _message(update.update_id, update.message)
    if update.edited_message is not None:
        return _edit(update.update_id, update.edited_message)
    if update.my_chat_member is not None:
        return _membership(update.update_id, update.my_chat_member)
    return None


def _tap(update_id: int, query: Any) -> ParsedUpdate:
    user, message = query.from_user, query.message
    language = user.language_code or ""
    if message is not None and message.chat.type != "private":
        return ParsedUpdate(update_id, message.chat.id, None, query.id, "not_here", language)
    data = query.data or ""
    if data == DEAD_BUTTON:
        return ParsedUpdate(update_id, user.id, None, query.id, "nothing_there", language)
    incoming = Incoming(
        "tap",
        payload=data,
        message=str(message.message_id) if message is not None else "",
        name=_name(user),
        language=language,
    )
    return ParsedUpdate(update_id, user.id, incoming, query.id, "", language)


def _message(update_id: int, message: Any) -> ParsedUpdate | None:
    user, chat = message.from_user, message.chat
    if user is None or user.is_bot:
        return None
    language = user.language_code or ""
    if chat.type != "private":
        # Bots receive only commands in groups unless they are administrators.
        command = (message.text or "").startswith("/") and chat.type in {"group", "supergroup"}
        return ParsedUpdate(update_id, chat.id, language=language) if command else None
    incoming = _content(message)
    if incoming is None:
        return None
    fields = {"name": _name(user), "language": language}
    return ParsedUpdate(update_id, user.id, _with(incoming, **fields), language=language)


def _content(message: Any) -> Incoming | None:
    if message.contact is not None:
        return _contact(message)
    if text := message.text or message.caption:
        if _is_forwarded_from_bot(message):
            return Incoming("event", text="reaction")
        return Incoming(text=text)
    if message.location is not None:
        place = message.location
        return Incoming("location", text=f"{place.latitude},{place.longitude}")
    for kind, mime in _MEDIA.items():
        content = getattr(message, kind, None)
        if content:
            return Incoming("media", media=(getattr(content, "mime_type", None) or mime,))
    return None  # a service message, such as a pin or a timer


def _is_forwarded_from_bot(message: Any) -> bool:
    """Whether the words are a bot's, such as ours, and not the person's."""
    origin = getattr(message, "forward_origin", None)
    return bool(getattr(getattr(origin, "sender_user", None), "is_bot", False))


def _contact(message: Any) -> Incoming:
    """Return a shared number only if Telegram says it belongs to the sender's account."""
    contact = message.contact
    if contact.user_id != message.from_user.id or message.forward_origin is not None:
        return Incoming("event", text="not_theirs")
    digits = "".join(c for c in contact.phone_number if c.isdecimal())
    return Incoming("contact", contact=f"+{digits}")


def _edit(update_id: int, message: Any) -> ParsedUpdate | None:
    user = message.from_user
    # A live location would be updated every few seconds.
    if user is None or user.is_bot or message.chat.type != "private" or not message.text:
        return None
    return ParsedUpdate(update_id, user.id, Incoming("event", text="edited"))


def _membership(update_id: int, change: Any) -> ParsedUpdate | None:
    if change.chat.type != "private":
        return None
    event = "blocked" if change.new_chat_member.status == "kicked" else "unblocked"
    return ParsedUpdate(update_id, change.chat.id, Incoming("event", text=event))


def _name(user: Any) -> str:
    return " ".join(filter(None, (user.first_name, user.last_name)))


def _with(incoming: Incoming, *, name: str, language: str) -> Incoming:
    return Incoming(
        incoming.kind,
        text=incoming.text,
        contact=incoming.contact,
        media=incoming.media,
        name=name,
        language=language,
    )
