"""The booking flow: service, time, hold, verification and booking."""

from __future__ import annotations

from itertools import count

from bot.dialogue.heard import Heard
from bot.dialogue.questions import MISSING
from bot.dialogue.talk import Talk
from bot.flows import booking_card, labels
from bot.flows.double_booking import agrees_to_double
from bot.flows.login import VerifiedPerson, login, refuse_if_unverifiable
from bot.flows.pick_service import pick_service
from bot.flows.pick_shop import pick_shop
from bot.flows.slot_criteria import SlotCriteria
from bot.flows.slot_picker.picker import PickedSlot, pick_slot
from bot.i18n.messages import error_text, text
from bot.nlu.types import Understood
from core.bookings import agenda, customer_actions
from core.bookings.booking import Booking, load_booking
from core.catalog.entities import Catalog, Slot
from core.errors import OfferChanged, ShopPaused, SlotTaken
from core.messaging import signed_links
from core.messaging.messages import Choice, Json, Say
from core.people.identities import person_of_conversation

_WORDS = 500


async def book_appointment(talk: Talk) -> None:
    """Book one appointment, for the person or for somebody else."""
    catalog = await pick_shop(talk)
    if catalog.shop.paused and "picked" not in talk.notes:
        raise ShopPaused(shop=catalog.shop.id)
    if "picked" not in talk.notes:
        await refuse_if_unverifiable(talk, catalog)
    await _take_hints(talk, catalog)
    service_id = await pick_service(talk, catalog)
    _apply_corrections(talk, catalog, service_id)
    talk.notes["service"] = service_id  # the subject of "how long does it take?"
    talk.show_answer(labels.service_label(catalog, catalog.service(service_id)))
    wished = {"show": "times", "wish": talk.notes.get("wish", {})}
    start = talk.notes.get("start") or wished
    picked = await pick_slot(talk.scope("when"), catalog, service_id, start=start)
    talk.notes["wish"] = picked.wish.to_json()  # the criteria that remain after corrections
    talk.notes["picked"] = picked.slot.to_json()
    hold = await _hold(talk, catalog, picked)
    first: Say | None = _hold_heading(catalog, picked)
    attendee = str(talk.notes.get("attendee", ""))
    if talk.conversation.has_editable_buttons:
        talk.show_answer(labels.slot_label(catalog, picked.slot, day=True, provider=True))
        attendee = await _confirm_booking(talk, catalog, picked, attendee)
        if attendee:
            talk.show_answer(text("done.for", attendee=attendee))
        first = None
    who = await login(talk.scope("login"), catalog, first=first)
    if (
        not talk.conversation.has_editable_buttons
        and picked.named_in_words
        and who.is_returning
        and not await talk.confirm(
            "sure",
            _check(catalog, picked, attendee),
            again=text(
                "sure.book",
                what=labels.slot_summary(catalog, picked.slot),
                when=labels.start_when(catalog, picked.slot),
            ),
            about="book",
        )
    ):
        talk.notes["start"] = {"show": "days"}
        talk.retry(after="service")
    if not await agrees_to_double(talk, picked.slot, attendee=attendee, user_id=who.user_id):
        await _let_go(talk, hold)
        return
    booking = await _book(talk, catalog, picked, hold, who, attendee)
    talk.focus_on(booking.id)
    if talk.conversation.has_editable_buttons:
        await booking_card.show_card(talk, catalog, booking, _card_heading(catalog, booking, who))
        booking_card.attach_place_and_calendar(talk, catalog, booking)
        return
    await talk.say(_booked(talk, catalog, booking, who))


async def _take_hints(talk: Talk, catalog: Catalog) -> None:
    """Take in details given apart from the answer: the attendee and the person's name."""
    heard = talk.heard
    said = heard.understood if heard else None
    if (
        heard
        and said
        and not said.code
        and heard.selected_value is MISSING
        and "words" not in heard.consumed_acts
    ):
        heard.consumed_acts.add("words")
        # Kept in case the person switches shops, so that nothing has to be repeated.
        talk.notes["words"] = f"{talk.notes.get('words', '')}\n{said.text}".strip()[-_WORDS:]
    if heard and said and said.attendee and len(said.attendee) <= 100:
        talk.notes["attendee"] = said.attendee
        if _only_says_for_whom(said):
            heard.consumed = True
            talk.say_now(text("attendee_noted", attendee=said.attendee))
    if said and said.provider and "provider" not in talk.notes:
        talk.notes["provider"] = said.provider.id
    if said and "same_as_last" in said.acts and "last" not in talk.notes:
        person = await person_of_conversation(talk.ctx, talk.conversation.id)
        last = person and await agenda.last_booking(
            talk.ctx, user_id=person.user_id, shop_id=catalog.shop.id
        )
        talk.notes["last"] = (
            {"service": last.service_id, "provider": last.provider_id} if last else {}
        )
        if person and last:
            talk.notes["start"] = {"show": "times", "wish": {"provider": last.provider_id}}
            talk.notes["named"] = True
            talk.say_now(text("hi_name", name=person.name))


