"""Intents that work anywhere in a conversation: menu, handoff, booking commands, shop questions."""

from __future__ import annotations

from bot.dialogue.heard import Heard
from bot.dialogue.prompts import OpenPrompt, match_words
from bot.engine import opt_out
from bot.engine.focus import continue_with_focus
from bot.engine.predicates import (
    answer_to_cancel,
    expects_yes,
    names_service,
    says_act,
    says_booking_details,
)
from bot.engine.small_talk import answer_small_talk
from bot.engine.switch_shop import open_named_shop
from bot.engine.turn_state import TurnState
from bot.flows import faq
from bot.flows.staff import STAFF_FLOWS
from bot.i18n.messages import text
from bot.nlu.questions import is_question
from bot.nlu.types import Understood
from core.bookings import agenda
from core.people.identities import person_of_conversation

_FREE_TEXT = {"text", "name", "purpose"}
_VERBATIM = {"words"}  # forwarded to somebody else verbatim
_LISTS = {
    "menu",
    "my_bookings",
    "welcome",
}  # flows in which naming a service means wanting to book it
_OF_IT = 3  # maximum words of "cancel it please"; longer messages name something else
_COMMAND_WORDS = 3  # a command given in answer to a free-text question is short


async def answer_questions(turn: TurnState, heard: Heard) -> bool:
    """Answer questions about the shop; the flow's own question follows."""
    if heard.understood is None or turn.catalog is None:
        return False
    top = turn.stack[-1] if turn.stack else None
    about = top.notes.get("service") if top and top.expects != "service" else None
    said = faq.find_answers(turn.catalog, heard.understood, about)
    turn.says += said
    return bool(said)


async def interpret_outside_flow(turn: TurnState, heard: Heard, prompts: list[OpenPrompt]) -> bool:
    """Handle intents outside the flow's question; return True if the message is fully handled."""
    if turn.incoming.kind in {"media", "location"} or not (
        turn.incoming.text or turn.incoming.contact
    ):
        turn.says.append(text("empty") if turn.incoming.kind == "text" else text("no_media"))
        if not turn.stack:
            turn.begin_flow("welcome")
        return True
    if turn.incoming.contact and not turn.stack:
        turn.begin_flow("my_bookings")
        return False
    said = heard.understood
    if said is None:
        return False
    top = turn.stack[-1] if turn.stack else None
    if top and top.expects in _VERBATIM:
        return False
    if not (top and top.expects == "yes_no") and await _decide_open_prompt(turn, heard, prompts):
        return True
    short = len(heard.text.split()) <= _COMMAND_WORDS
    if top and top.expects in _FREE_TEXT and not short:
        if top.expects == "name":
            await answer_questions(turn, heard)  # "do you take cards?" is nobody's name
        return False
    focused = continue_with_focus(turn, heard)
    if focused is not None:
        return focused
    if await _run_command_word(turn, heard, short=short) or await open_named_shop(
        turn, heard, said
    ):
        return True
    answered = await answer_questions(turn, heard)
    unknown = not answered and _asks_unknown(turn, said)
    if (answered or unknown) and not says_booking_details(said) and turn.leave_list_open():
        turn.not_understood = unknown
        turn.stay_quiet = True
        return True
    if "more_people" in said.acts and not said.attendee:
        turn.says.append(text("one_each"))
    if top is None and not turn.stack:
        if heard.text.isdecimal() and len(heard.text) <= 2:
            turn.says.append(text("stale"))
            turn.begin_flow("standing")
            return True
        _begin_first_flow(turn, heard)
    return False


async def _decide_open_prompt(turn: TurnState, heard: Heard, prompts: list[OpenPrompt]) -> bool:
    """Start the flow of the open decision that the words select, if exactly one matches."""
    assert heard.understood
    picks = match_words(heard.understood, prompts, turn.seen_prompt_id)
    if len(picks) > 1:
        turn.says.append(text("which_decision", count=len(picks)))
        return True
    for pick in picks:
        assert pick.prompt
        turn.begin_flow(pick.prompt.flow, **pick.prompt.args, choice=pick.value)
        turn.stack[-1].closes = pick.prompt.id
        return True
    return False


