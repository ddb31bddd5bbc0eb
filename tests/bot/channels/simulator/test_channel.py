"""What a simulated phone shows: new messages, changed ones, buttons that are gone."""

from __future__ import annotations

from typing import Any, get_type_hints

import pytest

from bot.channels.simulator.channel import KEPT, LOOKS, Phone, Simulator
from bot.channels.simulator.message import Shown
from bot.rendering.keyboards import Option
from bot.rendering.render import TELEGRAM, WHATSAPP, Document, Rendered, Venue
from core.clock import FixedClock
from core.messaging.messages import Say
from core.messaging.outbox.claim import Outgoing

LINE, ADDRESS = 3, "simulated-34600111222"
YES, NO = Option(1, "Yes", "7.0"), Option(2, "No", "7.1")


def row(**facts: Any) -> Outgoing:
    """Return a claimed row to `ADDRESS`; what is not said is empty."""
    empty: dict[str, Any] = {
        name: {"int": 0, "str": "", "bool": False}.get(getattr(hint, "__name__", ""))
        for name, hint in get_type_hints(Outgoing).items()
    }
    known = {"say": Say("lines"), "line_id": LINE, "address": ADDRESS, "living": {}, "options": ()}
    return Outgoing(**empty | known | facts)


@pytest.fixture
def simulator() -> Simulator:
    return Simulator(FixedClock.at("2026-03-09T09:00Z"))


def texts(simulator: Simulator) -> list[tuple[int, str, list[str]]]:
    """Return number, words and buttons of every message."""
    return [
        (m.number, "".join(span.text for span in m.text), [o.label for o in m.options])
        for m in simulator.messages()
    ]


def ask(simulator: Simulator) -> Shown:
    asked = Rendered("Sure?", "buttons", (YES, NO), rows=((YES, NO),))
    return simulator.got(row(), asked, TELEGRAM)


def test_tap_is_answered_in_its_message(simulator: Simulator) -> None:
    asked = ask(simulator)
    assert simulator.holder(LINE, ADDRESS, "7.1") == asked.name == "simulated-1"
    changed = simulator.got(
        row(living={"message": asked.name, "in_place": True}), Rendered("Booked."), TELEGRAM
    )
    assert (changed.name, changed.edits) == (asked.name, 1)
    assert texts(simulator) == [(1, "Booked.", [])]
    assert simulator.holder(LINE, ADDRESS, "7.1") == ""


def test_what_follows_a_question_takes_its_buttons_away(simulator: Simulator) -> None:
    asked = ask(simulator)
    simulator.wrote(LINE, ADDRESS, "yes")
    after = Rendered("Done.", settled="✓ Sure")
    simulator.got(row(living={"message": asked.name}), after, TELEGRAM)
    assert texts(simulator) == [(1, "✓ Sure", []), (2, "yes", []), (3, "Done.", [])]


def test_channel_that_changes_no_messages_shows_a_new_one(simulator: Simulator) -> None:
    asked = ask(simulator)
    living = {"message": asked.name, "in_place": True}
    simulator.got(row(living=living), Rendered("Booked."), WHATSAPP)
    assert texts(simulator) == [(1, "Sure?", ["Yes", "No"]), (2, "Booked.", [])]


def test_message_that_is_gone_comes_as_a_new_one(simulator: Simulator) -> None:
    living = {"message": "simulated-99", "in_place": True}
    simulator.got(row(living=living), Rendered("Booked."), TELEGRAM)
    other = row(living={"message": "simulated-1", "in_place": True}, address="somebody else")
    simulator.got(other, Rendered("Theirs."), TELEGRAM)
    assert texts(simulator) == [(1, "Booked.", []), (2, "Theirs.", [])]


def test_phone_remembers_the_newest(simulator: Simulator) -> None:
    for number in range(KEPT + 5):
        simulator.wrote(LINE, ADDRESS, str(number))
    kept = texts(simulator)
    assert (len(kept), kept[0][1], kept[-1][1]) == (KEPT, "5", str(KEPT + 4))


async def test_who_watches_hears_of_everything_until_the_end(simulator: Simulator) -> None:
    phone = Phone(simulator, LOOKS["telegram"])
    with simulator.watching() as news:
        sent = await phone.send(row(), Rendered("Hello."))
        simulator.tell("facts")
        await phone.close()
        heard = [news.get_nowait() for _ in range(news.qsize())]
    assert (sent.provider_id, sent.status) == ("simulated-1", "delivered")
    assert [(kind, shown and shown.number) for kind, shown in heard] == [
        ("message", 1),
        ("facts", None),
        ("end", None),
    ]
    simulator.tell("facts")
    assert news.empty()


def test_place_and_file_are_cards_with_links(simulator: Simulator) -> None:
    venue = Venue(40.416, -3.706, "Bella Hair", "Calle Mayor 8")
    file = Document("K7Q-3MD.ics", "text/calendar", b"BEGIN:VCALENDAR")
    place = simulator.got(row(), Rendered("", "venue", venue=venue), TELEGRAM).to_json()
    assert place["place"] == {
        "title": "Bella Hair",
        "address": "Calle Mayor 8",
        "href": (
            "https://www.openstreetmap.org/?mlat=40.416000&mlon=-3.706000"
            "#map=18/40.416000/-3.706000"
        ),
    }
    sent = simulator.got(row(), Rendered("", "document", document=file), TELEGRAM).to_json()
    assert sent["file"] == {"name": "K7Q-3MD.ics", "href": "/simulator/files/2"}