def _only_says_for_whom(said: Understood) -> bool:
    return {span.kind for span in said.spans} <= {"attendee", "act"} and set(said.acts) <= {
        "for_other",
        "book",
    }


def _acts(said: Understood) -> set[str]:
    return {said.at or "", *said.acts}


def _apply_corrections(talk: Talk, catalog: Catalog, service_id: int) -> None:
    """Apply a correction ("actually Friday", "no, a colour") by discarding later steps, once."""
    heard = talk.heard
    said = heard.understood if heard else None
    if heard is None or said is None or "correction" in heard.consumed_acts or said.code:
        return
    asking = any(act.startswith("ask_") for act in said.acts)
    held = heard.step.startswith((talk.step_key("sure"), talk.step_key("login/")))
    other_service = service_id in said.refused.services or (
        said.service is not None
        and service_id not in (said.service.id, *said.service.alternatives)
        and not asking
    )
    wishes = (said.date, said.time, said.time_to, said.provider, said.at)
    refused = said.refused
    no = (refused.providers, refused.times, said.excluded_dates, said.excluded_weekdays)
    other_time = held and (
        any(wish is not None for wish in wishes)
        or bool(said.weekdays)
        or any(no)
        or bool({"other", "earlier", "later"} & set(said.acts))
    )
    if not (other_service or other_time):
        return
    heard.consumed_acts.add("correction")
    talk.notes.pop("start", None)
    if service_id in said.refused.services:
        talk.notes["not_services"] = [*talk.notes.get("not_services", ()), service_id]
    if other_service:
        talk.notes["wished"] = talk.notes.get("wish", {})
    elif all(wish is None for wish in wishes) and not any(no):
        wish = SlotCriteria.from_json(talk.notes.get("wish", {}))
        if "other" in said.acts:
            talk.notes["start"] = {"show": "days", "wish": wish.to_json()}
    if held and (beyond := next((a for a in ("earlier", "later") if a in _acts(said)), "")):
        heard.consumed_acts.add(beyond)
        slot = Slot.from_json(talk.notes["picked"])
        wish = SlotCriteria.from_json(talk.notes.get("wish", {}))
        wish = wish.earlier_or_later(slot, beyond, catalog.shop.timezone)
        talk.notes["start"] = {"show": "times", "wish": wish.to_json()}
    talk.retry(after=None if other_service else "service")


# --- confirmation and attendee --------------------------------------------------------------------


async def _confirm_booking(talk: Talk, catalog: Catalog, picked: PickedSlot, attendee: str) -> str:
    """Confirm the held slot and return the attendee; "" means the person themself."""
    offered = (
        Choice("yes", text("confirm"), ("@yes",)),
        Choice("someone", text("for_someone"), ()),
        Choice("other", text("other_times"), ("@no", "@other"), is_navigation=True),
    )
    for number in count(1):
        asked = booking_card.hold_card(catalog, picked.slot, attendee)
        answer = await talk.decide(f"sure{number}", asked, offered, alone=True, about="book")
        if answer == "yes":
            return attendee
        if answer == "other":
            talk.notes["start"] = {"show": "days"}
            talk.retry(after="service")
        attendee = await _attendee(talk, number)
    raise AssertionError  # pragma: no cover - the loop ends only by returning


async def _attendee(talk: Talk, number: int) -> str:
    async def read(heard: Heard) -> Json:
        said = heard.understood
        name = said.attendee or said.person_name if said else None
        if heard.step != talk.step_key(f"for{number}"):
            return MISSING
        name = " ".join((name or heard.text).split())
        return name if len(name) <= 100 and any(c.isalpha() for c in name) else MISSING

    return str(await talk.ask(f"for{number}", text("which_attendee"), read, expects="name"))


# --- hold and booking -----------------------------------------------------------------------------


