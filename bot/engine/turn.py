"""One turn: one incoming, handled in one transaction.

Lock the conversation, take its oldest unfinished incoming, understand it, run the flow it
belongs to, and write down talk, prompt, outbox and mark together – or nothing at all.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

import sqlalchemy as sa
import structlog

from bot.dialogue import nlu_context
from bot.dialogue import prompts as dialogue_prompts
from bot.dialogue.prompts import Pick, Waiting, leading_number
from bot.dialogue.talk import Heard
from bot.engine import events, global_intents, opt_out, slash_commands, staff_commands, switch_shop
from bot.engine.turn_state import Frame, Handling
from bot.i18n.messages import text
from bot.i18n.translator import languages
from bot.nlu.redaction import redact
from bot.nlu.types import Understood
from bot.observability import metrics
from core.catalog import loader, shop_search
from core.catalog.entities import Catalog, Shop
from core.db import tables
from core.db.context import Context, Row
from core.db.runtime import Runtime
from core.messaging import unrecognized
from core.messaging.outbox import enqueue
from core.messaging.outbox.enqueue import alert_admins

log = structlog.get_logger()

TRIES = 3
"""How often a turn is tried before its incoming is laid aside."""

TRY_AGAIN = timedelta(seconds=2)
"""How long a turn that failed waits; the talk's later messages wait behind it."""

LEFT_ALONE = timedelta(hours=24)
"""After this long a talk under way is not taken up without asking."""

MISUNDERSTOOD = 3
"""So many misunderstandings in a row, and we offer a person."""

_BARE = 2
"""Digits of a message that is taken for the number of an option, and not for a shop's name."""

_PERSONAL = {"code", "name", "phone"}
"""Questions whose answers are not kept, understood or not."""

LASTING = {"card"}
"""Flows of prompts that stay open after an answer: a booking's buttons, until it is over."""


async def work(runtime: Runtime, conversation_id: int) -> int:
    """Handle every unfinished incoming of a conversation, in order; return how many were."""
    locks: Any = runtime.cache.setdefault("conversation locks", WeakValueDictionary())
    # Before a connection is taken: those who wait for this conversation hold nothing meanwhile.
    lock = locks.setdefault(conversation_id, asyncio.Lock())
    handled = 0
    async with lock:
        while True:
            try:
                found = await runtime.run(partial(turn, conversation_id=conversation_id))
            except Exception as error:  # whatever a flow raises, talks go on
                log.exception("turn failed", conversation=conversation_id)
                await runtime.run(
                    partial(_failed, conversation_id=conversation_id, error=repr(error))
                )
                found = MORE
            else:
                if not found:
                    return handled
            handled += 1
            if found < MORE:
                return handled


MORE = 2


async def turn(ctx: Context, conversation_id: int) -> int:
    """Handle the oldest unfinished incoming of a conversation.

    Returns 0 when none was due, 1 when it was the last, `MORE` when another waits behind it.
    """
    row = await _locked(ctx, conversation_id)
    items = await _unfinished(ctx, conversation_id)
    if row is None or not items or items[0].due_at > ctx.now:
        return 0
    began = time.perf_counter()
    handling = Handling.of(ctx, row, items[0])
    flow = _flow(handling)
    await _handle(handling)
    await handling.save(items[0])
    counted = partial(_counted, row.channel, flow or _flow(handling) or "none", began)
    ctx.after_commit.append(counted)
    return len(items)


def _flow(h: Handling) -> str:
    return h.stack[-1].flow if h.stack else ""


def _counted(channel: str, flow: str, began: float) -> None:
    metrics.TURNS.labels(channel, flow, "done").inc()
    metrics.TURN_SECONDS.labels(channel).observe(time.perf_counter() - began)


# Built once: composing a statement costs as much as running it.
_CONVERSATION = (
    sa.select(
        tables.conversations,
        tables.lines.c.channel,
        tables.lines.c.transport,
        tables.lines.c.shop_id.label("line_shop_id"),
        tables.lines.c.staff,
        tables.shops.c.version.label("shop_version"),
    )
    .join(tables.lines, tables.lines.c.id == tables.conversations.c.line_id)
    .outerjoin(
        tables.shops,
        tables.shops.c.id
        == sa.func.coalesce(tables.lines.c.shop_id, tables.conversations.c.shop_id),
    )
    .where(tables.conversations.c.id == sa.bindparam("conversation_id"))
    .with_for_update(key_share=True, of=tables.conversations)
)
_UNFINISHED = (
    sa.select(tables.inbox)
    .where(
        tables.inbox.c.conversation_id == sa.bindparam("conversation_id"),
        tables.inbox.c.state == sa.literal_column("'new'"),  # the partial index's own words
    )
    .order_by(tables.inbox.c.id)
    .limit(MORE)
)


