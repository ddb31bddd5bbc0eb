"""Where reminders and news come, and when not: a person's own settings, changed in the talk."""

from __future__ import annotations

from collections.abc import Sequence

from bot.dialogue.talk import MISSING, Heard, Talk
from bot.flows.login import login
from bot.flows.pick_shop import pick_shop
from bot.flows.staff import arguments
from bot.i18n.messages import text
from core.auth import email_subscription, password_login
from core.bookings.reminders import schedule
from core.catalog.entities import Catalog
from core.errors import Invalid
from core.localtime import quiet_hours
from core.localtime.quiet_hours import Quiet
from core.messaging.messages import Choice, Json, Say
from core.messaging.outbox.recipients import SIMULATED
from core.people import preferences
from core.people.preferences import set_channel, set_quiet

OFFERED: tuple[Quiet, ...] = ((22 * 60, 7 * 60), (20 * 60, 9 * 60))
"""Quiet hours that can be picked; others can be written."""

NEVER: Quiet = (0, 0)


async def notify(talk: Talk) -> None:
    """Show where and when messages come, and change it; what waits is planned anew."""
    catalog = await pick_shop(talk)
    who = await login(talk.scope("login"), catalog, with_name=False)
    now = await preferences.wishes(talk.ctx, who.user_id)
    silence = now.quiet if now.quiet is not None else _of_shop(catalog)

    async def options() -> Sequence[Choice]:
        # What is only simulated never leaves this machine.
        real = talk.conversation.transport not in SIMULATED
        mails = real and await email_subscription.line_of(talk.ctx, catalog.shop.id) is not None
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
        there = await preferences.channels(talk.ctx, user_id, catalog.shop.id)
        return [Choice(one, _channel(one), (one,)) for one in ("", *there)]

    channel = str(await talk.choose("channel", text("notify.which_channel"), options))

    async def put(_key: str) -> Json:
        await set_channel(talk.ctx, user_id, channel)
        await schedule.replan(talk.ctx, user_id=user_id)
        return True

    await talk.once("channel_set", put)
    await talk.say(text("notify.channel_set", channel=_channel(channel)))


async def _which_email(talk: Talk, catalog: Catalog, user_id: int) -> None:
    async def read(heard: Heard) -> Json:
        if heard.step != talk.key("email"):
            return MISSING
        try:
            return password_login.address(heard.text)
        except Invalid:
            heard.used = True
            talk.tell(text("notify.email_wrong"))
            return MISSING

    email = str(await talk.ask("email", text("notify.which_email"), read))

    async def put(_key: str) -> Json:
        return await email_subscription.ask(
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
        hours, _ = arguments.hours(heard.text)
        if heard.step != talk.key("hours") or hours is None:
            return MISSING
        return [hours.since % arguments.DAY, hours.until % arguments.DAY]

    options = [
        Choice(
            None, text("notify.as_shop", shop=catalog.shop.name, quiet=_said(_of_shop(catalog)))
        ),
        *(Choice(list(one), _said(one)) for one in OFFERED),
        Choice(list(NEVER), text("notify.never"), ("none", "ninguna", "nenhuma", "कोई नहीं")),
    ]
    picked = await talk.ask("hours", text("notify.which_hours"), read, options=options)
    own: Quiet | None = None if picked is None else (int(picked[0]), int(picked[1]))

    async def put(_key: str) -> Json:
        await set_quiet(talk.ctx, user_id, own)
        await schedule.replan(talk.ctx, user_id=user_id)
        return True

    await talk.once("hours_set", put)
    await talk.say(text("notify.hours_set", quiet=_said(own or _of_shop(catalog))))


def _of_shop(catalog: Catalog) -> Quiet:
    return quiet_hours.hours((catalog.shop.quiet_from, catalog.shop.quiet_until))


def _channel(name: str) -> Say:
    return text(f"channel.{name}") if name else text("channel")


def _said(hours: Quiet) -> Say:
    since, until = hours
    if since == until:
        return text("notify.never")
    return text("notify.quiet", since=_clock(since), until=_clock(until))


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"