async def _hold(talk: Talk, catalog: Catalog, picked: PickedSlot) -> Json:
    async def hold(key: str) -> Json:
        held = await customer_actions.hold_slot(
            talk.ctx,
            picked.slot,
            conversation_id=talk.conversation.id,
            key=key,
            origin=talk.conversation.channel,
            anyone=picked.any_provider,
            attendee=str(talk.notes.get("attendee", "")),
        )
        return {"id": held.id}

    try:
        return await talk.once("hold", hold)
    except SlotTaken as taken:
        _offer_instead(talk, catalog, picked, taken)
        talk.retry(after="service")
    except OfferChanged as changed:
        talk.notes["start"] = {"show": "times", "wish": picked.wish.to_json()}
        talk.retry(after="service", say=error_text(changed))


async def _let_go(talk: Talk, hold: Json) -> None:
    """Give a held time back that is not wanted after all."""

    async def release(_key: str) -> Json:
        await customer_actions.release_hold(talk.ctx, hold["id"])
        return True

    await talk.once("let_go", release)
    await talk.say(text("not_booked"))


def _offer_instead(talk: Talk, catalog: Catalog, picked: PickedSlot, taken: SlotTaken) -> None:
    """Report that the slot was taken and offer the nearest free ones in the next round."""
    slot = picked.slot
    provider = catalog.provider(slot.provider_id).display_name
    talk.say_now(text("just_went", when=labels.start_when(catalog, slot), provider=provider))
    near = [Slot.to_json(other) for other in taken.alternatives]
    start: dict[str, Json] = {"show": "times", "wish": picked.wish.to_json()}
    if near:
        # The previous criteria would only restrict the alternatives.
        start = {"show": "times", "slots": near}
    talk.notes["start"] = start
    talk.notes["named"] = True


async def _book(
    talk: Talk, catalog: Catalog, picked: PickedSlot, hold: Json, who: VerifiedPerson, attendee: str
) -> Booking:
    async def settle(key: str) -> Json:
        booking = await customer_actions.book_hold(
            talk.ctx,
            hold["id"],
            user_id=who.user_id,
            name=who.name,
            key=key,
            attendee=attendee,
        )
        return {"id": booking.id}

    try:
        booked = await talk.once("booked", settle)
    except SlotTaken as taken:
        _offer_instead(talk, catalog, picked, taken)
        talk.retry(after="service")
    return await load_booking(talk.ctx, booked["id"], user_id=who.user_id)


# --- messages -------------------------------------------------------------------------------------


def _card_heading(catalog: Catalog, booking: Booking, who: VerifiedPerson) -> Say:
    """Return the heading of a card for a new booking."""
    if booking.state == "pending":
        return text("card.requested", shop=catalog.shop.name)
    if booking.attendee:
        return text("card.booked_for", attendee=booking.attendee)
    return text("card.booked", name=who.name)


def _hold_heading(catalog: Catalog, picked: PickedSlot) -> Say:
    return text(
        "held",
        provider=catalog.provider(picked.slot.provider_id).display_name,
        when=labels.start_when(catalog, picked.slot),
        service=catalog.service(picked.slot.service_id).name,
        minutes=catalog.shop.hold_minutes,
    )


def _check(catalog: Catalog, picked: PickedSlot, attendee: str) -> Say:
    facts: dict[str, object] = {
        "what": labels.slot_summary(catalog, picked.slot),
        "provider": catalog.provider(picked.slot.provider_id).display_name,
        "when": labels.start_when(catalog, picked.slot),
    }
    if attendee:
        return text("check_for", attendee=attendee, **facts)
    return text("check", **facts)


def _booked(talk: Talk, catalog: Catalog, booking: Booking, who: VerifiedPerson) -> Say:
    key = "requested" if booking.state == "pending" else "booked"
    facts: dict[str, object] = {
        "service": str(booking.snapshot["service"]),
        "provider": str(booking.snapshot["provider"]),
        "when": booking.local_start,
        "ref": booking.ref,
    }
    if key == "requested":
        return text("requested", shop=catalog.shop.name, **facts)
    if who.is_returning and booking.attendee:
        return text("booked_for", attendee=booking.attendee, **facts)
    facts["address"] = catalog.shop.address
    facts["link"] = signed_links.booking_url(talk.ctx, booking.id)
    if booking.attendee:
        return text("booked_first_for", name=who.name, attendee=booking.attendee, **facts)
    if who.is_returning:
        return text("booked_again", **facts)
    return text("booked", name=who.name, **facts)
