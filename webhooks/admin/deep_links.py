"""Deep links: a link and a QR code for each line on which customers write to a shop."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import quote

import segno
from markupsafe import Markup

from bot.app import App
from bot.channels.telegram.api import BotApiError, TelegramChannel
from core.catalog.entities import Shop
from core.db.context import Context
from core.messaging.lines import Line, load_lines

TELEGRAM_TIMEOUT_SECONDS = 4.0
"""Seconds that Telegram has to say what the bot is called."""


@dataclass(frozen=True, slots=True)
class DeepLink:
    """A deep link: its label, its address and its QR code."""

    name: str
    words: str
    link: str
    picture: Markup


async def deep_links_of_shop(app: App, lines: list[Line], shop: Shop) -> list[DeepLink]:
    """Return a shop's deep links, its own lines before those that serve all shops."""
    word = shop.keyword or shop.name
    found = []
    for line in sorted(lines, key=lambda line: (line.shop_id is None, line.id)):
        if line.staff or line.shop_id not in {None, shop.id}:
            continue
        digits = line.address.removeprefix("+")
        if line.transport == "twilio" and line.channel == "whatsapp" and digits.isdecimal():
            found.append(
                _entrance("WhatsApp", line.address, f"https://wa.me/{digits}?text={quote(word)}")
            )
        elif line.transport == "twilio" and line.channel == "sms" and digits.isdecimal():
            found.append(
                _entrance(
                    "SMS",
                    f"Send “{word}” to {line.address}",
                    f"sms:{line.address}?&body={quote(word)}",
                )
            )
        elif line.transport == "telegram" and (name := await _username(app, line.address)):
            # Telegram allows only ASCII letters and digits in a start parameter.
            named = shop.keyword if shop.keyword and shop.keyword.isascii() else shop.id
            link = f"https://t.me/{name}?start=shop_{named}"
            found.append(_entrance("Telegram", f"@{name}", link))
    return found


def _entrance(name: str, words: str, link: str) -> DeepLink:
    drawn = segno.make(link, error="m").svg_inline(border=0, omitsize=True, svgclass="qr")
    return DeepLink(name, words, link, Markup(drawn))  # noqa: S704 - drawn by segno, squares only


async def _username(app: App, address: str) -> str:
    """Return a Telegram bot's username; "" if Telegram does not answer in time."""
    bots = app.channels.get(("telegram", "telegram"))
    bot = bots.by_id.get(address) if isinstance(bots, TelegramChannel) else None
    if bot is None:
        return ""
    try:
        async with asyncio.timeout(TELEGRAM_TIMEOUT_SECONDS):
            return await bot.get_username()
    except (BotApiError, OSError):
        return ""


async def staff_bot_link(app: App, start: str) -> str:
    """Return the link that sends `start` to the owners' bot; "" without one."""
    async with app.runtime.read_transaction() as ctx:
        known = await load_lines(ctx, "telegram")
    for line in known:
        if line.staff and (name := await _username(app, line.address)):
            return f"https://t.me/{name}?start={start}"
    return ""


async def active_lines(ctx: Context) -> list[Line]:
    """Return every active line."""
    return await load_lines(ctx)
