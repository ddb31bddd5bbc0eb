"""What a flow may say and ask.

A flow is a plain async function over a `Talk`. It is re-run from the top at every turn: a step
whose answer is in the journal returns it, the first that is not known asks and suspends the
turn by raising `Suspend`. Effects go through `once` and nothing else.
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
    """One flow under way, and the turn that runs it."""

    ctx: Context
    conversation: Conversation
    number: int
    args: dict[str, Json]
    journal: Journal
    notes: dict[str, Json]
    heard: Heard | None
    settled_says: list[
        Say
    ]  # said whatever the flow does next: answers to questions, what went wrong
    changes: ConversationChanges
    catalog: Catalog | None = None  # the shop's, as this turn read it
    says: list[Say] = field(default_factory=list)
    not_understood: bool = False
    shown_answers: list[Say] = field(default_factory=list)
    booking_buttons: Decision | None = None
    attachments: list[PendingAttachment] = field(default_factory=list)


@dataclass(slots=True)
class Talk:
    """A flow's end of the conversation. `scope` gives a part of it names of its own."""

    flow_run: FlowRun
    path: str = ""

    @property
    def ctx(self) -> Context:
        """The transaction of this turn."""
        return self.flow_run.ctx

    @property
    def conversation(self) -> Conversation:
        """Whom we talk with, and where."""
        return self.flow_run.conversation

    @property
    def shop_id(self) -> int:
        """The shop the talk is about; flows that need one begin with `pick_shop`."""
        assert self.flow_run.conversation.shop_id is not None
        return self.flow_run.conversation.shop_id

    @property
    def catalog(self) -> Catalog | None:
        """The catalog of the shop the talk is about, if this turn has read it."""
        known = self.flow_run.catalog
        return known if known and known.shop.id == self.flow_run.conversation.shop_id else None

    @property
    def args(self) -> dict[str, Json]:
        """What the flow was started with."""
        return self.flow_run.args

    @property
    def notes(self) -> dict[str, Json]:
        """What the flow keeps beside the journal: wishes that narrow an offer."""
        return self.flow_run.notes

    @property
    def heard(self) -> Heard | None:
        """What was heard in this turn; None when the flow runs for another reason."""
        return self.flow_run.heard

    def skip_answered(self, name: str) -> None:
        """Go past a step whose answer is kept with the conversation, if it was ever asked."""
        self.flow_run.journal.skip_answered(self.step_key(name))

    def change_conversation(self, **changes: Unpack[ConversationChanges]) -> None:
        """Change the conversation (its shop, language, who has it), now and in its row."""
        for name, value in changes.items():
            if name in Conversation.__slots__:
                setattr(self.flow_run.conversation, name, value)
        self.flow_run.changes.update(changes)

    def scope(self, name: str) -> Talk:
        """Return the talk for a sub-flow, whose steps are named below `name`."""
        return Talk(self.flow_run, f"{self.path}{name}/")

    def step_key(self, name: str) -> str:
        """Return the full name of a step."""
        return f"{self.flow_run.number}/{self.path}{name}"

    async def say(self, say: Say) -> None:
        """Tell something; it goes out together with the next question."""
        self.flow_run.says.append(say)

    def say_now(self, say: Say) -> None:
        """Tell something that stays said although the flow runs again from the top."""
        self.flow_run.settled_says.append(say)

    def show_answer(self, say: Say) -> None:
        """Note an answer that is given; it stands above the next question where there is room."""
        self.flow_run.shown_answers.append(say)

    def attach(self, kind: str, say: Say, *, booking_id: int) -> None:
        """Send a place ("venue") or a calendar file ("calendar") along, where that can be done."""
        self.flow_run.attachments.append(PendingAttachment(kind, say, booking_id))

    def show_booking_buttons(self, buttons: Decision) -> None:
        """Put a booking's buttons under what is said, until it is over."""
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
        """Return the value of the option the person chose.

        `read` finds an answer in free text (MISSING when there is none); it may answer before
        the question is put. With `recheck` an answer must be among the options of this moment;
        without, whoever uses it checks (a hold re-checks its slot anyway). `layout` is how
        buttons are laid out (`bot.rendering.keyboards`).
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
        """Return what `read` makes of a free answer, or the value of an option beside it."""

        async def given() -> Sequence[Choice]:
            return options

        return await self.choose(
            name, say, given, read=read, expects=expects, recheck=False, layout=layout
        )

    async def confirm(
        self, name: str, say: Say, *, again: Say | None = None, about: str = ""
    ) -> bool:
        """Return whether a person clearly wants what `say` shows (see `decide`).

        What is neither a clear yes nor a clear no is asked once more, in one line (`again`), and
        then changes nothing. `about` is what a yes does: "cancel", "move", "book".
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
        """Return what was chosen about exactly what `say` shows.

        The answer holds as long as every figure and word of it: when one changes – between the
        question and the answer, or afterwards – it is asked again. With `doubts` an answer that
        chooses nothing is returned as DOUBT instead of being asked for again.
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
        """Return the option chosen; a number is none whose words speak against it."""
        value = _picked(heard, offered, about=about, own=own_words(say))
        first = bool(offered) and value == offered[0].value
        if heard.selected_value is not MISSING and first:
            language = heard.understood.language if heard.understood else "en"
            if takes_back(heard.incoming, language):
                return MISSING
        return value

    async def once(self, name: str, do: Callable[[str], Awaitable[Json]]) -> Json:
        """Do something that must not be done twice; return what it returned the first time.

        `do` gets an idempotency key that is the same whenever this same step is run again.
        """
        key = self.step_key(name)
        entry = self.flow_run.journal.visit(key)
        if entry:
            return self._known(entry.value, self.flow_run.journal.accept(entry))
        value = await do(f"{self.conversation.id}/{key}/{self.flow_run.journal.epoch}")
        return self.flow_run.journal.record(key, value, "once")

    def retry(self, *, after: str | None, say: Say | None = None) -> NoReturn:
        """Forget every step after `after` (None: all) and run the flow again from the top."""
        if say is not None:
            self.say_now(say)
        if self.flow_run.heard:
            self.flow_run.heard.consumed = True
        self.flow_run.journal.forget_after(None if after is None else self.step_key(after))
        raise RerunFlow

    def renew(self) -> NoReturn:
        """Forget this scope alone and run the flow again from the top, deaf to this turn's words.

        For a question that is put before all others and settled outside of the journal: what was
        answered after it does not hang on it.
        """
        self.flow_run.journal.forget_scope(self.step_key(""))
        if self.flow_run.heard:
            self.flow_run.heard.consumed = True
            self.flow_run.heard.step = ""
            self.flow_run.heard.understood = None
            self.flow_run.heard.incoming = Incoming("event")
        raise RerunFlow

    def compact(self, name: str, value: Json) -> NoReturn:
        """Keep `value` instead of every answer of this scope, and run the flow again from the top.

        For a question that is put over and over, lest the journal grow without end: when what was
        answered so far has come down to one value, `folded` begins with it the next time.
        """
        if self.flow_run.heard:
            self.flow_run.heard.consumed = True
        self.flow_run.journal.compact(self.step_key(""), self.step_key(name), value)
        raise RerunFlow

    def compacted(self, name: str, first: Json) -> Json:
        """Return what `fold` kept; `first` without it, or when something before it changed."""
        journal = self.flow_run.journal
        entry = journal.visit(self.step_key(name))
        if entry is None:
            return first
        if journal.is_valid(entry):
            return journal.accept(entry)
        journal.forget(entry)
        return first

    def _known(self, _value: Json, value: Json) -> Json:
        # What came before a known answer was said when its question was put.
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
    """Return the option that was tapped, numbered or named; MISSING when none was."""
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
