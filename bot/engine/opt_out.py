"""Opting out, opting in and HELP: by a word, on every channel, whatever the state of the talk.

A word counts when it is all that was written. What a network takes for an opt-out by itself must
be one here too, or we would write into the void; other words of that meaning are ours to heed.
"""

from __future__ import annotations

import re
import unicodedata

from bot.engine.turn_state import Handling
from bot.i18n.messages import text
from core.bookings import agenda, notifications
from core.catalog import loader
from core.messaging.messages import Say
from core.messaging.outbox.delivery_status import opted_out
from core.people import identities, verification
from core.people.consent import note_consent

Words = dict[str, str]
"""Words as they are compared, each with the language it is of."""


def _words(**by_language: str) -> Words:
    return {
        word.strip(): language
        for language, words in by_language.items()
        for word in words.split(",")
    }


NETWORK_STOP = _words(en="stop, stopall, unsubscribe, cancel, end, quit, revoke, optout")
"""Twilio's default opt-out words: on SMS it blocks us before we could answer any of them."""

STOP = _words(
    en="stop, stopall, stop all, unsubscribe, revoke, optout, opt out, opt-out, no more messages",
    es="baja, darme de baja, dar de baja, parar, alto, no más mensajes, no mas mensajes",
    pt="sair, pare, descadastrar, cancelar mensagens, não quero mais mensagens, "
    "nao quero mais mensagens, chega de mensagens",
    hi="रोकें, रोको, बंद करो, बंद करें, संदेश बंद करें, roko, band karo, band karein, sms band karo",
)
"""Opt-out words everywhere: "cancel" means the booking where no network decides."""

NETWORK_START = _words(en="start, unstop, yes")
"""Twilio's opt-in words, by which it lets us write again."""

START = _words(
    en="start, unstop, subscribe, optin, opt in, opt-in",
    es="alta, empezar, iniciar, suscribir",
    pt="começar, comecar, assinar, voltar a receber",
    hi="शुरू, शुरू करें, शुरू करो, shuru, shuru karo, chalu karo",
)

HELP = _words(en="help, info", es="ayuda", pt="ajuda", hi="मदद, सहायता, madad, sahayata")

WRONG_NUMBER = _words(
    en="wrong number, wrong person, not me",
    es="número equivocado, numero equivocado, se equivoca de número, se equivoca de numero",
    pt="número errado, numero errado",
    hi="गलत नंबर, galat number",
)
"""What somebody writes who got a number that was another's before."""

SETTINGS = _words(
    en="notifications, notification settings, settings, reminders, quiet hours, do not disturb",
    es="notificaciones, avisos, recordatorios, ajustes, horas de silencio, no molestar",
    pt="notificações, notificacoes, lembretes, configurações, configuracoes, "
    "horas de silêncio, horas de silencio, não incomodar, nao incomodar",
    hi="सूचनाएँ, सूचनाएं, रिमाइंडर, सेटिंग्स, सेटिंग, शांत समय, suchna, setting, reminder",
)
"""What opens the settings of where and when messages come; a message of no other word."""

_AROUND = re.compile(r"^[\s.!¡?¿,\"'*_]+|[\s.!¡?¿,\"'*_।]+$")


def word_of(written: str, *, slash: bool = False) -> str:
    """Return a text as these words are compared; with `slash` a command is its word."""
    word = _AROUND.sub("", unicodedata.normalize("NFC", written[:80]).casefold())
    return " ".join((word.removeprefix("/") if slash else word).split())


async def consent(h: Handling) -> bool:
    """Mind opt-out, opt-in and HELP, whatever the state of the talk; True if it was one."""
    word = word_of(h.incoming.text, slash=h.conversation.taps)
    if not word or h.incoming.kind != "text":
        return False
    sms = h.conversation.channel == "sms"
    stops = STOP | NETWORK_STOP if sms else STOP
    starts = START | NETWORK_START if sms else START
    if word in stops:
        _speak(h, stops[word])
        await _opt_out(h, answer=not (sms and word in NETWORK_STOP))
        return True
    if word in starts and h.conversation.opted_out_at:
        _speak(h, starts[word])
        await opt_in(h)
        h.says.append(text("opted_in", shop=await _shop_name(h)))
        return not h.conversation.taps  # there /start begins the talk as well
    if word in WRONG_NUMBER:
        _speak(h, WRONG_NUMBER[word])
        await verification.detach(h.ctx, h.conversation.id)
        h.clear()
        h.says.append(text("detached"))
        return True
    if word in HELP and not h.conversation.staff:
        _speak(h, HELP[word])
        h.says.append(await help_text(h))
        return True
    return False


async def first_word(h: Handling) -> None:
    """Keep in mind when and with what somebody first wrote to us: so we may write to them."""
    if h.consented or h.conversation.opted_out_at or h.incoming.kind == "event":
        return
    wording = h.incoming.text or h.incoming.kind
    h.set(consented_at=h.ctx.now, consent=wording[:100])
    await note_consent(h.ctx, h.conversation.id, given=True, how="wrote", wording=wording)


async def opt_in(h: Handling) -> None:
    """Write to them again; whoever never opted out stays as they are."""
    if h.conversation.opted_out_at is None:
        return
    wording = h.incoming.text
    h.set(opted_out_at=None, consented_at=h.ctx.now, consent=wording[:100])
    await note_consent(h.ctx, h.conversation.id, given=True, how="start", wording=wording)


async def help_text(h: Handling) -> Say:
    """Return what can be done here, with the shop's name and how to reach it otherwise."""
    if h.conversation.shop_id is None:
        return text("help_any.taps") if h.conversation.taps else text("help_any")
    shop = (await loader.catalog(h.ctx, h.conversation.shop_id)).shop
    contact = shop.phone or shop.address
    if h.conversation.taps:
        return text("help.taps", shop=shop.name, phone=contact)
    return text("help", shop=shop.name, phone=contact)


async def _opt_out(h: Handling, *, answer: bool) -> None:
    h.clear()  # nothing is asked of whoever wants no more
    if h.conversation.opted_out_at:
        # Their own word weighs more than what the shop was told.
        await opted_out(h.ctx, h.conversation.id, how="stop", wording=h.incoming.text)
    else:
        h.set(opted_out_at=h.ctx.now)
        await note_consent(
            h.ctx, h.conversation.id, given=False, how="stop", wording=h.incoming.text
        )
        person = await identities.whoami(h.ctx, h.conversation.id)
        open_ = await agenda.upcoming(h.ctx, user_id=person.user_id) if person else []
        # Whoever texts STOP keeps the booking; only a call can settle what was meant.
        for booking in open_:
            await notifications.alert(h.ctx, booking, "stopped")
    if answer:
        h.says.append(text("opted_out", shop=await _shop_name(h)))


def _speak(h: Handling, language: str) -> None:
    """Answer in the language of the word to whoever said nothing before."""
    if not h.conversation.language:
        h.set(language=language)


async def _shop_name(h: Handling) -> str:
    if h.conversation.shop_id is None:
        return "Slotline"
    return (await loader.catalog(h.ctx, h.conversation.shop_id)).shop.name
