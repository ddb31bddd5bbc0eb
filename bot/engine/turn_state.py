"""The state of a turn: the flow stack, the messages to send and the changes to save."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Unpack

import structlog

from bot.dialogue.heard import Conversation, Heard
from bot.dialogue.questions import (
    AwaitAnswer,
    PendingAttachment,
    Question,
    RerunFlow,
    StartOver,
    SwitchFlow,
)
from bot.dialogue.talk import FlowRun, Talk
from bot.engine.flow_frame import FlowFrame
from bot.flows import FLOWS
from bot.flows.staff import STAFF_FLOWS
from bot.i18n.messages import TRANSLATOR, error_text, text
from bot.nlu.tapbacks import without_quotes
from core.catalog.entities import Catalog
from core.db.context import Context
from core.errors import SlotlineError
from core.messaging.conversations import ConversationChanges, StoredConversation, save_turn
from core.messaging.decisions import Decision
from core.messaging.inbox import PendingIncoming, finish_incoming
from core.messaging.messages import Incoming, Json, Say, encode_value
from core.messaging.outbox import enqueue
from core.messaging.prompts import add_flow_prompt, add_standing_prompt, close_prompts

log = structlog.get_logger()

MAX_RERUNS = 12
"""Maximum flow runs in one turn; more indicates an endless loop."""

MANAGING_FLOWS = {"my_bookings", "move", "cancel", "late"}
"""Flows about existing bookings."""

VIEW_FLOWS = {
    f"desk.{view}" for view in ("today", "tomorrow", "week", "day", "picture", "next", "desk")
}
"""Flows that only show something; any new flow replaces them."""

DOUBTS = {"wrong_number"}
"""Flows a third party may have started in the number's name; any other message ends them."""

REDACTED = "******"

MAX_STACK_DEPTH = 4
"""Maximum flows on the stack; the oldest is dropped first."""

UNNUMBERED_OFFSET = 1000
"""Number offset of prompts shown without numbers, so that a typed "2" never matches them."""

_LAID_OUT = {"calendar", "grid"}


