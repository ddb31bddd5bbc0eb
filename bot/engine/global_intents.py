"""What works anywhere in a talk: opting out, the menu, a person, questions to the shop."""

from __future__ import annotations

from datetime import timedelta

from bot.dialogue import prompts as dialogue_prompts
from bot.dialogue.prompts import Waiting
from bot.dialogue.talk import Heard
from bot.engine import opt_out
from bot.engine.small_talk import _small_talk
from bot.engine.switch_shop import _other_shop
from bot.engine.turn_state import Handling
from bot.flows import faq
from bot.flows.staff import FLOWS as DESK
from bot.i18n.messages import text
from bot.nlu.predicates import _says, _service, _wishes
from bot.nlu.types import Understood
from core.bookings import agenda
from core.people import identities

_FREE_TEXT = {"text", "name", "purpose"}
_VERBATIM = {"words"}  # goes to somebody else as it is written
_LISTS = {"menu", "my_bookings", "welcome"}  # where a service named is a wish for it
_OF_IT = 3  # words of "cancel it please"; whoever says more names something
_COMMAND_WORDS = 3  # a command in answer to a question for free text is short


async def questions(h: Handling, heard: Heard) -> bool:
    """Answer what was asked about the shop; the flow's own question follows."""
    if heard.understood is None or h.catalog is None:
        return False
    top = h.stack[-1] if h.stack else None
    about = top.notes.get("service") if top and top.expects != "service" else None
    said = faq.answers(h.catalog, heard.understood, about)
    h.says += said
    return bool(said)


async def interpret(h: Handling, heard: Heard, prompts: list[Waiting]) -> bool:
    """Do what the words ask for apart from the flow's question; True if that used them up."""
    if h.incoming.kind in {"media", "location"} or not (h.incoming.text or h.incoming.contact):
        h.says.append(text("empty") if h.incoming.kind == "text" else text("no_media"))
        if not h.stack:
            h.push("welcome")
        return True
    if h.incoming.contact and not h.stack:
        h.push("my_bookings")
        return False
    said = heard.understood
    if said is None:
        return False
    top = h.stack[-1] if h.stack else None
    if top and top.expects in _VERBATIM:
        return False
    if not (top and top.expects == "yes_no") and await _decide(h, heard, prompts):
        return True
    short = len(heard.text.split()) <= _COMMAND_WORDS
    if top and top.expects in _FREE_TEXT and not short:
        return False
    if await _command(h, heard, short=short) or await _other_shop(h, heard, said):
        return True
    await questions(h, heard)
    if "more_people" in said.acts and not said.attendee:
        h.says.append(text("one_each"))
    if top is None and not h.stack:
        if heard.text.isdecimal() and len(heard.text) <= 2:
            h.says.append(text("stale"))
            h.push("standing")
            return True
        _begin(h, heard)
    return False


async def _decide(h: Handling, heard: Heard, prompts: list[Waiting]) -> bool:
    """A word for an open decision ("approve") decides when there is just one."""
    assert heard.understood
    picks = dialogue_prompts.named(heard.understood, prompts, h.seen)
    if len(picks) > 1:
        h.says.append(text("which_decision", count=len(picks)))
        return True
    for pick in picks:
        assert pick.prompt
        h.push(pick.prompt.flow, **pick.prompt.args, choice=pick.value)
        h.stack[-1].closes = pick.prompt.id
        return True
    return False


