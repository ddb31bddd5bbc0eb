"""What people see of the Telegram bots before they write: commands, descriptions, menu button."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.channels.telegram.api import Description, Role, TelegramBot
from bot.flows.staff.commands import SLASH
from bot.i18n.messages import WORDING, text
from bot.i18n.translator import SOURCE_LANGUAGE, languages
from core.messaging.messages import Say

COMMANDS: Mapping[Role, Mapping[str, Say]] = {
    "customer": {
        "book": text("command.book"),
        "bookings": text("command.bookings"),
        "language": text("command.language"),
        "help": text("command.help"),
        "start": text("command.start"),
        "stop": text("command.stop"),
    },
    "owner": {name: text(f"command.desk.{name}") for name in SLASH},
}
"""The commands a bot shows in its menu, in their order, by whom it serves."""


def descriptions(role: Role) -> Iterator[Description]:
    """Yield what a bot is described by: for everybody in English, then language by language."""
    for language in ("", *languages()):
        spoken = language or SOURCE_LANGUAGE
        yield Description(
            language,
            {name: WORDING.say(say, spoken) for name, say in COMMANDS[role].items()},
            about=WORDING.say(text(f"command.{role}_about"), spoken),
            short=WORDING.say(text(f"command.{role}_short"), spoken),
        )


async def set_up(bots: Mapping[Role, TelegramBot]) -> list[str]:
    """Set what people see of each bot; return their names. Refused, OSError."""
    names = []
    for role, bot in bots.items():
        await bot.describe(list(descriptions(role)))
        names.append(await bot.username())
    return names
