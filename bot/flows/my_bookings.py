"""Flows on existing bookings: show, move, cancel, running late.

The database is queried for the verified person's bookings; ids in messages are never trusted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.dialogue.heard import Heard
from bot.dialogue.questions import MISSING, SwitchFlow
from bot.dialogue.talk import Talk
from bot.flows import booking_card, labels
from bot.flows.double_booking import agrees_to_double
from bot.flows.login import VerifiedPerson
from bot.flows.pick_booking import choose_booking, my_upcoming_bookings, pick_own_booking
from bot.flows.slot_criteria import SlotCriteria, minute_of_day
from bot.flows.slot_picker.picker import PickedSlot, pick_slot
from bot.i18n.messages import text
from core.bookings import agenda, customer_actions
from core.bookings.booking import Booking, load_booking
from core.bookings.terms import TermsChoice, agreed_terms, cutoff_minutes, terms_say
from core.bookings.transitions import Actor
from core.catalog import loader
from core.catalog.entities import Catalog, Slot
from core.errors import SlotTaken
from core.localtime import zones
from core.messaging import signed_links
from core.messaging.messages import Choice, Json, Say
from core.people.identities import person_of_conversation
from core.scheduling.agreed_terms import terms_of_slot


async def show_my_bookings(talk: Talk) -> None:
    """Show the upcoming bookings and the actions on them."""
    _, mine = await my_upcoming_bookings(talk)
    if not mine:
        await talk.say(text("no_bookings"))
        return
    asked_for = next((one for one in mine if one.id == talk.args.get("booking")), None)
    booking = asked_for or mine[0]
    if asked_for is None and len(mine) > 1:
        booking = await choose_booking(talk, mine, "which_booking")
    catalog = await loader.load_catalog(talk.ctx, booking.shop_id)
    talk.focus_on(booking.id)
    taps = talk.conversation.has_editable_buttons

    async def options() -> Sequence[Choice]:
        listed = [
            Choice("move", text("do_move"), ("@move", "move")),
            Choice("cancel", text("do_cancel"), ("@cancel",)),
            Choice("late", text("do_late"), ("@late",)),
        ]
        if taps:
            listed.append(Choice("where", text("do_directions"), ("@ask_address",)))
        return listed

    state = text(f"state.{booking.state}")
    about = (
        booking_card.booking_card(catalog, booking, state)
        if taps
        else _details(talk, catalog, booking)
    )
    todo = await talk.choose("todo", about, options, layout="pairs")
    if todo == "where":
        await booking_card.show_card(talk, catalog, booking, state)
        booking_card.attach_place_and_calendar(talk, catalog, booking)
        return
    raise SwitchFlow(todo, booking=booking.id)


async def move_booking(talk: Talk) -> None:
    """Move a booking; the new time is claimed and the old one released in one transaction."""
    _note_wish(talk)
    found = await pick_own_booking(talk, "which_to_move", moving=True)
    if found is None:
        return
    who, booking = found
    catalog = await loader.load_catalog(talk.ctx, booking.shop_id)
    customer_actions.ensure_changeable(booking, catalog, talk.ctx.now)
    start = talk.notes.get("start") or {
        "show": "times",
        "wish": {} if booking.anyone else {"provider": booking.provider_id},
    }
    talk.notes["named"] = True
    talk.show_answer(labels.booking_line(booking))
    _on_its_day(talk, booking)
    terms = await agreed_terms(talk.ctx, booking)
    picked = await pick_slot(
        talk.scope("to"), catalog, booking.service_id, start=start, moving=booking, terms=terms
    )
    other = terms_of_slot(picked.slot)
    if booking.session_id is not None:
        other = replace(other, minutes=terms.booked.minutes)
    differs = other != terms.booked
    if differs and not await talk.confirm(
        "terms",
        text(
            "move_terms",
            booking=labels.booking_line(booking),
            agreed=terms_say(terms.booked),
            when=labels.start_when(catalog, picked.slot),
            provider=catalog.provider(picked.slot.provider_id).display_name,
            new=terms_say(other),
        ),
        again=text(
            "sure.move",
            old=booking.local_start,
            when=labels.start_when(catalog, picked.slot),
        ),
        about="move",
    ):
        await _stays(talk, booking)
        return
    if (picked.named_in_words and not differs) and not await talk.confirm(
        "sure",
        text(
            "move_sure",
            booking=labels.booking_line(booking),
            when=labels.start_when(catalog, picked.slot),
            provider=catalog.provider(picked.slot.provider_id).display_name,
        ),
        again=text(
            "sure.move",
            old=booking.local_start,
            when=labels.start_when(catalog, picked.slot),
        ),
        about="move",
    ):
        await _stays(talk, booking)
        return
    if not await agrees_to_double(
        talk,
        picked.slot,
        attendee=booking.attendee,
        user_id=who.user_id,
        moving=booking.id,
    ):
        await _stays(talk, booking)
        return
    choice: TermsChoice | None = "new" if differs else None
    moved = await _move(talk, catalog, picked, booking, who, choice)
    talk.focus_on(moved.id)
    if talk.conversation.has_editable_buttons:
        asked = moved.state == "pending"
        head = text("card.requested", shop=catalog.shop.name) if asked else text("card.moved")
        await booking_card.show_card(talk, catalog, moved, head)
        booking_card.attach_calendar(talk, moved)
        return
    key = "move_requested" if moved.state == "pending" else "moved"
    await talk.say(
        text(
            key,
            service=str(moved.snapshot["service"]),
            provider=str(moved.snapshot["provider"]),
            when=moved.local_start,
            ref=moved.ref,
            shop=catalog.shop.name,
            link=signed_links.booking_url(talk.ctx, moved.id),
        )
    )


async def _move(
    talk: Talk,
    catalog: Catalog,
    picked: PickedSlot,
    booking: Booking,
    who: VerifiedPerson,
    choice: TermsChoice | None,
) -> Booking:
    async def shift(key: str) -> Json:
        moved = await customer_actions.move_booking(
            talk.ctx,
            booking.id,
            picked.slot,
            actor=Actor("customer", who.user_id),
            key=key,
            conversation_id=talk.conversation.id,
            terms=choice,
        )
        return {"id": moved.id}

    try:
        done = await talk.once("moved", shift)
    except SlotTaken as taken:
        slot = picked.slot
        talk.say_now(
            text(
                "just_went",
                when=labels.start_when(catalog, slot),
                provider=catalog.provider(slot.provider_id).display_name,
            )
        )
        near = [Slot.to_json(other) for other in taken.alternatives]
        talk.notes["start"] = {"show": "times"} | ({"slots": near} if near else {})
        talk.retry(after="one")
    return await load_booking(talk.ctx, done["id"], user_id=who.user_id)


async def _stays(talk: Talk, booking: Booking) -> None:
    """Say that the booking was left unchanged."""
    talk.focus_on(booking.id)
    if talk.conversation.has_editable_buttons:
        raise SwitchFlow("stays", booking=booking.id)
    await talk.say(text("stays", booking=labels.booking_line(booking)))


async def cancel_booking(talk: Talk) -> None:
    """Cancel a booking after one confirmation that states the shop's cutoff."""
    found = await pick_own_booking(talk, "which_to_cancel")
    if found is None:
        return
    who, booking = found
    catalog = await loader.load_catalog(talk.ctx, booking.shop_id)
    customer_actions.ensure_changeable(booking, catalog, talk.ctx.now)
    hours = cutoff_minutes(booking, catalog) // 60
    line = labels.booking_line(booking)
    rule = text("cancel_rule", count=hours) if hours else text("cancel_rule_none")
    if not await talk.confirm(
        "sure",
        text("cancel_sure", booking=line, rule=rule),
        again=text("sure.cancel", when=booking.local_start),
        about="cancel",
    ):
        await _stays(talk, booking)
        return

    async def undo(_key: str) -> Json:
        await customer_actions.cancel_booking(
            talk.ctx, booking.id, actor=Actor("customer", who.user_id)
        )
        return True

    await talk.once("cancelled", undo)
    await talk.say(text("cancelled", booking=line, shop=catalog.shop.name))
    booking_card.show_ended_card_button(talk, booking)


