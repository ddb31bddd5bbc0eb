"""Reading of free-text answers in the slot picker."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.dialogue.heard import Heard
from bot.dialogue.questions import MISSING
from bot.flows.slot_criteria import SlotCriteria, ambiguous_times, minute_of_day
from bot.flows.slot_picker.options import PickerRound
from bot.flows.slot_picker.search import find_slots, is_on_day, is_with_provider
from bot.i18n.messages import text
from bot.nlu.types import Understood
from core.messaging.messages import Json

_ACCEPTED = frozenset({"yes", "thanks", "greet"})
_OPEN = frozenset({"any_time", "any_day"})


async def read_answer(view: PickerRound, heard: Heard) -> Json:
    """Return the named slot, or the state of the next round that follows from the message."""
    if "when" in heard.consumed_acts:
        return MISSING  # an earlier round has used the message
    found = await _read(view, heard)
    if found is not MISSING:
        heard.consumed_acts.add("when")
    return found


async def _read(view: PickerRound, heard: Heard) -> Json:
    said = heard.understood
    wish = view.wish
    # Criteria given before the service was known.
    wished = view.talk.notes.pop("wished", None)
    if wished is not None:
        wish = SlotCriteria.from_json(wish.to_json() | wished)
    if said is None:
        return MISSING if wish == view.wish else await view.follow_up(wish)
    if said.attendee:
        view.talk.notes["attendee"] = said.attendee
    wish = wish.refined_by(said)
    asked = await _doubtful(view, wish, said)
    if asked is not None:
        return asked
    for act in ("later", "earlier"):
        if view.shown and act in (said.at, *said.acts) and act not in heard.consumed_acts:
            heard.consumed_acts.add(act)
            return _beyond(view, act)
    if wish == view.wish and view.shown and said.at == "asap" and view.state["show"] == "times":
        if view.state.get("skip"):
            return view.next_state(skip=0)
        return {"slot": view.shown[0].to_json(), "wish": wish.to_json(), "said": True}
    if wish == view.wish and view.shown and _OPEN & set(said.acts):
        # If the person leaves the choice to us, propose the first slot and ask for confirmation.
        return {"slot": view.shown[0].to_json(), "wish": wish.to_json(), "said": True}
    if wish == view.wish and view.shown and said.acts == ("no",) and heard.step == view.key:
        return view.next_state(show="days", skip=0)  # none of these
    if wish == view.wish and view.shown and set(said.acts) <= _ACCEPTED and "yes" in said.acts:
        if len(view.shown) == 1:
            unseen = heard.step != view.key
            return {"slot": view.shown[0].to_json(), "wish": wish.to_json(), "said": unseen}
        view.talk.say_now(text("which_meant"))
        heard.consumed = True
        return MISSING
    if wish == view.wish:
        # The message repeats known criteria: understood, but without effect.
        heard.consumed |= said.date is not None or said.time is not None
        return MISSING
    named = [s for s in view.shown if wish.allows(s, view.zone) and is_with_provider(s, wish)]
    timed = wish.exactly or said.date is None
    if len(named) == 1 and timed and not view.instead and is_on_day(named[0], wish, view.zone):
        # A list that was computed for this message was not seen: the words alone name the time.
        return {"slot": named[0].to_json(), "wish": wish.to_json(), "said": heard.step != view.key}
    return await view.follow_up(wish)


async def _doubtful(view: PickerRound, wish: SlotCriteria, said: Understood) -> Json | None:
    """Return the question that resolves an ambiguous message; None if it is unambiguous.

    A reading without availability is dropped: "Friday" on a Friday evening is the next one.
    """
    if said.provider is not None and said.provider.alternatives:
        may = (said.provider.id, *said.provider.alternatives)
        among = [o.provider.id for o in view.catalog.offerings_of(view.service_id)]
        among = [one for one in among if one in may]
        open_ = replace(wish, provider=None)
        if len(among) > 1:
            return {"show": "people", "among": among, "wish": open_.to_json()}
    of, readings = (
        "time",
        [replace(wish, since=minute_of_day(at)) for at in ambiguous_times(said)],
    )
    days = [d.candidates for d in said.ambiguous if d.field == "date"]
    if not readings and days and wish.day:
        of = "date"
        until = wish.until
        readings = [
            replace(wish, day=one.isoformat(), until=until if until > one.isoformat() else "")
            for one in days[0]
            if isinstance(one, date)
        ]
    possible = [one for one in readings if await find_slots(view, one, limit=1)]
    if len(possible) > 1:
        return {"show": "which", "of": of, "wishes": [one.to_json() for one in possible]}
    if possible and possible[0] != wish:
        return await view.follow_up(possible[0])
    return None


def _beyond(view: PickerRound, act: str) -> Json:
    """Return the state that shows times later or earlier than those shown."""
    if act == "later" and view.more:
        return view.more
    edge = view.shown[-1 if act == "later" else 0]
    wish = view.wish.earlier_or_later(edge, act, view.zone)
    return {"show": "times", "wish": wish.to_json()}
