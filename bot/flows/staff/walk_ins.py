"""Flows for walk-ins: booked into free time, or squeezed in as an overbooking."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.dialogue.heard import Heard
from bot.dialogue.questions import MISSING
from bot.dialogue.talk import Talk
from bot.flows import labels
from bot.flows.double_booking import agrees_to_double
from bot.flows.staff import arguments, booking_lines
from bot.flows.staff.permissions import StaffContext, require_staff
from bot.i18n.messages import text
from core.bookings import agenda, staff_actions
from core.bookings.staff_actions import book_for_customer
from core.bookings.transitions import LIVE_STATES
from core.catalog.entities import Slot
from core.errors import InvalidValue, NotFound, PhoneInvalid, SlotTaken
from core.messaging.messages import Choice, Json, Say, When
from core.people.customers import add_customer
from core.scheduling import availability
from core.values.phone_numbers import parse_phone

_STEP = 300
_LATER = 3
WALK_IN_NAME = "Walk-in"
"""The name used if none is given."""


async def book_walk_in(talk: Talk) -> None:
    """Book a walk-in for now or one of the next free times."""
    desk = await require_staff(talk, "walkin")
    facts = await _facts(talk, desk)
    service_id = await _service(talk, desk, facts)
    provider_id = facts.get("provider")

    async def options() -> Sequence[Choice]:
        now = await _now(talk, desk, service_id, provider_id)
        later = await _later(talk, desk, service_id, provider_id)
        known = {(s.starts_at, s.provider_id) for s in now}
        fresh = [s for s in later if (s.starts_at, s.provider_id) not in known]
        found = [*now, *fresh[:_LATER]]
        return [Choice(s.to_json(), _label(desk, s, now)) for s in found]

    listed = await options() if not talk.notes.get("slot") else ()
    if not listed and not talk.notes.get("slot"):
        await talk.say(text("desk.no_room"))
        return
    named = desk.catalog.service(service_id).name
    chosen = await talk.choose("slot", text("desk.walkin", service=named), options, recheck=False)
    talk.notes["slot"] = True
    customer_id = await _customer(talk, desk, facts)
    slot = Slot.from_json(chosen)
    if not await agrees_to_double(talk, slot, attendee="", customer_id=customer_id):
        await talk.say(text("desk.nothing_done"))
        return

    async def take(key: str) -> Json:
        booked = await book_for_customer(
            talk.ctx, slot, actor=desk.actor, customer_id=customer_id, key=key, origin="walk-in"
        )
        return booked.id

    try:
        booked = await talk.once("booked", take)
    except SlotTaken:
        when = labels.start_when(desk.catalog, slot)
        provider = desk.catalog.provider(slot.provider_id).display_name
        talk.notes.pop("slot", None)
        talk.retry(after="service", say=text("just_went", when=when, provider=provider))
    one = await booking_lines.reload_booking(talk, desk, booked)
    await talk.say(text("desk.booked", booking=booking_lines.booking_summary(one), ref=one.ref))


async def overbook_walk_in(talk: Talk) -> None:
    """Book a walk-in over existing claims, after confirmation that shows the conflict."""
    desk = await require_staff(talk, "squeeze")
    facts = await _facts(talk, desk)
    service_id = await _service(talk, desk, facts)

    async def people_() -> Sequence[Choice]:
        return [
            Choice(o.provider.id, text("person", provider=o.provider.display_name))
            for o in desk.catalog.offerings_of(service_id)
        ]

    given = {offering.provider.id for offering in desk.catalog.offerings_of(service_id)}
    provider_id = facts.get("provider")
    if provider_id not in given:
        provider_id = await talk.choose("provider", text("which_person"), people_)

    async def read(heard: Heard) -> Json:
        if heard.step != talk.step_key("when"):
            return MISSING
        return _instant(talk, desk, heard.text) or MISSING

    at = facts.get("at") or await talk.ask("when", text("desk.when"), read, expects="when")
    starts_at = datetime.fromtimestamp(int(at), UTC)
    slot = availability.staff_slot(desk.catalog, service_id, int(provider_id), starts_at)
    over = await agenda.load_agenda(
        talk.ctx,
        desk.shop_id,
        slot.starts_at,
        slot.ends_at,
        provider_ids=[slot.provider_id],
        states=LIVE_STATES,
    )
    say = text(
        "desk.squeeze_sure",
        service=desk.catalog.service(service_id).name,
        provider=desk.catalog.provider(slot.provider_id).display_name,
        when=When(starts_at, desk.catalog.shop.timezone),
        count=len(over),
    )
    if not await talk.confirm("sure", say):
        await talk.say(text("desk.nothing_done"))
        return
    customer_id = await _customer(talk, desk, facts)

    if not await agrees_to_double(talk, slot, attendee="", customer_id=customer_id):
        await talk.say(text("desk.nothing_done"))
        return

    async def take(key: str) -> Json:
        booked = await staff_actions.overbook(
            talk.ctx, slot, actor=desk.actor, customer_id=customer_id, key=key
        )
        return booked.id

    one = await booking_lines.reload_booking(talk, desk, await talk.once("booked", take))
    await talk.say(text("desk.booked", booking=booking_lines.booking_summary(one), ref=one.ref))


# --- arguments of the command ----------------------------------------------------------------


async def _facts(talk: Talk, desk: StaffContext) -> dict[str, Json]:
    """Return the details in the command's text: service, provider, time, name and phone."""
    rest = str(talk.args.get("rest", ""))

    async def read(_key: str) -> Json:
        if not rest:
            return {}
        said = arguments.understand_words(talk, desk, rest)
        name, phone = arguments.name_and_phone(said)
        mine = {provider.id for provider in desk.allowed_providers}
        return {
            "service": said.service.id if said.service else None,
            "provider": said.provider.id
            if said.provider and said.provider.id in mine
            else (next(iter(mine)) if len(mine) == 1 else None),
            "at": _instant(talk, desk, rest),
            "name": name,
            "phone": phone,
        }

    return dict(await talk.once("facts", read))


