"""General flows: welcome, menu, language, handoff, and resuming an idle conversation."""

from __future__ import annotations

from collections.abc import Sequence

from bot.dialogue.heard import STAFF_SILENCE
from bot.dialogue.questions import StartOver, SwitchFlow
from bot.dialogue.talk import Talk
from bot.flows import opening_hours
from bot.flows.pick_shop import pick_shop
from bot.i18n.messages import text
from bot.i18n.translator import supported_languages
from core.bookings import agenda
from core.messaging.decisions import Decision
from core.messaging.messages import Choice, Json, When
from core.messaging.outbox.staff_alerts import Event, ask_staff
from core.people.identities import person_of_conversation


async def welcome_customer(talk: Talk) -> None:
    """Greet the person; show the menu if they have bookings, else start a booking."""
    if talk.conversation.staff:
        raise SwitchFlow("desk.desk", command="desk", rest="")
    catalog = await pick_shop(talk)
    person = await person_of_conversation(talk.ctx, talk.conversation.id)
    if (
        person
        and person.is_verified
        and await agenda.upcoming_bookings(talk.ctx, user_id=person.user_id)
    ):
        talk.say_now(text("hi_name", name=person.name))
        raise SwitchFlow("menu", under=False)
    talk.say_now(text("welcome", shop=catalog.shop.name))
    raise SwitchFlow("book")


async def show_menu(talk: Talk) -> None:
    """Show the menu."""
    if talk.conversation.staff:
        raise SwitchFlow("desk.desk", command="desk", rest="")
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
                hours=opening_hours.weekly_hours(catalog),
                phone=shop.phone,
            )
        )
        return
    raise SwitchFlow(chosen)


async def change_language(talk: Talk) -> None:
    """Change the conversation's language."""
    named = {code: text(f"language.{code}") for code in supported_languages()}

    async def options() -> Sequence[Choice]:
        return [Choice(code, label, (code,)) for code, label in named.items()]

    wanted = talk.args.get("wanted")
    if wanted not in named:
        wanted = await talk.choose("which", text("which_language"), options)
    talk.change_conversation(language=wanted)
    await talk.say(text("language_set"))


async def call_person(talk: Talk) -> None:
    """Start a handoff and alert staff.

    The bot stays silent until they hand the conversation back.
    """
    catalog = await pick_shop(talk)
    talk_ = talk.conversation

    async def call(_key: str) -> Json:
        person = await person_of_conversation(talk.ctx, talk_.id)
        name = (person.name if person else "") or talk_.name
        talk.change_conversation(human_until=talk.ctx.now + STAFF_SILENCE)
        await ask_staff(
            talk.ctx,
            text("alert.human", customer=name, phone=talk_.address)
            if name
            else text("alert.human_new", phone=talk_.address),
            Event(catalog.shop.id, "human"),
            Decision(
                "person_request",
                ("back", "write"),
                {"conversation": talk_.id, "shop": catalog.shop.id, "name": name},
                talk.ctx.now + STAFF_SILENCE,
            ),
        )
        return True

    await talk.once("called", call)
    opens = opening_hours.next_opening(catalog, talk.ctx.now)
    if opens is None or opens <= talk.ctx.now:
        await talk.say(text("human_called", shop=catalog.shop.name))
    else:
        when = When(opens, catalog.shop.timezone)
        await talk.say(text("human_closed", shop=catalog.shop.name, when=when))


async def resume_talk(talk: Talk) -> None:
    """Ask whether to continue a flow that was idle for a day."""

    async def options() -> Sequence[Choice]:
        return [
            Choice("on", text("go_on"), ("@yes",)),
            Choice("over", text("start_over"), ("@start_over", "@no")),
        ]

    if await talk.choose("which", text("left_alone"), options) == "over":
        raise StartOver