async def report_late(talk: Talk) -> None:
    """Tell the shop that the customer is running late."""
    found = await pick_own_booking(talk, "which_is_late")
    if found is None:
        return
    who, booking = found

    async def read(heard: Heard) -> Json:
        said = heard.understood
        if said and said.minutes_late:
            return said.minutes_late
        if heard.step == talk.step_key("minutes") and heard.text.isdecimal():
            minutes = int(heard.text[:4])
            return minutes if 1 <= minutes <= 240 else MISSING
        return MISSING

    options = [Choice(n, text("minutes", count=n)) for n in (5, 10, 15, 30)]
    minutes = talk.args.get("minutes") or await talk.ask(
        "minutes", text("how_late"), read, options=options, expects="number"
    )

    catalog = await loader.load_catalog(talk.ctx, booking.shop_id)
    today = zones.to_local(int(talk.ctx.now.timestamp()), booking.timezone).date()
    other_day = text("late_other_day", when=booking.local_start, shop=catalog.shop.name)
    if booking.local_date != today and not await talk.confirm("other_day", other_day):
        await talk.say(text("late_untold"))
        return

    async def tell(_key: str) -> Json:
        actor = Actor("customer", who.user_id)
        await customer_actions.mark_late(talk.ctx, booking.id, int(minutes), actor=actor)
        return True

    await talk.once("told", tell)
    await talk.say(text("told_late", shop=catalog.shop.name, count=int(minutes)))


