"""The shop's desk: what its people run the day by, on every channel, in words, numbers and taps.

`words` knows the commands, `roles` who may give them; each flow begins by asking `roles.enter`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.dialogue.talk import Talk
from bot.flows.staff.agenda import agenda, upcoming, visit
from bot.flows.staff.day_image import picture
from bot.flows.staff.message_customer import answer, message
from bot.flows.staff.propose_time import outcome, proposal, propose
from bot.flows.staff.running_late import delay
from bot.flows.staff.settings import alerts, desk_menu, mute, pair, pause, stranger, switch
from bot.flows.staff.time_off import block, open_hours, unblock
from bot.flows.staff.walk_ins import squeeze, walk_in

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
