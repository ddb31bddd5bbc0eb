"""What a simulated phone shows: new messages, changed ones, buttons that are gone."""

from __future__ import annotations

from typing import Any, get_type_hints

import pytest

from bot.channels.simulator.channel import (
    CAPABILITIES_BY_LOOK,
    MAX_MESSAGES,
    Simulator,
    SimulatorChannel,
)
from bot.channels.simulator.message import PhoneMessage
from bot.rendering.keyboards import PromptOption
from bot.rendering.render import TELEGRAM, WHATSAPP, Attachment, RenderedMessage, VenuePin
from core.clock import FixedClock
from core.messaging.messages import Say
from core.messaging.outbox.claim import Outgoing

LINE, ADDRESS = 3, "simulated-34600111222"
YES, NO = PromptOption(1, "Yes", "7.0"), PromptOption(2, "No", "7.1")


def row(**facts: Any) -> Outgoing:
    """Return a claimed row to `ADDRESS`; what is not said is empty."""
    empty: dict[str, Any] = {
        name: {"int": 0, "str": "", "bool": False}.get(getattr(hint, "__name__", ""))
        for name, hint in get_type_hints(Outgoing).items()
    }
    known = {
        "message": Say("lines"),
        "line_id": LINE,
        "address": ADDRESS,
        "edit_target": {},
        "options": (),
    }
    return Outgoing(**empty | known | facts)


@pytest.fixture
def simulator() -> Simulator:
    return Simulator(FixedClock.at("2026-03-09T09:00Z"))


def texts(simulator: Simulator) -> list[tuple[int, str, list[str]]]:
    """Return number, words and buttons of every message."""
    return [
        (m.number, "".join(span.text for span in m.text), [o.label for o in m.options])
        for m in simulator.all_messages()
    ]


def ask(simulator: Simulator) -> PhoneMessage:
    asked = RenderedMessage("Sure?", "buttons", (YES, NO), rows=((YES, NO),))
    return simulator.show_outgoing(row(), asked, TELEGRAM)


def test_simulator_answers_a_tap_in_its_message(simulator: Simulator) -> None:
    asked = ask(simulator)
    assert simulator.find_button_message(LINE, ADDRESS, "7.1") == asked.message_id == "simulated-1"
    changed = simulator.show_outgoing(
        row(edit_target={"message": asked.message_id, "in_place": True}),
        RenderedMessage("Booked."),
        TELEGRAM,
    )
    assert (changed.message_id, changed.edits) == (asked.message_id, 1)
    assert texts(simulator) == [(1, "Booked.", [])]
    assert simulator.find_button_message(LINE, ADDRESS, "7.1") == ""


def test_what_follows_a_question_takes_its_buttons_away(simulator: Simulator) -> None:
    asked = ask(simulator)
    simulator.show_incoming(LINE, ADDRESS, "yes")
    after = RenderedMessage("Done.", settled_text="✓ Sure")
    simulator.show_outgoing(row(edit_target={"message": asked.message_id}), after, TELEGRAM)
    assert texts(simulator) == [(1, "✓ Sure", []), (2, "yes", []), (3, "Done.", [])]


def test_channel_that_changes_no_messages_shows_a_new_one(simulator: Simulator) -> None:
    asked = ask(simulator)
    edit_target = {"message": asked.message_id, "in_place": True}
    simulator.show_outgoing(row(edit_target=edit_target), RenderedMessage("Booked."), WHATSAPP)
    assert texts(simulator) == [(1, "Sure?", ["Yes", "No"]), (2, "Booked.", [])]


def test_message_that_is_gone_comes_as_a_new_one(simulator: Simulator) -> None:
    edit_target = {"message": "simulated-99", "in_place": True}
    simulator.show_outgoing(row(edit_target=edit_target), RenderedMessage("Booked."), TELEGRAM)
    other = row(edit_target={"message": "simulated-1", "in_place": True}, address="somebody else")
    simulator.show_outgoing(other, RenderedMessage("Theirs."), TELEGRAM)
    assert texts(simulator) == [(1, "Booked.", []), (2, "Theirs.", [])]


def test_phone_remembers_the_newest(simulator: Simulator) -> None:
    for number in range(MAX_MESSAGES + 5):
        simulator.show_incoming(LINE, ADDRESS, str(number))
    kept = texts(simulator)
    assert (len(kept), kept[0][1], kept[-1][1]) == (MAX_MESSAGES, "5", str(MAX_MESSAGES + 4))


async def test_who_watches_hears_of_everything_until_the_end(simulator: Simulator) -> None:
    phone = SimulatorChannel(simulator, CAPABILITIES_BY_LOOK["telegram"])
    with simulator.subscribe() as news:
        sent = await phone.send(row(), RenderedMessage("Hello."))
        simulator.notify_watchers("facts")
        await phone.close()
        heard = [news.get_nowait() for _ in range(news.qsize())]
    assert (sent.provider_message_id, sent.status) == ("simulated-1", "delivered")
    assert [(kind, shown and shown.number) for kind, shown in heard] == [
        ("message", 1),
        ("facts", None),
        ("end", None),
    ]
    simulator.notify_watchers("facts")
    assert news.empty()


def test_place_and_file_are_cards_with_links(simulator: Simulator) -> None:
    venue = VenuePin(40.416, -3.706, "Bella Hair", "Calle Mayor 8")
    file = Attachment("K7Q-3MD.ics", "text/calendar", b"BEGIN:VCALENDAR")
    place = simulator.show_outgoing(
        row(), RenderedMessage("", "venue", venue=venue), TELEGRAM
    ).to_json()
    assert place["place"] == {
        "title": "Bella Hair",
        "address": "Calle Mayor 8",
        "href": (
            "https://www.openstreetmap.org/?mlat=40.416000&mlon=-3.706000"
            "#map=18/40.416000/-3.706000"
        ),
    }
    sent = simulator.show_outgoing(
        row(), RenderedMessage("", "document", document=file), TELEGRAM
    ).to_json()
    assert sent["file"] == {"name": "K7Q-3MD.ics", "href": "/simulator/files/2"}
