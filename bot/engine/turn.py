"""A turn: one incoming handled in one transaction.

It locks the conversation, takes its oldest unfinished incoming, understands it, runs the flow it
belongs to, and stores conversation, prompt, outbox and the incoming's status atomically.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial
from weakref import WeakValueDictionary

import structlog

from bot.dialogue import nlu_context
from bot.dialogue.answering import takes_back
from bot.dialogue.decisions import DECISIONS
from bot.dialogue.heard import Heard
from bot.dialogue.prompts import (
    OpenPrompt,
    Selection,
    load_open_prompts,
    match_button,
    match_number,
    match_words,
    shown_options,
    split_leading_number,
)
from bot.engine import events, global_intents, opt_out, slash_commands, staff_commands, switch_shop
from bot.engine.apology import apologize
from bot.engine.flow_frame import FlowFrame
from bot.engine.loop_guard import is_looping
from bot.engine.turn_state import TurnState
from bot.flows import faq
from bot.i18n.messages import text
from bot.i18n.translator import supported_languages
from bot.nlu.language_switch import clear_language
from bot.nlu.questions import is_question
from bot.nlu.redaction import redact_text
from bot.nlu.tapbacks import is_tapback
from bot.nlu.types import NOTHING_SHOWN, ShownOptions, Understood
from bot.observability import metrics
from core.catalog import loader, shop_search
from core.catalog.entities import Catalog, Shop
from core.db.caches import CacheKey
from core.db.context import Context
from core.db.runtime import Runtime
from core.messaging import unrecognized
from core.messaging.conversations import lock_conversation
from core.messaging.inbox import pending_incoming, record_failure
from core.messaging.messages import Say

log = structlog.get_logger()

MAX_ATTEMPTS = 3
"""Attempts before an incoming is set aside."""

RETRY_DELAY = timedelta(seconds=2)
"""Delay before a failed turn is retried; later messages of the conversation wait."""

IDLE_TIMEOUT = timedelta(hours=24)
"""Idle time after which the bot asks before it resumes a flow."""

OFFER_PERSON_AFTER = 3
"""Consecutive misunderstandings after which a handoff is offered."""

_BARE = 2
"""Maximum digits of a message treated as an option number instead of a shop's name."""

_PERSONAL = {"code", "name", "phone"}
"""Expected answer types that are never stored for review."""


_CONVERSATION_LOCKS: CacheKey[WeakValueDictionary[int, asyncio.Lock]] = CacheKey(
    "conversation locks", WeakValueDictionary
)
"""One lock per conversation whose turns run in this process."""


async def run_pending_turns(runtime: Runtime, conversation_id: int) -> int:
    """Handle every unfinished incoming of a conversation in order; return the number handled."""
    locks = runtime.caches.of(_CONVERSATION_LOCKS)
    # Locked before a connection is taken, so that waiting turns occupy none.
    lock = locks.setdefault(conversation_id, asyncio.Lock())
    handled = 0
    async with lock:
        while True:
            try:
                found = await runtime.run(partial(run_turn, conversation_id=conversation_id))
            except Exception as error:  # a failing flow must not stop the conversation
                log.exception("turn failed", conversation=conversation_id)
                await runtime.run(
                    partial(_failed, conversation_id=conversation_id, error=repr(error))
                )
                found = MORE_WAITING
            else:
                if not found:
                    return handled
            handled += 1
            if found < MORE_WAITING:
                return handled


MORE_WAITING = 2


async def run_turn(ctx: Context, conversation_id: int) -> int:
    """Handle the oldest unfinished incoming of a conversation.

    Returns 0 if none was due, 1 if it was the last, `MORE_WAITING` if another one waits.
    """
    stored = await lock_conversation(ctx, conversation_id)
    items = await pending_incoming(ctx, conversation_id, limit=MORE_WAITING)
    if stored is None or not items or items[0].due_at > ctx.now:
        return 0
    began = time.perf_counter()
    handling = TurnState.from_stored(ctx, stored, items[0])
    flow = _flow(handling)
    await _handle(handling)
    await handling.save(items[0])
    counted = partial(_counted, stored.channel, flow or _flow(handling) or "none", began)
    ctx.after_commit.append(counted)
    return len(items)


def _flow(turn: TurnState) -> str:
    return turn.stack[-1].flow if turn.stack else ""


def _counted(channel: str, flow: str, began: float) -> None:
    metrics.TURNS.labels(channel, flow, "done").inc()
    metrics.TURN_SECONDS.labels(channel).observe(time.perf_counter() - began)


