"""Where a talk with a shop begins: a link and a QR code for each line that customers write to."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import quote

import segno
from markupsafe import Markup

from bot.app import App
from bot.channels import lines
from bot.channels.telegram.api import BotApiError, TelegramChannel
from core.catalog.entities import Shop
from core.db.context import Context

TELEGRAM_TIMEOUT_SECONDS = 4.0
"""Seconds that Telegram has to say what the bot is called."""


@dataclass(frozen=True, slots=True)
class DeepLink:
    """A way in: what to call it, its link, and the same as a picture to scan."""

    name: str
    words: str
    link: str
    picture: Markup


async def deep_links_of_shop(app: App, lines: list[lines.Line], shop: Shop) -> list[DeepLink]:
    """Return the ways into a shop, its own lines before those that serve all shops."""
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
            # What a link hands over is letters and digits of ASCII.
            named = shop.keyword if shop.keyword and shop.keyword.isascii() else shop.id
            link = f"https://t.me/{name}?start=shop_{named}"
            found.append(_entrance("Telegram", f"@{name}", link))
    return found


def _entrance(name: str, words: str, link: str) -> DeepLink:
    drawn = segno.make(link, error="m").svg_inline(border=0, omitsize=True, svgclass="qr")
    return DeepLink(name, words, link, Markup(drawn))  # noqa: S704 - drawn by segno, squares only


async def _username(app: App, address: str) -> str:
    """Return what a Telegram bot is called; "" when Telegram does not say so in time."""
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
    """Return the link that hands `start` to the bot for the shops' people; "" without one."""
    async with app.runtime.read_transaction() as ctx:
        known = await lines.load_lines(ctx, "telegram")
    for line in known:
        if line.staff and (name := await _username(app, line.address)):
            return f"https://t.me/{name}?start={start}"
    return ""


async def active_lines(ctx: Context) -> list[lines.Line]:
    """Return every active line."""
    return await lines.load_lines(ctx)
