"""What Telegram's errors mean, whatever an SDK does to their words.

python-telegram-bot removes "Bad Request: " and changes case, aiogram removes nothing, older servers
begin with "[Error]: ", and some errors come in the capitals of the protocol beneath. So words are
compared without prefix and case. https://github.com/TelegramBotAPI/errors collects them.
"""

from __future__ import annotations

import re
from typing import Literal

TelegramFact = Literal["unchanged", "gone", "uneditable", "unreachable", "hooked", ""]
"""What an error says: the message already is as wished; is deleted; cannot be edited, or has no
text to edit; the person or chat cannot be written to; updates go to a webhook; something else."""

_PREFIX = re.compile(
    r"^(?:\[?error\]?:\s*|(?:bad request|forbidden|unauthorized|not found|conflict):\s*)+"
)

_WORDS: tuple[tuple[TelegramFact, tuple[str, ...]], ...] = (
    ("unchanged", ("message is not modified", "message_not_modified")),
    (
        "gone",
        (
            "message to edit not found",
            "message not found",
            "message to be edited not found",
            "message_id_invalid",
            "message identifier is not specified",
            "message identifier is invalid",
            "invalid message identifier",
            "invalid message_id",
        ),
    ),
    (
        "uneditable",
        (
            "message can't be edited",
            "message can\u2019t be edited",
            "message cant be edited",
            "message can not be edited",
            "message can't be edited for everyone",
            "message_edit_time_expired",
            "message_author_required",
            "there is no text in the message to edit",
            "there is no caption in the message to edit",
            "no text in the message",
            "message must be non-empty to be edited",
            "reply_markup_not_modifiable",
        ),
    ),
    ("hooked", ("webhook is active",)),
    (
        "unreachable",
        (
            "chat not found",
            "chat_not_found",
            "chat_id_invalid",
            "user not found",
            "user_id_invalid",
            "peer_id_invalid",
            "peer id invalid",
            "input_user_deactivated",
            "user_deactivated",
            "user is deactivated",
            "user is deleted",
            "user_is_blocked",
            "user_blocked",
            "user_is_bot",
            "bot was blocked",
            "bot_blocked",
            "you have been blocked",
            "bot was kicked",
            "bot is not a member",
            "bot can't initiate conversation",
            "bot can't send messages to",
            "can't write to",
            "have no rights to send a message",
            "not enough rights to send",
            "no write access to the chat",
            "chat_write_forbidden",
            "chat_restricted",
            "chat_send_plain_forbidden",
            "need administrator rights",
            "chat_admin_required",
            "group is deactivated",
            "group chat was deactivated",
            "group chat was deleted",
            "group chat was upgraded to a supergroup",
            "group migrated to supergroup",
            "chat is migrated",
            "chat is deactivated",
            "channel_private",
            "topic_closed",
            "topic_deleted",
            "message thread not found",
        ),
    ),
)
"""Their words in the order in which they count: an edit may also miss its chat."""


def telegram_fact(code: int, description: str) -> TelegramFact:
    """Return what an error of a code and description says."""
    words = _PREFIX.sub("", " ".join(description.casefold().split()))
    for fact, all_words in _WORDS:
        if any(each in words for each in all_words):
            return fact
    # Whoever blocked the bot, whatever that is called next year.
    return "unreachable" if code == 403 else ""