async def _command(h: Handling, heard: Heard, *, short: bool) -> bool:
    assert heard.understood
    acts, intent = heard.understood.acts, heard.understood.intent
    top = h.stack[-1].flow if h.stack else ""
    if opt_out.word_of(heard.text) in opt_out.SETTINGS and top not in {"notify", *DESK}:
        h.push("notify")
    elif heard.text == "0" or "menu" in acts:
        h.push("menu", under=bool(h.stack))
    elif "back" in acts:
        _back(h)
    elif "start_over" in acts:
        h.clear()
        h.says.append(text("started_over"))
        h.push("welcome")
    elif "help" in acts:
        h.says.append(await opt_out.help_text(h))
    elif "language" in acts:
        h.push("language", wanted=heard.understood.language_wanted)
    elif top in DESK and not (intent == "my_bookings" or (intent == "book" and _service(heard))):
        return False  # the shop's people mean what they do, not what customers ask for
    elif "human" in acts or (
        "yes" in acts and h.conversation.misunderstood >= 3 and not _expects_yes(h)
    ):
        h.push("human")
    elif intent == "my_bookings":
        h.push("my_bookings")
    elif "late" in acts:
        h.push("late", minutes=heard.understood.minutes_late)
    elif intent in {"cancel", "cancel_all"} and top == "book" and await _means_this(h, heard):
        h.clear()
        h.says.append(text("dropped"))
    elif intent in {"cancel", "cancel_all"} and top != "cancel":
        h.push("cancel", all=intent == "cancel_all")
    elif intent == "move" and top != "move":
        h.push("move")
        return False  # "move it to Friday 5 pm" says where to
    elif _would_book(heard.understood, top) and not _expects_yes(h):
        if not _back_to_booking(h, heard):
            h.push("book")
        return False
    elif short and intent == "book" and top == "book" and _adds_nothing(h, heard.understood):
        pass  # "book" is what they are doing: what is missing is asked again
    elif "drop" in acts and top == "book":
        h.clear()
        h.says.append(text("dropped"))
    else:
        return _small_talk(h, heard, heard.understood)
    return True


async def _means_this(h: Handling, heard: Heard) -> bool:
    """Whether "cancel it" is about the booking half made: there is nothing else to call off."""
    words = len(heard.text.split())
    if words == 1:
        return True
    if words > _OF_IT or (heard.understood and _wishes(heard.understood)):
        return False
    person = await identities.whoami(h.ctx, h.conversation.id)
    return person is None or not await agenda.upcoming(h.ctx, user_id=person.user_id)


def _would_book(said: Understood, top: str) -> bool:
    """Whether it begins a booking in the middle of something else: a menu, a list of bookings."""
    if top == "move":
        # A day is where to move it; "book another cut" names what is wanted besides.
        return said.service is not None and _says(said, "book")
    if top in {"", "book"}:
        return False
    return said.intent == "book" or (top in _LISTS and said.service is not None)


def _back_to_booking(h: Handling, heard: Heard) -> bool:
    """Take up the booking that waits beneath: what is said now is said of it."""
    under = next((n for n, frame in enumerate(h.stack) if frame.flow == "book"), None)
    if under is None:
        return False
    h.leave_above(under)
    heard.step = h.stack[under].step
    return True


def _adds_nothing(h: Handling, said: Understood) -> bool:
    """Whether a wish to book says no more than that, and does not answer yes or no."""
    more = any(span.kind != "act" for span in said.spans)
    return not (_expects_yes(h) or _wishes(said) or more)


def _expects_yes(h: Handling) -> bool:
    return bool(h.stack) and h.stack[-1].expects == "yes_no"


def _back(h: Handling) -> None:
    if not h.stack:
        h.says.append(text("nothing_before"))
        h.push("welcome")
    elif not h.stack[-1].journal.step_back():
        if len(h.stack) > 1 and not any(e.kind == "once" for e in h.stack[-1].journal.entries):
            h.stack.pop()
        else:
            h.says.append(text("cannot_back"))


def _begin(h: Handling, heard: Heard) -> None:
    """With nothing under way: a booking if anything of one was said, else a welcome."""
    said = heard.understood
    assert said
    booking = said.intent in {"book", "find"} or "same_as_last" in said.acts
    if booking or _wishes(said):
        h.push("book")
    elif not h.says:
        h.push("welcome")


HUMAN_FOR = timedelta(hours=12)
"""How long the bot keeps quiet when a person has the talk and does not hand it back."""
