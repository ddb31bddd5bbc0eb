"""Receiving of Telegram updates for every bot: stored first, then acknowledged.

Updates arrive by webhook if there is a public address, else by our own getUpdates loop, which
advances the offset only after storing. Both SDKs' pollers advance it before handling, so that a
crash in between would lose messages.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog

from bot.channels.telegram.api import BotApiError, BotRole, TelegramBot, webhook_secret
from bot.channels.telegram.updates import ParsedUpdate
from bot.engine.receive import receive_incoming
from bot.engine.turn_runner import TurnRunner
from bot.engine.unreadable import UnreadableEvent, find_number, lay_aside
from bot.i18n.messages import TRANSLATOR, text
from core.db.context import Context
from core.db.runtime import Runtime
from core.messaging.lines import Line, load_lines
from core.messaging.messages import Json, Say
from core.messaging.outbox.staff_alerts import enqueue_for_admins

log = structlog.get_logger(__name__)

TYPING_AFTER_SECONDS = 0.3
"""Seconds after which a waiting person is shown that a reply is coming."""

MAX_EARLY_ANSWERS = 1000
"""Maximum remembered taps whose turn ended before their receipt returned."""

CHECK_SECONDS = 300.0
"""Seconds between two looks at a webhook that was set."""

FIRST_WAIT_SECONDS, MAX_WAIT_SECONDS = 1.0, 60.0
"""Initial retry delay in seconds of a failed request; doubled on each failure."""


@dataclass(slots=True, eq=False)
class TelegramReceiver:
    """Receives the bots' updates and acknowledges taps."""

    runtime: Runtime
    turn_runner: TurnRunner
    bots: Mapping[BotRole, TelegramBot]
    typing_after: float = TYPING_AFTER_SECONDS
    _lines: dict[BotRole, Line] = field(default_factory=dict)
    _names: dict[BotRole, str] = field(default_factory=dict)
    _tapped: dict[int, tuple[TelegramBot, ParsedUpdate]] = field(default_factory=dict)
    _early_answers: dict[int, str] = field(default_factory=dict)
    _waiting: dict[tuple[str, int], asyncio.TimerHandle] = field(default_factory=dict)
    _loops: list[asyncio.Task[None]] = field(default_factory=list)
    webhook_problems: dict[BotRole, str] = field(default_factory=dict)
    _acts: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self, *, poll: bool) -> None:
        """Set the webhook; without a public address, poll for updates if `poll`."""
        async with self.runtime.read_transaction() as ctx:
            known = {line.address: line for line in await load_lines(ctx, "telegram")}
        self.runtime.hooks.answer_tap = self._answer
        for role, bot in self.bots.items():
            self._lines[role] = known[bot.id]
            bot.on_sending = partial(self._answered, bot)
            work = self._keep_webhook(bot) if self.runtime.settings.public_url else None
            if work is None and poll:
                work = self._poll(bot)
            if work is not None:
                self._loops.append(asyncio.create_task(work, name=f"telegram {role}"))

    async def stop(self) -> None:
        """Stop polling and end the waiting indicators."""
        self.runtime.hooks.answer_tap = None
        for handle in self._waiting.values():
            handle.cancel()
        self._waiting.clear()
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        if self._acts:
            _, late = await asyncio.wait(self._acts, timeout=2)
            for act in late:
                act.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def wait_until_idle(self) -> None:
        """Wait until no acknowledgement is in flight."""
        while self._acts:
            await asyncio.wait(self._acts)

    def webhook_secret(self, role: BotRole) -> str:
        """Return the secret that Telegram repeats with every update for a bot."""
        settings = self.runtime.settings
        return webhook_secret(settings.telegram_webhook_secret, self.runtime.secret, role)

    # --- one update -----------------------------------------------------------------------------

    async def receive(self, role: BotRole, raw: Json) -> None:
        """Receive one update, any JSON data; when this returns, it is committed.

        What cannot be read as an update is laid aside.
        """
        bot = self.bots[role]
        try:
            taken = bot.parse_update(raw)
        except Exception as error:  # noqa: BLE001 - whatever an SDK makes of an odd update
            await self.lay_aside(role, raw, error)
            return
        if taken is None:
            return
        if taken.incoming is None:
            self._answer_outside_talk(bot, taken)
            return
        receipt = await receive_incoming(
            self.runtime,
            self._lines[role],
            str(taken.chat_id),
            str(taken.update_id),
            taken.incoming,
        )
        log.info(
            "telegram.received",
            conversation=receipt.conversation_id,
            update=taken.update_id,
            again=receipt.inbox_id is None,
        )
        if receipt.inbox_id is None:
            if taken.callback_query_id:
                self._act(bot.answer_callback(taken.callback_query_id))
            return
        if taken.callback_query_id:
            self._tap(receipt.inbox_id, bot, taken)
        if taken.incoming.kind != "event":
            self._show_typing_after(bot, taken, receipt.inbox_id)
        self.turn_runner.begin_turns(receipt.conversation_id)

    async def lay_aside(self, role: BotRole, raw: Json, error: Exception) -> None:
        """Store what is no update, a text or JSON data, so that it does not come again."""
        number = find_number(raw, "update_id")
        event = UnreadableEvent.from_error(
            raw, error, event_id="" if number is None else str(number), **_sender(raw)
        )
        await lay_aside(self.runtime, self._lines[role], event)

    def _answer_outside_talk(self, bot: TelegramBot, taken: ParsedUpdate) -> None:
        """Answer updates outside a conversation: dead buttons and groups."""
        if taken.callback_query_id:
            words = text(f"tap.{taken.outside_reply}") if taken.outside_reply else None
            self._act(bot.answer_callback(taken.callback_query_id, _words(words, taken.language)))
        else:
            self._act(self._point_to_private_chat(bot, taken))

    async def _point_to_private_chat(self, bot: TelegramBot, taken: ParsedUpdate) -> None:
        """Point a group to the private chat."""
        if bot.role not in self._names:
            with suppress(BotApiError, OSError):
                self._names[bot.role] = await bot.get_username()
        name = self._names.get(bot.role, "")
        say = text("group", link=f"https://t.me/{name}")
        await bot.send_group_text(taken.chat_id, _words(say, taken.language))

    # --- taps and waiting indicators -------------------------------------------------------------

    def _tap(self, inbox_id: int, bot: TelegramBot, taken: ParsedUpdate) -> None:
        if inbox_id in self._early_answers:
            words = self._early_answers.pop(inbox_id)
            self._act(bot.answer_callback(taken.callback_query_id, words))
        else:
            self._tapped[inbox_id] = (bot, taken)

    def _answer(self, inbox_id: int, words: str) -> None:
        """End the waiting state of a button after its turn, briefly showing `words`."""
        if inbox_id not in self._tapped:
            # The turn finished before the receipt, or the tap belongs to another process.
            self._early_answers[inbox_id] = words
            while len(self._early_answers) > MAX_EARLY_ANSWERS:
                del self._early_answers[next(iter(self._early_answers))]
            return
        bot, taken = self._tapped.pop(inbox_id)
        if words:
            self._answered(bot, taken.chat_id)
        self._act(bot.answer_callback(taken.callback_query_id, words))

    def _show_typing_after(self, bot: TelegramBot, taken: ParsedUpdate, inbox_id: int) -> None:
        self._answered(bot, taken.chat_id)
        loop = asyncio.get_running_loop()
        self._waiting[bot.id, taken.chat_id] = loop.call_later(
            self.typing_after, self._long, bot, taken, inbox_id
        )

    def _long(self, bot: TelegramBot, taken: ParsedUpdate, inbox_id: int) -> None:
        """Show that a reply is coming, and end a button's waiting state however long that takes."""
        self._waiting.pop((bot.id, taken.chat_id), None)
        if self._tapped.pop(inbox_id, None) is not None:
            self._act(bot.answer_callback(taken.callback_query_id))
        self._act(bot.send_typing(taken.chat_id))

    def _answered(self, bot: TelegramBot, chat_id: int) -> None:
        handle = self._waiting.pop((bot.id, chat_id), None)
        if handle is not None:
            handle.cancel()

    def _act(self, work: Coroutine[Any, Any, None]) -> None:
        act = asyncio.create_task(work)
        self._acts.add(act)
        act.add_done_callback(self._acts.discard)

    # --- webhook and polling ---------------------------------------------------------------------

    async def _set_webhook(self, bot: TelegramBot) -> None:
        """Set and verify the webhook, retrying while Telegram is unavailable."""
        wait = FIRST_WAIT_SECONDS
        while True:
            try:
                await bot.set_webhook(self.webhook_url(bot.role), self.webhook_secret(bot.role))
                break
            except (BotApiError, OSError) as error:
                log.warning("telegram.webhook_failed", bot=bot.role, error=str(error))
                await asyncio.sleep(wait)
                wait = min(2 * wait, MAX_WAIT_SECONDS)
        log.info("telegram.webhook_set", bot=bot.role)

    async def _keep_webhook(self, bot: TelegramBot) -> None:
        """Set the webhook, then look after it.

        Another program with the bot's token, or an old copy of ours, may take it over.
        """
        await self._set_webhook(bot)
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            try:
                await self.check_webhook(bot.role)
            except (BotApiError, OSError) as error:
                log.warning("telegram.webhook_unchecked", bot=bot.role, error=str(error))
            except Exception:  # the database is away, say: it is looked at again
                log.exception("telegram.webhook_unchecked", bot=bot.role)

    def webhook_url(self, role: BotRole) -> str:
        """Return where Telegram is to send a bot's updates."""
        return f"{self.runtime.settings.public_url}/webhooks/telegram/{role}"

    async def check_webhook(self, role: BotRole) -> str:
        """Put a bot's webhook right if it is not as we set it; return what is or was wrong.

        The admins are alerted once a day. What is still wrong is in `webhook_problems`.
        """
        bot, url = self.bots[role], self.webhook_url(role)
        state = await bot.get_webhook()
        wrong = state.taken_over(url)
        problem = wrong or state.failing(self.runtime.clock.now())
        if wrong:
            self.webhook_problems[role] = wrong
            await bot.set_webhook(url, self.webhook_secret(role))
        if problem and not wrong:
            self.webhook_problems[role] = problem
        else:
            self.webhook_problems.pop(role, None)
        if problem:
            log.warning("telegram.webhook_wrong", bot=role, problem=problem)
            await self.runtime.run(partial(_alert_admins, role=role, problem=problem))
        return problem

    async def _poll(self, bot: TelegramBot) -> None:
        """Poll for updates indefinitely; those that could not be stored are requested again."""
        offset, wait, hooked = 0, FIRST_WAIT_SECONDS, True
        while True:
            try:
                if hooked:
                    await bot.delete_webhook()
                    hooked = False
                offset = await self._take_all(bot, offset, await bot.get_updates(offset))
                wait = FIRST_WAIT_SECONDS
            except (BotApiError, OSError) as error:
                log.warning("telegram.poll_failed", bot=bot.role, error=str(error))
                hooked |= isinstance(error, BotApiError) and error.fact == "hooked"
                await asyncio.sleep(wait)
                wait = min(2 * wait, MAX_WAIT_SECONDS)
            except Exception:  # the database is away, say: what was not stored comes again
                log.exception("telegram.poll_failed", bot=bot.role)
                await asyncio.sleep(wait)
                wait = min(2 * wait, MAX_WAIT_SECONDS)

    async def _take_all(self, bot: TelegramBot, offset: int, updates: Sequence[Json]) -> int:
        numbers = []
        for raw in updates:
            await self.receive(bot.role, raw)
            numbers.append(find_number(raw, "update_id") or 0)
        if updates and max(numbers) < offset:
            raise ValueError("updates without numbers cannot be acknowledged")
        return max([offset, *(number + 1 for number in numbers)])


def _sender(raw: Json) -> dict[str, Any]:
    """Return the private chat an unreadable update comes from, and whether it is a message."""
    for kind in ("message", "edited_message", "callback_query", "my_chat_member"):
        person = find_number(raw, kind, "from", "id")
        chat = ("chat",) if kind != "callback_query" else ("message", "chat")
        if person is not None and find_number(raw, kind, *chat, "id") in {None, person}:
            return {"address": str(person), "is_message": kind in {"message", "callback_query"}}
    return {}


async def _alert_admins(ctx: Context, *, role: BotRole, problem: str) -> None:
    await enqueue_for_admins(
        ctx,
        text("alert.webhook", bot=role, problem=problem),
        kind="webhook",
        conversation_id=0,  # of none: all admins are told
        unique_key=f"webhook:{role}:{ctx.now:%Y-%m-%d}",
    )


def _words(say: Say | None, language: str) -> str:
    return "" if say is None else TRANSLATOR.translate(say, language or "en")
