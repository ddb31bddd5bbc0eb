"""The methods of the Bot API a booking bot needs: parameters, checks, effects."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.servers.telegram import entities, keyboards
from tests.servers.telegram.bots import Bot, Message, Webhook
from tests.servers.telegram.errors import NOT_MODIFIED, OLD_QUERY, Refused

UPDATES = frozenset(
    "message edited_message channel_post edited_channel_post business_connection "
    "business_message edited_business_message deleted_business_messages message_reaction "
    "message_reaction_count inline_query chosen_inline_result callback_query shipping_query "
    "pre_checkout_query purchased_paid_media poll poll_answer my_chat_member chat_member "
    "chat_join_request chat_boost removed_chat_boost".split()
)
ACTIONS = frozenset(
    "typing upload_photo record_video upload_video record_voice upload_voice upload_document "
    "choose_sticker find_location record_video_note upload_video_note".split()
)
SCOPES = frozenset(
    "default all_private_chats all_group_chats all_chat_administrators chat "
    "chat_administrators chat_member".split()
)
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")

Given = dict[str, Any]
Run = Callable[[Bot, Given], Any]


@dataclass(frozen=True)
class Method:
    """A method: what it must and may be given, what it does, whether it sends."""

    run: Run
    must: frozenset[str]
    may: frozenset[str]
    sends: bool = False


# ---------------------------------------------------------------------------- messages


def _chat(bot: Bot, given: Given) -> dict[str, Any]:
    chat_id = _number(given, "chat_id")
    if chat_id in bot.moved:
        raise Refused(
            400,
            "group chat was upgraded to a supergroup chat",
            migrate_to_chat_id=bot.moved[chat_id],
        )
    if chat_id in bot.unreachable:
        raise Refused(403, bot.unreachable[chat_id])
    if chat_id not in bot.chats:
        raise Refused(400, "chat not found")
    return bot.chats[chat_id]


def _markup(given: Given, *, editing: bool = False) -> dict[str, Any] | None:
    text = given.get("reply_markup")
    return keyboards.read(text, editing=editing) or None if text else None


def _send_message(bot: Bot, given: Given) -> Any:
    chat = _chat(bot, given)
    text, marks = entities.read(given["text"], given.get("parse_mode", ""))
    message = bot.add(chat, text=text, entities=marks, markup=_markup(given))
    return message.as_json()


def _send_document(bot: Bot, given: Given) -> Any:
    chat = _chat(bot, given)
    sent = given["document"]
    if not isinstance(sent, Mapping):
        raise Refused(400, "wrong remote file identifier specified: Wrong string length")
    if not sent["body"]:
        raise Refused(400, "file must be non-empty")
    text, marks = "", list[dict[str, Any]]()
    if given.get("caption"):
        text, marks = entities.read(given["caption"], given.get("parse_mode", ""), caption=True)
    document = {
        "file_id": f"BQAC{len(bot.calls):08}",
        "file_unique_id": f"AgAD{len(bot.calls):08}",
        "file_name": sent["name"],
        "mime_type": sent["type"],
        "file_size": len(sent["body"]),
    }
    message = bot.add(
        chat,
        text=text,
        entities=marks,
        markup=_markup(given),
        content={"document": document, "_body": sent["body"]},
    )
    return message.as_json()


def _send_photo(bot: Bot, given: Given) -> Any:
    chat = _chat(bot, given)
    sent = given["photo"]
    if not isinstance(sent, Mapping) or not sent["body"]:
        raise Refused(400, "wrong remote file identifier specified: Wrong string length")
    text, marks = "", list[dict[str, Any]]()
    if given.get("caption"):
        text, marks = entities.read(given["caption"], given.get("parse_mode", ""), caption=True)
    photo = {
        "file_id": f"AgAC{len(bot.calls):08}",
        "file_unique_id": f"AQAD{len(bot.calls):08}",
        "width": 780,
        "height": 1000,
        "file_size": len(sent["body"]),
    }
    message = bot.add(
        chat,
        text=text,
        entities=marks,
        markup=_markup(given),
        content={"photo": [photo], "_body": sent["body"]},
    )
    return message.as_json()


def _send_venue(bot: Bot, given: Given) -> Any:
    chat = _chat(bot, given)
    place = {name: _float(given, name) for name in ("latitude", "longitude")}
    if not (-90 <= place["latitude"] <= 90 and -180 <= place["longitude"] <= 180):
        raise Refused(400, "invalid location specified")
    venue = {"location": place, "title": given["title"], "address": given["address"]}
    content = {"venue": venue, "location": place}
    return bot.add(chat, content=content, markup=_markup(given)).as_json()


def _edited(bot: Bot, given: Given) -> Message:
    chat = _chat(bot, given)
    message = bot.find(chat["id"], _number(given, "message_id"))
    if message is None:
        raise Refused(400, "message to edit not found")
    if not message.mine:
        raise Refused(400, "message can't be edited")
    return message


def _edit_text(bot: Bot, given: Given) -> Any:
    message = _edited(bot, given)
    if message.content:
        raise Refused(400, "there is no text in the message to edit")
    text, marks = entities.read(given["text"], given.get("parse_mode", ""))
    return _change(message, text, marks, _markup(given, editing=True))


def _edit_markup(bot: Bot, given: Given) -> Any:
    message = _edited(bot, given)
    return _change(message, message.text, message.entities, _markup(given, editing=True))


def _change(
    message: Message, text: str, marks: list[dict[str, Any]], markup: dict[str, Any] | None
) -> Any:
    if message.markup and "inline_keyboard" not in message.markup:
        raise Refused(400, "message can't be edited")
    if markup and not markup["inline_keyboard"]:
        markup = None
    if (message.text, message.entities, message.markup) == (text, marks, markup):
        raise Refused(400, NOT_MODIFIED)
    message.text, message.entities, message.markup = text, marks, markup
    message.edits += 1
    return message.as_json()


def _answer(bot: Bot, given: Given) -> Any:
    query = given["callback_query_id"]
    if query not in bot.queries or query in bot.answers:
        raise Refused(400, OLD_QUERY)
    if len(given.get("text", "")) > 200:
        raise Refused(400, "MESSAGE_TOO_LONG")
    bot.answers[query] = {k: v for k, v in given.items() if k != "callback_query_id"}
    return True


def _action(bot: Bot, given: Given) -> Any:
    chat = _chat(bot, given)
    if given["action"] not in ACTIONS:
        raise Refused(400, "wrong parameter action in request")
    bot.actions.append((chat["id"], given["action"]))
    return True


def _leave(bot: Bot, given: Given) -> Any:
    del bot.chats[_chat(bot, given)["id"]]
    return True


# ---------------------------------------------------------------------------- settings


def _set_webhook(bot: Bot, given: Given) -> Any:
    url = given["url"]
    if not url:
        bot.webhook = None
        return True
    parts = urlsplit(url)
    # A self-hosted server takes plain HTTP, and so any address; the public one does not.
    if parts.scheme != "https" and parts.hostname != "127.0.0.1":
        raise Refused(400, "bad webhook: An HTTPS URL must be provided for webhook")
    secret = given.get("secret_token", "")
    if secret and not _SECRET.fullmatch(secret):
        raise Refused(400, "secret token contains unallowed characters")
    most = int(given.get("max_connections", "40"))
    if not 1 <= most <= 100_000:
        raise Refused(400, "invalid max_connections")
    allowed = kinds(given)
    if allowed is None and bot.webhook:
        allowed = bot.webhook.allowed
    bot.webhook = Webhook(url, secret, most, allowed)
    if given.get("drop_pending_updates") == "true":
        bot.updates.clear()
    bot.news.set()
    return True


def _delete_webhook(bot: Bot, given: Given) -> Any:
    bot.webhook = None
    if given.get("drop_pending_updates") == "true":
        bot.updates.clear()
    return True


def _webhook_info(bot: Bot, _given: Given) -> Any:
    info: dict[str, Any] = {
        "url": bot.webhook.url if bot.webhook else "",
        "has_custom_certificate": False,
        "pending_update_count": len(bot.updates),
    }
    if bot.webhook:
        info["max_connections"] = bot.webhook.max_connections
        if bot.webhook.allowed is not None:
            info["allowed_updates"] = bot.webhook.allowed
        if bot.webhook.last_error:
            info["last_error_message"] = bot.webhook.last_error
            info["last_error_date"] = bot.webhook.last_error_date
    return info


def kinds(given: Given) -> list[str] | None:
    """Return the kinds of updates a request asks for. Raises Refused."""
    if "allowed_updates" not in given:
        return None
    asked = json.loads(given["allowed_updates"])
    if not isinstance(asked, list) or not UPDATES.issuperset(asked):
        raise Refused(400, "can't parse allowed updates")
    return asked


def _set_commands(bot: Bot, given: Given) -> Any:
    commands = json.loads(given["commands"])
    if len(commands) > 100:
        raise Refused(400, "BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not _COMMAND.fullmatch(command.get("command", "")):
            raise Refused(400, "BOT_COMMAND_INVALID")
        if not 1 <= len(command.get("description", "")) <= 256:
            raise Refused(400, "BOT_COMMAND_DESCRIPTION_INVALID")
    scope = json.loads(given.get("scope", '{"type": "default"}'))["type"]
    if scope not in SCOPES:
        raise Refused(400, "can't parse BotCommandScope: Unsupported type specified")
    bot.commands[scope, _language(given)] = commands
    return True


def _describe(limit: int, name: str, target: str) -> Run:
    def run(bot: Bot, given: Given) -> Any:
        text = given.get(name, "")
        if len(text) > limit:
            raise Refused(400, "BOT_DESCRIPTION_TOO_LONG")
        getattr(bot, target)[_language(given)] = text
        return True

    return run


def _menu(bot: Bot, given: Given) -> Any:
    button = json.loads(given.get("menu_button", '{"type": "default"}'))
    if button["type"] not in {"default", "commands", "web_app"}:
        raise Refused(400, "can't parse MenuButton: Unsupported type specified")
    bot.menu_button = button
    return True


def _language(given: Given) -> str:
    code: str = given.get("language_code", "")
    if code and not re.fullmatch(r"[a-z]{2}", code):
        raise Refused(400, "invalid language code specified")
    return code


def _number(given: Given, name: str) -> int:
    try:
        return int(given[name])
    except ValueError:
        raise Refused(400, f"invalid {name} specified") from None


def _float(given: Given, name: str) -> float:
    try:
        return float(given[name])
    except ValueError:
        raise Refused(400, f"invalid {name} specified") from None


_TO = "message_thread_id disable_notification protect_content reply_parameters message_effect_id"
_ON = (
    "business_connection_id direct_messages_topic_id allow_paid_broadcast suggested_post_parameters"
)


def _method(run: Run, must: str = "", may: str = "", *, sends: bool = False) -> Method:
    if sends:
        may += f" {_TO} {_ON} reply_markup"
    return Method(run, frozenset(must.split()), frozenset(may.split()), sends)


METHODS: Mapping[str, Method] = {
    "getMe": _method(lambda bot, _: bot.user),
    "sendMessage": _method(
        _send_message,
        "chat_id text",
        "parse_mode entities link_preview_options",
        sends=True,
    ),
    "sendDocument": _method(
        _send_document,
        "chat_id document",
        "caption parse_mode caption_entities thumbnail disable_content_type_detection",
        sends=True,
    ),
    "sendPhoto": _method(
        _send_photo,
        "chat_id photo",
        "caption parse_mode caption_entities show_caption_above_media has_spoiler",
        sends=True,
    ),
    "sendVenue": _method(
        _send_venue,
        "chat_id latitude longitude title address",
        "foursquare_id foursquare_type google_place_id google_place_type",
        sends=True,
    ),
    "editMessageText": Method(
        _edit_text,
        frozenset({"chat_id", "message_id", "text"}),
        frozenset({"parse_mode", "entities", "link_preview_options", "reply_markup"}),
        sends=True,
    ),
    "editMessageReplyMarkup": Method(
        _edit_markup, frozenset({"chat_id", "message_id"}), frozenset({"reply_markup"}), sends=True
    ),
    "answerCallbackQuery": _method(_answer, "callback_query_id", "text show_alert url cache_time"),
    "sendChatAction": _method(
        _action, "chat_id action", "message_thread_id business_connection_id"
    ),
    "leaveChat": _method(_leave, "chat_id"),
    "setWebhook": _method(
        _set_webhook,
        "url",
        "certificate ip_address max_connections allowed_updates drop_pending_updates secret_token",
    ),
    "deleteWebhook": _method(_delete_webhook, "", "drop_pending_updates"),
    "getWebhookInfo": _method(_webhook_info),
    "setMyCommands": _method(_set_commands, "commands", "scope language_code"),
    "setMyDescription": _method(
        _describe(512, "description", "descriptions"), "", "description language_code"
    ),
    "setMyShortDescription": _method(
        _describe(120, "short_description", "short_descriptions"),
        "",
        "short_description language_code",
    ),
    "setChatMenuButton": _method(_menu, "", "chat_id menu_button"),
}


def check(name: str, given: Mapping[str, Any]) -> Method:
    """Return the method if it exists and its parameters are complete. Raises Refused."""
    # Names of methods are case-insensitive.
    method = next((m for known, m in METHODS.items() if known.lower() == name.lower()), None)
    if method is None:
        raise Refused(404, "Not Found")
    for missing in sorted(method.must - set(given)):
        words = {"chat_id": "chat_id is empty", "text": "message text is empty"}
        raise Refused(400, words.get(missing, f'parameter "{missing}" is required'))
    if unknown := set(given) - method.must - method.may:
        # The real one passes over them: it would hide our mistakes.
        raise Refused(400, f"unknown parameter {', '.join(sorted(unknown))}")
    return method
