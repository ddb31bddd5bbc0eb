"""The commands that set bots up, run as people run them, against the stand-in of Telegram."""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.db.runtime import Runtime
from core.people import pairing
from tests.bot.cli.test_commands import run
from tests.servers.telegram.server import TelegramServer
from tests.support import shops
from tests.support.runtimes import settings_for

OWNER = "+34600000001"


@pytest.fixture
async def installation(migrated_sqlite: Path, tmp_path: Path) -> Path:
    """Return a folder with a database that holds one salon and its owner."""
    shutil.copy(migrated_sqlite, tmp_path / "slotline.db")
    runtime = opened(tmp_path)
    async with runtime.transaction() as ctx:
        place = await shops.build_salon(ctx)
        await shops.add_staff(ctx, place, OWNER, "owner", "Bella")
    await runtime.close()
    return tmp_path


def opened(folder: Path) -> Runtime:
    url = f"sqlite+aiosqlite:///{folder / 'slotline.db'}"
    return Runtime.open(settings_for(url, folder), SystemClock())


@pytest.mark.heavy
async def test_bots_are_described_and_a_member_gets_a_code(installation: Path) -> None:
    async with TelegramServer() as telegram:
        customer, desk = telegram.bot("BellaHairBot"), telegram.bot("BellaDeskBot")
        env = {
            "TELEGRAM_BOT_TOKEN": customer.token,
            "TELEGRAM_OWNER_BOT_TOKEN": desk.token,
            "TELEGRAM_API_URL": telegram.url,
            "SECRET_KEY": "a secret for tests, and for tests alone",
        }
        done, (status, words, _) = await asyncio.gather(
            asyncio.to_thread(run, installation, "telegram-setup", **env),
            asyncio.to_thread(run, installation, "pair", OWNER, **env),
        )
        names = ("BellaHairBot", "BellaDeskBot")
        assert done[:2] == (0, "".join(f"@{n} is set up: https://t.me/{n}\n" for n in names))
        assert customer.menu_button == desk.menu_button == {"type": "commands"}
        found = re.fullmatch(
            r"For themselves alone; each is good once, for a day\.\n"
            r'Bella Hair: write "pair (\w{10})" to the owners\' bot\.\n'
            r"Or open https://t\.me/BellaDeskBot\?start=pair_(\w{10})\n",
            words,
        )
        assert found is not None, words
        assert (status, found[1] == found[2], len(found[1])) == (0, True, pairing.CODE_LENGTH)
