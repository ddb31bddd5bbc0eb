"""Open prompts, and how a tap, a number or words are matched to one of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from bot.dialogue.answering import answer_of, names_option
from bot.dialogue.decisions import DECISIONS, choices_of
from bot.dialogue.questions import MISSING
from bot.nlu.types import NOTHING_SHOWN, ShownOptions, Understood
from core.db.context import Context
from core.messaging.decisions import DecisionKind
from core.messaging.messages import Choice, Json
from core.messaging.prompts import StoredPrompt, load_prompts

_LEADING_NUMBER = re.compile(r"\s*#?(\d{1,2})\s*(?:$|[,;.!)](?=\s))")
"""An option number at the start of a longer message: "2, is there parking?"."""


@dataclass(frozen=True, slots=True)
class OpenPrompt:
    """A prompt that an answer may refer to.

    `decision` is its kind if it is a decision and "" if it is a question of the current flow.
    `message_id` identifies the message that shows it, if known.
    """

    id: int
    decision: DecisionKind | Literal[""]
    step: str
    content_hash: str
    options: tuple[tuple[Json, tuple[str, ...]], ...]
    args: dict[str, Json]
    number_offset: int
    shown_order: tuple[Any, int] | None
    is_open: bool
    message_id: str = ""
    listed: int = 0  # options before the first that only navigates

    @property
    def flow(self) -> str:
        """The flow that an answer starts; "" if it answers the current flow."""
        return DECISIONS[self.decision].flow if self.decision else ""

    def value_at(self, number: int) -> Json:
        """Return the value of the option shown with this number, or MISSING."""
        index = number - self.number_offset - 1
        return self.options[index][0] if 0 <= index < len(self.options) else MISSING


@dataclass(frozen=True, slots=True)
class Selection:
    """The option chosen by a tap or a number; `prompt` is None if no open prompt has it."""

    prompt: OpenPrompt | None = None
    value: Json = MISSING
    is_stale: bool = False


async def load_open_prompts(
    ctx: Context, conversation_id: int, current: int | None, seen: int | None
) -> list[OpenPrompt]:
    """Return the current flow's prompt, the prompt shown last and the open decisions."""
    known = [i for i in (current, seen) if i is not None]
    stored = await load_prompts(ctx, conversation_id, known=known)
    # Decisions of a kind removed by a deployment are ignored.
    asked = [one for one in stored if not one.decision or one.decision in DECISIONS]
    return [_open_prompt(one, current, ctx.now) for one in asked]


def _open_prompt(stored: StoredPrompt, current: int | None, now: datetime) -> OpenPrompt:
    is_over = stored.expires_at is not None and stored.expires_at <= now
    alive = stored.closed_at is None and not is_over
    offered = choices_of(stored.decision, stored.options)
    return OpenPrompt(
        id=stored.id,
        decision=cast("DecisionKind | Literal['']", stored.decision),
        step=stored.step,
        content_hash=stored.content_hash,
        options=tuple((c.value, c.keywords) for c in offered),
        args=stored.args,
        number_offset=stored.number_offset or 0,
        shown_order=None if stored.shown_at is None else (stored.shown_at, stored.id),
        is_open=alive if stored.decision else stored.id == current,
        message_id=stored.message_id,
        listed=_listed(offered),
    )


def _listed(offered: Sequence[Choice]) -> int:
    """Return how many options come before the first that only navigates."""
    return next((i for i, c in enumerate(offered) if c.is_navigation), len(offered))


def split_leading_number(text: str) -> tuple[int | None, str]:
    """Return the number at the start of a message, if any, and the remaining text."""
    found = _LEADING_NUMBER.match(text[:20])
    return (int(found[1]), text[found.end() :]) if found else (None, text)


def match_button(payload: str, prompts: list[OpenPrompt]) -> Selection:
    """Return the option a button payload ("prompt.index") selects among the given prompts."""
    identity, _, index = payload.partition(".")
    for prompt in prompts:
        if str(prompt.id) == identity and prompt.is_open and index.isdecimal():
            value = prompt.value_at(prompt.number_offset + 1 + int(index[:6]))
            if value is not MISSING:
                return Selection(prompt, value)
    return Selection(is_stale=True)


def match_number(number: int, prompts: list[OpenPrompt], seen: int | None) -> Selection:
    """Return the option that a number selects among the prompts shown when it was sent.

    The prompt shown last takes precedence, then earlier ones by their own numbers. A number of a
    closed prompt is stale: it may be a duplicate message and must not act.
    """
    last = next((p for p in prompts if p.id == seen), None)
    if last is None or last.shown_order is None:
        return Selection()
    shown = [p for p in prompts if p.shown_order is not None and p.shown_order <= last.shown_order]
    for prompt in sorted(shown, key=lambda p: p.shown_order or (), reverse=True):
        value = prompt.value_at(number)
        if value is not MISSING and prompt.is_open:
            return Selection(prompt, value)
        if value is not MISSING and prompt is last:
            return Selection(is_stale=True)
    return Selection()


def shown_options(prompts: list[OpenPrompt], seen: int | None) -> ShownOptions:
    """Return the numbers that select an option of the open prompts shown."""
    last = next((p for p in prompts if p.id == seen), None)
    if last is None or last.shown_order is None:
        return NOTHING_SHOWN
    numbers = frozenset(
        prompt.number_offset + 1 + index
        for prompt in prompts
        if prompt.is_open and prompt.shown_order and prompt.shown_order <= last.shown_order
        for index in range(len(prompt.options))
    )
    ends = last.number_offset + last.listed if last.is_open else 0
    return ShownOptions(numbers, ends)


def match_words(
    understood: Understood, prompts: list[OpenPrompt], seen: int | None = None
) -> list[Selection]:
    """Return the options of open decisions that the message names.

    A passive decision (`is_passive`) matches a plain "yes" or "move it" only while nothing has been
    shown since; later such words refer to something else.
    """
    said = " ".join(understood.text.casefold().split())
    picks = []
    for prompt in prompts:
        if prompt.decision and prompt.is_open and prompt.shown_order:
            known = DECISIONS[prompt.decision]
            loosely = not known.is_passive or prompt.id == seen
            answer = answer_of(understood.text, understood, known.about)
            for value, words in prompt.options:
                acts = (w[1:] for w in words if w[0] == "@" and loosely)
                # A yes to a reminder only confirms attendance, so the message may say more than
                # that.
                mere = known.is_passive and answer.leaning == "yes" and not answer.doubt
                if said in words or any(
                    names_option(act, understood.text, understood, answer)
                    or (mere and act == "yes" and act in understood.acts)
                    for act in acts
                ):
                    picks.append(Selection(prompt, value))
                    break
    return picks
