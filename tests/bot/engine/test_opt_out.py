"""STOP, START and HELP: every word, on every channel, whatever the state of the talk."""

from __future__ import annotations

import unicodedata
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.channels.memory import MemoryChannel
from bot.delivery.sender import OutboxSender
from bot.engine import opt_out
from bot.engine.stop_wishes import language_of_stop_wish
from bot.i18n.messages import TRANSLATOR, text
from core.bookings import customer_actions
from core.bookings.booking import Booking
from core.catalog import loader
from core.clock import FixedClock
from core.db import tables
from core.db.runtime import Runtime
from core.errors import DeliveryFailed
from core.messaging.lines import get_or_create_line
from core.messaging.messages import Say
from core.messaging.outbox import enqueue
from core.people.identities import get_or_create_contact
from core.people.verification import verify_identity
from core.scheduling import availability
from tests.support import shops
from tests.support.chat import ChatHarness, ChatPerson
from tests.support.shops import BuiltShop

MARTA, OWNER = "+34600111222", "+34600000001"
CHANNELS = ("sms", "whatsapp", "telegram")

STOPPED = {
    language: TRANSLATOR.translate(text("opted_out", shop="Bella Hair"), language)
    for language in ("en", "es", "pt", "hi")
}


def plain(text: str) -> str:
    """Return a text without accents: an SMS of ours may leave them out."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


class Shop:
    """Bella Hair on every channel."""

    def __init__(self, runtime: Runtime, place: BuiltShop, lines: dict[str, int]) -> None:
        self.runtime, self.place, self.town = runtime, place, ChatHarness(runtime)
        self.lines = lines
        assert isinstance(runtime.clock, FixedClock)
        self.clock = runtime.clock

    def person(self, channel: str, number: int = 0) -> ChatPerson:
        """Return somebody new who writes there."""
        address = f"555{number:07}" if channel == "telegram" else f"+346001{number:05}"
        line = self.town.line_of_channel(self.lines[channel], self.place.shop_id, channel=channel)
        return ChatPerson(self.town, line, address)

    async def consents(self) -> list[tuple[bool, str, str]]:
        async with self.runtime.read_transaction() as ctx:
            rows = await ctx.all(sa.select(tables.consents).order_by(tables.consents.c.id))
            assert all(row.at == ctx.now and row.conversation_id for row in rows)
            return [(row.given, row.how, row.wording) for row in rows]

    async def opted_out(self) -> int:
        """Return how many conversations are opted out."""
        out = tables.conversations.c.opted_out_at.is_not(None)
        count = sa.select(sa.func.count()).select_from(tables.conversations).where(out)
        async with self.runtime.read_transaction() as ctx:
            return int(await ctx.scalar(count))

    async def state(self) -> dict[str, object]:
        async with self.runtime.read_transaction() as ctx:
            return dict(await ctx.scalar(sa.select(tables.conversations.c.state)))


@pytest.fixture
async def shop(runtime: Runtime) -> Shop:
    async with runtime.transaction() as ctx:
        place = await shops.build_salon(ctx)
        await shops.add_staff(ctx, place, OWNER, "owner", "Bella Ruiz")
        lines = {"sms": place.line_id}
        for channel in ("whatsapp", "telegram"):
            lines[channel] = await get_or_create_line(
                ctx, transport="terminal", channel=channel, address="1", shop_id=place.shop_id
            )
    return Shop(runtime, place, lines)


@pytest.mark.parametrize("channel", CHANNELS)
async def test_every_stop_word_opts_out(shop: Shop, channel: str) -> None:
    words = opt_out.STOP_WORDS | (opt_out.NETWORK_STOP_WORDS if channel == "sms" else {})
    assert {"stop", "baja", "sair", "बंद करो"} <= words.keys()
    for number, (word, language) in enumerate(words.items()):
        silent = channel == "sms" and word in opt_out.NETWORK_STOP_WORDS  # the network answers
        written = word.upper() + "!" if number % 2 else word
        said = await shop.person(channel, number).say(written)
        assert plain(said) == ("" if silent else plain(STOPPED[language])), word
        assert await shop.opted_out() == number + 1, word
    given = [(given, how) for given, how, _ in await shop.consents()]
    assert given == [(False, "stop")] * len(words)


WISHES = {
    "en": (
        "Don't text me",
        "do not text me anymore!",
        "please stop texting me",
        "Stop sending me texts",
        "no more texts please",
        "I don't want your messages",
        "take me off your list",
        "unsubscribe me",
    ),
    "es": (
        "no me escribas más",
        "No me manden más mensajes, por favor",
        "no quiero recibir mensajes",
        "deja de escribirme",
        "basta de mensajes",
        "bórrame de la lista",
    ),
    "pt": (
        "pare de me mandar mensagem",
        "não me mande mais mensagens",
        "Não quero mais receber mensagens",
        "parem de enviar sms",
        "me tire da lista",
    ),
    "hi": (
        "message mat bhejo",
        "mujhe message mat bhejo",
        "sms bhejna band karo",
        "मैसेज मत भेजो",
        "मुझे संदेश मत भेजिए",
        "message nahi chahiye",
    ),
}
NO_WISHES = (
    "don't text me before nine",
    "no me escribas más tarde",
    "stop by at five",
    "write me another day",
    "no quiero esa hora",
    "não quero esse horário",
    "don't send me to Leo",
    "no more colour",
    "kal mat karo",
    "message Ana please",
    "please text me",
)


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_wish_to_stop_counts_in_any_words(shop: Shop, channel: str) -> None:
    wishes = [(words, language) for language, all_ in WISHES.items() for words in all_]
    for number, (words, language) in enumerate(wishes):
        said = await shop.person(channel, number).say(words)
        assert plain(said) == plain(STOPPED[language]), words
        assert await shop.opted_out() == number + 1, words


@pytest.mark.parametrize("words", NO_WISHES)
def test_a_sentence_that_only_sounds_like_it_is_no_wish_to_stop(words: str) -> None:
    assert language_of_stop_wish(words) == ""


@pytest.mark.parametrize("channel", CHANNELS)
async def test_every_start_word_opts_in_again(shop: Shop, channel: str) -> None:
    words = opt_out.START_WORDS | (opt_out.NETWORK_START_WORDS if channel == "sms" else {})
    marta = shop.person(channel)
    for word in words:
        await marta.say("stop")
        assert await shop.opted_out() == 1
        assert await marta.say(word) == "Bella Hair: you get our messages again.", word
        assert await shop.opted_out() == 0, word
    history = await shop.consents()
    assert history == [
        one for word in words for one in ((False, "stop", "stop"), (True, "start", word))
    ]


@pytest.mark.parametrize("channel", CHANNELS)
async def test_every_word_for_help_names_the_shop_and_its_phone(shop: Shop, channel: str) -> None:
    for number, word in enumerate(opt_out.HELP_WORDS):
        said = await shop.person(channel, number).say(word)
        assert said.startswith("Bella Hair: "), word
        assert "+34915550100" in said, word


WHERE = {
    "at the first question": ["hi"],
    "in mid-booking": ["cut tomorrow at 5pm", "1"],
    "asked for a name": ["cut tomorrow at 5pm", "1", "{code}"],
    "with a person of the shop": ["person"],
    "in a list": ["my bookings"],
    "misunderstood": ["hi", "xyzzy", "xyzzy", "xyzzy"],
}


@pytest.mark.parametrize("where", WHERE)
async def test_opt_out_words_work_in_every_conversation_state(shop: Shop, where: str) -> None:
    marta = shop.person("whatsapp")
    for line in WHERE[where]:
        await marta.say(line)
    assert (await marta.say("ayuda")).startswith("Bella Hair: ")
    assert await marta.say("baja") == STOPPED["en"]
    assert await shop.opted_out() == 1
    assert (await shop.state())["stack"] == []
    assert await marta.say("start") == "Bella Hair: you get our messages again."
    assert await shop.opted_out() == 0


async def test_opt_out_word_inside_a_sentence_does_not_opt_out(shop: Shop) -> None:
    marta = shop.person("sms")
    for written in ("please stop by tomorrow", "the end of the day", "cancel my booking"):
        await marta.say(written)
    assert await shop.opted_out() == 0


async def test_cancel_by_sms_keeps_the_booking_and_elsewhere_is_about_it(shop: Shop) -> None:
    marta = shop.person("whatsapp")
    await _booked(shop, marta)
    assert "call it off?" in await marta.say("cancel")
    assert await shop.opted_out() == 0
    sms = shop.person("sms")
    assert await sms.say("CANCEL") == ""
    assert await shop.opted_out() == 1
    async with shop.runtime.read_transaction() as ctx:
        assert await ctx.scalar(sa.select(tables.bookings.c.state)) == "confirmed"
    alerts = [r.text for row, r in shop.town.memory.sent if row.address == OWNER]
    assert alerts[-1].startswith("Marta +34600100000 asked for no more messages. The booking ")


async def test_after_stop_only_what_is_asked_for_goes_out(shop: Shop) -> None:
    marta = shop.person("whatsapp")
    booking = await _booked(shop, marta)
    assert await marta.say("stop") == STOPPED["en"]
    shop.clock.advance(timedelta(hours=30))  # past both reminders
    assert await shop.town.deliver_due() == []
    assert (await marta.say("my bookings")).startswith("Cut with Ana")
    async with shop.runtime.read_transaction() as ctx:
        o = tables.outbox.c
        rows = sa.select(o.state, o.error).where(o.booking_id == booking.id, o.queue == "reminder")
        for row in await ctx.all(rows):
            assert row.state == "dropped"


async def test_what_a_network_refuses_opts_out_and_is_noted(shop: Shop) -> None:
    marta = shop.person("sms")
    await marta.say("hi")
    async with shop.runtime.transaction() as ctx:
        talk = await ctx.scalar(sa.select(tables.conversations.c.id))
        await enqueue.enqueue(ctx, Say("hello"), conversation_id=talk, queue="alert")
    refused = DeliveryFailed(reason="21610: unsubscribed", permanent=True, opted_out=True)
    memory = MemoryChannel()
    memory.failures = [refused]
    await OutboxSender(shop.runtime, {("terminal", "sms"): memory}).drain()
    assert await shop.opted_out() == 1
    assert await shop.consents() == [
        (True, "wrote", "hi"),
        (False, "refused", "21610: unsubscribed"),
    ]


async def _booked(shop: Shop, who: ChatPerson) -> Booking:
    """Let somebody have a Cut tomorrow at 16:00Z, made where they write."""
    async with shop.runtime.transaction() as ctx:
        known = await loader.load_catalog(ctx, shop.place.shop_id)
        start = ctx.now.replace(hour=16) + timedelta(days=1)
        free = await availability.find_slots(
            ctx, known, shop.place.services["Cut"], start=start, end=start + timedelta(hours=1)
        )
        contact = await get_or_create_contact(ctx, who.line, who.address)
        user = await verify_identity(
            ctx, "phone", who.address, name="Marta", conversation_id=contact.conversation_id
        )
        held = await customer_actions.hold_slot(
            ctx, free[0], conversation_id=contact.conversation_id, key="h", origin="sms"
        )
        return await customer_actions.book_hold(ctx, held.id, user_id=user, name="Marta", key="b")
