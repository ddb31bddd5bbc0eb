"""Opt-out, opt-in and HELP keywords, handled on every channel in any state of a conversation.

A keyword counts only if it is the whole message; wishes to stop count in other words, too
(`bot.engine.stop_wishes`). Every word that the SMS network treats as an
opt-out must be one here, because the network then blocks our messages; the other words are handled
by us alone.
"""

from __future__ import annotations

import re
import unicodedata

from bot.engine.stop_wishes import language_of_stop_wish
from bot.engine.turn_state import TurnState
from bot.i18n.messages import text
from core.bookings import agenda, notifications
from core.catalog import loader
from core.messaging.messages import Say
from core.messaging.outbox.delivery_status import record_opt_out
from core.people import staff_proofs
from core.people.consent import record_consent
from core.people.identities import person_of_conversation
from core.people.verification import detach_identity

LanguageByWord = dict[str, str]
"""Normalized keywords, each with its language."""


def _words(**by_language: str) -> LanguageByWord:
    return {
        word.strip(): language
        for language, words in by_language.items()
        for word in words.split(",")
    }


NETWORK_STOP_WORDS = _words(en="stop, stopall, unsubscribe, cancel, end, quit, revoke, optout")
"""Twilio's default opt-out keywords: on SMS it blocks our messages before we can reply."""

STOP_WORDS = _words(
    en="stop, stopall, stop all, unsubscribe, revoke, optout, opt out, opt-out, no more messages",
    es="baja, darme de baja, dar de baja, parar, alto, no más mensajes, no mas mensajes",
    pt="sair, pare, descadastrar, cancelar mensagens, não quero mais mensagens, "
    "nao quero mais mensagens, chega de mensagens",
    hi="रोकें, रोको, बंद करो, बंद करें, संदेश बंद करें, roko, band karo, band karein, sms band karo",
)
"""Opt-out keywords on all channels; "cancel" refers to a booking unless the network claims it."""

NETWORK_START_WORDS = _words(en="start, unstop, yes")
"""Twilio's opt-in keywords, which lift its block."""

START_WORDS = _words(
    en="start, unstop, subscribe, optin, opt in, opt-in",
    es="alta, empezar, iniciar, suscribir",
    pt="começar, comecar, assinar, voltar a receber",
    hi="शुरू, शुरू करें, शुरू करो, shuru, shuru karo, chalu karo",
)

HELP_WORDS = _words(en="help, info", es="ayuda", pt="ajuda", hi="मदद, सहायता, madad, sahayata")

WRONG_NUMBER_WORDS = _words(
    en="wrong number, wrong person, not me",
    es="número equivocado, numero equivocado, se equivoca de número, se equivoca de numero",
    pt="número errado, numero errado",
    hi="गलत नंबर, galat number",
)
"""Keywords for a person whose number previously belonged to somebody else."""

SETTINGS_WORDS = _words(
    en="notifications, notification settings, settings, reminders, quiet hours, do not disturb",
    es="notificaciones, avisos, recordatorios, ajustes, horas de silencio, no molestar",
    pt="notificações, notificacoes, lembretes, configurações, configuracoes, "
    "horas de silêncio, horas de silencio, não incomodar, nao incomodar",
    hi="सूचनाएँ, सूचनाएं, रिमाइंडर, सेटिंग्स, सेटिंग, शांत समय, suchna, setting, reminder",
)
"""Keywords that open the notification settings; they must be the whole message."""

_AROUND = re.compile(r"^[\s.!¡?¿,\"'*_]+|[\s.!¡?¿,\"'*_।]+$")


def normalize_keyword(written: str, *, slash: bool = False) -> str:
    """Normalize text for keyword comparison; `slash` strips the slash of a command."""
    word = _AROUND.sub("", unicodedata.normalize("NFC", written[:80]).casefold())
    return " ".join((word.removeprefix("/") if slash else word).split())


