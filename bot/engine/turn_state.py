"""One incoming on its way through a conversation: flows under way, what is said and kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import sqlalchemy as sa
import structlog

from bot.dialogue.journal import Journal
from bot.dialogue.talk import (
    Again,
    Asked,
    Attached,
    Card,
    Conversation,
    Goto,
    Heard,
    Run,
    StartOver,
    Suspend,
    Talk,
)
from bot.flows import FLOWS
from bot.flows.staff import FLOWS as DESK
from bot.i18n.messages import error_text, text
from core.catalog.entities import Catalog
from core.db import tables
from core.db.context import Context, Row
from core.errors import SlotlineError
from core.messaging.messages import Incoming, Json, Say, encode
from core.messaging.outbox import enqueue

log = structlog.get_logger()

RERUNS = 12
"""Runs of flows in one turn; more is a loop without an end."""

MANAGING = {"my_bookings", "move", "cancel", "late"}
"""Flows about bookings that are there already."""

VIEWS = {f"desk.{view}" for view in ("today", "tomorrow", "week", "day", "picture", "next", "desk")}
"""Flows that only show something: whatever is begun next leaves them."""

REDACTED = "******"

DEEPEST = 4
"""Flows under way at once; the oldest goes first."""

UNNUMBERED = 1000
"""The base of prompts whose options nobody sees numbers of, so that a "2" never means one."""

_LAID_OUT = {"calendar", "grid"}

# Built once: composing a statement costs as much as running it.
_CLOSE = sa.update(tables.prompts).where(
    tables.prompts.c.id.in_(sa.bindparam("ids", expanding=True)),
    tables.prompts.c.closed_at.is_(None),
)
_CHANGE = sa.update(tables.conversations).where(tables.conversations.c.id == sa.bindparam("this"))
_DONE = sa.update(tables.inbox).where(tables.inbox.c.id == sa.bindparam("this"))


@dataclass(slots=True)
class Frame:
    """A flow under way. `closes` is the prompt outside the talk that started it."""

    flow: str
    number: int
    args: dict[str, Json] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)
    notes: dict[str, Json] = field(default_factory=dict)
    prompt: int | None = None
    step: str = ""
    expects: str = ""
    closes: int | None = None

    def to_json(self) -> Json:
        """Return it as JSON data."""
        return {
            "flow": self.flow,
            "number": self.number,
            "args": self.args,
            "journal": self.journal.to_json(),
            "notes": self.notes,
            "prompt": self.prompt,
            "step": self.step,
            "expects": self.expects,
            "closes": self.closes,
        }

    @classmethod
    def from_json(cls, data: Json) -> Frame:
        """Read what `to_json` wrote; fields of later versions are passed over."""
        known = {k: v for k, v in data.items() if k in cls.__slots__}
        return cls(**known | {"journal": Journal.from_json(data["journal"])})


@dataclass(slots=True)
class Handling:
    """One incoming on its way through a conversation."""

    ctx: Context
    conversation: Conversation
    incoming: Incoming
    received_at: datetime
    seen: int | None
    stack: list[Frame]
    runs: int
    catalog: Catalog | None = None
    says: list[Say] = field(default_factory=list)  # said whatever the flow does next
    asked: Asked | None = None
    changes: dict[str, object] = field(default_factory=dict)  # of the conversation's row
    misunderstood: bool = False
    secret: bool = False  # it answers with a code, which nobody shall read later
    quiet: bool = False  # what waits for an answer goes on waiting, unsaid
    closing: set[int] = field(default_factory=set)  # prompts that wait no more
    living: str = ""  # the message that the last tap was answered in
    shown: str = ""  # the message with the question of the flow under way
    keyboard: bool = False  # the question was put with a keyboard of its own
    toast: Say | None = None  # what a tap itself is answered with, beside the chat
    done: list[Say] = field(default_factory=list)
    card: Card | None = None
    attached: list[Attached] = field(default_factory=list)
    consented: bool = False  # to our messages, before this turn
    versions: Mapping[int, int] = field(default_factory=dict)  # of shops, as this turn read them
    relay: int | None = None  # the talk of the person of the shop who writes here, while one does

    @classmethod
    def of(cls, ctx: Context, row: Row, item: Row) -> Handling:
        """Take up a conversation where its row says it stands."""
        state = row.state or {}
        conversation = Conversation(
            id=row.id,
            line_id=row.line_id,
            channel=row.channel,
            transport=row.transport,
            address=row.address,
            language=row.language,
            name=row.name,
            shop_id=row.line_shop_id or row.shop_id,
            line_shop_id=row.line_shop_id,
            human_until=row.human_until,
            opted_out_at=row.opted_out_at,
            last_in_at=row.last_in_at,
            misunderstood=row.misunderstood,
            staff=row.staff,
        )
        frames = [Frame.from_json(frame) for frame in state.get("stack", ())]
        return cls(
            ctx=ctx,
            conversation=conversation,
            incoming=Incoming.from_json(item.incoming),
            received_at=item.received_at,
            seen=item.prompt_id,
            # A flow that a deploy took away cannot go on; what it asked is asked no more.
            stack=[frame for frame in frames if frame.flow in FLOWS],
            closing={f.prompt for f in frames if f.prompt is not None and f.flow not in FLOWS},
            runs=state.get("runs", 0),
            living=state.get("living", ""),
            consented=row.consented_at is not None,
            versions={row.line_shop_id or row.shop_id: row.shop_version},
            relay=state.get("relay"),
            secret=bool(frames) and frames[-1].expects == "code",
        )

    @property
    def with_person(self) -> bool:
        """Whether a person of the shop has the talk just now."""
        until = self.conversation.human_until
        return until is not None and until > self.ctx.now

    # --- flows ------------------------------------------------------------------------------

    def push(self, flow: str, **args: Json) -> None:
        """Begin a flow; the one under way waits beneath it.

        Of the flows about bookings that are there only the newest is: who asks for "my bookings"
        in the middle of moving one has left the moving. A booking half made waits.
        """
        gone = {flow} | (MANAGING if flow in MANAGING | {"book"} else set())
        gone |= DESK.keys() if flow in DESK.keys() | {"book"} else VIEWS
        for frame in [frame for frame in self.stack if frame.flow in gone]:
            self._finish(frame)
        self.runs += 1
        self.stack.append(Frame(flow, self.runs, dict(args)))
        del self.stack[:-DEEPEST]

    def leave_above(self, number: int) -> None:
        """Give up the flows above the one with this place in the stack."""
        for frame in self.stack[number + 1 :]:
            self._finish(frame)

    def clear(self) -> None:
        """Give up every flow under way."""
        for frame in list(self.stack):
            self._finish(frame)

    def set(self, **changes: object) -> None:
        """Change the conversation, now and in its row."""
        for name, value in changes.items():
            if name in Conversation.__slots__:
                setattr(self.conversation, name, value)
        self.changes |= changes

    async def flow(self, heard: Heard | None) -> None:
        """Run the flow on top, and those beneath it as they come up, until one asks."""
        # Whatever comes of it is asked anew: a number typed then means what was shown last.
        if not self.quiet:
            self.closing |= {frame.prompt for frame in self.stack if frame.prompt is not None}
        for _ in range(RERUNS):
            if not self.stack or self.with_person or self.quiet:
                return
            frame = self.stack[-1]
            frame.journal.rewind()
            run = Run(
                self.ctx,
                self.conversation,
                frame.number,
                frame.args,
                frame.journal,
                frame.notes,
                heard,
                self.says,
                self.changes,
                self.catalog,
            )
            try:
                await FLOWS[frame.flow](Talk(run))
            except Suspend as suspended:
                self.asked = suspended.asked
                self.done = run.done
                self.says += run.says
                self.misunderstood |= run.misunderstood
                return
            except Again:
                continue
            except Goto as elsewhere:
                self.says += run.says
                self._finish(frame)
                self.push(elsewhere.flow, **elsewhere.given)
            except StartOver:
                self.says += run.says
                self.clear()
                self.push("welcome")
                heard = None
            except SlotlineError as error:
                log.info("flow ended", flow=frame.flow, error=str(error))
                self.says += [*run.says, error_text(error)]
                self._finish(frame)
                heard = None
            else:
                self.says += run.says
                self.done, self.card = run.done, run.card or self.card
                self.attached += run.attached
                self._finish(frame)
                heard = None
        message = f"the flow {self.stack[-1].flow!r} never comes to an end"
        raise RuntimeError(message)

    def _finish(self, frame: Frame) -> None:
        self.stack.remove(frame)
        self.closing |= {id_ for id_ in (frame.prompt, frame.closes) if id_ is not None}

    # --- writing down -----------------------------------------------------------------------

    async def save(self, item: Row) -> None:
        """Write the prompt, what goes out, the conversation and the mark."""
        if self.closing:
            await self.ctx.execute(_CLOSE, {"ids": list(self.closing), "closed_at": self.ctx.now})
        living = self._living() if self.conversation.taps else {}
        message = living["message"] if living.get("in_place") else ""
        prompt_id = None
        if self.asked:
            prompt_id = await self._ask(self.stack[-1], self.asked, message)
        elif self.card and self.says and self.conversation.taps:
            prompt_id = await self._put_card(self.card, message)
        parts = [*self.says, *([self.asked.say] if self.asked else ())]
        if parts:
            say = parts[0] if len(parts) == 1 else text("lines", parts=tuple(parts))
            if any(part.secret for part in parts):
                say = Say(say.key, say.params, secret=True)
            await enqueue.post(
                self.ctx,
                say,
                conversation_id=self.conversation.id,
                kind=self.asked.step.partition("/")[2] if self.asked else "say",
                shop_id=self.conversation.shop_id,
                prompt_id=prompt_id,
                living=living,
            )
        if self.conversation.taps:
            await self._attach()
        state = {"stack": [frame.to_json() for frame in self.stack], "runs": self.runs}
        if self.relay is not None and self.with_person:
            state["relay"] = self.relay
        if message or (self.quiet and self.living):
            state["living"] = message or self.living
        changes = {"state": state, "last_in_at": self.received_at, **self.changes}
        await self.ctx.execute(_CHANGE, {"this": self.conversation.id, **changes})
        done = {"state": "done", "done_at": self.ctx.now}
        if self.secret:
            done["incoming"] = Incoming(text=REDACTED).to_json()
        await self.ctx.execute(_DONE, {"this": item.id, **done})
        answer = self.ctx.cache.get("answer tap") if self.incoming.kind == "tap" else None
        if answer is not None:
            language = self.conversation.language
            self.ctx.after_commit.append(partial(answer, item.id, self.toast, language))

    def _living(self) -> dict[str, Json]:
        """Say which message what goes out now replaces, or which one it settles by following.

        A tap is answered in its message. Whoever writes looks at the end of the chat: there the
        next question goes, and the one before keeps its answers and loses its buttons.
        """
        tapped = self.incoming.message if self.incoming.kind == "tap" else ""
        living: dict[str, Json] = {}
        if tapped:
            living = {"message": tapped, "in_place": True}
            if self.shown and self.shown != tapped:
                living["also"] = self.shown
        elif self.keyboard:
            living = {"contact": True}
        elif self.shown and not self.quiet:
            living = {"message": self.shown}
        if living and self.done:
            living["done"] = [encode(say) for say in self.done]
            living["above"] = self.asked is not None and not self.asked.alone
        return living

    async def _put_card(self, card: Card, message: str) -> int:
        """Write the prompt of a booking's buttons, which stays open beside the talk."""
        return await self.ctx.insert(
            tables.prompts,
            conversation_id=self.conversation.id,
            flow="card",
            options=[encode(choice) for choice in card.options],
            args={"booking": card.booking_id, "layout": "pairs"},
            base=UNNUMBERED,
            message_id=message,
            expires_at=card.expires_at,
            created_at=self.ctx.now,
        )

    async def _attach(self) -> None:
        for each in self.attached:
            await enqueue.post(
                self.ctx,
                each.say,
                conversation_id=self.conversation.id,
                kind=each.kind,
                shop_id=self.conversation.shop_id,
                booking_id=each.booking_id,
            )

    async def _ask(self, frame: Frame, asked: Asked, message: str) -> int:
        frame.step, frame.expects = asked.step, asked.expects
        laid_out = self.conversation.taps and asked.args.get("layout") in _LAID_OUT
        frame.prompt = await self.ctx.insert(
            tables.prompts,
            conversation_id=self.conversation.id,
            step=asked.step,
            digest=asked.digest,
            options=[encode(choice) for choice in asked.options],
            args=asked.args,
            base=UNNUMBERED if laid_out else None,
            message_id=message,
            created_at=self.ctx.now,
        )
        return frame.prompt
