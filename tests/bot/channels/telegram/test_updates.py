"""Every kind of update, read by the types of either SDK: both say the same of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.channels.telegram.api import TelegramBot
from bot.channels.telegram.customer_bot import TelegramCustomerBot
from bot.channels.telegram.owner_bot import TelegramOwnerBot
from bot.channels.telegram.rate_limiter import TelegramRateLimiter
from bot.channels.telegram.updates import ParsedUpdate
from core.messaging.messages import Incoming

MARTA = {
    "id": 7,
    "is_bot": False,
    "first_name": "Marta",
    "last_name": "Ruiz",
    "language_code": "es",
}
ROBOT = {"id": 8, "is_bot": True, "first_name": "B"}
HERE = {"id": 7, "type": "private", "first_name": "Marta"}
FAMILY = {"id": -5, "type": "group", "title": "Family"}
NEWS = {"id": -6, "type": "channel", "title": "News"}
HIDDEN = {"type": "hidden_user", "date": 1, "sender_user_name": "Leo"}
FILE = {"file_id": "a", "file_unique_id": "b"}
SIZED = {**FILE, "width": 5, "height": 5}
STICKER = {**SIZED, "type": "regular", "is_animated": False, "is_video": False}


def message(chat: dict[str, Any] = HERE, sender: dict[str, Any] = MARTA, **more: Any) -> Any:
    return {"message_id": 3, "date": 1, "chat": chat, "from": sender, **more}


def said(incoming: Incoming | None = None, **more: Any) -> ParsedUpdate:
    named = None
    if incoming is not None:
        named = Incoming(
            incoming.kind, text=incoming.text, contact=incoming.contact, media=incoming.media,
            name="Marta Ruiz", language="es",
        )  # fmt: skip
    return ParsedUpdate(1, **{"chat_id": 7, "incoming": named, "language": "es", **more})


def tapped(chat: dict[str, Any] | None, data: str) -> dict[str, Any]:
    query = {"id": "q", "from": MARTA, "chat_instance": "1", "data": data}
    return {"callback_query": query if chat is None else query | {"message": message(chat, ROBOT)}}


def tap(data: str, shown: str) -> ParsedUpdate:
    incoming = Incoming("tap", payload=data, message=shown, name="Marta Ruiz", language="es")
    return ParsedUpdate(1, 7, incoming, "q", "", "es")


def member(chat: dict[str, Any], status: str) -> dict[str, Any]:
    new = {"user": ROBOT, "status": status, **({"until_date": 0} if status == "kicked" else {})}
    old = {"user": ROBOT, "status": "member"}
    return {"my_chat_member": {"chat": chat, "from": MARTA, "date": 1, "old_chat_member": old,
                               "new_chat_member": new}}  # fmt: skip


def contact(owner: int | None, **more: Any) -> dict[str, Any]:
    whose = {} if owner is None else {"user_id": owner}
    return {"message": message(contact={"phone_number": "34600111222", "first_name": "M", **whose},
                               **more)}  # fmt: skip


CASES: dict[str, tuple[dict[str, Any], ParsedUpdate | None]] = {
    "words": ({"message": message(text="hi")}, said(Incoming(text="hi"))),
    "words of a picture": (
        {"message": message(photo=[SIZED], caption="this")},
        said(Incoming(text="this")),
    ),
    "forwarded words": (
        {"message": message(text="hi", forward_origin=HIDDEN)},
        said(Incoming(text="hi")),
    ),
    "a picture": (
        {"message": message(photo=[SIZED])},
        said(Incoming("media", media=("image/jpeg",))),
    ),
    "a sticker": (
        {"message": message(sticker=STICKER)},
        said(Incoming("media", media=("image/webp",))),
    ),
    "a voice": (
        {"message": message(voice={**FILE, "duration": 3})},
        said(Incoming("media", media=("audio/ogg",))),
    ),
    "a document": (
        {"message": message(document={**FILE, "mime_type": "application/pdf"})},
        said(Incoming("media", media=("application/pdf",))),
    ),
    "a place": (
        {"message": message(location={"latitude": 40.5, "longitude": -3.5})},
        said(Incoming("location", text="40.5,-3.5")),
    ),
    "their own number": (contact(7), said(Incoming("contact", contact="+34600111222"))),
    "another's number": (contact(9), said(Incoming("event", text="not_theirs"))),
    "nobody's number": (contact(None), said(Incoming("event", text="not_theirs"))),
    "their number, forwarded": (
        contact(7, forward_origin=HIDDEN),
        said(Incoming("event", text="not_theirs")),
    ),
    "edited words": (
        {"edited_message": message(text="ho", edit_date=2)},
        ParsedUpdate(1, 7, Incoming("event", text="edited")),
    ),
    "a place that moves": (
        {"edited_message": message(location={"latitude": 1, "longitude": 2}, edit_date=2)},
        None,
    ),
    "a tap": (tapped(HERE, "5.1"), tap("5.1", "3")),
    "a tap on nobody knows what": (tapped(None, "5.1"), tap("5.1", "")),
    "a dead button": (tapped(HERE, "-"), ParsedUpdate(1, 7, None, "q", "nothing_there", "es")),
    "a tap in a group": (tapped(FAMILY, "5.1"), ParsedUpdate(1, -5, None, "q", "not_here", "es")),
    "a command in a group": ({"message": message(FAMILY, text="/start")}, said(chat_id=-5)),
    "talk in a group": ({"message": message(FAMILY, text="hi")}, None),
    "a group that moved": ({"message": message(FAMILY, migrate_to_chat_id=-1005)}, None),
    "another bot": ({"message": message(sender=ROBOT, text="hi")}, None),
    "something pinned": ({"message": message(pinned_message=message(text="x"))}, None),
    "a post in a channel": (
        {"channel_post": {"message_id": 3, "date": 1, "chat": NEWS, "text": "x"}},
        None,
    ),
    "blocked": (member(HERE, "kicked"), ParsedUpdate(1, 7, Incoming("event", text="blocked"))),
    "unblocked": (member(HERE, "member"), ParsedUpdate(1, 7, Incoming("event", text="unblocked"))),
    "taken into a group": (member(FAMILY, "member"), None),
    "what is not known yet": ({"something_new": {"id": 1}}, None),
}

BOTS: dict[str, Callable[[str, str, TelegramRateLimiter], TelegramBot]] = {
    "customer": TelegramCustomerBot,
    "owner": TelegramOwnerBot,
}


@pytest.mark.parametrize("role", BOTS)
async def test_both_sdks_read_an_update_alike(role: str) -> None:
    token = "7000000001:" + "A" * 35
    bot = BOTS[role](token, "http://127.0.0.1:9", TelegramRateLimiter("7"))
    read = {
        what: bot.parse_update({"update_id": 1, **update}) for what, (update, _) in CASES.items()
    }
    await bot.close()
    assert read == {what: expected for what, (_, expected) in CASES.items()}
