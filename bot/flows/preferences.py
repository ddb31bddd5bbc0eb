"""The flow to change a person's notification settings: channel, e-mail and quiet hours."""

from __future__ import annotations

from collections.abc import Sequence

from bot.dialogue.heard import Heard
from bot.dialogue.questions import MISSING
from bot.dialogue.talk import Talk
from bot.flows.login import login
from bot.flows.pick_shop import pick_shop
from bot.flows.staff import arguments
from bot.i18n.messages import text
from core.auth import email_subscription, password_login
from core.bookings.reminders.schedule import reschedule_upcoming
from core.catalog.entities import Catalog
from core.errors import InvalidValue
from core.localtime import quiet_hours
from core.localtime.quiet_hours import QuietHours
from core.messaging.messages import Choice, Json, Say
from core.messaging.outbox.recipients import SIMULATED_TRANSPORTS
from core.people.preferences import (
    load_preferences,
    reachable_channels,
    set_preferred_channel,
    set_quiet_hours,
)

QUIET_HOURS_OFFERED: tuple[QuietHours, ...] = ((22 * 60, 7 * 60), (20 * 60, 9 * 60))
"""Quiet hours offered as options, in minutes of the day; others can be typed."""

NO_QUIET_HOURS: QuietHours = (0, 0)


async def change_preferences(talk: Talk) -> None:
    """Show and change notification settings; pending reminders are rescheduled."""
    catalog = await pick_shop(talk)
    who = await login(talk.scope("login"), catalog, with_name=False)
    now = await load_preferences(talk.ctx, who.user_id)
    silence = now.quiet_hours if now.quiet_hours is not None else _of_shop(catalog)

    async def options() -> Sequence[Choice]:
        # Simulated conversations must not cause real e-mails.
        real = talk.conversation.transport not in SIMULATED_TRANSPORTS
        mails = real and await email_subscription.email_line(talk.ctx, catalog.shop.id) is not None
        email = Choice("email", text("notify.email"), ("e-mail", "email", "correo", "ईमेल"))
        return [
            *([email] if mails else []),
            Choice("channel", text("notify.channel"), ("channel", "canal", "चैनल")),
            Choice(
                "hours",
                text("notify.hours"),
                ("quiet hours", "horas de silencio", "horas de silêncio", "शांत समय"),
            ),
        ]

    say = text("notify", channel=_channel(now.channel), quiet=_said(silence))
    what = await talk.choose("what", say, options)
    if what == "channel":
        await _which_channel(talk, catalog, who.user_id)
    elif what == "email":
        await _which_email(talk, catalog, who.user_id)
    else:
        await _which_hours(talk, catalog, who.user_id)


async def _which_channel(talk: Talk, catalog: Catalog, user_id: int) -> None:
    async def options() -> Sequence[Choice]:
        there = await reachable_channels(talk.ctx, user_id, catalog.shop.id)
        return [Choice(one, _channel(one), (one,)) for one in ("", *there)]

    channel = str(await talk.choose("channel", text("notify.which_channel"), options))

    async def put(_key: str) -> Json:
        await set_preferred_channel(talk.ctx, user_id, channel)
        await reschedule_upcoming(talk.ctx, user_id=user_id)
        return True

    await talk.once("channel_set", put)
    await talk.say(text("notify.channel_set", channel=_channel(channel)))


async def _which_email(talk: Talk, catalog: Catalog, user_id: int) -> None:
    async def read(heard: Heard) -> Json:
        if heard.step != talk.step_key("email"):
            return MISSING
        try:
            return password_login.normalize_email(heard.text)
        except InvalidValue:
            heard.consumed = True
            talk.say_now(text("notify.email_wrong"))
            return MISSING

    email = str(await talk.ask("email", text("notify.which_email"), read))

    async def put(_key: str) -> Json:
        return await email_subscription.request_subscription(
            talk.ctx,
            user_id=user_id,
            shop_id=catalog.shop.id,
            email=email,
            language=talk.conversation.language,
        )

    if await talk.once("email_asked", put):
        await talk.say(text("notify.email_sent", email=email))
    else:
        await talk.say(text("notify.email_enough"))


async def _which_hours(talk: Talk, catalog: Catalog, user_id: int) -> None:
    async def read(heard: Heard) -> Json:
        hours, _ = arguments.parse_hours(heard.text)
        if heard.step != talk.step_key("hours") or hours is None:
            return MISSING
        return [hours.since % arguments.MINUTES_A_DAY, hours.until % arguments.MINUTES_A_DAY]

    options = [
        Choice(
            None, text("notify.as_shop", shop=catalog.shop.name, quiet=_said(_of_shop(catalog)))
        ),
        *(Choice(list(one), _said(one)) for one in QUIET_HOURS_OFFERED),
        Choice(
            list(NO_QUIET_HOURS), text("notify.never"), ("none", "ninguna", "nenhuma", "कोई नहीं")
        ),
    ]
    picked = await talk.ask("hours", text("notify.which_hours"), read, options=options)
    own: QuietHours | None = None if picked is None else (int(picked[0]), int(picked[1]))

    async def put(_key: str) -> Json:
        await set_quiet_hours(talk.ctx, user_id, own)
        await reschedule_upcoming(talk.ctx, user_id=user_id)
        return True

    await talk.once("hours_set", put)
    await talk.say(text("notify.hours_set", quiet=_said(own or _of_shop(catalog))))


def _of_shop(catalog: Catalog) -> QuietHours:
    return quiet_hours.effective_quiet_hours((catalog.shop.quiet_from, catalog.shop.quiet_until))


def _channel(name: str) -> Say:
    return text(f"channel.{name}") if name else text("channel")


def _said(hours: QuietHours) -> Say:
    since, until = hours
    if since == until:
        return text("notify.never")
    return text("notify.quiet", since=_clock(since), until=_clock(until))


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"
