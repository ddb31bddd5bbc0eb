"""Welcome, menu, language, a person, and taking up a talk that was left alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.dialogue.talk import Goto, StartOver, Talk
from bot.flows import opening_hours
from bot.flows.pick_shop import pick_shop
from bot.i18n.messages import text
from bot.i18n.translator import languages
from core.bookings import agenda
from core.messaging import handoff
from core.messaging.messages import Choice, Json, When
from core.messaging.outbox import enqueue
from core.people import identities

HUMAN_FOR = timedelta(hours=12)
"""How long the bot keeps quiet when a person has the talk and does not hand it back."""


async def welcome(talk: Talk) -> None:
    """Greet; who has bookings gets the menu, who has none the services."""
    if talk.conversation.staff:
        raise Goto("desk.desk", command="desk", rest="")
    catalog = await pick_shop(talk)
    person = await identities.whoami(talk.ctx, talk.conversation.id)
    if person and person.proved and await agenda.upcoming(talk.ctx, user_id=person.user_id):
        talk.tell(text("hi_name", name=person.name))
        raise Goto("menu", under=False)
    talk.tell(text("welcome", shop=catalog.shop.name))
    raise Goto("book")


async def menu(talk: Talk) -> None:
    """Everything there is, by number."""
    if talk.conversation.staff:
        raise Goto("desk.desk", command="desk", rest="")
    catalog = await pick_shop(talk)

    async def options() -> Sequence[Choice]:
        listed = [
            Choice("book", text("menu.book"), ("@book", "@find")),
            Choice("my_bookings", text("menu.mine"), ("@my_bookings",)),
            Choice("about", text("menu.about")),
            Choice("human", text("menu.human"), ("@human",)),
            Choice("language", text("menu.language"), ("@language",)),
            Choice("notify", text("menu.notify")),
        ]
        if talk.args.get("under"):
            listed.append(Choice("back", text("menu.back"), ("@back",)))
            listed.append(Choice("over", text("menu.over"), ("@start_over",)))
        return listed

    chosen = await talk.choose("what", text("menu", shop=catalog.shop.name), options)
    if chosen == "back":
        return
    if chosen == "over":
        raise StartOver
    if chosen == "about":
        shop = catalog.shop
        await talk.say(
            text(
                "about",
                shop=shop.name,
                address=shop.address,
                hours=opening_hours.week(catalog),
                phone=shop.phone,
            )
        )
        return
    raise Goto(chosen)


async def language(talk: Talk) -> None:
    """Speak another language."""
    named = {code: text(f"language.{code}") for code in languages()}

    async def options() -> Sequence[Choice]:
        return [Choice(code, label, (code,)) for code, label in named.items()]

    wanted = talk.args.get("wanted")
    if wanted not in named:
        wanted = await talk.choose("which", text("which_language"), options)
    talk.set(language=wanted)
    await talk.say(text("language_set"))


async def human(talk: Talk) -> None:
    """Call a person of the shop; the bot keeps quiet until they hand the talk back."""
    catalog = await pick_shop(talk)
    talk_ = talk.conversation

    async def call(_key: str) -> Json:
        person = await identities.whoami(talk.ctx, talk_.id)
        name = (person.name if person else "") or talk_.name
        talk.set(human_until=talk.ctx.now + HUMAN_FOR)
        await enqueue.alert(
            talk.ctx,
            text("alert.human", customer=name, phone=talk_.address)
            if name
            else text("alert.human_new", phone=talk_.address),
            shop_id=catalog.shop.id,
            kind="human",
            options=handoff.REQUEST,
            flow="desk.answer",
            args={"conversation": talk_.id, "shop": catalog.shop.id, "name": name},
            expires_at=talk.ctx.now + HUMAN_FOR,
        )
        return True

    await talk.once("called", call)
    opens = opening_hours.next_opening(catalog, talk.ctx.now)
    if opens is None or opens <= talk.ctx.now:
        await talk.say(text("human_called", shop=catalog.shop.name))
    else:
        when = When(opens, catalog.shop.timezone)
        await talk.say(text("human_closed", shop=catalog.shop.name, when=when))


async def resume(talk: Talk) -> None:
    """Ask whether to go on with what was left alone for a day."""

    async def options() -> Sequence[Choice]:
        return [
            Choice("on", text("go_on"), ("@yes",)),
            Choice("over", text("start_over"), ("@start_over", "@no")),
        ]

    if await talk.choose("which", text("left_alone"), options) == "over":
        raise StartOver
