"""Verification of a person by a one-time code sent to their phone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import count

from bot.dialogue.heard import Heard
from bot.dialogue.questions import MISSING
from bot.dialogue.talk import Talk
from bot.flows.enter_code import Wanted, enter_code, is_name_uncertain, writes_from
from bot.i18n.messages import text
from core.catalog.entities import Catalog
from core.errors import CodeError, CodeUnsendable, CountryNotAllowed, PhoneInvalid
from core.messaging.messages import Choice, Json, Say
from core.people import otp, otp_sms
from core.people.identities import VOUCHING, Person, person_of_conversation
from core.people.verification import verify_identity
from core.values.phone_numbers import country_of_phone, normal_form, parse_phone


@dataclass(frozen=True, slots=True)
class VerifiedPerson:
    """A person with a verified phone."""

    user_id: int
    name: str
    is_returning: bool


async def login(
    talk: Talk, catalog: Catalog, *, first: Say | None = None, with_name: bool = True
) -> VerifiedPerson:
    """Return the verified person, asking only for what is still unknown.

    `first` is said before the first question; `with_name` also asks for a missing name.
    """

    async def known(_key: str) -> Json:
        person = await person_of_conversation(talk.ctx, talk.conversation.id)
        if person is None:
            return {}
        sure = _is_verified(person, catalog)
        return {"user": person.user_id if sure else None, "name": person.name}

    before = await talk.once("known", known)
    if before.get("user") and (before["name"] or not with_name):
        return VerifiedPerson(before["user"], before["name"], is_returning=True)
    shared = talk.heard is not None and talk.heard.incoming.contact
    if first is not None and not shared:
        await talk.say(first)
    user_id = before.get("user")
    name = before.get("name") or ""
    if talk.conversation.has_editable_buttons and not name:
        name = talk.conversation.name  # the name given by the channel
    if user_id is None:
        phone, vouched = await _phone(talk, catalog)
        if not vouched:
            shop = catalog.shop
            unnamed = with_name and not name
            await enter_code(talk, Wanted("login", phone, shop.id, shop.name, with_name=unnamed))
        talk.show_answer(text("done.phone", phone=phone))
    name = name or talk.notes.get("name") or ""
    if with_name and not name:
        name = await _name(talk)

    async def proved(_key: str) -> Json:
        return await verify_identity(
            talk.ctx,
            "phone",
            phone,
            name=name,
            conversation_id=talk.conversation.id,
            by_code=not vouched,
        )

    if user_id is None:
        user_id = await talk.once("proved", proved)
    return VerifiedPerson(user_id, name, is_returning=False)


async def refuse_if_unverifiable(talk: Talk, catalog: Catalog) -> None:
    """Raise what will prevent this person's verification, so that nothing is held in vain.

    CountryNotAllowed or CodeUnsendable, if a code is needed and known to be impossible.
    """
    problem = await _obstacle(talk, catalog)
    if problem is None:
        return
    person = await person_of_conversation(talk.ctx, talk.conversation.id)
    if person is None or not _is_verified(person, catalog):
        raise problem


async def _obstacle(talk: Talk, catalog: Catalog) -> CodeError | None:
    """Return why no code can be sent, if one is needed and this is known without the phone."""
    vouches = _channel_suffices(talk, catalog)
    if writes_from(talk):
        phone = normal_form(talk.conversation.address)
        refused = not vouches and not _is_in_reach(catalog, phone)
        return CountryNotAllowed(country=country_of_phone(phone)) if refused else None
    if vouches and talk.conversation.has_editable_buttons:
        return None  # a contact can be shared
    return None if await _can_send(talk, catalog) else CodeUnsendable()


def _is_verified(person: Person, catalog: Catalog) -> bool:
    wanted = catalog.shop.codes_on_every_channel
    return person.is_verified_by_code if wanted else person.is_verified


def _channel_suffices(talk: Talk, catalog: Catalog) -> bool:
    """Whether the phone that the channel authenticates needs no code at this shop."""
    return talk.conversation.channel in VOUCHING and not catalog.shop.codes_on_every_channel


def _is_in_reach(catalog: Catalog, phone: str) -> bool:
    return otp.can_get_codes(phone, catalog.shop.country, catalog.shop.code_countries)


async def _phone(talk: Talk, catalog: Catalog) -> tuple[str, bool]:
    """Return the phone and whether the channel vouches for it, so that no code is needed."""
    vouches = _channel_suffices(talk, catalog)
    if writes_from(talk):
        if vouches:
            return normal_form(talk.conversation.address), True
        return parse_phone(talk.conversation.address, catalog.shop.country), False

    async def read(heard: Heard) -> Json:
        try:
            if heard.incoming.contact:
                phone = parse_phone(heard.incoming.contact, catalog.shop.country)
                if vouches:
                    return {"vouched": phone}
                return await _reachable(talk, catalog, heard, phone)
            if heard.step.endswith("/phone") and heard.text:
                phone = parse_phone(heard.text, catalog.shop.country)
                return await _reachable(talk, catalog, heard, phone)
        except PhoneInvalid:
            heard.consumed = True
            talk.say_now(text("error.phone_invalid"))
        return MISSING

    if not (talk.conversation.has_editable_buttons or await _can_send(talk, catalog)):
        raise CodeUnsendable  # asking would be pointless
    asked = text("share_phone" if talk.conversation.has_editable_buttons else "which_phone")
    answer = await talk.ask("phone", asked, read, expects="phone", layout="contact")
    return (answer["vouched"], True) if isinstance(answer, dict) else (str(answer), False)


async def _reachable(talk: Talk, catalog: Catalog, heard: Heard, phone: str) -> Json:
    """Return the phone, or say that no code can be sent to it and return MISSING."""
    if not await _can_send(talk, catalog):
        no_way = text("no_codes" if _channel_suffices(talk, catalog) else "error.code_unsendable")
    elif not _is_in_reach(catalog, phone):
        no_way = text("error.country_not_allowed")
    else:
        return phone
    heard.consumed = True
    talk.say_now(no_way)
    return MISSING


async def _can_send(talk: Talk, catalog: Catalog) -> bool:
    shop_id, talk_id = catalog.shop.id, talk.conversation.id
    line = await otp_sms.delivery_line(talk.ctx, shop_id=shop_id, conversation_id=talk_id)
    return line is not None


async def _name(talk: Talk) -> str:
    """Ask for the name; words that may be something else are asked about once more."""
    maybe = str(talk.notes.get("maybe_name") or "")
    for number in count(1):
        key = "name" if number == 1 else f"name{number}"
        if not maybe:
            answer = await talk.ask(key, text("which_name"), partial(_read_name, talk, key),
                                    expects="name")  # fmt: skip
            if answer["sure"]:
                return str(answer["name"])
            maybe = str(answer["name"])
        offered = (
            Choice(True, text("yes"), ("@yes",)),
            Choice(False, text("other_name"), ("@no",)),
        )
        if await talk.decide(f"{key}_sure", text("sure.name", name=maybe), offered):
            return maybe
        maybe = ""
    raise AssertionError


async def _read_name(talk: Talk, key: str, heard: Heard) -> Json:
    """Return the name in the answer and whether it is surely one; MISSING if it is none."""
    said = heard.understood
    if said is None:
        return MISSING
    if said.person_name and len(said.person_name) <= _LONGEST_NAME:
        return {"name": said.person_name, "sure": not is_name_uncertain(said)}
    written = " ".join(heard.text.split())
    odd = said.acts or said.date or said.time or said.provider or said.service or "?" in written
    lettered = any(c.isalpha() for c in written) and not any(c.isdecimal() for c in written)
    if heard.step != talk.step_key(key) or odd or not lettered or len(written) > _LONGEST_NAME:
        return MISSING
    return {"name": written, "sure": False}


_LONGEST_NAME = 60
