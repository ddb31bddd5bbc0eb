"""The interface through which a flow talks to a person.

A flow is a plain async function over a `Talk` and is re-run from the top at every turn. A step
whose answer is in the journal returns it; the first one without an answer asks its question and
suspends the flow by raising `AwaitAnswer`. Effects go only through `once`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import NoReturn, Unpack

from bot.dialogue.answering import DOUBT, answer_of, names_option, own_words, takes_back
from bot.dialogue.heard import Conversation, Heard
from bot.dialogue.journal import Journal
from bot.dialogue.questions import (
    MISSING,
    AwaitAnswer,
    PendingAttachment,
    Question,
    RerunFlow,
)
from bot.i18n.messages import text
from core.catalog.entities import Catalog
from core.db.context import Context
from core.messaging.conversations import ConversationChanges
from core.messaging.decisions import Decision
from core.messaging.messages import Choice, Incoming, Json, Say


@dataclass(slots=True)
class FlowRun:
    """A running flow and the state of the turn that runs it."""

    ctx: Context
    conversation: Conversation
    number: int
    args: dict[str, Json]
    journal: Journal
    notes: dict[str, Json]
    heard: Heard | None
    settled_says: list[
        Say
    ]  # sent even if the flow is re-run: answers to shop questions, error messages
    changes: ConversationChanges
    catalog: Catalog | None = None  # the shop's catalog as read in this turn
    says: list[Say] = field(default_factory=list)
    not_understood: bool = False
    shown_answers: list[Say] = field(default_factory=list)
    booking_buttons: Decision | None = None
    focus: int | None = None  # the booking spoken of
    attachments: list[PendingAttachment] = field(default_factory=list)


@dataclass(slots=True)
class Talk:
    """A flow's access to the conversation; `scope` prefixes the step names of a sub-flow."""

    flow_run: FlowRun
    path: str = ""

    @property
    def ctx(self) -> Context:
        """The transaction of this turn."""
        return self.flow_run.ctx

    @property
    def conversation(self) -> Conversation:
        """The conversation this flow runs in."""
        return self.flow_run.conversation

    @property
    def shop_id(self) -> int:
        """The shop of the conversation; flows that need one call `pick_shop` first."""
        assert self.flow_run.conversation.shop_id is not None
        return self.flow_run.conversation.shop_id

    @property
    def catalog(self) -> Catalog | None:
        """The catalog of the conversation's shop, if this turn has loaded it."""
        known = self.flow_run.catalog
        return known if known and known.shop.id == self.flow_run.conversation.shop_id else None

    @property
    def args(self) -> dict[str, Json]:
        """The arguments the flow was started with."""
        return self.flow_run.args

    @property
    def notes(self) -> dict[str, Json]:
        """Data the flow keeps outside the journal, such as slot criteria."""
        return self.flow_run.notes

    @property
    def heard(self) -> Heard | None:
        """The incoming of this turn; None if the flow runs for another reason."""
        return self.flow_run.heard

    def skip_answered(self, name: str) -> None:
        """Move past a step whose answer is stored with the conversation, if it was ever asked."""
        self.flow_run.journal.skip_answered(self.step_key(name))

    def change_conversation(self, **changes: Unpack[ConversationChanges]) -> None:
        """Update the conversation in memory and, at the end of the turn, in its row."""
        for name, value in changes.items():
            if name in Conversation.__slots__:
                setattr(self.flow_run.conversation, name, value)
        self.flow_run.changes.update(changes)

    def scope(self, name: str) -> Talk:
        """Return a talk for a sub-flow whose step names are prefixed with `name`."""
        return Talk(self.flow_run, f"{self.path}{name}/")

    def step_key(self, name: str) -> str:
        """Return the full key of a step."""
        return f"{self.flow_run.number}/{self.path}{name}"

    async def say(self, say: Say) -> None:
        """Add a message that is sent together with the next question."""
        self.flow_run.says.append(say)

    def say_now(self, say: Say) -> None:
        """Add a message that is kept even if the flow is re-run from the top."""
        self.flow_run.settled_says.append(say)

    def show_answer(self, say: Say) -> None:
        """Add a given answer to those shown above the next question, where the channel has room."""
        self.flow_run.shown_answers.append(say)

    def attach(self, kind: str, say: Say, *, booking_id: int) -> None:
        """Attach a location ("venue") or calendar file ("calendar") if the channel supports it."""
        self.flow_run.attachments.append(PendingAttachment(kind, say, booking_id))

    def show_booking_buttons(self, buttons: Decision) -> None:
        """Show a booking's buttons below the message until the booking is over."""
        self.flow_run.booking_buttons = buttons

    async def choose(
        self,
        name: str,
        say: Say | Callable[[], Say],
        options: Callable[[], Awaitable[Sequence[Choice]]],
        *,
        read: Callable[[Heard], Awaitable[Json]] | None = None,
        expects: str = "",
        recheck: bool = True,
        layout: str | Callable[[], str] = "",
    ) -> Json:
        """Return the value of the option the person chooses.

        `read` finds an answer in free text (MISSING if there is none) and may answer before the
        question is asked. With `recheck` an answer must be among the current options; without it
        the caller validates (a hold rechecks its slot anyway). `layout` selects the button layout
        (`bot.rendering.keyboards`).
        """
        key = self.step_key(name)
        entry = self.flow_run.journal.visit(key)
        if entry and self.flow_run.journal.is_valid(entry):
            return self._known(entry.value, self.flow_run.journal.accept(entry))
        heard = self.flow_run.heard
        asked_now = heard is not None and heard.step == key and not heard.consumed
        if asked_now and not recheck and heard and heard.selected_value is not MISSING:
            return self._answered(key, heard, heard.selected_value)
        offered = await options()
        if entry is not None:
            if _among(offered, entry.value):
                return self._known(entry.value, self.flow_run.journal.accept(entry))
            self.flow_run.journal.forget(entry)
        if heard is not None and not (heard.consumed and asked_now):
            value = _picked(heard, offered) if asked_now else MISSING
            if value is MISSING and asked_now and heard.selected_value is not MISSING:
                heard.consumed = True
                self.say_now(text("gone"))
            elif value is MISSING and read is not None:
                value = await read(heard)
            if value is not MISSING:
                return self._answered(key, heard, value)
        self._suspend(
            key,
            say() if callable(say) else say,
            tuple(offered),
            expects,
            layout=layout() if callable(layout) else layout,
        )

    async def ask(
        self,
        name: str,
        say: Say | Callable[[], Say],
        read: Callable[[Heard], Awaitable[Json]],
        *,
        options: Sequence[Choice] = (),
        expects: str = "text",
        layout: str = "",
    ) -> Json:
        """Return the result of `read` for a free-text answer, or the value of a chosen option."""

        async def given() -> Sequence[Choice]:
            return options

        return await self.choose(
            name, say, given, read=read, expects=expects, recheck=False, layout=layout
        )

    async def confirm(
        self, name: str, say: Say, *, again: Say | None = None, about: str = ""
    ) -> bool:
        """Return whether the person clearly agrees to what `say` shows (see `decide`).

        An unclear answer is asked for once more with the shorter text `again`; if it is still
        unclear, the result is False. `about` is what a yes does: "cancel", "move" or "book".
        """
        offered = (
            Choice(True, text("yes"), ("@yes",)),
            Choice(False, text("no"), ("@no",)),
        )
        value = await self.decide(name, say, offered, about=about, doubts=True)
        if value == DOUBT:
            once_more = again or text("sure.this")
            value = await self.decide(f"{name}2", once_more, offered, about=about, doubts=True)
        return value is True

    async def decide(
        self,
        name: str,
        say: Say,
        offered: Sequence[Choice],
        *,
        alone: bool = False,
        about: str = "",
        doubts: bool = False,
    ) -> Json:
        """Return the choice made about exactly what `say` shows.

        The answer is valid only as long as the content of `say` is unchanged; if anything in it
        changes, the question is asked again. With `doubts` an unclear answer is returned as DOUBT
        instead of being asked for again.
        """
        key = self.step_key(name)
        digest = say.content_hash()
        entry = self.flow_run.journal.visit(key)
        if entry and entry.digest == digest and self.flow_run.journal.is_valid(entry):
            return self._known(entry.value, self.flow_run.journal.accept(entry))
        if entry:
            self.flow_run.journal.forget(entry)
        heard = self.flow_run.heard
        if heard and heard.step == key and not heard.consumed:
            value = self._decided(heard, offered, say, about)
            if value is MISSING and doubts and not self.flow_run.settled_says:
                value = DOUBT
            if value is not MISSING and heard.digest == digest:
                return self._answered(key, heard, value, digest)
            if value is not MISSING:
                heard.consumed = True
                self.say_now(text("changed"))
        self._suspend(key, say, tuple(offered), "yes_no", digest, alone=alone)

    def _decided(self, heard: Heard, offered: Sequence[Choice], say: Say, about: str) -> Json:
        """Return the chosen option, ignoring a number that the surrounding words contradict."""
        value = _picked(heard, offered, about=about, own=own_words(say))
        first = bool(offered) and value == offered[0].value
        if heard.selected_value is not MISSING and first:
            language = heard.understood.language if heard.understood else "en"
            if takes_back(heard.incoming, language):
                return MISSING
        return value

    def focus_on(self, booking_id: int) -> None:
        """Say which booking "it" means from now on."""
        self.flow_run.focus = booking_id

    async def once(self, name: str, do: Callable[[str], Awaitable[Json]]) -> Json:
        """Perform an effect exactly once and return its recorded result on later runs.

        `do` receives an idempotency key that stays the same whenever this step is re-run.
        """
        key = self.step_key(name)
        entry = self.flow_run.journal.visit(key)
        if entry:
            return self._known(entry.value, self.flow_run.journal.accept(entry))
        value = await do(f"{self.conversation.id}/{key}/{self.flow_run.journal.epoch}")
        return self.flow_run.journal.record(key, value, "once")

    def retry(self, *, after: str | None, say: Say | None = None) -> NoReturn:
        """Discard every step after `after` (all if None) and re-run the flow from the top."""
        if say is not None:
            self.say_now(say)
        if self.flow_run.heard:
            self.flow_run.heard.consumed = True
        self.flow_run.journal.forget_after(None if after is None else self.step_key(after))
        raise RerunFlow

    def renew(self) -> NoReturn:
        """Discard only this scope and re-run the flow from the top, ignoring this turn's incoming.

        For a question asked before all others whose result is stored outside the journal: later
        answers do not depend on it.
        """
        self.flow_run.journal.forget_scope(self.step_key(""))
        if self.flow_run.heard:
            self.flow_run.heard.consumed = True
            self.flow_run.heard.step = ""
            self.flow_run.heard.understood = None
            self.flow_run.heard.incoming = Incoming("event")
        raise RerunFlow

    def compact(self, name: str, value: Json) -> NoReturn:
        """Replace the answers of this scope by `value` and re-run the flow from the top.

        This keeps the journal bounded for a question that is asked repeatedly; `compacted` returns
        the value in the next run.
        """
        if self.flow_run.heard:
            self.flow_run.heard.consumed = True
        self.flow_run.journal.compact(self.step_key(""), self.step_key(name), value)
        raise RerunFlow

    def compacted(self, name: str, first: Json) -> Json:
        """Return the value stored by `compact`, or `first` if there is none or it is outdated."""
        journal = self.flow_run.journal
        entry = journal.visit(self.step_key(name))
        if entry is None:
            return first
        if journal.is_valid(entry):
            return journal.accept(entry)
        journal.forget(entry)
        return first

    def _known(self, _value: Json, value: Json) -> Json:
        # Messages before an answered step were sent together with its question.
        self.flow_run.says.clear()
        return value

    def _answered(self, key: str, heard: Heard, value: Json, digest: str = "") -> Json:
        if heard.step == key:
            heard.consumed = True
            self.flow_run.says.clear()
        return self.flow_run.journal.record(key, value, digest=digest)

    def _suspend(
        self,
        key: str,
        say: Say,
        options: tuple[Choice, ...],
        expects: str,
        digest: str = "",
        layout: str = "",
        *,
        alone: bool = False,
    ) -> NoReturn:
        heard = self.flow_run.heard
        if heard and heard.step == key and not heard.consumed:
            self.flow_run.not_understood = True
        args = {"layout": layout} if layout else {}
        raise AwaitAnswer(Question(key, say, options, expects, digest, args, alone))


def _among(options: Sequence[Choice], value: Json) -> bool:
    return any(choice.value == value for choice in options)


def _picked(
    heard: Heard, options: Sequence[Choice], *, about: str = "", own: Collection[str] = ()
) -> Json:
    """Return the option that was tapped, numbered or named, or MISSING."""
    if heard.selected_value is not MISSING:
        return heard.selected_value if _among(options, heard.selected_value) else MISSING
    said = " ".join(heard.text.casefold().split())
    answer = answer_of(heard.text, heard.understood, about, own)
    for choice in options:
        for word in choice.keywords:
            if word.startswith("@"):
                if names_option(word[1:], heard.text, heard.understood, answer):
                    return choice.value
            elif said and said == word:
                return choice.value
    return MISSING
