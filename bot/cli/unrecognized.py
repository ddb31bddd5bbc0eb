"""`python -m bot unrecognized`."""

from __future__ import annotations

import argparse

from bot.cli.common import with_runtime
from core.catalog import shop_search
from core.db.runtime import Runtime
from core.errors import NotReady
from core.messaging import unrecognized
from core.settings import Settings


def run(settings: Settings, options: argparse.Namespace) -> None:
    """Print unrecognized messages with their counts."""

    async def show(runtime: Runtime) -> None:
        await runtime.ensure_ready()
        async with runtime.read_transaction() as ctx:
            shop = await shop_search.shop_by_keyword(ctx, options.shop) if options.shop else None
            if options.shop and shop is None:
                raise NotReady(reason=f"no shop has the keyword {options.shop}")
            found = await unrecognized.most_frequent(ctx, shop_id=shop.id if shop else None)
        for one in found:
            asked = f" (asked for {one.expects})" if one.expects else ""
            print(f"{one.times:4}  {one.last_at:%Y-%m-%d}  {one.language}  {one.text}{asked}")
        if not found:
            print("Nothing in the last 90 days.")

    with_runtime(settings, show)
