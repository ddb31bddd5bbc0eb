"""A strict stand-in for the Bot API on 127.0.0.1: bots, people who talk to them, faults.

    async with TelegramServer() as telegram:
        bot = telegram.bot("BellaHairBot")
        app = start_app(telegram_api_url=telegram.url, telegram_bot_token=bot.token)
        marta = telegram.person("Marta", phone="+34600111222")
        await marta.writes(bot, "/start")
        await marta.taps(bot, "Cut · 30 min · €25")
        assert marta.screen(bot)[-1] == "[Confirm]"

It refuses what the real one refuses, in the same words, and some things the real one only
ignores (unknown parameters), because they are our mistakes. Updates go to whoever polls, or to
the webhook that was set, with its secret.
"""

__all__ = ["Bot", "Fault", "Group", "Message", "Person", "TelegramServer"]