async def show_next_booking(talk: Talk) -> None:
    """Show the next booking, if any, when no question is open."""
    person = await person_of_conversation(talk.ctx, talk.conversation.id)
    mine = (
        await agenda.upcoming_bookings(talk.ctx, user_id=person.user_id)
        if person and person.is_verified
        else []
    )
    if mine:
        talk.focus_on(mine[0].id)
        await talk.say(text("next_booking", booking=labels.booking_line(mine[0]), ref=mine[0].ref))
    else:
        await talk.say(text("nothing_open"))


async def show_status(talk: Talk) -> None:
    """Say whether the booking spoken of is confirmed, and when it is."""
    found = await pick_own_booking(talk, "which_meant")
    if found is None:
        return
    _, booking = found
    talk.focus_on(booking.id)
    await talk.say(
        text(
            "booking_status",
            state=text(f"state.{booking.state}"),
            booking=labels.booking_line(booking),
            ref=booking.ref,
        )
    )


def _note_wish(talk: Talk) -> None:
    """Store details of the new time until the booking to move is known."""
    said = talk.heard.understood if talk.heard else None
    if said is not None and "wished" not in talk.notes and "start" not in talk.notes:
        wished = SlotCriteria().refined_by(said)
        talk.notes["wished"] = wished.to_json()
        if said.minutes_shifted and not wished.has_time:
            talk.notes["shift"] = said.minutes_shifted


def _on_its_day(talk: Talk, booking: Booking) -> None:
    """Interpret a time without a date as being on the booking's own day: "move it to 11".

    "30 minutes later" counts from the booking's start.
    """
    wished = SlotCriteria.from_json(talk.notes.get("wished") or {})
    shift = talk.notes.pop("shift", None)
    if shift is not None:
        to = zones.to_local(int(booking.starts_at.timestamp()) + 60 * shift, booking.timezone)
        later = replace(wished, day=to.date().isoformat(), exactly=True)
        wished = replace(later, since=minute_of_day(to.time()))
        talk.notes["wished"] = wished.to_json()
        return
    if wished.has_time and not (wished.day or wished.weekdays):
        talk.notes["wished"] = replace(wished, day=booking.local_date.isoformat()).to_json()


def _details(talk: Talk, catalog: Catalog, booking: Booking) -> Say:
    amount = labels.price_or_none(booking.price_minor, booking.currency)
    facts: dict[str, object] = {
        "booking": labels.booking_line(booking),
        "shop": catalog.shop.name,
        "address": catalog.shop.address,
        "ref": booking.ref,
        "link": signed_links.booking_url(talk.ctx, booking.id),
    }
    key = "details" if amount else "details.unpriced"
    if amount:
        facts["price"] = amount
    state = text(f"state.{booking.state}")
    return text(key, state=state, **facts)
