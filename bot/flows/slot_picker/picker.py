"""Picking a start: the next fitting times, other days, other people, or typed in one's words.

Every round of it is one step whose answer is either the slot or what to show next; so what
is offered follows from the journal alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby

from bot.dialogue.heard import Heard
from bot.dialogue.questions import MISSING, SwitchFlow
from bot.dialogue.talk import Talk
from bot.flows import labels
from bot.flows.slot_criteria import SlotCriteria, ambiguous_times, minute_of_day
from bot.i18n.messages import text
from bot.nlu.types import Understood
from core.catalog.entities import Catalog, Slot
from core.errors import NothingFree
from core.localtime import zones
from core.messaging.messages import Choice, Json, Say, When
from core.scheduling import availability

FIRST_PAGE_SIZE = 3
"""Times offered at once, before anything was asked for."""

PAGE_SIZE = 6
"""Times or days on one page of a longer list."""

GRID_SIZE = 48
"""Times of one day on one page of buttons."""

MAX_ROUNDS = 30
"""Questions about the time of one booking whose answers are all kept; the last says what they led
to."""

_PARTS = {"morning": (0, 12 * 60), "afternoon": (12 * 60, 17 * 60), "evening": (17 * 60, 48 * 60)}


@dataclass(frozen=True, slots=True)
class PickedSlot:
    """The slot, the wish that led to it, and whether it was named in words, not picked."""

    slot: Slot
    wish: SlotCriteria
    named_in_words: bool

    @property
    def any_provider(self) -> bool:
        """Whether no provider was asked for."""
        return self.wish.provider is None


async def pick_slot(
    talk: Talk,
    catalog: Catalog,
    service_id: int,
    *,
    start: Json = None,
    ignore_booking: int | None = None,
) -> PickedSlot:
    """Return the start the person picked. `start` is what to show first (see `Round`)."""
    state: Json = talk.compacted("from", start or {"show": "times"})
    for number in range(1, MAX_ROUNDS + 1):
        view = PickerRound(
            talk, catalog, service_id, state, ignore_booking, talk.step_key(str(number))
        )
        value = await talk.choose(
            str(number),
            view.question,
            view.choices,
            read=view.read,
            expects="when",
            recheck=False,
            layout=view.layout,
        )
        if "leave" in value:
            raise SwitchFlow("stays", booking=ignore_booking)
        if "slot" in value:
            return PickedSlot(
                Slot.from_json(value["slot"]),
                SlotCriteria.from_json(state.get("wish", {}) | value.get("wish", {})),
                value.get("said", False),
            )
        state = value
    talk.compact("from", state)


class PickerRound:
    """One question of the picking; its `state` says what is shown.

    `show` is "times", "days", "parts", "people" or "which" (of two readings of what was said),
    `wish` what narrows it, `skip` how many come before, and `slots`, if there, the very starts to
    offer (alternatives to one that went).
    """

    def __init__(  # all of it decides what is on offer
        self,
        talk: Talk,
        catalog: Catalog,
        service_id: int,
        state: Json,
        ignore: int | None,
        key: str,
    ) -> None:
        self.talk = talk
        self.catalog = catalog
        self.service_id = service_id
        self.state = state
        self.ignore = ignore
        self.wish = SlotCriteria.from_json(state.get("wish", {}))
        talk.notes["wish"] = state.get("wish", {})
        self.zone = catalog.shop.timezone
        self.key = key
        self.shown: list[Slot] = []
        self.more: Json = None  # what shows the times after these
        self.instead = False  # nothing fits the wish; what is shown is the nearest
        self._question: Say | None = None
        self.taps = talk.conversation.has_editable_buttons
        self._layout = "pairs"

    # --- what is on offer -----------------------------------------------------------------

    async def _find(
        self, wish: SlotCriteria, *, limit: int | None = None, since: datetime | None = None
    ) -> list[Slot]:
        horizon = max(
            (o.rules.horizon_days for o in self.catalog.offerings_of(self.service_id)), default=1
        )
        start, end = wish.search_window(self.zone, self.talk.ctx.now, horizon)
        plain = not (
            wish.has_time
            or wish.weekdays
            or wish.not_weekdays
            or wish.not_days
            or wish.not_providers
        )
        if wish.not_providers:
            everyone = await availability.find_slots_by_provider(
                self.talk.ctx, self.catalog, self.service_id,
                start=since or start, end=end, ignore_booking=self.ignore,
            )  # fmt: skip
            fitting = [s for s in everyone if wish.allows(s, self.zone)]
            found = [next(same) for _, same in groupby(fitting, key=lambda s: s.starts_at)]
        else:
            found = await availability.find_slots(
                self.talk.ctx, self.catalog, self.service_id, provider_id=wish.provider,
                start=since or start, end=end, ignore_booking=self.ignore,
                limit=limit if plain else None,
            )  # fmt: skip
        if plain:
            return found
        return [slot for slot in found if wish.allows(slot, self.zone)]

    async def _nearest(self) -> list[Slot]:
        """What comes nearest to a wish that cannot be met: that day, then the days after it."""
        wish = self.wish
        found: list[Slot] = []
        if wish.provider is not None and (wish.exactly or wish.at) and wish.day:
            # The very time, with somebody else, is as near as their other times.
            found = (await self._find(replace(wish, provider=None)))[:1]
        if wish.day:
            wanted = self._wanted()
            day = await self._find(wish.at_any_time())
            day.sort(key=lambda s: abs((s.starts_at - wanted).total_seconds()))
            found += [s for s in day if s not in found][: FIRST_PAGE_SIZE - len(found)]
        if len(found) < FIRST_PAGE_SIZE:
            start, _ = wish.search_window(self.zone, self.talk.ctx.now, 1)
            later = await self._find(
                replace(wish, day="", until="", exactly=False, at=()),
                limit=FIRST_PAGE_SIZE, since=max(start, self.talk.ctx.now),
            )  # fmt: skip
            found += [s for s in later if s not in found][: FIRST_PAGE_SIZE - len(found)]
        if not found:
            free = replace(wish.at_any_time(), day="", until="", weekdays=(), provider=None)
            found = (await self._find(free, limit=FIRST_PAGE_SIZE))[:FIRST_PAGE_SIZE]
        if not found:
            found = await self._find(SlotCriteria(), limit=FIRST_PAGE_SIZE)
        return sorted(found, key=lambda s: s.starts_at)

    def _wanted(self) -> datetime:
        return self._wanted_by(self.wish)

    def _wanted_by(self, wish: SlotCriteria) -> datetime:
        """The instant a wish names first; of one without a day, today's."""
        first_at = next(iter(wish.at), wish.before or 0)
        wanted = wish.since if wish.since is not None else first_at
        now = int(self.talk.ctx.now.timestamp())
        day = date.fromisoformat(wish.day) if wish.day else zones.to_local(now, self.zone).date()
        day += timedelta(days=wanted // 1440)
        first, _ = zones.day_bounds(day, self.zone)
        at = zones.instants_at(day, wanted % 1440, self.zone) or (first,)
        return datetime.fromtimestamp(at[0], self.talk.ctx.now.tzinfo)

    # --- the question -----------------------------------------------------------------------

    def question(self) -> Say:
        """Return the question; `choices` comes first and prepares it."""
        assert self._question is not None
        if self.shown and not self.talk.notes.get("named"):
            self.talk.notes["named"] = True
            if self.taps and self.talk.heard and self.talk.heard.incoming.kind == "tap":
                return self._question
            return text("offer.shop", shop=self.catalog.shop.name, offer=self._question)
        return self._question

    def layout(self) -> str:
        """Return how buttons are laid out: a month, a day's times, else a list of pairs."""
        return self._layout

    async def choices(self) -> Sequence[Choice]:
        """Return the options of this round."""
        match self.state["show"]:
            case "days":
                return await self._days()
            case "people":
                return await self._people()
            case "parts":
                return await self._parts()
            case "which":
                return await self._which()
        return await self._times()

    async def _times(self) -> list[Choice]:
        skip = self.state.get("skip", 0)
        narrowed = bool(self.wish.day and not self.wish.until)
        size = PAGE_SIZE if narrowed or skip else FIRST_PAGE_SIZE
        if self.taps:
            size = GRID_SIZE if narrowed else PAGE_SIZE  # buttons cost nothing: a whole day at once
        if "slots" in self.state:
            found = [Slot.from_json(slot) for slot in self.state["slots"]]
        else:
            found = await self._find(self.wish, limit=skip + size + 1)
        if not found and self.wish != SlotCriteria():
            self.instead = True
            found = await self._nearest()
        if not found:
            raise NothingFree(shop=self.catalog.shop.name)
        self.shown = found[skip : skip + size]
        days = {zones.to_local(int(s.starts_at.timestamp()), self.zone).date() for s in self.shown}
        self.talk.notes["day"] = next(iter(days)).isoformat() if len(days) == 1 else None
        self.more = self._next(skip=skip + size) if len(found) > skip + size else None
        listed = self._listed(self.shown, narrowed=narrowed)
        if self.more and (narrowed or skip):
            more = Choice(self.more, text("more_times"), ("more", "@more"), is_navigation=True)
            listed.append(more)
        other_days = self._next(show="days", skip=0)
        listed.append(Choice(other_days, text("other_times"), ("@other",), is_navigation=True))
        if (narrowed or self.taps) and self._several() and self.wish.provider is None:
            listed.append(self._someone())
        if self.taps and self.ignore is not None:
            listed.append(Choice({"leave": True}, text("keep_it"), is_navigation=True))
        return listed

    def _someone(self) -> Choice:
        return Choice(self._next(show="people"), text("someone"), ("@ask_who",), is_navigation=True)

    def _listed(self, found: list[Slot], *, narrowed: bool) -> list[Choice]:
        days = {zones.to_local(int(s.starts_at.timestamp()), self.zone).date() for s in found}
        people = {slot.provider_id for slot in found}
        one = len(people) == 1 and (self.wish.provider is not None or not self._several())
        facts: dict[str, object] = {"what": labels.slot_summary(self.catalog, found[0])}
        provider = self.catalog.provider(found[0].provider_id).display_name
        header = text("offer", **facts)
        if one and self._several():
            header = text("offer.with", provider=provider, **facts)
        if len(days) == 1:
            header = text("offer.on", offer=header, day=next(iter(days)))
        else:
            header = text("offer.next", offer=header)
        heard = self.talk.heard
        if heard is not None and heard.incoming.kind == "tap" and self.taps:
            # What for stands above, ticked off.
            header = text("which_time")
            if len(days) == 1:
                header = text("which_time.on", day=next(iter(days)))
        if self.talk.notes.get("attendee"):
            header = text("offer.for", attendee=str(self.talk.notes["attendee"]), offer=header)
        if self.instead and self.wish.provider is not None:
            asked = self.catalog.provider(self.wish.provider).display_name
            header = text("instead.with", provider=asked, offer=header)
        elif self.instead:
            header = text("instead", offer=header)
        self._question = header
        if self.taps and narrowed and len(days) == 1:
            # A grid of times alone; with whom, the question after it says.
            self._layout, one = "grid", True
        return [
            Choice(
                {"slot": slot.to_json()},
                labels.slot_label(self.catalog, slot, day=len(days) > 1, provider=not one),
            )
            for slot in found
        ]

    async def _days(self) -> list[Choice]:
        skip = self.state.get("skip", 0)
        counted = await availability.count_slots_by_day(
            self.talk.ctx, self.catalog, self.service_id,
            provider_id=self.wish.provider, ignore_booking=self.ignore,
        )  # fmt: skip
        free = {day.isoformat(): number for day, number in counted.items()}
        days = list(free)[skip:]
        if not days:
            raise NothingFree(shop=self.catalog.shop.name)
        self._question = text("which_day")
        if self.taps:
            return self._month(free)
        listed = [
            Choice(
                self._next(
                    show="parts" if free[day] > PAGE_SIZE else "times",
                    skip=0,
                    wish=self.wish.on_day(day).to_json(),
                ),
                text("day", day=date.fromisoformat(day), count=free[day]),
            )
            for day in days[:PAGE_SIZE]
        ]
        if len(days) > PAGE_SIZE:
            more = Choice(self._next(skip=skip + PAGE_SIZE), text("more_days"), ("more", "@more"))
            listed.append(more)
        return listed

    def _month(self, free: dict[str, int]) -> list[Choice]:
        """The free days of one month, with ways to its neighbours."""
        self._layout = "calendar"
        self._question = text("which_day_taps")
        months = sorted({day[:7] for day in free})
        month = self.state.get("month", "")
        month = month if month in months else months[0]
        listed = []
        for day, count_ in free.items():
            if day.startswith(month):
                state = self._next(
                    show="times", skip=0, month=month, wish=self.wish.on_day(day).to_json()
                )
                listed.append(Choice(state, text("day", day=date.fromisoformat(day), count=count_)))
        at = months.index(month)
        for near, words in ((at - 1, "month.before"), (at + 1, "month.after")):
            if 0 <= near < len(months):
                first = date.fromisoformat(months[near] + "-01")
                state = self._next(month=months[near])
                listed.append(Choice(state, text(words, day=first), is_navigation=True))
        wish = {"provider": self.wish.provider} if self.wish.provider else {}
        soonest = self._next(show="times", skip=0, wish=wish)
        listed.append(Choice(soonest, text("soonest"), is_navigation=True))
        if self._several() and self.wish.provider is None:
            listed.append(self._someone())
        return listed

    async def _parts(self) -> list[Choice]:
        found = await self._find(self.wish)
        self._question = text("which_part", day=date.fromisoformat(self.wish.day))
        listed = []
        for name, (since, before) in _PARTS.items():
            wish = SlotCriteria.from_json(self.wish.to_json() | {"since": since, "before": before})
            fitting = sum(wish.allows(slot, self.zone) for slot in found)
            if fitting:
                state = self._next(show="times", skip=0, wish=wish.to_json())
                listed.append(Choice(state, text(f"part.{name}", count=fitting)))
        return listed

    async def _which(self) -> list[Choice]:
        """The readings of what was said, each as it would go on."""
        self._question = text("which_meant")
        listed = []
        for one in self.state["wishes"]:
            wish = SlotCriteria.from_json(one)
            label = text("meant.day", day=date.fromisoformat(wish.day)) if wish.day else None
            if self.state["of"] == "time":
                label = text("meant.time", when=When(self._wanted_by(wish), self.zone))
            assert label is not None
            listed.append(Choice(await self._meant(wish), label))
        return listed

    async def _meant(self, wish: SlotCriteria) -> Json:
        """What follows from a wish: its slot where it names just one, else its times."""
        if wish.exactly and wish.day:
            found = await self._find(wish)
            if found:
                return {"slot": found[0].to_json(), "wish": wish.to_json(), "said": True}
        return {"show": "times", "wish": wish.to_json()}

    async def _people(self) -> list[Choice]:
        self._question = text("which_person")
        listed = []
        among = self.state.get("among")
        for offering in self.catalog.offerings_of(self.service_id):
            provider = offering.provider
            if among and provider.id not in among:
                continue
            wish = replace(self.wish, provider=provider.id)
            state = await self._meant(wish)
            label = text("person", provider=provider.display_name)
            if provider.speciality:
                label = text(
                    "person.of", provider=provider.display_name, speciality=provider.speciality
                )
            listed.append(Choice(state, label))
        if self.taps:
            anyone = SlotCriteria.from_json(self.wish.to_json() | {"provider": None}).to_json()
            state = self._next(show="times", skip=0, wish=anyone)
            listed.append(Choice(state, text("anyone"), is_navigation=True))
        return listed

    def _several(self) -> bool:
        return len(self.catalog.offerings_of(self.service_id)) > 1

    def _beyond(self, act: str) -> Json:
        """What to show for "later" and "earlier" than what is shown."""
        if act == "later" and self.more:
            return self.more
        edge = self.shown[-1 if act == "later" else 0]
        wish = self.wish.earlier_or_later(edge, act, self.zone)
        return {"show": "times", "wish": wish.to_json()}

    def _next(self, **changes: Json) -> Json:
        return {k: v for k, v in self.state.items() if k != "slots"} | changes

    # --- answers in words ---------------------------------------------------------------------

    async def read(self, heard: Heard) -> Json:
        """Return the slot that was named, or what to show for what was said."""
        if "when" in heard.consumed_acts:
            return MISSING  # an earlier round has made of it what can be made
        found = await self._read(heard)
        if found is not MISSING:
            heard.consumed_acts.add("when")
        return found

    async def _read(self, heard: Heard) -> Json:
        said = heard.understood
        wish = self.wish
        # What was said before it was known which service is meant.
        wished = self.talk.notes.pop("wished", None)
        if wished is not None:
            wish = SlotCriteria.from_json(wish.to_json() | wished)
        if said is None:
            return MISSING if wish == self.wish else await self._meant(wish)
        if said.attendee:
            self.talk.notes["attendee"] = said.attendee
        wish = wish.refined_by(said)
        asked = await self._doubtful(wish, said)
        if asked is not None:
            return asked
        for act in ("later", "earlier"):
            if self.shown and act in (said.at, *said.acts) and act not in heard.consumed_acts:
                heard.consumed_acts.add(act)
                return self._beyond(act)
        if wish == self.wish and self.shown and _OPEN & set(said.acts):
            # Whoever leaves it to us gets the first, and is asked whether it suits.
            return {"slot": self.shown[0].to_json(), "wish": wish.to_json(), "said": True}
        if wish == self.wish and self.shown and said.acts == ("no",) and heard.step == self.key:
            return self._next(show="days", skip=0)  # none of these
        if wish == self.wish and self.shown and set(said.acts) <= _ACCEPTED and "yes" in said.acts:
            if len(self.shown) == 1:
                return {"slot": self.shown[0].to_json(), "wish": wish.to_json(), "said": False}
            self.talk.say_now(text("which_meant"))
            heard.consumed = True
            return MISSING
        if wish == self.wish:
            # Said again what we know: understood, though nothing comes of it.
            heard.consumed |= said.date is not None or said.time is not None
            return MISSING
        named = [s for s in self.shown if wish.allows(s, self.zone) and _of(s, wish)]
        timed = wish.exactly or said.date is None
        if len(named) == 1 and timed and not self.instead and _on(named[0], wish, self.zone):
            return {"slot": named[0].to_json(), "wish": wish.to_json(), "said": not self.shown}
        return await self._meant(wish)

    async def _doubtful(self, wish: SlotCriteria, said: Understood) -> Json | None:
        """Return what to ask about what may mean two things; None when nothing may.

        A reading that cannot be had is none: "Friday" on a Friday evening is the next one.
        """
        if said.provider is not None and said.provider.alternatives:
            may = (said.provider.id, *said.provider.alternatives)
            among = [o.provider.id for o in self.catalog.offerings_of(self.service_id)]
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
        possible = [one for one in readings if await self._find(one, limit=1)]
        if len(possible) > 1:
            return {"show": "which", "of": of, "wishes": [one.to_json() for one in possible]}
        if possible and possible[0] != wish:
            return await self._meant(possible[0])
        return None


_ACCEPTED = frozenset({"yes", "thanks", "greet"})
_OPEN = frozenset({"any_time", "any_day"})


def _of(slot: Slot, wish: SlotCriteria) -> bool:
    return wish.provider in (None, slot.provider_id)


def _on(slot: Slot, wish: SlotCriteria, zone: str) -> bool:
    day = zones.to_local(int(slot.starts_at.timestamp()), zone).date().isoformat()
    return not wish.day or wish.day <= day <= (wish.until or wish.day)