async def _locked(ctx: Context, conversation_id: int) -> Row | None:
    found = await ctx.execute(_CONVERSATION, {"conversation_id": conversation_id})
    return found.first()


async def _unfinished(ctx: Context, conversation_id: int) -> Sequence[Row]:
    # After the lock, in a statement of its own: what another process has just finished must
    # be seen as finished.
    found = await ctx.execute(_UNFINISHED, {"conversation_id": conversation_id})
    return found.all()


async def _failed(ctx: Context, *, conversation_id: int, error: str) -> None:
    """Count a failure of the oldest incoming; lay it aside with an apology at the third."""
    row = await _locked(ctx, conversation_id)
    items = await _unfinished(ctx, conversation_id)
    if row is None or not items:
        return
    item = items[0]
    attempts = item.attempts + 1
    dead = attempts >= TRIES
    outcome = "laid aside" if dead else "failed"
    ctx.after_commit.append(metrics.TURNS.labels(row.channel, "none", outcome).inc)
    await ctx.execute(
        sa.update(tables.inbox)
        .where(tables.inbox.c.id == item.id)
        .values(
            attempts=attempts,
            error=error[:1000],
            due_at=ctx.now + TRY_AGAIN,
            state="dead" if dead else "new",
            done_at=ctx.now if dead else None,
        )
    )
    if not dead:
        return
    log.error("incoming laid aside", inbox=item.id, conversation=conversation_id)
    shop_id = row.line_shop_id or row.shop_id
    await enqueue.post(
        ctx, text("apology"), conversation_id=conversation_id, kind="apology", shop_id=shop_id
    )
    alarm = text("alert.failed", customer=row.name or row.address)
    if shop_id is None or not await enqueue.alert(ctx, alarm, shop_id=shop_id, kind="failed"):
        await alert_admins(
            ctx,
            alarm,
            kind="failed",
            conversation_id=conversation_id,
            unique_key=f"failed:{item.id}",
        )


async def _handle(h: Handling) -> None:
    """Find out what was meant, and do it."""
    _introduce(h)
    if await opt_out.consent(h):
        return
    await opt_out.first_word(h)
    if h.incoming.kind == "event":
        events.event(h)
    if h.with_person:
        await staff_commands.relayed(h)
    if h.with_person or h.quiet:
        return
    if (shop_id := h.conversation.shop_id) is not None:
        h.catalog = await loader.catalog(h.ctx, shop_id, version=h.versions.get(shop_id))
    await switch_shop.keyword(h)
    top = h.stack[-1] if h.stack else None
    prompts = await _waiting(h, top)
    asked = next((p for p in prompts if top and p.id == top.prompt and p.options), None)
    h.shown = asked.message if asked else ""
    h.keyboard = top is not None and top.expects == "phone"
    slash = slash_commands.slashed(h)
    heard = Heard(h.incoming, None, used=h.incoming.kind == "event" or slash is not None)
    pick = Pick() if slash else _pick(h, heard, prompts, await _shops(h))
    if await staff_commands.order(h, heard, prompts):
        heard.used = True
    elif pick.prompt and pick.prompt.flow:
        h.push(pick.prompt.flow, **pick.prompt.args, choice=pick.value)
        if pick.prompt.flow not in LASTING:
            h.stack[-1].closes = pick.prompt.id
    elif pick.prompt:
        heard.step, heard.digest = pick.prompt.step, pick.prompt.digest
        heard.picked = pick.value
        await global_intents.questions(h, heard)
    elif pick.stale:
        heard.used = True
        await events.stale(h)
    elif slash:
        await slash_commands.slash(h, *slash)
    elif top and _left_alone(h) and not _means_else(h, heard, prompts):
        heard.used = True
        h.push("resume")
    elif not heard.used:
        if top:
            heard.step = top.step
            heard.digest = next((p.digest for p in prompts if p.id == top.prompt), "")
        heard.used = await global_intents.interpret(h, heard, prompts)
    await h.flow(heard)
    await _count_misunderstandings(h, heard, top.expects if top else "")