async def _run_command_word(turn: TurnState, heard: Heard, *, short: bool) -> bool:
    assert heard.understood
    acts, intent = heard.understood.acts, _intent(heard)
    top = turn.stack[-1].flow if turn.stack else ""
    if opt_out.normalize_keyword(heard.text) in opt_out.SETTINGS_WORDS and top not in {
        "notify",
        *STAFF_FLOWS,
    }:
        turn.begin_flow("notify")
    elif heard.text == "0" or "menu" in acts:
        turn.begin_flow("menu", under=bool(turn.stack))
    elif "back" in acts:
        _step_back(turn)
    elif "start_over" in acts:
        turn.end_all_flows()
        turn.says.append(text("started_over"))
        turn.begin_flow("welcome")
    elif "help" in acts:
        await _answer_help(turn)
    elif "language" in acts:
        turn.begin_flow("language", wanted=heard.understood.language_wanted)
    elif top in STAFF_FLOWS and not (
        intent == "my_bookings" or (intent == "book" and names_service(heard))
    ):
        return False  # for staff these words are their own commands, not customer intents
    elif "human" in acts or (
        "yes" in acts and turn.conversation.unrecognized_count >= 3 and not expects_yes(turn)
    ):
        turn.begin_flow("human")
    elif intent == "my_bookings":
        turn.begin_flow("my_bookings")
    elif "late" in acts:
        turn.begin_flow("late", minutes=heard.understood.minutes_late)
    elif (
        intent in {"cancel", "cancel_all"}
        and top == "book"
        and await _refers_to_current_booking(turn, heard)
    ):
        turn.end_all_flows()
        turn.says.append(text("dropped"))
    elif intent in {"cancel", "cancel_all"} and top != "cancel":
        turn.begin_flow("cancel", all=intent == "cancel_all")
    elif intent == "move" and top != "move":
        turn.begin_flow("move")
        return False  # "move it to Friday 5 pm" includes the new time
    elif _would_book(heard.understood, top) and not expects_yes(turn):
        if not _back_to_booking(turn, heard):
            turn.begin_flow("book")
        return False
    elif short and intent == "book" and top == "book" and _adds_nothing(turn, heard.understood):
        pass  # already booking: the flow asks for the missing details again
    elif "drop" in acts and top == "book":
        turn.end_all_flows()
        turn.says.append(text("dropped"))
    else:
        return answer_small_talk(turn, heard, heard.understood)
    return True


async def _answer_help(turn: TurnState) -> None:
    """Show staff their menu, customers what can be done here."""
    if turn.conversation.staff:
        turn.begin_flow("desk.desk", command="desk", rest="")
    else:
        turn.says.append(await opt_out.help_text(turn))


async def _refers_to_current_booking(turn: TurnState, heard: Heard) -> bool:
    """Return whether "cancel it" refers to the unfinished booking because there is no other one."""
    words = len(heard.text.split())
    if words == 1:
        return True
    if words > _OF_IT or (heard.understood and says_booking_details(heard.understood)):
        return False
    person = await person_of_conversation(turn.ctx, turn.conversation.id)
    return person is None or not await agenda.upcoming_bookings(turn.ctx, user_id=person.user_id)


def _would_book(said: Understood, top: str) -> bool:
    """Return whether the message starts a booking from within another flow, such as a menu."""
    if top == "move":
        # A date is the new time of the move; "book another cut" asks for a further booking.
        return said.service is not None and says_act(said, "book")
    if top in {"", "book"}:
        return False
    return said.intent == "book" or (top in _LISTS and said.service is not None)


def _back_to_booking(turn: TurnState, heard: Heard) -> bool:
    """Return to the unfinished booking below the current flow and apply the message to it."""
    under = next((n for n, frame in enumerate(turn.stack) if frame.flow == "book"), None)
    if under is None:
        return False
    turn.end_flows_above(under)
    heard.step = turn.stack[under].step
    return True


def _adds_nothing(turn: TurnState, said: Understood) -> bool:
    """Return whether a request to book has no details and answers no yes/no question."""
    more = any(span.kind != "act" for span in said.spans)
    return not (expects_yes(turn) or says_booking_details(said) or more)


def _intent(heard: Heard) -> str | None:
    """Return the intent of the message; None for a negated one such as "don't cancel it"."""
    intent = heard.understood.intent if heard.understood else None
    refused = intent in {"cancel", "cancel_all"} and answer_to_cancel(heard) == "no"
    return None if refused else intent


def _step_back(turn: TurnState) -> None:
    if not turn.stack:
        turn.says.append(text("nothing_before"))
        turn.begin_flow("welcome")
    elif not turn.stack[-1].journal.step_back():
        if len(turn.stack) > 1 and not any(
            e.kind == "once" for e in turn.stack[-1].journal.entries
        ):
            turn.stack.pop()
        else:
            turn.says.append(text("cannot_back"))


def _begin_first_flow(turn: TurnState, heard: Heard) -> None:
    """Start the first flow: booking if the message has any booking details, else the welcome."""
    said = heard.understood
    assert said
    booking = said.intent in {"book", "find"} or "same_as_last" in said.acts
    if booking or says_booking_details(said):
        turn.begin_flow("book")
    elif not turn.says and _asks_unknown(turn, said):
        turn.not_understood = True
        turn.stay_quiet = True
    elif not turn.says:
        turn.begin_flow("welcome")


def _asks_unknown(turn: TurnState, said: Understood) -> bool:
    """Return whether somebody we have talked with asks what nothing here answers."""
    met = turn.catalog is not None and turn.conversation.last_in_at is not None
    return met and not said.acts and is_question(said.text)
