"""The public profile of the Telegram bots: commands, descriptions and menu button."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator, Mapping

from bot.app import build_telegram_bots
from bot.channels.telegram.api import BotApiError, BotDescription, BotRole, TelegramBot
from bot.flows.staff.commands import SLASH_COMMANDS
from bot.i18n.messages import TRANSLATOR, text
from bot.i18n.translator import SOURCE_LANGUAGE, supported_languages
from core.errors import NotReady
from core.messaging.messages import Say
from core.settings import Settings

MENU_COMMANDS: Mapping[BotRole, Mapping[str, Say]] = {
    "customer": {
        "book": text("command.book"),
        "bookings": text("command.bookings"),
        "language": text("command.language"),
        "help": text("command.help"),
        "start": text("command.start"),
        "stop": text("command.stop"),
    },
    "owner": {name: text(f"command.desk.{name}") for name in SLASH_COMMANDS},
}
"""The commands in each bot's menu, in order, by the bot's role."""


def bot_descriptions(role: BotRole) -> Iterator[BotDescription]:
    """Yield a bot's profile for each language, first the English default."""
    for language in ("", *supported_languages()):
        spoken = language or SOURCE_LANGUAGE
        yield BotDescription(
            language,
            {name: TRANSLATOR.translate(say, spoken) for name, say in MENU_COMMANDS[role].items()},
            about=TRANSLATOR.translate(text(f"command.{role}_about"), spoken),
            short=TRANSLATOR.translate(text(f"command.{role}_short"), spoken),
        )


async def set_up_bots(bots: Mapping[BotRole, TelegramBot]) -> list[str]:
    """Set the profile of each bot and return the bots' names; raises BotApiError or OSError."""
    names = []
    for role, bot in bots.items():
        await bot.set_description(list(bot_descriptions(role)))
        names.append(await bot.get_username())
    return names


def run(settings: Settings, _options: argparse.Namespace) -> None:
    """Set the profile of the bots."""

    async def describe() -> None:
        bots = build_telegram_bots(settings)
        if not bots:
            raise NotReady(reason="TELEGRAM_BOT_TOKEN is not set: @BotFather gives one")
        try:
            for name in await set_up_bots(bots):
                print(f"@{name} is set up: https://t.me/{name}")
        except (BotApiError, OSError) as error:
            raise NotReady(reason=f"Telegram says: {error}") from None
        finally:
            for bot in bots.values():
                await bot.close()

    asyncio.run(describe())
