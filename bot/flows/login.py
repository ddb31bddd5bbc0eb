"""Login comes last: who is this, proved by a one-time code to the phone."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from bot.dialogue.talk import MISSING, Heard, Talk
from bot.i18n.messages import error_text, secret_text, text
from core.catalog.entities import Catalog
from core.errors import CodeDead, CodeError, CodeTooSoon, CodeUnsendable, PhoneInvalid
from core.messaging.messages import Choice, Json, Say
from core.people import identities, otp, verification
from core.values import phone_numbers

PURPOSE = "login"
OWN_PHONE = {"sms", "whatsapp"}
"""Channels whose address is a phone, so that the code goes where we talk already.

On WhatsApp it need not be one: people may hide theirs behind an id made for one business.
"""


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody who proved a phone."""

    user_id: int
    name: str
    returning: bool


async def login(
    talk: Talk, catalog: Catalog, *, first: Say | None = None, with_name: bool = True
) -> Who:
    """Return who we talk with, asking for as little as is still unknown.

    `first` is said before anything is asked; `with_name` is for what needs one.
    """

    async def known(_key: str) -> Json:
        person = await identities.whoami(talk.ctx, talk.conversation.id)
        if person is None:
            return {}
        return {"user": person.user_id if person.proved else None, "name": person.name}

    before = await talk.once("known", known)
    if before.get("user") and (before["name"] or not with_name):
        return Who(before["user"], before["name"], returning=True)
    shared = talk.heard is not None and talk.heard.incoming.contact
    if first is not None and not shared:
        await talk.say(first)
    user_id = before.get("user")
    name = before.get("name") or ""
    if talk.conversation.taps and not name:
        name = talk.conversation.name  # as the channel says
    if user_id is None:
        phone, vouched = await _phone(talk, catalog)
        if not vouched:
            await _prove_phone(talk, catalog, phone, named=bool(name) or not with_name)
        talk.done(text("done.phone", phone=phone))
    name = name or talk.notes.get("name") or ""
    if with_name and not name:
        name = await _name(talk)

    async def proved(_key: str) -> Json:
        return await verification.prove(
            talk.ctx, "phone", phone, name=name, conversation_id=talk.conversation.id
        )

    if user_id is None:
        user_id = await talk.once("proved", proved)
    return Who(user_id, name, returning=False)


def _own_phone(talk: Talk) -> bool:
    """Whether we talk with a phone, by its number."""
    here = talk.conversation
    return here.channel == "sms" or (here.channel in OWN_PHONE and here.address.startswith("+"))


async def _phone(talk: Talk, catalog: Catalog) -> tuple[str, bool]:
    """Return the phone, and whether the channel vouches that it is theirs: then no code is due."""
    if _own_phone(talk):
        return phone_numbers.phone(talk.conversation.address, catalog.shop.country), False

    async def read(heard: Heard) -> Json:
        try:
            if heard.incoming.contact:
                phone = phone_numbers.phone(heard.incoming.contact, catalog.shop.country)
                return {"vouched": phone}
            if heard.step.endswith("/phone") and heard.text:
                return await _typed(talk, catalog, heard)
        except PhoneInvalid:
            heard.used = True
            talk.tell(text("error.phone_invalid"))
        return MISSING

    if not (talk.conversation.taps or await _can_send(talk, catalog)):
        raise CodeUnsendable  # no use in asking
    asked = text("share_phone" if talk.conversation.taps else "which_phone")
    answer = await talk.ask("phone", asked, read, expects="phone", layout="contact")
    return (answer["vouched"], True) if isinstance(answer, dict) else (str(answer), False)


async def _typed(talk: Talk, catalog: Catalog, heard: Heard) -> Json:
    """Return a phone that was written, if a code can be sent there."""
    phone = phone_numbers.phone(heard.text, catalog.shop.country)
    if await _can_send(talk, catalog):
        return phone
    heard.used = True
    talk.tell(text("no_codes"))
    return MISSING


async def _can_send(talk: Talk, catalog: Catalog) -> bool:
    shop_id, talk_id = catalog.shop.id, talk.conversation.id
    return await otp.way(talk.ctx, shop_id=shop_id, conversation_id=talk_id) is not None


async def _prove_phone(talk: Talk, catalog: Catalog, phone: str, *, named: bool) -> None:
    """Send a code and wait for it; what is wrong with one is said, and a new one sent if asked."""
    own = _own_phone(talk)
    fresh: list[Say] = []

    async def issue(_key: str) -> Json:
        code = await otp.issue(
            talk.ctx,
            phone,
            purpose=PURPOSE,
            conversation_id=talk.conversation.id,
            shop_id=catalog.shop.id,
        )
        if own:
            key = "code" if named or "name" in talk.notes else "code_and_name"
            fresh[:] = [secret_text(key, code=code)]
        else:
            await otp.send(
                talk.ctx,
                phone,
                code,
                shop_id=catalog.shop.id,
                conversation_id=talk.conversation.id,
            )
            key = "code_sent.named" if named or "name" in talk.notes else "code_sent"
            fresh[:] = [text(key, phone=phone)]
        return True

    async def issue_first(key: str) -> Json:
        try:
            return await issue(key)
        except CodeTooSoon:
            return False  # the one sent a moment ago is as good

    async def issue_again(key: str) -> Json:
        try:
            return await issue(key)
        except CodeError as refused:
            talk.tell(error_text(refused))
            return False

    def question() -> Say:
        return fresh[-1] if fresh else text("enter_code")

    async def read(heard: Heard) -> Json:
        said = heard.understood
        if said is None or heard.step != step:
            return MISSING
        if not (digits := said.code or _six(heard.text)):
            if said.person_name and not named:
                talk.notes["name"] = said.person_name
                heard.used = True
                talk.tell(text("name_noted", name=said.person_name))
            return MISSING
        wrong = await otp.check(
            talk.ctx, phone, digits, purpose=PURPOSE, conversation_id=talk.conversation.id
        )
        if said.person_name:
            talk.notes["name"] = said.person_name
        if wrong is None:
            return True
        heard.used = True
        talk.tell(error_text(wrong))
        return "new" if isinstance(wrong, CodeDead) else MISSING

    for number in count(1):
        await talk.once(f"code{number}", issue_first if number == 1 else issue_again)
        step = talk.key(f"proof{number}")
        options = [] if fresh else [Choice("new", text("new_code"), ("new code", "resend"))]
        proof = await talk.ask(f"proof{number}", question, read, options=options, expects="code")
        if proof is True:
            return


def _six(written: str) -> str:
    """The six digits of "481 920" or "code: 481920"; empty when there are not just six."""
    digits = "".join(c for c in written if c.isascii() and c.isdecimal())
    return digits if len(digits) == otp.DIGITS else ""


async def _name(talk: Talk) -> str:
    async def read(heard: Heard) -> Json:
        said = heard.understood
        name = said.person_name if said else None
        if name is None and heard.step == talk.key("name"):
            name = " ".join(heard.text.split())
        if name and 2 <= len(name) <= 100 and any(c.isalpha() for c in name):
            return name
        return MISSING

    return str(await talk.ask("name", text("which_name"), read, expects="name"))
