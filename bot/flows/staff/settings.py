"""Staff flows for settings: pausing a shop, switching shops, alerts, pairing and the menu."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from bot.dialogue.questions import SwitchFlow
from bot.dialogue.talk import Talk
from bot.flows.staff import arguments
from bot.flows.staff.permissions import StaffContext, require_staff
from bot.i18n.messages import text
from core.errors import CodeExpired, NotAllowed
from core.messaging.messages import Choice, Json
from core.people import pairing
from core.people.member_chats import bound_chat_id, set_chat_quiet_hours
from core.people.members import set_alert_channel, set_member_alerts, staff_of_conversation
from core.people.preferences import PREFERABLE_CHANNELS, set_preferred_channel, set_quiet_hours
from core.shops import shops
from core.values.shop_changes import ShopChange


async def pause_shop(talk: Talk) -> None:
    """Pause or resume new bookings; existing bookings are unaffected."""
    command = str(talk.args["command"])
    desk = await require_staff(talk, command)

    async def put(_key: str) -> Json:
        await shops.change_shop(talk.ctx, desk.shop_id, ShopChange(paused=command == "pause"))
        return True

    await talk.once("put", put)
    shop = desk.catalog.shop.name
    if command == "pause":
        await talk.say(text("desk.paused", shop=shop))
    else:
        await talk.say(text("desk.resumed", shop=shop))


async def switch_shop(talk: Talk) -> None:
    """Switch to another shop of the member."""
    desk = await require_staff(talk, "switch")
    await talk.say(text("desk.switched", shop=desk.catalog.shop.name))


async def mute_alerts(talk: Talk) -> None:
    """Mute or unmute alerts, or set daily quiet hours."""
    command = str(talk.args["command"])
    desk = await require_staff(talk, command)
    hours, _ = arguments.parse_hours(str(talk.args.get("rest", "")))

    async def put(_key: str) -> Json:
        if hours is not None:
            await _set_quiet(
                talk,
                desk,
                (hours.since % arguments.MINUTES_A_DAY, hours.until % arguments.MINUTES_A_DAY),
            )
        else:
            await set_member_alerts(
                talk.ctx, desk.shop_id, desk.user_id, enabled=command == "unmute"
            )
            if command == "unmute":
                await _set_quiet(talk, desk, None)
        return True

    await talk.once("put", put)
    if hours is not None:
        since, until = hours.since % arguments.MINUTES_A_DAY, hours.until % arguments.MINUTES_A_DAY
        span = text("span", since=_clock(since), until=_clock(until))
        await talk.say(text("desk.quiet", span=span))
    elif command == "mute":
        await talk.say(text("desk.muted", shop=desk.catalog.shop.name))
    else:
        await talk.say(text("desk.unmuted", shop=desk.catalog.shop.name))


async def _set_quiet(talk: Talk, desk: StaffContext, hours: tuple[int, int] | None) -> None:
    """Set quiet hours for this chat if it is bound to a role, else for the member's account."""
    if not desk.bound:
        await set_quiet_hours(talk.ctx, desk.user_id, hours)
        return
    chat = await bound_chat_id(talk.ctx, talk.conversation.id, desk.shop_id)
    if chat is not None:
        await set_chat_quiet_hours(talk.ctx, chat, hours)


async def choose_alert_channel(talk: Talk) -> None:
    """Choose the preferred channel for alerts; undelivered alerts fall back to other channels.

    In a chat bound to a role the choice applies to that shop, else to the whole account.
    """
    desk = await require_staff(talk, "alerts")
    wanted = str(talk.args.get("rest", "")).casefold()

    async def options() -> Sequence[Choice]:
        return [Choice(one, text(f"channel.{one}"), (one,)) for one in PREFERABLE_CHANNELS]

    if wanted not in PREFERABLE_CHANNELS:
        wanted = str(await talk.choose("where", text("desk.alerts_where"), options))

    async def put(_key: str) -> Json:
        own = "" if not desk.bound else wanted
        await set_alert_channel(talk.ctx, desk.shop_id, desk.user_id, own)
        if not desk.bound:
            await set_preferred_channel(talk.ctx, desk.user_id, wanted)
        return True

    await talk.once("put", put)
    await talk.say(text("desk.alerts_go", channel=text(f"channel.{wanted}")))


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"


async def show_staff_menu(talk: Talk) -> None:
    """Show the staff menu."""
    desk = await require_staff(talk, "desk")

    async def options() -> Sequence[Choice]:
        listed = ("today", "tomorrow", "next", "late", "block", "walkin")
        return [Choice(one, text(f"desk.menu.{one}")) for one in listed if desk.can(one)]

    say = text("desk.menu", shop=desk.catalog.shop.name)
    chosen = await talk.choose("what", say, options)
    raise SwitchFlow(f"desk.{chosen}", command=chosen, rest="")


async def pair_chat(talk: Talk) -> None:
    """Bind this chat to the role of the member whose pairing code was entered."""

    async def join(_key: str) -> Json:
        try:
            chat = await pairing.pair_conversation(
                talk.ctx, talk.conversation.id, str(talk.args.get("rest", ""))
            )
        except (CodeExpired, NotAllowed):
            return None
        return chat.shop_id

    shop_id = await talk.once("joined", join)
    if shop_id is None:
        await talk.say(text("desk.pair_dead"))
        return
    await welcome_member(talk, int(shop_id))


async def welcome_member(talk: Talk, shop_id: int) -> NoReturn:
    """Greet a newly bound chat and show the staff menu."""
    talk.change_conversation(shop_id=shop_id)
    staff = await staff_of_conversation(talk.ctx, talk.conversation.id)
    name = next((post.name for post in staff.roles if post.shop_id == shop_id), "")
    await talk.say(text("desk.paired", name=name or "?"))
    raise SwitchFlow("desk.desk", command="desk", rest="")


async def explain_pairing(talk: Talk) -> None:
    """Explain pairing to somebody who writes to the staff line without being a member."""
    await talk.say(text("desk.stranger"))
