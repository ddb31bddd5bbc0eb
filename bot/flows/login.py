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
from core.errors import CodeUnsendable, PhoneInvalid
from core.messaging.messages import Choice, Json, Say
from core.people import otp_sms
from core.people.identities import person_of_conversation
from core.people.verification import verify_identity
from core.values.phone_numbers import parse_phone


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
        return {"user": person.user_id if person.is_verified else None, "name": person.name}

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
            talk.ctx, "phone", phone, name=name, conversation_id=talk.conversation.id
        )

    if user_id is None:
        user_id = await talk.once("proved", proved)
    return VerifiedPerson(user_id, name, is_returning=False)


async def _phone(talk: Talk, catalog: Catalog) -> tuple[str, bool]:
    """Return the phone and whether the channel vouches for it, so that no code is needed."""
    if writes_from(talk):
        return parse_phone(talk.conversation.address, catalog.shop.country), False

    async def read(heard: Heard) -> Json:
        try:
            if heard.incoming.contact:
                phone = parse_phone(heard.incoming.contact, catalog.shop.country)
                return {"vouched": phone}
            if heard.step.endswith("/phone") and heard.text:
                return await _typed(talk, catalog, heard)
        except PhoneInvalid:
            heard.consumed = True
            talk.say_now(text("error.phone_invalid"))
        return MISSING

    if not (talk.conversation.has_editable_buttons or await _can_send(talk, catalog)):
        raise CodeUnsendable  # asking would be pointless
    asked = text("share_phone" if talk.conversation.has_editable_buttons else "which_phone")
    answer = await talk.ask("phone", asked, read, expects="phone", layout="contact")
    return (answer["vouched"], True) if isinstance(answer, dict) else (str(answer), False)


async def _typed(talk: Talk, catalog: Catalog, heard: Heard) -> Json:
    """Return a typed phone number, or MISSING if no code can be sent."""
    phone = parse_phone(heard.text, catalog.shop.country)
    if await _can_send(talk, catalog):
        return phone
    heard.consumed = True
    talk.say_now(text("no_codes"))
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