async def _failed(ctx: Context, *, conversation_id: int, error: str) -> None:
    """Count a failed attempt of the oldest incoming; after `MAX_ATTEMPTS` set it aside."""
    stored = await lock_conversation(ctx, conversation_id)
    items = await pending_incoming(ctx, conversation_id, limit=MORE_WAITING)
    if stored is None or not items:
        return
    item = items[0]
    attempts = item.attempts + 1
    dead = attempts >= MAX_ATTEMPTS
    outcome = "laid aside" if dead else "failed"
    ctx.after_commit.append(metrics.TURNS.labels(stored.channel, "none", outcome).inc)
    await record_failure(
        ctx,
        item.id,
        attempts=attempts,
        error=error,
        retry_at=ctx.now + RETRY_DELAY,
        dead=dead,
    )
    if not dead:
        return
    log.error("incoming laid aside", inbox=item.id, conversation=conversation_id)
    await apologize(ctx, stored, item.id)


async def _handle(turn: TurnState) -> None:
    """Interpret the incoming and run the flow it belongs to."""
    _introduce(turn)
    if turn.incoming.kind == "text" and is_tapback(turn.incoming.text):
        turn.stay_quiet = True  # it quotes us, and says nothing of its own
        return
    if await opt_out.handle_opt_out_words(turn):
        return
    if not turn.is_handed_off and await is_looping(turn):
        turn.stay_quiet = True
        return
    await opt_out.record_first_contact(turn)
    if turn.incoming.kind == "event":
        events.handle_event(turn)
    if turn.is_handed_off:
        await staff_commands.forward_to_staff(turn)
    if turn.is_handed_off or turn.stay_quiet:
        return
    if (shop_id := turn.conversation.shop_id) is not None:
        turn.catalog = await loader.load_catalog(
            turn.ctx, shop_id, version=turn.shop_versions.get(shop_id)
        )
    await switch_shop.open_shop_by_keyword(turn)
    top = turn.stack[-1] if turn.stack else None
    prompts = await _waiting(turn, top)
    asked = next((p for p in prompts if top and p.id == top.prompt and p.options), None)
    turn.question_message_id = asked.message_id if asked else ""
    turn.has_contact_keyboard = top is not None and top.expects == "phone"
    slash = slash_commands.parse_slash_command(turn)
    heard = Heard(turn.incoming, None, consumed=turn.incoming.kind == "event" or slash is not None)
    pick = Selection() if slash else _pick(turn, heard, prompts, await _shops(turn))
    if await staff_commands.dispatch_staff_command(turn, heard, prompts):
        heard.consumed = True
    elif pick.prompt and pick.prompt.decision:
        turn.begin_flow(pick.prompt.flow, **pick.prompt.args, choice=pick.value)
        if not DECISIONS[pick.prompt.decision].is_persistent:
            turn.stack[-1].closes = pick.prompt.id
    elif pick.prompt:
        heard.step, heard.digest = pick.prompt.step, pick.prompt.content_hash
        heard.selected_value = pick.value
        await global_intents.answer_questions(turn, heard)
    elif pick.is_stale:
        heard.consumed = True
        await events.answer_stale_choice(turn)
    elif slash:
        await slash_commands.run_slash_command(turn, *slash)
    elif top and _left_alone(turn) and not _means_else(turn, heard, prompts):
        heard.consumed = True
        turn.begin_flow("resume")
    elif not heard.consumed:
        if top:
            heard.step = top.step
            heard.digest = next((p.content_hash for p in prompts if p.id == top.prompt), "")
        heard.consumed = await global_intents.interpret_outside_flow(turn, heard, prompts)
    await turn.run_flows(heard)
    await _count_misunderstandings(turn, heard, top.expects if top else "")


async def _waiting(turn: TurnState, top: FlowFrame | None) -> list[OpenPrompt]:
    identity = turn.incoming.payload.partition(".")[0]
    seen = (
        int(identity[:18]) if identity.isascii() and identity.isdecimal() else turn.seen_prompt_id
    )
    return await load_open_prompts(
        turn.ctx, turn.conversation.id, top.prompt if top else None, seen
    )


async def _shops(turn: TurnState) -> Sequence[Shop]:
    """Return the shops a message may name: all of them on a line that serves several.

    A bare number selects an option. It is the most frequent message, and loading every shop would
    cost more than the rest of its turn.
    """
    if turn.conversation.line_shop_id is not None or turn.incoming.kind != "text":
        return ()
    if len(bare := turn.incoming.text.strip()) <= _BARE and bare.isdecimal():
        return ()
    return await shop_search.list_shops(turn.ctx)