@dataclass(slots=True)
class TurnState:
    """The working state of one turn."""

    ctx: Context
    conversation: Conversation
    incoming: Incoming
    received_at: datetime
    seen_prompt_id: int | None
    stack: list[FlowFrame]
    run_count: int
    catalog: Catalog | None = None
    says: list[Say] = field(default_factory=list)  # sent regardless of what the flow does next
    question: Question | None = None
    changes: ConversationChanges = field(default_factory=ConversationChanges)
    not_understood: bool = False
    is_secret: bool = False  # the answer is a code and must be redacted
    stay_quiet: bool = False  # leave the pending question open without repeating it
    closing_prompt_ids: set[int] = field(default_factory=set)  # prompts to close
    edited_message_id: str = ""  # the message edited in reply to the last tap
    question_message_id: str = ""  # the message that shows the current flow's question
    has_contact_keyboard: bool = False  # the question was sent with a contact keyboard
    toast: Say | None = None  # shown as the tap's notification, not in the chat
    shown_answers: list[Say] = field(default_factory=list)
    booking_buttons: Decision | None = None
    attachments: list[PendingAttachment] = field(default_factory=list)
    has_consented: bool = False  # consented to our messages before this turn
    # Digests and seconds of the last texts, for the loop guard.
    heard_before: list[Json] = field(default_factory=list)
    # Catalog versions by shop as read in this turn.
    shop_versions: Mapping[int | None, int | None] = field(default_factory=dict)
    # The booking spoken of last, and since when (see `bot.engine.focus`).
    focus: tuple[int, datetime] | None = None
    relay_conversation_id: int | None = (
        None  # the conversation of the member who is in a handoff with this customer
    )

    @classmethod
    def from_stored(
        cls, ctx: Context, stored: StoredConversation, item: PendingIncoming
    ) -> TurnState:
        """Restore the state from a stored conversation and its next incoming."""
        state = stored.state or {}
        conversation = Conversation(
            id=stored.id,
            line_id=stored.line_id,
            channel=stored.channel,
            transport=stored.transport,
            address=stored.address,
            language=stored.language,
            name=stored.name,
            shop_id=stored.line_shop_id or stored.shop_id,
            line_shop_id=stored.line_shop_id,
            human_until=stored.human_until,
            opted_out_at=stored.opted_out_at,
            last_in_at=stored.last_in_at,
            unrecognized_count=stored.unrecognized_count,
            staff=stored.staff,
        )
        frames = [FlowFrame.from_json(frame) for frame in state.get("stack", ())]
        return cls(
            ctx=ctx,
            conversation=conversation,
            incoming=replace(item.incoming, text=without_quotes(item.incoming.text)),
            received_at=item.received_at,
            seen_prompt_id=item.prompt_id,
            # Flows removed by a deployment are dropped together with their questions.
            stack=[frame for frame in frames if frame.flow in FLOWS],
            closing_prompt_ids={
                f.prompt for f in frames if f.prompt is not None and f.flow not in FLOWS
            },
            run_count=state.get("runs", 0),
            edited_message_id=state.get("living", ""),
            heard_before=state.get("heard", []),
            has_consented=stored.consented_at is not None,
            shop_versions={stored.line_shop_id or stored.shop_id: stored.shop_version},
            relay_conversation_id=state.get("relay"),
            focus=_focus(state.get("focus")),
            is_secret=bool(frames) and frames[-1].expects == "code",
        )

    @property
    def is_handed_off(self) -> bool:
        """Whether the conversation is currently in a handoff."""
        until = self.conversation.human_until
        return until is not None and until > self.ctx.now

    # --- flows ------------------------------------------------------------------------------

    def begin_flow(self, flow: str, **args: Json) -> None:
        """Start a flow on top of the current one.

        Only the newest flow about existing bookings is kept: asking for "my bookings" while moving
        one abandons the move. An unfinished booking stays on the stack.
        """
        gone = {flow} | (MANAGING_FLOWS if flow in MANAGING_FLOWS | {"book"} else set())
        gone |= STAFF_FLOWS.keys() if flow in STAFF_FLOWS.keys() | {"book"} else VIEW_FLOWS
        gone |= DOUBTS
        for frame in [frame for frame in self.stack if frame.flow in gone]:
            self._end_flow(frame)
        self.run_count += 1
        self.stack.append(FlowFrame(flow, self.run_count, dict(args)))
        del self.stack[:-MAX_STACK_DEPTH]

    def leave_list_open(self) -> bool:
        """Leave a list of services or the menu as it stands once something was answered.

        It can still be answered by number; eight lines below every answer are in the way. Where
        messages are edited the list stays in its message.
        """
        resting = bool(self.stack) and self.stack[-1].prompt is not None and self.stack[-1].rests
        if not resting or self.conversation.has_editable_buttons:
            return False
        self.closing_prompt_ids.discard(self.stack[-1].prompt or 0)
        return True

    def end_flows_above(self, number: int) -> None:
        """End the flows above a position in the stack."""
        for frame in self.stack[number + 1 :]:
            self._end_flow(frame)

    def end_all_flows(self) -> None:
        """End every flow."""
        for frame in list(self.stack):
            self._end_flow(frame)

    def change_conversation(self, **changes: Unpack[ConversationChanges]) -> None:
        """Update the conversation in memory and, at the end of the turn, in its row."""
        for name, value in changes.items():
            if name in Conversation.__slots__:
                setattr(self.conversation, name, value)
        self.changes.update(changes)

    async def run_flows(self, heard: Heard | None) -> None:
        """Run the top flow, then those below it as they surface, until one asks a question."""
        # Questions are always asked anew, so that a typed number refers to what was shown last.
        if not self.stay_quiet:
            self.closing_prompt_ids |= {
                frame.prompt for frame in self.stack if frame.prompt is not None
            }
        for _ in range(MAX_RERUNS):
            if not self.stack or self.is_handed_off or self.stay_quiet:
                return
            frame = self.stack[-1]
            frame.journal.rewind()
            run = FlowRun(
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
                await self._run_flow(frame, run)
            except AwaitAnswer as suspended:
                self.question = suspended.question
                self.shown_answers = run.shown_answers
                self.says += run.says
                self.not_understood |= run.not_understood
                return
            except RerunFlow:
                continue
            except SwitchFlow as elsewhere:
                self.says += run.says
                self._end_flow(frame)
                self.begin_flow(elsewhere.flow, **elsewhere.flow_args)
            except StartOver:
                self.says += run.says
                self.end_all_flows()
                self.begin_flow("welcome")
                heard = None
            except SlotlineError as error:
                log.info("flow ended", flow=frame.flow, error=str(error))
                self.says += [*run.says, error_text(error)]
                self._end_flow(frame)
                heard = None
            else:
                self.says += run.says
                self.shown_answers, self.booking_buttons = (
                    run.shown_answers,
                    run.booking_buttons or self.booking_buttons,
                )
                self.attachments += run.attachments
                self._end_flow(frame)
                heard = None
                if self.says and self.leave_list_open():
                    return
        message = f"the flow {self.stack[-1].flow!r} never comes to an end"
        raise RuntimeError(message)

    async def _run_flow(self, frame: FlowFrame, run: FlowRun) -> None:
        """Run a flow and keep the booking it spoke of, however the run ends."""
        try:
            await FLOWS[frame.flow](Talk(run))
        finally:
            if run.focus is not None:
                self.focus = (run.focus, self.received_at)

    def _end_flow(self, frame: FlowFrame) -> None:
        self.stack.remove(frame)
        self.closing_prompt_ids |= {id_ for id_ in (frame.prompt, frame.closes) if id_ is not None}

    # --- saving -----------------------------------------------------------------------------

    async def save(self, item: PendingIncoming) -> None:
        """Save the prompt, the outgoing messages, the conversation and the incoming's status."""
        if self.closing_prompt_ids:
            await close_prompts(self.ctx, self.closing_prompt_ids)
        living = self._edit_target() if self.conversation.has_editable_buttons else {}
        message = living["message"] if living.get("in_place") else ""
        prompt_id = None
        if self.question:
            prompt_id = await self._store_question(self.stack[-1], self.question, message)
        elif self.booking_buttons and self.says and self.conversation.has_editable_buttons:
            prompt_id = await self._put_card(self.booking_buttons, message)
        parts = [*self.says, *([self.question.say] if self.question else ())]
        if parts:
            say = parts[0] if len(parts) == 1 else text("lines", parts=tuple(parts))
            if any(part.secret for part in parts):
                say = Say(say.key, say.params, secret=True)
            await enqueue.enqueue(
                self.ctx,
                say,
                conversation_id=self.conversation.id,
                kind=self.question.step.partition("/")[2] if self.question else "say",
                shop_id=self.conversation.shop_id,
                prompt_id=prompt_id,
                edit_target=living,
            )
        if self.conversation.has_editable_buttons:
            await self._attach()
        state = {"stack": [frame.to_json() for frame in self.stack], "runs": self.run_count}
        if self.relay_conversation_id is not None and self.is_handed_off:
            state["relay"] = self.relay_conversation_id
        if self.focus is not None:
            state["focus"] = [self.focus[0], self.focus[1].isoformat()]
        if self.heard_before:
            state["heard"] = self.heard_before
        if message or (self.stay_quiet and self.edited_message_id):
            state["living"] = message or self.edited_message_id
        await save_turn(
            self.ctx,
            self.conversation.id,
            state=state,
            last_in_at=self.received_at,
            changes=self.changes,
        )
        redacted = Incoming(text=REDACTED) if self.is_secret else None
        await finish_incoming(self.ctx, item.id, redacted=redacted)
        answer = self.ctx.hooks.answer_tap
        if answer is not None and self.incoming.kind == "tap":
            self.ctx.after_commit.append(partial(answer, item.id, self._toast_words()))

    def _toast_words(self) -> str:
        """Return the text of a tap's notification, in the app's language if none is set."""
        if self.toast is None:
            return ""
        language = self.conversation.language or self.incoming.language or "en"
        return TRANSLATOR.translate(self.toast, language)

    def _edit_target(self) -> dict[str, Json]:
        """Return which message the reply replaces, or which one it closes by following it.

        A tap is answered by editing its message. A typed message is answered at the end of the
        chat; the previous question keeps its answers and loses its buttons.
        """
        tapped = self.incoming.message if self.incoming.kind == "tap" else ""
        living: dict[str, Json] = {}
        if tapped:
            living = {"message": tapped, "in_place": True}
            if self.question_message_id and self.question_message_id != tapped:
                living["also"] = self.question_message_id
        elif self.has_contact_keyboard:
            living = {"contact": True}
        elif self.question_message_id and not self.stay_quiet:
            living = {"message": self.question_message_id}
        if living and self.shown_answers:
            living["done"] = [encode_value(say) for say in self.shown_answers]
            living["above"] = self.question is not None and not self.question.stands_alone
        return living

    async def _put_card(self, card: Decision, message: str) -> int:
        """Store the prompt of a booking's buttons, which stays open alongside other flows."""
        return await add_standing_prompt(
            self.ctx,
            self.conversation.id,
            decision=card.kind,
            options=card.options,
            args={**card.args, "layout": "pairs"},
            number_offset=UNNUMBERED_OFFSET,
            message_id=message,
            expires_at=card.expires_at,
        )

    async def _attach(self) -> None:
        for each in self.attachments:
            await enqueue.enqueue(
                self.ctx,
                each.say,
                conversation_id=self.conversation.id,
                kind=each.kind,
                shop_id=self.conversation.shop_id,
                booking_id=each.booking_id,
            )

    async def _store_question(self, frame: FlowFrame, asked: Question, message: str) -> int:
        frame.step, frame.expects = asked.step, asked.expects
        laid_out = self.conversation.has_editable_buttons and asked.args.get("layout") in _LAID_OUT
        frame.prompt = await add_flow_prompt(
            self.ctx,
            self.conversation.id,
            step=asked.step,
            content_hash=asked.digest,
            options=asked.options,
            args=asked.args,
            number_offset=UNNUMBERED_OFFSET if laid_out else None,
            message_id=message,
        )
        return frame.prompt


def _focus(stored: Json) -> tuple[int, datetime] | None:
    return (int(stored[0]), datetime.fromisoformat(stored[1])) if stored else None
