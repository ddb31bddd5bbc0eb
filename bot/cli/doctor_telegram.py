"""Whether Telegram sends each bot's updates to us, and whether they arrive."""

from __future__ import annotations

import asyncio

from bot.app import build_telegram_bots
from bot.channels.telegram.api import BotApiError
from bot.cli.finding import Finding
from core.clock import SystemClock
from core.errors import NotReady
from core.settings import Settings

ASK_SECONDS = 8.0
"""Seconds for Telegram to answer; a check should not hang when it is away."""


async def telegram_findings(settings: Settings) -> list[Finding]:
    """Ask Telegram for the webhook of each bot."""
    try:
        bots = build_telegram_bots(settings) if settings.public_url else {}
    except NotReady:
        return []  # a token that is none is named already
    found = []
    for role, bot in bots.items():
        try:
            async with asyncio.timeout(ASK_SECONDS):
                state = await bot.get_webhook()
        except (BotApiError, OSError) as error:
            found.append(Finding("note", f"Telegram, {role} bot, was not asked: {error}"))
            continue
        finally:
            await bot.close()
        url = f"{settings.public_url}/webhooks/telegram/{role}"
        if wrong := state.taken_over(url):
            found.append(Finding("wrong", f"Telegram, {role} bot: {wrong}; a start sets {url}"))
        elif failing := state.failing(SystemClock().now()):
            found.append(Finding("wrong", f"Telegram, {role} bot: {failing}"))
        else:
            found.append(Finding("ok", f"Telegram, {role} bot: updates come, {state.pending} wait"))
    return found
