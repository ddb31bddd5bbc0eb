"""`python -m bot chat`: a conversation in the terminal, processed like any other."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TextIO
from uuid import uuid4

from bot.channels.terminal import TerminalChannel
from bot.cli.common import print_line, set_up_new_database
from bot.delivery.sender import OutboxSender
from bot.engine import turn
from bot.engine.receive import receive_incoming
from bot.observability import logs
from core.catalog.shop_search import has_shops
from core.db.context import Context
from core.db.runtime import Runtime
from core.errors import NotReady
from core.messaging.lines import Line, get_or_create_line
from core.messaging.messages import Incoming
from core.people.identities import Contact, get_or_create_contact
from core.settings import Settings


async def run_chat(
    runtime: Runtime, channel: str, address: str, source: TextIO, write: Callable[[str], None]
) -> None:
    """Run a conversation as `address` on the terminal's line of `channel` until end of input.

    Piped input is read line by line and echoed, and each answer is printed before the next line.
    """
    line = await runtime.run(partial(_line, channel))
    terminal = TerminalChannel(write, address, channel)
    delivery = OutboxSender(runtime, {("terminal", channel): terminal})
    contact = await runtime.run(partial(_contact, line, address))
    # Messages queued since the last session.
    await delivery.drain(contact.conversation_id)
    while (text := await asyncio.to_thread(_read, source, write)) is not None:
        if not text:
            continue
        receipt = await receive_incoming(runtime, line, address, uuid4().hex, Incoming(text=text))
        await turn.run_pending_turns(runtime, receipt.conversation_id)
        await delivery.drain(receipt.conversation_id)


async def _line(channel: str, ctx: Context) -> Line:
    """Return the terminal's line of a channel, which serves all shops and sends nothing outside."""
    if not await has_shops(ctx):
        raise NotReady(reason="there is no shop yet: python -m bot seed-demo makes three")
    line_id = await get_or_create_line(ctx, transport="terminal", channel=channel)
    return Line(line_id, "terminal", channel, "", "", None, staff=False)


async def _contact(line: Line, address: str, ctx: Context) -> Contact:
    return await get_or_create_contact(ctx, line, address)


def _read(source: TextIO, write: Callable[[str], None]) -> str | None:
    if source.isatty():
        sys.stdout.write("> ")
        sys.stdout.flush()
    read = source.readline()
    if not read:
        return None
    text = read.strip()
    if text and not source.isatty():
        write(f"> {text}")
    return text


def run(settings: Settings, options: argparse.Namespace) -> None:
    """Run a conversation in the terminal."""
    logs.configure_logging(settings, quiet=True)

    async def talk() -> None:
        runtime = Runtime.open(settings)
        try:
            await set_up_new_database(runtime)
            await runtime.ensure_ready()
            await run_chat(runtime, options.channel, options.address, sys.stdin, print_line)
        finally:
            await runtime.close()

    with suppress(KeyboardInterrupt):
        asyncio.run(talk())
