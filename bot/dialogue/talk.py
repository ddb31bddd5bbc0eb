"""What a flow may say and ask.

A flow is a plain async function over a `Talk`. It is re-run from the top at every turn: a step
whose answer is in the journal returns it, the first that is not known asks and suspends the
turn by raising `Suspend`. Effects go through `once` and nothing else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn

from bot.dialogue.journal import Journal
from bot.i18n.messages import text
from bot.nlu.types import Understood
from core.catalog.entities import Catalog
from core.db.context import Context
from core.messaging.messages import Choice, Incoming, Json, Say

MISSING: Any = object()
"""No answer (None may be one)."""


class Suspend(Exception):
    """The flow waits for the answer to `asked`."""

    def __init__(self, asked: Asked) -> None:
        super().__init__(asked.step)
        self.asked = asked


class Again(Exception):
    """Run the flow again from the top: steps were forgotten."""


class StartOver(Exception):
    """Give up every flow under way and begin with a welcome."""


class Goto(Exception):
    """Leave this flow for another, which begins afresh."""

    def __init__(self, flow: str, **args: Json) -> None:
        super().__init__(flow)
        self.flow = flow
        self.given = args


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it is about to be put: the step, its words, its options.

    `done` are the answers before it, as a channel that changes its messages shows them: above it,
    or, for a question that says all of them itself (`alone`), only on the message before.
    """

    step: str
    say: Say
    options: tuple[Choice, ...] = ()
    expects: str = ""
    digest: str = ""
    args: Json = field(default_factory=dict)
    alone: bool = False


@dataclass(slots=True)
class Conversation:
    """An identity on a line, as the turn found it or left it. Times are aware UTC."""

    id: int
    line_id: int
    channel: str
    transport: str
    address: str
    language: str
    name: str
    shop_id: int | None
    line_shop_id: int | None
    human_until: datetime | None
    opted_out_at: datetime | None
    last_in_at: datetime | None
    misunderstood: int
    staff: bool = False  # a line of the shop's people

    @property
    def taps(self) -> bool:
        """Whether options are buttons on messages that we can change: no need to spare them."""
        return self.channel == "telegram" and self.transport != "terminal"


@dataclass(slots=True)
class Heard:
    """What the person did in this turn, for the steps that can use it.

    The `step` is the one whose question it answers and `picked` the value of the option that was
    tapped or numbered (MISSING when none was). `used` is set by the first step that took it.
    """

    incoming: Incoming
    understood: Understood | None
    step: str = ""
    digest: str = ""
    picked: Json = MISSING
    used: bool = False
    taken: set[str] = field(default_factory=set)  # acts that some step has acted on
    # Reads words with the names of a shop at hand.
    again: Callable[[Catalog | None, str], Understood] | None = None

    @property
    def text(self) -> str:
        """The text as it was written, trimmed."""
        return self.incoming.text.strip()

    @property
    def acts(self) -> tuple[str, ...]:
        """What the person does by it ("yes", "book", "ask_price")."""
        return self.understood.acts if self.understood else ()


@dataclass(slots=True)
class Run:
    """One flow under way, and the turn that runs it."""

    ctx: Context
    conversation: Conversation
    number: int
    args: dict[str, Json]
    journal: Journal
    notes: dict[str, Json]
    heard: Heard | None
    settled: list[Say]  # said whatever the flow does next: answers to questions, what went wrong
    changes: dict[str, object]  # of the conversation's row
    catalog: Catalog | None = None  # the shop's, as this turn read it
    says: list[Say] = field(default_factory=list)
    misunderstood: bool = False
    done: list[Say] = field(default_factory=list)
    card: Card | None = None
    attached: list[Attached] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Card:
    """A booking whose buttons stay under what is said, until it is over."""

    booking_id: int
    expires_at: datetime
    options: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Attached:
    """What goes out after what is said, where it can: a place on the map, a calendar file."""

    kind: str
    say: Say
    booking_id: int