async def handle_opt_out_words(turn: TurnState) -> bool:
    """Handle opt-out, opt-in and HELP keywords; return True if the message was one."""
    word = normalize_keyword(turn.incoming.text, slash=turn.conversation.has_editable_buttons)
    if not word or turn.incoming.kind != "text":
        return False
    sms = turn.conversation.channel == "sms"
    stops = STOP_WORDS | NETWORK_STOP_WORDS if sms else STOP_WORDS
    starts = START_WORDS | NETWORK_START_WORDS if sms else START_WORDS
    if word in stops:
        _speak(turn, stops[word])
        await _opt_out(turn, answer=not (sms and word in NETWORK_STOP_WORDS))
        return True
    if language := language_of_stop_wish(turn.incoming.text):
        _speak(turn, language)
        await _opt_out(turn, answer=True)
        return True
    if word in starts and turn.conversation.opted_out_at:
        _speak(turn, starts[word])
        await opt_in(turn)
        turn.says.append(text("opted_in", shop=await _shop_name(turn)))
        return not turn.conversation.has_editable_buttons  # on Telegram /start also starts a flow
    if word in WRONG_NUMBER_WORDS:
        _speak(turn, WRONG_NUMBER_WORDS[word])
        await _wrong_number(turn)
        return True
    if word in HELP_WORDS and not turn.conversation.staff:
        _speak(turn, HELP_WORDS[word])
        turn.says.append(await help_text(turn))
        return True
    return False


async def record_first_contact(turn: TurnState) -> None:
    """Record a person's first message as consent to be messaged."""
    if turn.has_consented or turn.conversation.opted_out_at or turn.incoming.kind == "event":
        return
    wording = turn.incoming.text or turn.incoming.kind
    turn.change_conversation(consented_at=turn.ctx.now, consent=wording[:100])
    await record_consent(turn.ctx, turn.conversation.id, given=True, how="wrote", wording=wording)


async def opt_in(turn: TurnState) -> None:
    """Undo an opt-out; does nothing for somebody who never opted out."""
    if turn.conversation.opted_out_at is None:
        return
    wording = turn.incoming.text
    turn.change_conversation(opted_out_at=None, consented_at=turn.ctx.now, consent=wording[:100])
    await record_consent(turn.ctx, turn.conversation.id, given=True, how="start", wording=wording)


async def help_text(turn: TurnState) -> Say:
    """Return the help text, with the shop's name and contact if the shop is known."""
    if turn.conversation.shop_id is None:
        return text("help_any.taps") if turn.conversation.has_editable_buttons else text("help_any")
    shop = (await loader.load_catalog(turn.ctx, turn.conversation.shop_id)).shop
    contact = shop.phone or shop.address
    if turn.conversation.has_editable_buttons:
        return text("help.taps", shop=shop.name, phone=contact)
    return text("help", shop=shop.name, phone=contact)


async def _opt_out(turn: TurnState, *, answer: bool) -> None:
    turn.end_all_flows()  # nothing is asked after an opt-out
    if turn.conversation.opted_out_at:
        # The person's own word overrides a consent recorded by the shop.
        await record_opt_out(turn.ctx, turn.conversation.id, how="stop", wording=turn.incoming.text)
    else:
        turn.change_conversation(opted_out_at=turn.ctx.now)
        await record_consent(
            turn.ctx, turn.conversation.id, given=False, how="stop", wording=turn.incoming.text
        )
    person = await person_of_conversation(turn.ctx, turn.conversation.id)
    # STOP does not cancel a booking, nor does CANCEL where the network takes it for STOP: the shop
    # has to clarify by phone. It is alerted again by another word, once an hour.
    for booking in await agenda.upcoming_of_conversation(
        turn.ctx, turn.conversation.id, user_id=person.user_id if person else None
    ):
        hour = f"{turn.ctx.now:%Y-%m-%dT%H}"
        await notifications.notify_staff(
            turn.ctx, booking, "stopped", unique_key=f"stopped:{booking.id}:{hour}"
        )
    if answer:
        turn.says.append(text("opted_out", shop=await _shop_name(turn)))


async def _wrong_number(h: TurnState) -> None:
    """End a number's binding to its person; for a member's number only after a code.

    Otherwise an SMS with a forged sender could lock a member out of their shop.
    """
    held = await staff_proofs.duties(h.ctx, h.conversation.id)
    h.end_all_flows()
    if held is not None and held.works:
        h.change_conversation(human_until=None)  # the bot asks even during a handoff
        h.begin_flow("wrong_number")
        await h.run_flows(None)
        return
    await detach_identity(h.ctx, h.conversation.id)
    h.says.append(text("detached"))


def _speak(turn: TurnState, language: str) -> None:
    """Adopt the language of the keyword if the conversation has none yet."""
    if not turn.conversation.language:
        turn.change_conversation(language=language)


async def _shop_name(turn: TurnState) -> str:
    if turn.conversation.shop_id is None:
        return "Slotline"
    return (await loader.load_catalog(turn.ctx, turn.conversation.shop_id)).shop.name