def _pick(
    turn: TurnState, heard: Heard, prompts: list[OpenPrompt], shops: Sequence[Shop]
) -> Selection:
    """Return the option that was tapped or numbered, and understand the text if there is any."""
    if turn.incoming.kind == "tap":
        return match_button(turn.incoming.payload, prompts)
    if turn.incoming.kind != "text":
        return Selection()
    heard.reread = _reader(turn, shops, shown=shown_options(prompts, turn.seen_prompt_id))
    # A bare "2" is the most frequent message and needs no understanding if it selects an option. Of
    # "2, is there parking?" only the rest is understood, so that the 2 is not taken for an hour.
    number, rest = split_leading_number(heard.text)
    pick = Selection() if number is None else match_number(number, prompts, turn.seen_prompt_id)
    if _taken_back(turn, pick):
        number, pick = None, Selection()
    chosen = pick.prompt is not None or pick.is_stale
    if chosen and not rest.strip():
        return pick
    words = rest if chosen else heard.text
    if chosen:
        heard.reread = _reader(turn, shops, expects="")
    heard.understood = heard.reread(turn.catalog, words)
    # A message without any recognized meaning does not determine the language either.
    meant = heard.understood.acts or heard.understood.spans
    _language(turn, heard.understood.language if meant else "")
    if chosen or heard.understood.number is None:
        return pick
    pick = match_number(heard.understood.number, prompts, turn.seen_prompt_id)
    return Selection() if _taken_back(turn, pick) else pick


def _taken_back(h: TurnState, pick: Selection) -> bool:
    """Whether the text contradicts the first option of a decision, as in "1, no"."""
    if pick.prompt is None or not pick.prompt.decision or pick.value != pick.prompt.options[0][0]:
        return False
    return takes_back(h.incoming, h.conversation.language)


def _reader(
    turn: TurnState,
    shops: Sequence[Shop],
    expects: str | None = None,
    shown: ShownOptions = NOTHING_SHOWN,
) -> Callable[[Catalog | None, str], Understood]:
    """Return a function that understands text in this conversation, given a shop's catalog."""
    top = turn.stack[-1] if turn.stack else None
    asked = expects if expects is not None else top.expects if top else ""
    day = top.notes.get("day") if top else None
    last_date = date.fromisoformat(day) if day else None

    def read(catalog: Catalog | None, words: str) -> Understood:
        return nlu_context.understand_in_context(
            turn.ctx,
            turn.conversation,
            words,
            catalog,
            asked,
            shops=shops,
            last_date=last_date,
            shown=shown,
        )

    return read


def _language(turn: TurnState, said: str) -> None:
    """Set the conversation's language: from the client app, the text or the shop.

    Later a message that is clearly in another language changes it, for customers.
    """
    if turn.conversation.language:
        heard = clear_language(turn.incoming.text, turn.conversation.language)
        if heard in supported_languages() and not turn.conversation.staff:
            turn.change_conversation(language=heard)
    else:
        shop = turn.catalog.shop.language if turn.catalog else ""
        known = (turn.incoming.language[:2], said, shop)
        turn.change_conversation(
            language=next((one for one in known if one in supported_languages()), "en")
        )


def _introduce(turn: TurnState) -> None:
    """Adopt the name given by the channel and, before any text, the client app's language."""
    if turn.incoming.name and not turn.conversation.name:
        turn.change_conversation(name=turn.incoming.name)
    theirs = turn.incoming.language[:2]
    wordless = turn.incoming.kind != "text" or turn.incoming.text.startswith("/")
    if wordless and theirs in supported_languages() and not turn.conversation.language:
        turn.change_conversation(language=theirs)


def _left_alone(turn: TurnState) -> bool:
    last = turn.conversation.last_in_at
    return last is not None and turn.received_at - last >= IDLE_TIMEOUT


def _means_else(turn: TurnState, heard: Heard, prompts: list[OpenPrompt]) -> bool:
    """Whether the text states its own topic, so that an idle flow is not offered again."""
    said = heard.understood
    return said is not None and bool(said.intent or match_words(said, prompts, turn.seen_prompt_id))


def _not_understood(turn: TurnState, heard: Heard, times: int) -> Say:
    """Return that the bot does not know what was asked, did not understand, or who helps."""
    if times >= OFFER_PERSON_AFTER:
        return text("offer_person")
    said = heard.understood
    if turn.catalog is not None and said is not None and not said.acts and is_question(said.text):
        return faq.answer_unknown(turn.catalog)
    return text("sorry")


async def _count_misunderstandings(turn: TurnState, heard: Heard, expects: str) -> None:
    """Apologize, offer a handoff after several failures, and store the text for review."""
    if not turn.not_understood or turn.says:
        if turn.conversation.unrecognized_count:
            turn.change_conversation(unrecognized_count=0)
        return
    times = turn.conversation.unrecognized_count + 1
    turn.change_conversation(unrecognized_count=times)
    turn.says.append(_not_understood(turn, heard, times))
    if heard.understood is None or expects in _PERSONAL:
        return
    await unrecognized.record_unrecognized(
        turn.ctx,
        redact_text(heard.understood, (turn.conversation.name, turn.incoming.name)),
        shop_id=turn.conversation.shop_id,
        language=heard.understood.language,
        expects=expects,
    )