@dataclass(slots=True)
class Talk:
    """A flow's end of the conversation. `scope` gives a part of it names of its own."""

    run: Run
    path: str = ""

    @property
    def ctx(self) -> Context:
        """The transaction of this turn."""
        return self.run.ctx

    @property
    def conversation(self) -> Conversation:
        """Whom we talk with, and where."""
        return self.run.conversation

    @property
    def shop_id(self) -> int:
        """The shop the talk is about; flows that need one begin with `pick_shop`."""
        assert self.run.conversation.shop_id is not None
        return self.run.conversation.shop_id

    @property
    def catalog(self) -> Catalog | None:
        """The catalog of the shop the talk is about, if this turn has read it."""
        known = self.run.catalog
        return known if known and known.shop.id == self.run.conversation.shop_id else None

    @property
    def args(self) -> dict[str, Json]:
        """What the flow was started with."""
        return self.run.args

    @property
    def notes(self) -> dict[str, Json]:
        """What the flow keeps beside the journal: wishes that narrow an offer."""
        return self.run.notes

    @property
    def heard(self) -> Heard | None:
        """What was heard in this turn; None when the flow runs for another reason."""
        return self.run.heard

    def pass_by(self, name: str) -> None:
        """Go past a step whose answer is kept with the conversation, if it was ever asked."""
        self.run.journal.pass_by(self.key(name))

    def set(self, **changes: object) -> None:
        """Change the conversation (its shop, language, who has it), now and in its row."""
        for name, value in changes.items():
            if name in Conversation.__slots__:
                setattr(self.run.conversation, name, value)
        self.run.changes.update(changes)

    def scope(self, name: str) -> Talk:
        """Return the talk for a sub-flow, whose steps are named below `name`."""
        return Talk(self.run, f"{self.path}{name}/")

    def key(self, name: str) -> str:
        """Return the full name of a step."""
        return f"{self.run.number}/{self.path}{name}"

    async def say(self, say: Say) -> None:
        """Tell something; it goes out together with the next question."""
        self.run.says.append(say)

    def tell(self, say: Say) -> None:
        """Tell something that stays said although the flow runs again from the top."""
        self.run.settled.append(say)

    def done(self, say: Say) -> None:
        """Note an answer that is given; it stands above the next question where there is room."""
        self.run.done.append(say)

    def attach(self, kind: str, say: Say, *, booking_id: int) -> None:
        """Send a place ("venue") or a calendar file ("calendar") along, where that can be done."""
        self.run.attached.append(Attached(kind, say, booking_id))

    def card(self, booking_id: int, expires_at: datetime, options: Sequence[Choice]) -> None:
        """Put a booking's buttons under what is said; a tap starts the flow "card"."""
        self.run.card = Card(booking_id, expires_at, tuple(options))

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
        key = self.key(name)
        entry = self.run.journal.visit(key)
        if entry and self.run.journal.holds(entry):
            return self._known(entry.value, self.run.journal.passed(entry))
        heard = self.run.heard
        asked_now = heard is not None and heard.step == key and not heard.used
        if asked_now and not recheck and heard and heard.picked is not MISSING:
            return self._answered(key, heard, heard.picked)
        offered = await options()
        if entry is not None:
            if _among(offered, entry.value):
                return self._known(entry.value, self.run.journal.passed(entry))
            self.run.journal.forget(entry)
        if heard is not None and not (heard.used and asked_now):
            value = _picked(heard, offered) if asked_now else MISSING
            if value is MISSING and asked_now and heard.picked is not MISSING:
                heard.used = True
                self.tell(text("gone"))
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

    async def confirm(self, name: str, say: Say, *, yes: Say | None = None) -> bool:
        """Ask for a yes or no to exactly what `say` shows (see `decide`)."""
        offered = (
            Choice(True, yes or text("yes"), ("@yes",)),
            Choice(False, text("no"), ("@no",)),
        )
        return bool(await self.decide(name, say, offered))

    async def decide(
        self, name: str, say: Say, offered: Sequence[Choice], *, alone: bool = False
    ) -> Json:
        """Return what was chosen about exactly what `say` shows.

        The answer holds as long as every figure and word of it: when one changes – between the
        question and the answer, or afterwards – it is asked again.
        """
        key = self.key(name)
        digest = say.digest()
        entry = self.run.journal.visit(key)
        if entry and entry.digest == digest and self.run.journal.holds(entry):
            return self._known(entry.value, self.run.journal.passed(entry))
        if entry:
            self.run.journal.forget(entry)
        heard = self.run.heard
        if heard and heard.step == key and not heard.used:
            value = _picked(heard, offered)
            if value is not MISSING and heard.digest == digest:
                return self._answered(key, heard, value, digest)
            if value is not MISSING:
                heard.used = True
                self.tell(text("changed"))
        self._suspend(key, say, tuple(offered), "yes_no", digest, alone=alone)

    async def once(self, name: str, do: Callable[[str], Awaitable[Json]]) -> Json:
        """Do something that must not be done twice; return what it returned the first time.

        `do` gets an idempotency key that is the same whenever this same step is run again.
        """
        key = self.key(name)
        entry = self.run.journal.visit(key)
        if entry:
            return self._known(entry.value, self.run.journal.passed(entry))
        value = await do(f"{self.conversation.id}/{key}/{self.run.journal.epoch}")
        return self.run.journal.record(key, value, "once")

    def retry(self, *, after: str | None, say: Say | None = None) -> NoReturn:
        """Forget every step after `after` (None: all) and run the flow again from the top."""
        if say is not None:
            self.tell(say)
        if self.run.heard:
            self.run.heard.used = True
        self.run.journal.forget_after(None if after is None else self.key(after))
        raise Again

    def fold(self, name: str, value: Json) -> NoReturn:
        """Keep `value` instead of every answer of this scope, and run the flow again from the top.

        For a question that is put over and over, lest the journal grow without end: when what was
        answered so far has come down to one value, `folded` begins with it the next time.
        """
        if self.run.heard:
            self.run.heard.used = True
        self.run.journal.fold(self.key(""), self.key(name), value)
        raise Again

    def folded(self, name: str, first: Json) -> Json:
        """Return what `fold` kept; `first` without it, or when something before it changed."""
        journal = self.run.journal
        entry = journal.visit(self.key(name))
        if entry is None:
            return first
        if journal.holds(entry):
            return journal.passed(entry)
        journal.forget(entry)
        return first

    def _known(self, _value: Json, value: Json) -> Json:
        # What came before a known answer was said when its question was put.
        self.run.says.clear()
        return value

    def _answered(self, key: str, heard: Heard, value: Json, digest: str = "") -> Json:
        if heard.step == key:
            heard.used = True
            self.run.says.clear()
        return self.run.journal.record(key, value, digest=digest)

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
        heard = self.run.heard
        if heard and heard.step == key and not heard.used:
            self.run.misunderstood = True
        args = {"layout": layout} if layout else {}
        raise Suspend(Asked(key, say, options, expects, digest, args, alone))


def _among(options: Sequence[Choice], value: Json) -> bool:
    return any(choice.value == value for choice in options)


def _picked(heard: Heard, options: Sequence[Choice]) -> Json:
    """Return the option that was tapped, numbered or named; MISSING when none was."""
    if heard.picked is not MISSING:
        return heard.picked if _among(options, heard.picked) else MISSING
    said = " ".join(heard.text.casefold().split())
    for choice in options:
        for word in choice.words:
            if word.startswith("@"):
                if word[1:] in heard.acts:
                    return choice.value
            elif said and said == word:
                return choice.value
    return MISSING
