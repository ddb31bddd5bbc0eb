"""What works anywhere in a talk: opting out, the menu, a person, questions to the shop."""

from __future__ import annotations

import re
from datetime import timedelta

from bot import at_desk, consent, hearing
from bot.flows import questions as answers
from bot.flows.desk import FLOWS as DESK
from bot.handling import Handling
from bot.hearing import Waiting
from bot.talk import Heard
from bot.texts import text
from bot.understanding import Understood
from core import bookings, directory, links, people, relay
from core import catalog as catalogs
from core.errors import NotFound

_FREE_TEXT = {"text", "name", "purpose"}
_VERBATIM = {"words"}  # goes to somebody else as it is written
_SLASH = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@[A-Za-z0-9_]+)?(?:\s+(\S.*))?", re.DOTALL)
_SHOP_NAME = 4  # letters: shorter ones are too like other words
_LISTS = {"menu", "my_bookings", "welcome"}  # where a service named is a wish for it
_OF_IT = 3  # words of "cancel it please"; whoever says more names something
_POLITE_WORDS = 8  # thanks and goodbyes may be longer
_COMMAND_WORDS = 3  # a command in answer to a question for free text is short


def event(h: Handling) -> None:
    """Mind what we sent to the conversation ourselves."""
    match h.incoming.text:
        case "handback" if h.with_person:
            h.set(human_until=None)
            h.says.append(text("back_again"))
        case "blocked" | "unblocked" as now:
            h.set(unreachable_at=h.ctx.now if now == "blocked" else None)
            h.quiet = True
        case relay.EVENT:
            at_desk.taken_over(h)
        case "edited":
            h.says.append(text("edited"))
        case "not_theirs":
            h.says.append(text("not_your_contact"))


def slashed(h: Handling) -> tuple[str, str] | None:
    """Return the /command of a message and what follows it; None for any other message."""
    found = _SLASH.fullmatch(h.incoming.text.strip()) if h.incoming.kind == "text" else None
    return (found[1].lower(), found[2] or "") if found and h.conversation.taps else None


async def slash(h: Handling, command: str, rest: str) -> None:
    """Do what a /command asks for, whatever is under way; an unknown one gets help."""
    match command:
        case "start":
            await _start(h, rest)
        case "book":
            h.push("book")
        case "bookings":
            h.push("my_bookings")
        case "language":
            h.push("language", wanted=rest)
        case "settings":
            h.push("notify")
        case "menu":
            h.push("menu", under=bool(h.stack))
        case _:
            h.says.append(await consent.help_text(h))
            h.quiet = not h.stack


async def _start(h: Handling, link: str) -> None:
    """Begin anew; behind a link with the shop, booking or provider that it names."""
    kind, _, what = link.partition("_")
    h.clear()
    await consent.opt_in(h)
    try:
        match kind:
            case "shop":
                if h.conversation.line_shop_id is None:
                    h.set(shop_id=(await directory.shop_of_link(h.ctx, what)).id)
            case "booking":
                booking = await bookings.get(h.ctx, links.booking_of(h.ctx.secret, what))
                if h.conversation.line_shop_id in (None, booking.shop_id):
                    h.set(shop_id=booking.shop_id)
                    h.push("my_bookings", booking=booking.id)
                    return
            case "provider":
                shop_id, provider_id = await directory.provider_of_link(h.ctx, what)
                if h.conversation.line_shop_id in (None, shop_id):
                    h.set(shop_id=shop_id)
                    h.push("book")
                    h.stack[-1].notes["wish"] = {"provider": provider_id}
                    return
    except NotFound:
        h.says.append(text("bad_link"))
    h.push("welcome")


async def keyword(h: Handling) -> None:
    """Open the shop whose keyword was texted, on a line that serves many."""
    word = h.incoming.text.strip()
    if h.stack and h.conversation.shop_id is None:
        return  # It answers "which shop?", and what was said before that stands.
    if h.conversation.line_shop_id is None and word.isalnum() and not word.isdecimal():
        shop = await directory.shop_by_keyword(h.ctx, word)
        if shop is not None:
            await _open(h, shop.id)


async def _open(h: Handling, shop_id: int) -> None:
    h.set(shop_id=shop_id)
    h.catalog = await catalogs.catalog(h.ctx, shop_id)
    h.clear()
    h.push("welcome")