async def _waiting(h: Handling, top: Frame | None) -> list[Waiting]:
    identity = h.incoming.payload.partition(".")[0]
    seen = int(identity[:18]) if identity.isascii() and identity.isdecimal() else h.seen
    return await dialogue_prompts.waiting(
        h.ctx, h.conversation.id, top.prompt if top else None, seen
    )


async def _shops(h: Handling) -> Sequence[Shop]:
    """Return the shops that words can name: every one, on a line that serves many.

    A bare number names an option. It is the commonest message of all, and reading every shop costs
    more than the rest of its turn.
    """
    if h.conversation.line_shop_id is not None or h.incoming.kind != "text":
        return ()
    if len(bare := h.incoming.text.strip()) <= _BARE and bare.isdecimal():
        return ()
    return await shop_search.shops(h.ctx)


def _pick(h: Handling, heard: Heard, prompts: list[Waiting], shops: Sequence[Shop]) -> Pick:
    """Return what was tapped or numbered; understand the words where there are any."""
    if h.incoming.kind == "tap":
        return dialogue_prompts.tapped(h.incoming.payload, prompts)
    if h.incoming.kind != "text":
        return Pick()
    heard.again = _reader(h, shops)
    # A bare "2" is the commonest message of all and needs no reading when it names an option;
    # of "2, is there parking?" only the rest does, lest the 2 be taken for an hour too.
    number, rest = leading_number(heard.text)
    pick = Pick() if number is None else dialogue_prompts.numbered(number, prompts, h.seen)
    chosen = pick.prompt is not None or pick.stale
    if chosen and not rest.strip():
        return pick
    words = rest if chosen else heard.text
    if chosen:
        heard.again = _reader(h, shops, expects="")
    heard.understood = heard.again(h.catalog, words)
    # Words that mean nothing to us say nothing of a language either.
    meant = heard.understood.acts or heard.understood.spans
    _language(h, heard.understood.language if meant else "")
    if chosen or heard.understood.number is None:
        return pick
    return dialogue_prompts.numbered(heard.understood.number, prompts, h.seen)


def _reader(
    h: Handling, shops: Sequence[Shop], expects: str | None = None
) -> Callable[[Catalog | None, str], Understood]:
    """Return what reads words the way this talk stands, with the names of a shop."""
    top = h.stack[-1] if h.stack else None
    asked = expects if expects is not None else top.expects if top else ""
    day = top.notes.get("day") if top else None
    last_date = date.fromisoformat(day) if day else None

    def read(catalog: Catalog | None, words: str) -> Understood:
        return nlu_context.read(
            h.ctx, h.conversation, words, catalog, asked, shops=shops, last_date=last_date
        )

    return read


def _language(h: Handling, said: str) -> None:
    """Speak as the app does or the first words do; later one asks for another language."""
    if not h.conversation.language:
        shop = h.catalog.shop.language if h.catalog else ""
        known = (h.incoming.language[:2], said, shop)
        h.set(language=next((one for one in known if one in languages()), "en"))


def _introduce(h: Handling) -> None:
    """Take over what the channel says of a person: their name, their language before any word."""
    if h.incoming.name and not h.conversation.name:
        h.set(name=h.incoming.name)
    theirs = h.incoming.language[:2]
    wordless = h.incoming.kind != "text" or h.incoming.text.startswith("/")
    if wordless and theirs in languages() and not h.conversation.language:
        h.set(language=theirs)


def _left_alone(h: Handling) -> bool:
    last = h.conversation.last_in_at
    return last is not None and h.received_at - last >= LEFT_ALONE


def _means_else(h: Handling, heard: Heard, prompts: list[Waiting]) -> bool:
    """Whether words say what they are about, so that no talk left alone is asked after."""
    said = heard.understood
    return said is not None and bool(said.intent or dialogue_prompts.named(said, prompts, h.seen))


async def _count_misunderstandings(h: Handling, heard: Heard, expects: str) -> None:
    """Say sorry, offer a person in the end; keep what was written for the shop to look at."""
    if not h.misunderstood or h.says:
        if h.conversation.misunderstood:
            h.set(misunderstood=0)
        return
    times = h.conversation.misunderstood + 1
    h.set(misunderstood=times)
    h.says.append(text("sorry") if times < MISUNDERSTOOD else text("offer_person"))
    if heard.understood is None or expects in _PERSONAL:
        return
    await unrecognized.note(
        h.ctx,
        redact(heard.understood, (h.conversation.name, h.incoming.name)),
        shop_id=h.conversation.shop_id,
        language=heard.understood.language,
        expects=expects,
    )
