"""`python -m bot pair`."""

from __future__ import annotations

import argparse

from bot.app import build_telegram_bots
from bot.channels.telegram.api import BotApiError
from bot.cli.common import with_runtime
from core.catalog import shop_search
from core.db.runtime import Runtime
from core.errors import NotFound, NotReady
from core.people import pairing
from core.settings import Settings
from core.values.phone_numbers import parse_phone


def run(settings: Settings, options: argparse.Namespace) -> None:
    """Create a pairing code by which a member's chat is bound on the owner bot."""

    async def issue(runtime: Runtime) -> None:
        await runtime.ensure_ready()
        phone = parse_phone(options.phone, "")
        try:
            codes = await runtime.run(lambda ctx: pairing.issue_pairing_code_for_phone(ctx, phone))
        except NotFound:
            raise NotReady(reason=f"nobody with the phone {phone} works at a shop") from None
        async with runtime.read_transaction() as ctx:
            names = {shop.id: shop.name for shop in await shop_search.list_shops(ctx)}
        print("For themselves alone; each is good once, for a day.")
        for shop_id, code in codes.items():
            print(f'{names[shop_id]}: write "pair {code}" to the owners\' bot.')
        bots = build_telegram_bots(settings)
        try:
            if owner := bots.get("owner"):
                name = await owner.get_username()
                for code in codes.values():
                    print(f"Or open https://t.me/{name}?start={pairing.START_PREFIX}{code}")
        except (BotApiError, OSError) as error:
            raise NotReady(reason=f"Telegram says: {error}") from None
        finally:
            for bot in bots.values():
                await bot.close()

    with_runtime(settings, issue)