async def _service(talk: Talk, desk: StaffContext, facts: dict[str, Json]) -> int:
    mine = {provider.id for provider in desk.allowed_providers}
    fitting = [
        service
        for service in desk.catalog.bookable_services()
        if not service.sessions and mine & {p.id for p in desk.catalog.providers_of(service.id)}
    ]

    async def options() -> Sequence[Choice]:
        return [Choice(s.id, labels.service_label(desk.catalog, s)) for s in fitting]

    async def read(heard: Heard) -> Json:
        if heard.step == talk.step_key("service"):
            said = arguments.understand_words(talk, desk, heard.text).service
            if said is not None:
                return said.id
        return MISSING

    if facts.get("service") in {service.id for service in fitting}:
        return int(facts["service"])
    return int(await talk.choose("service", text("which_service"), options, read=read))


async def _customer(talk: Talk, desk: StaffContext, facts: dict[str, Json]) -> int:
    """Return the id of the named customer, or of an anonymous walk-in."""

    async def read(heard: Heard) -> Json:
        if heard.step != talk.step_key("who") or not heard.text:
            return MISSING
        said = arguments.understand_words(talk, desk, heard.text)
        name, phone = arguments.name_and_phone(said)
        if phone:
            try:
                parse_phone(phone, desk.catalog.shop.country)
            except PhoneInvalid:
                talk.say_now(text("error.phone_invalid"))
                return MISSING
        name = name or " ".join(word for word in heard.text.split() if word.isalpha())
        return [name[:100], phone] if name or phone else MISSING

    if facts.get("name") or facts.get("phone"):
        name, phone = facts["name"], facts["phone"]
    else:
        nobody = Choice(["", ""], text("desk.no_name"), ("@no",))
        name, phone = await talk.ask(
            "who", text("desk.who"), read, options=[nobody], expects="name"
        )

    async def add(_key: str) -> Json:
        called = name or WALK_IN_NAME
        try:
            return await add_customer(talk.ctx, desk.shop_id, called, phone)
        except (PhoneInvalid, InvalidValue):
            return await add_customer(talk.ctx, desk.shop_id, called)

    return int(await talk.once("customer", add))


def _instant(talk: Talk, desk: StaffContext, words: str) -> int | None:
    """Return the start named in the text, in epoch seconds; without a date it is today."""
    said = arguments.understand_words(talk, desk, words)
    if said.time is None:
        return None
    this = said.date or arguments.local_today(talk, desk)
    minute = said.time.hour * 60 + said.time.minute
    return int(arguments.local_instant(this, minute, desk.catalog.shop.timezone).timestamp())


async def _now(
    talk: Talk, desk: StaffContext, service_id: int, provider_id: int | None
) -> list[Slot]:
    """Return slots that start at the next five-minute tick, one per available provider."""
    now = int(talk.ctx.now.timestamp())
    start = datetime.fromtimestamp(-(-now // _STEP) * _STEP, UTC)
    mine = {provider.id for provider in desk.allowed_providers}
    found = []
    for offering in desk.catalog.offerings_of(service_id):
        who = offering.provider.id
        if who not in mine or provider_id not in (None, who):
            continue
        slot = availability.staff_slot(desk.catalog, service_id, who, start)
        try:
            await availability.ensure_available(talk.ctx, desk.catalog, slot, staff=True)
        except (SlotTaken, NotFound):
            continue
        found.append(slot)
    return found


async def _later(
    talk: Talk, desk: StaffContext, service_id: int, provider_id: int | None
) -> list[Slot]:
    scope = desk.visible_provider_ids
    end = talk.ctx.now + timedelta(days=2)
    found = await availability.find_slots_by_provider(
        talk.ctx, desk.catalog, service_id, provider_id=provider_id, start=talk.ctx.now, end=end,
        limit=12,
    )  # fmt: skip
    return [slot for slot in found if scope is None or slot.provider_id in scope]


def _label(desk: StaffContext, slot: Slot, now: Sequence[Slot]) -> Say:
    label = labels.slot_label(desk.catalog, slot, day=slot not in now, provider=True)
    return text("desk.at_once", slot=label) if slot in now else label
