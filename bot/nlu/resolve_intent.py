"""Resolution of recognized acts into those meant, and selection of the leading intent.

Acts whose names begin with "_" are hints: they help to decide and are never reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.nlu.acts import ActMention
from bot.nlu.types import NluContext

# Precedence of acts that can start a flow.
_INTENTS = (
    "emergency",
    "stop",
    "start",
    "start_over",
    "human",
    "cancel_all",
    "cancel",
    "move",
    "my_bookings",
    "find",
    "book",
    "help",
    "menu",
    "language",
)
_CHANGES = frozenset({"cancel", "cancel_all", "move"})
_QUESTIONS = frozenset({"ask_hours", "ask_price", "ask_duration", "ask_who", "ask_offers"})


# Questions of the booking flow, during which "move it to Friday" refers to that booking.
_MAKING = frozenset({"when", "date", "time", "yes_no", "code", "name", "phone", "service"})


def resolve_hints(said: Sequence[ActMention], setting: NluContext) -> list[ActMention]:
    """Convert hints to acts unless the pending question suggests otherwise.

    "I can't come on Friday" cancels a booking, but during a booking it only refuses a day; "move
    it" moves a booking unless one is being made.
    """
    taken = {}
    if setting.expects in _MAKING:
        return list(said)
    taken = {"_moveit": ("move",), "_cant": ("cancel", "_instead")}
    return [replace(a, act=act) for a in said for act in taken.get(a.act, (a.act,))]


def resolve_intent(
    said: Sequence[ActMention], *, when_said: bool, named: bool, setting: NluContext
) -> tuple[tuple[str, ...], str | None]:
    """Return the acts of a message in word order, and its intent."""
    mine = [(a.start, a.end) for a in said if a.act == "_mine"]
    # "my number is …" gives a number and does not ask for one.
    said = [a for a in said if not any(lo <= a.start < hi for lo, hi in mine)]
    seen = {a.act for a in said}
    out = [a.act for a in said if not a.act.startswith("_")]
    asking = any(a.startswith("ask_") for a in out)
    proposed = when_said or (named and not asking)
    _yes_or_no(said, out, when_said=proposed, expects=setting.expects)
    errands = {a.sentence for a in said if a.act == "_errand"}
    if errands and not any(a.act in {"book", "find"} and a.sentence not in errands for a in said):
        out = [a for a in out if a not in {"book", "find"}]
    changed = {a.sentence for a in said if a.act in _CHANGES}
    if changed:
        # "cancel my appointment" names a booking; it neither requests nor lists one.
        apart = any(a.act == "book" and a.sentence not in changed for a in said)
        out = [a for a in out if a != "my_bookings" and (a != "book" or apart)]
    listed = {a.sentence for a in said if a.act == "my_bookings"}
    if listed and not any(a.act == "book" and a.sentence not in listed for a in said):
        out = [a for a in out if a != "book"]
    _find_or_book(seen, out, when_said=when_said)
    acts = _alone(tuple(dict.fromkeys(out)), said_more=when_said or named)
    return acts, next((act for act in _INTENTS if act in acts), None)


def _alone(acts: tuple[str, ...], *, said_more: bool) -> tuple[str, ...]:
    """Drop acts that only count without anything else: "wait", "forget it"."""
    if "wait" in acts:
        more = said_more or not set(acts) <= _BESIDE_WAIT
        return tuple(a for a in acts if a != "wait") if more else ("wait",)
    return tuple(a for a in acts if a != "drop") if said_more else acts


_BESIDE_WAIT = frozenset({"wait", "no", "yes", "thanks", "greet", "later"})


def _yes_or_no(
    said: Sequence[ActMention], out: list[str], *, when_said: bool, expects: str | None
) -> None:
    """Keep either yes or no: the first stated; a correction without a yes is a no."""
    first = {act: next((a.start for a in said if a.act == act), None) for act in _CUES}
    yes, no = first["yes"], first["no"]
    if yes is None and no is None:
        wish = when_said or "book" in out
        asked = expects == "yes_no" or (expects is None and wish)
        if first["_no"] is not None and asked:
            no = first["_no"]
        elif first["_yes"] is not None:
            yes = first["_yes"]
        elif when_said and expects == "yes_no":
            no = 0
        elif not wish and expects is None and thanked_and_asked(out):
            # Thanking for an offer and asking a question about it accepts the offer.
            yes = next(a.start for a in said if a.act == "thanks")
    if yes is not None and no is not None:
        yes, no = (yes, None) if yes < no else (None, no)
    out[:] = [a for a in out if a not in {"yes", "no"}]
    if yes is not None:
        out.insert(0, "yes")
    elif no is not None:
        out.insert(0, "no")


def thanked_and_asked(acts: Iterable[str]) -> bool:
    """Return whether thanks come with a question: "thank you, and what's the address?"."""
    return "thanks" in acts and any(act.startswith("ask_") for act in acts)


_CUES = ("yes", "no", "_yes", "_no")


def _find_or_book(seen: set[str], out: list[str], *, when_said: bool) -> None:
    """Decide between searching and booking: "see a dentist" may be either."""
    if "find" in out and "_else" in seen:
        out.remove("find")
    chosen = "_pick" in seen or when_said
    if "find" in out and "book" in out:
        out.remove("find" if chosen else "book")
    if "_see" in seen and "find" not in out:
        out.append("find" if "_area" in seen and not chosen else "book")
    busy = any(i in out for i in _INTENTS) or bool(_QUESTIONS & set(out))
    if when_said and not busy:
        out.append("book")
