"""The stand-in in a process of its own: `python -m tests.servers.telegram.standalone`.

Prints one line of JSON – `url`, `token`, a `chat` with somebody, a `message` of the bot's in it –
and serves until its standard input ends. Whoever feeds the bot makes up its queries: any may be
answered here.
"""

from __future__ import annotations

import asyncio
import json
import sys

from tests.servers.telegram.server import TelegramServer


class Asked(dict[str, int]):
    """Queries that were all asked."""

    def __contains__(self, _query: object) -> bool:
        """Yes."""
        return True


async def main() -> None:
    """Serve one bot with one person in one chat."""
    async with TelegramServer() as server:
        bot, marta = server.bot(), server.person("Marta", "+34600111222")
        await marta.writes(bot, "/start")
        bot.queries = Asked()
        markup = {"inline_keyboard": [[{"text": "x", "callback_data": "1.0"}]]}
        message = bot.add(marta.chat, text="Which time?", markup=markup)
        facts = {
            "url": server.url,
            "token": bot.token,
            "chat": marta.id,
            "message": message.message_id,
        }
        sys.stdout.write(json.dumps(facts) + "\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