async def _other_shop(h: Handling, heard: Heard, said: Understood) -> bool:
    """Open another shop that is named on a line that serves many, when nothing else was said."""
    if h.conversation.line_shop_id is not None and "other_shop" in said.acts and h.catalog:
        h.says.append(text("only_shop", shop=h.catalog.shop.name))
    if h.conversation.line_shop_id is not None or h.conversation.shop_id is None:
        return False
    here = h.conversation.shop_id
    if said.shop is not None:
        if said.shop.alternatives or said.shop.id == here:
            return False
        await _open(h, said.shop.id)
        if heard.again:
            heard.understood = said = heard.again(h.catalog, said.text)
        if not _wishes(said):
            return True
        # With more than its name said, the rest is what is wanted there.
        h.clear()
        h.push("book")
        return False
    other = "other" in said.acts and (said.type or said.city)
    if here in said.refused.shops or "other_shop" in said.acts or other:
        return await _others(h, heard, said)
    if said.spans or said.acts or len(said.text.strip()) < _SHOP_NAME:
        return False
    found = await directory.find_shops(h.ctx, said.text)
    if len(found) != 1 or found[0].id == here:
        return False
    await _open(h, found[0].id)
    return True


async def _others(h: Handling, heard: Heard, said: Understood) -> bool:
    """Leave a shop for "the other salon": the only other one of its type, or which is asked.

    A booking half made is begun anew there, with all that was said of it.
    """
    words = next((f.notes.get("words", "") for f in h.stack if f.flow == "book"), "")
    every = {shop.id: shop for shop in await directory.shops(h.ctx)}
    here = every[h.conversation.shop_id or 0]
    kind = every[said.type.id].type if said.type else here.type
    others = [s for s in every.values() if s.id != here.id and s.type == kind]
    if len(others) == 1:
        await _open(h, others[0].id)
    else:
        h.set(shop_id=None)
        h.catalog = None
        h.clear()
        h.push("welcome")
    if words:
        h.clear()
        h.push("book")
        h.stack[-1].notes |= {"unread": words, "not_shop": here.id}
        # "The other salon" itself says nothing of what is wanted there.
        heard.understood = heard.again(h.catalog, "") if heard.again else None
    return True


def _wishes(said: Understood) -> bool:
    """Whether it says anything of a booking."""
    wishes = (said.service, said.provider, said.date, said.time, said.time_to, said.at)
    return any(wish is not None for wish in wishes)


async def questions(h: Handling, heard: Heard) -> bool:
    """Answer what was asked about the shop; the flow's own question follows."""
    if heard.understood is None or h.catalog is None:
        return False
    top = h.stack[-1] if h.stack else None
    about = top.notes.get("service") if top and top.expects != "service" else None
    said = answers.answers(h.catalog, heard.understood, about)
    h.says += said
    return bool(said)


async def stale(h: Handling) -> None:
    """A tap or number that nothing open has: never act, show where things stand."""
    if h.conversation.taps and h.incoming.kind == "tap":
        h.toast = text("stale")
        if h.incoming.message in (h.living, h.shown):
            h.quiet = True  # where things stand is what stands there
            return
    else:
        h.says.append(text("stale"))
    if not h.stack:
        h.push("standing")


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
    picks = hearing.named(heard.understood, prompts, h.seen)
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
    if consent.word_of(heard.text) in consent.SETTINGS and top not in {"notify", *DESK}:
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
        h.says.append(await consent.help_text(h))
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
    person = await people.whoami(h.ctx, h.conversation.id)
    return person is None or not await bookings.upcoming(h.ctx, user_id=person.user_id)


def _small_talk(h: Handling, heard: Heard, said: Understood) -> bool:
    """Answer what asks for nothing: a greeting, thanks, "one moment"."""
    if "wait" in said.acts and h.stack:
        h.says.append(text("take_time"))
        h.quiet = True
    elif not h.stack and _only(said, {"drop", "no"}):
        h.says.append(text("all_right"))
        h.quiet = True
    elif h.stack and _only(said, {"greet"}):
        h.says.append(text("hello"))
    elif _only(said, {"thanks", "bye"}) and len(heard.text.split()) <= _POLITE_WORDS:
        h.says.append(text("welcome_to_it") if "thanks" in said.acts else text("goodbye"))
        h.quiet = True
    else:
        return False
    return True


def _only(said: Understood, acts: set[str]) -> bool:
    """Whether nothing but these acts is in a message."""
    more = (said.attendee, said.code, said.number, said.person_name)
    return bool(said.acts) and set(said.acts) <= acts and not _wishes(said) and not any(more)


def _service(heard: Heard) -> bool:
    return bool(heard.understood and heard.understood.service)


def _would_book(said: Understood, top: str) -> bool:
    """Whether it begins a booking in the middle of something else: a menu, a list of bookings."""
    if top == "move":
        # A day is where to move it; "book another cut" names what is wanted besides.
        return said.service is not None and _says(said, "book")
    if top in {"", "book"}:
        return False
    return said.intent == "book" or (top in _LISTS and said.service is not None)


def _says(said: Understood, act: str) -> bool:
    """Whether words say it; an act may also follow from a day alone."""
    return any(span.kind == "act" and span.value == act for span in said.spans)


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
