"""The staff flows, by which a shop's members manage the day on every channel.

`commands` recognizes the commands and `permissions` defines who may give them; each flow starts
with `permissions.require_staff`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.dialogue.talk import Talk
from bot.flows.staff.agenda import record_visit, show_agenda, show_next
from bot.flows.staff.day_image import show_day_image
from bot.flows.staff.message_customer import answer_customer, message_customer
from bot.flows.staff.propose_time import answer_proposal, propose_time, record_outcome
from bot.flows.staff.running_late import announce_delay
from bot.flows.staff.settings import (
    choose_alert_channel,
    explain_pairing,
    mute_alerts,
    pair_chat,
    pause_shop,
    show_staff_menu,
    switch_shop,
)
from bot.flows.staff.time_off import add_special_hours, block_time, cancel_time_off
from bot.flows.staff.walk_ins import book_walk_in, overbook_walk_in

STAFF_FLOWS: dict[str, Callable[[Talk], Awaitable[None]]] = {
    "desk.today": show_agenda,
    "desk.tomorrow": show_agenda,
    "desk.week": show_agenda,
    "desk.day": show_agenda,
    "desk.picture": show_day_image,
    "desk.next": show_next,
    "desk.arrived": record_visit,
    "desk.done": record_visit,
    "desk.noshow": record_visit,
    "desk.outcome": record_outcome,
    "desk.late": announce_delay,
    "desk.block": block_time,
    "desk.sick": block_time,
    "desk.unblock": cancel_time_off,
    "desk.open": add_special_hours,
    "desk.walkin": book_walk_in,
    "desk.squeeze": overbook_walk_in,
    "desk.pause": pause_shop,
    "desk.resume": pause_shop,
    "desk.message": message_customer,
    "desk.answer": answer_customer,
    "desk.propose": propose_time,
    "desk.switch": switch_shop,
    "desk.mute": mute_alerts,
    "desk.unmute": mute_alerts,
    "desk.alerts": choose_alert_channel,
    "desk.desk": show_staff_menu,
    "desk.pair": pair_chat,
    "desk.stranger": explain_pairing,
    "proposal": answer_proposal,
}
"""The staff flows, by the name stored with a conversation."""
