"""The shop's desk: what its people run the day by, on every channel, in words, numbers and taps.

`words` knows the commands, `roles` who may give them; each flow begins by asking `roles.enter`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.flows.desk.agenda import agenda, upcoming, visit
from bot.flows.desk.delay import delay
from bot.flows.desk.guests import squeeze, walk_in
from bot.flows.desk.house import alerts, desk_menu, mute, pair, pause, stranger, switch
from bot.flows.desk.off import block, open_hours, unblock
from bot.flows.desk.propose import outcome, proposal, propose
from bot.flows.desk.relay import answer, message
from bot.flows.desk.timetable import picture
from bot.talk import Talk

FLOWS: dict[str, Callable[[Talk], Awaitable[None]]] = {
    "desk.today": agenda,
    "desk.tomorrow": agenda,
    "desk.week": agenda,
    "desk.day": agenda,
    "desk.picture": picture,
    "desk.next": upcoming,
    "desk.arrived": visit,
    "desk.done": visit,
    "desk.noshow": visit,
    "desk.outcome": outcome,
    "desk.late": delay,
    "desk.block": block,
    "desk.sick": block,
    "desk.unblock": unblock,
    "desk.open": open_hours,
    "desk.walkin": walk_in,
    "desk.squeeze": squeeze,
    "desk.pause": pause,
    "desk.resume": pause,
    "desk.message": message,
    "desk.answer": answer,
    "desk.propose": propose,
    "desk.switch": switch,
    "desk.mute": mute,
    "desk.unmute": mute,
    "desk.alerts": alerts,
    "desk.desk": desk_menu,
    "desk.pair": pair,
    "desk.stranger": stranger,
    "proposal": proposal,
}
"""The flows of the desk, by the name a conversation keeps them under."""
