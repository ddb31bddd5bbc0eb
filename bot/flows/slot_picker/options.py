"""One round of the slot picker: its question and options, derived from its state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from bot.dialogue.talk import Talk
from bot.flows import labels
from bot.flows.slot_criteria import SlotCriteria
from bot.flows.slot_picker.search import (
    FIRST_PAGE_SIZE,
    find_slots,
    nearest_slots,
    wanted_instant,
)
from bot.i18n.messages import text
from core.bookings.booking import Booking
from core.catalog.entities import Catalog, Slot
from core.errors import NothingFree
from core.localtime import zones
from core.messaging.messages import Choice, Json, Say, When
from core.scheduling import availability
from core.scheduling.agreed_terms import AgreedTerms
from core.scheduling.asker import Asker

PAGE_SIZE = 6
"""Times or days on a later page of a list."""

GRID_SIZE = 48
"""Times of one day on one page of buttons."""

_PARTS = {"morning": (0, 12 * 60), "afternoon": (12 * 60, 17 * 60), "evening": (17 * 60, 48 * 60)}


class PickerRound:
    """One question of the slot picker; `state` determines what it shows.

    `show` is "times", "days", "parts", "people" or "which" (one of two readings), `wish` holds the
    criteria, `skip` the number of entries on earlier pages, and `slots`, if present, the exact
    slots to offer as alternatives to one that was taken.
    """

    def __init__(  # all of these determine the options
        self,
        talk: Talk,
        catalog: Catalog,
        service_id: int,
        state: Json,
        moving: Booking | None,
        terms: AgreedTerms | None,
        key: str,
    ) -> None:
        self.talk = talk
        self.catalog = catalog
        self.service_id = service_id
        self.state = state
        self.moving = moving
        self.asker = Asker(moving.id if moving else None, talk.conversation.id, terms)
        self.wish = SlotCriteria.from_json(state.get("wish", {}))
        talk.notes["wish"] = state.get("wish", {})
        self.zone = catalog.shop.timezone
        self.key = key
        self.shown: list[Slot] = []
        self.more: Json = None  # the state that shows the following times
        self.instead = False  # nothing meets the criteria; the nearest slots are shown
        self._question: Say | None = None
        self.taps = talk.conversation.has_editable_buttons
        self._layout = "pairs"

    # --- question ---------------------------------------------------------------------------

    def question(self) -> Say:
        """Return the question prepared by `choices`, which must be called first."""
        assert self._question is not None
        if self.shown and not self.talk.notes.get("named"):
            self.talk.notes["named"] = True
            if self.taps and self.talk.heard and self.talk.heard.incoming.kind == "tap":
                return self._question
            return text("offer.shop", shop=self.catalog.shop.name, offer=self._question)
        return self._question

    def layout(self) -> str:
        """Return the button layout: a calendar month, a grid of times, or a list."""
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
            size = GRID_SIZE if narrowed else PAGE_SIZE  # buttons are free: show the whole day
        if "slots" in self.state:
            found = [Slot.from_json(slot) for slot in self.state["slots"]]
        else:
            found = await find_slots(self, self.wish, limit=skip + size + 1)
        if not found and self.wish != SlotCriteria():
            self.instead = True
            found = await nearest_slots(self)
        if not found:
            raise NothingFree(shop=self.catalog.shop.name)
        self.shown = found[skip : skip + size]
        days = {zones.to_local(int(s.starts_at.timestamp()), self.zone).date() for s in self.shown}
        self.talk.notes["day"] = next(iter(days)).isoformat() if len(days) == 1 else None
        self.more = self.next_state(skip=skip + size) if len(found) > skip + size else None
        listed = self._listed(self.shown, narrowed=narrowed)
        if self.more and (narrowed or skip):
            more = Choice(self.more, text("more_times"), ("more", "@more"), is_navigation=True)
            listed.append(more)
        other_days = self.next_state(show="days", skip=0)
        listed.append(Choice(other_days, text("other_times"), ("@other",), is_navigation=True))
        if (narrowed or self.taps) and self._several() and self.wish.provider is None:
            listed.append(self._someone())
        if self.taps and self.moving is not None:
            listed.append(Choice({"leave": True}, text("keep_it"), is_navigation=True))
        return listed

    def _someone(self) -> Choice:
        return Choice(
            self.next_state(show="people"), text("someone"), ("@ask_who",), is_navigation=True
        )

    def _listed(self, found: list[Slot], *, narrowed: bool) -> list[Choice]:
        days = {zones.to_local(int(s.starts_at.timestamp()), self.zone).date() for s in found}
        people = {slot.provider_id for slot in found}
        one = len(people) == 1 and (self.wish.provider is not None or not self._several())
        facts: dict[str, object] = {"what": labels.slot_summary(self.catalog, found[0])}
        provider = self.catalog.provider(found[0].provider_id).display_name
        header = text("offer", **facts)
        if one and self._several():
            header = text("offer.with", provider=provider, **facts)
        day = next(iter(days)) if len(days) == 1 else None
        if self.moving is not None:
            # The list is the question: what is picked is moved.
            facts = {"offer": header, "when": self.moving.local_start}
            header = text("offer.move_on", day=day, **facts) if day else text("offer.move", **facts)
        else:
            header = (
                text("offer.on", offer=header, day=day) if day else text("offer.next", offer=header)
            )
        heard = self.talk.heard
        tapped = heard is not None and heard.incoming.kind == "tap" and self.taps
        if tapped and self.moving is None:
            # The service is already shown above as an answer.
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
            # The grid shows times only; the provider is asked for afterwards.
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
            provider_id=self.wish.provider, asker=self.asker,
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
                self.next_state(
                    show="parts" if free[day] > PAGE_SIZE else "times",
                    skip=0,
                    wish=self.wish.on_day(day).to_json(),
                ),
                text("day", day=date.fromisoformat(day), count=free[day]),
            )
            for day in days[:PAGE_SIZE]
        ]
        if len(days) > PAGE_SIZE:
            more = Choice(
                self.next_state(skip=skip + PAGE_SIZE), text("more_days"), ("more", "@more")
            )
            listed.append(more)
        return listed

    def _month(self, free: dict[str, int]) -> list[Choice]:
        """Return the free days of one month, with links to adjacent months."""
        self._layout = "calendar"
        self._question = text("which_day_taps")
        months = sorted({day[:7] for day in free})
        month = self.state.get("month", "")
        month = month if month in months else months[0]
        listed = []
        for day, count_ in free.items():
            if day.startswith(month):
                state = self.next_state(
                    show="times", skip=0, month=month, wish=self.wish.on_day(day).to_json()
                )
                listed.append(Choice(state, text("day", day=date.fromisoformat(day), count=count_)))
        at = months.index(month)
        for near, words in ((at - 1, "month.before"), (at + 1, "month.after")):
            if 0 <= near < len(months):
                first = date.fromisoformat(months[near] + "-01")
                state = self.next_state(month=months[near])
                listed.append(Choice(state, text(words, day=first), is_navigation=True))
        wish = {"provider": self.wish.provider} if self.wish.provider else {}
        soonest = self.next_state(show="times", skip=0, wish=wish)
        listed.append(Choice(soonest, text("soonest"), is_navigation=True))
        if self._several() and self.wish.provider is None:
            listed.append(self._someone())
        return listed

    async def _parts(self) -> list[Choice]:
        found = await find_slots(self, self.wish)
        self._question = text("which_part", day=date.fromisoformat(self.wish.day))
        listed = []
        for name, (since, before) in _PARTS.items():
            wish = SlotCriteria.from_json(self.wish.to_json() | {"since": since, "before": before})
            fitting = sum(wish.allows(slot, self.zone) for slot in found)
            if fitting:
                state = self.next_state(show="times", skip=0, wish=wish.to_json())
                listed.append(Choice(state, text(f"part.{name}", count=fitting)))
        return listed

    async def _which(self) -> list[Choice]:
        """Return an option for each reading of the message."""
        self._question = text("which_meant")
        listed = []
        for one in self.state["wishes"]:
            wish = SlotCriteria.from_json(one)
            label = text("meant.day", day=date.fromisoformat(wish.day)) if wish.day else None
            if self.state["of"] == "time":
                label = text("meant.time", when=When(wanted_instant(self, wish), self.zone))
            assert label is not None
            listed.append(Choice(await self.follow_up(wish), label))
        return listed

    async def follow_up(self, wish: SlotCriteria) -> Json:
        """Return the slot if the criteria determine one, else the state that lists times."""
        if wish.exactly and wish.day:
            found = await find_slots(self, wish)
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
            state = await self.follow_up(wish)
            label = text("person", provider=provider.display_name)
            if provider.speciality:
                label = text(
                    "person.of", provider=provider.display_name, speciality=provider.speciality
                )
            listed.append(Choice(state, label))
        if self.taps:
            anyone = SlotCriteria.from_json(self.wish.to_json() | {"provider": None}).to_json()
            state = self.next_state(show="times", skip=0, wish=anyone)
            listed.append(Choice(state, text("anyone"), is_navigation=True))
        return listed

    def _several(self) -> bool:
        return len(self.catalog.offerings_of(self.service_id)) > 1

    def next_state(self, **changes: Json) -> Json:
        """Return the state with changes and without explicitly given slots."""
        return {k: v for k, v in self.state.items() if k != "slots"} | changes
