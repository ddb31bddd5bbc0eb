"""The step that sends a one-time code and checks the code typed in reply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from bot.dialogue.heard import Heard
from bot.dialogue.questions import MISSING
from bot.dialogue.talk import Talk
from bot.i18n.messages import error_text, secret_text, text
from bot.nlu.types import Understood
from core.errors import CodeError, CodeExpired, CodeTooSoon
from core.messaging.messages import Choice, Json, Say
from core.people import otp, otp_sms
from core.people.identities import person_of_conversation
from core.values.phone_numbers import normal_form

OWN_PHONE = {"sms", "whatsapp"}
"""Channels whose addresses are phone numbers, so the code can be sent on the same channel.

On WhatsApp the address may instead be a business-scoped id of a person who hides their number.
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A required code: its purpose (`otp.PURPOSES`), the phone it goes to and the shop named in it.

    `order` is the staff command that waits for it; `with_name` also asks for the person's name.
    """

    purpose: str
    phone: str
    shop_id: int | None = None
    shop_name: str = otp.NAMELESS
    order: str = ""
    with_name: bool = False


def writes_from(talk: Talk, phone: str = "") -> bool:
    """Whether the conversation's address is a phone number and equals `phone`, if given."""
    here = talk.conversation
    own = here.channel == "sms" or (here.channel in OWN_PHONE and here.address.startswith("+"))
    return own and phone in {"", here.address, normal_form(here.address)}


async def enter_code(talk: Talk, wanted: Wanted) -> None:
    """Send a code and wait until it is entered; report errors and send a new code on request."""
    purpose = otp.PURPOSES[wanted.purpose]
    here: dict[str, Any] = {"conversation_id": talk.conversation.id, "shop_id": wanted.shop_id}
    own = writes_from(talk, wanted.phone)
    fresh: list[Say] = []

    async def issue(_key: str) -> Json:
        account = await _account(talk)
        code = await otp.issue_code(
            talk.ctx, wanted.phone, purpose=wanted.purpose, account=account, **here
        )
        unnamed = wanted.with_name and "name" not in talk.notes
        if own:
            key = purpose.here_named if unnamed else purpose.here
            facts = {"shop": wanted.shop_name, "order": wanted.order}
            fresh[:] = [secret_text(key, code=code, **facts)]
        else:
            await otp_sms.send_code(talk.ctx, wanted.phone, code, purpose=wanted.purpose, **here)
            key = "code_sent" if unnamed else "code_sent.named"
            fresh[:] = [text(key, phone=wanted.phone)]
        return True

    async def issue_first(key: str) -> Json:
        try:
            return await issue(key)
        except CodeTooSoon as refused:
            # A recent code of this conversation is reused while it can still be entered.
            asked: dict[str, Any] = {
                "purpose": wanted.purpose,
                "conversation_id": talk.conversation.id,
            }
            if not await otp.has_active_code(talk.ctx, wanted.phone, **asked):
                talk.say_now(error_text(refused))
            return False

    async def issue_again(key: str) -> Json:
        try:
            return await issue(key)
        except CodeError as refused:
            talk.say_now(error_text(refused))
            return False

    async def read(heard: Heard) -> Json:
        said = heard.understood
        if said is None or heard.step != step:
            return MISSING
        if not (digits := said.code or _six(heard.text)):
            if said.person_name and wanted.with_name:
                talk.notes["name"] = said.person_name
                heard.consumed = True
                talk.say_now(text("name_noted", name=said.person_name))
            return MISSING
        account = await _account(talk)
        wrong = await otp.verify_code(
            talk.ctx, wanted.phone, digits, purpose=wanted.purpose, account=account, **here
        )
        _note_name(talk, said)
        if wrong is None:
            return True
        heard.consumed = True
        talk.say_now(error_text(wrong))
        return "new" if isinstance(wrong, CodeExpired) else MISSING

    for number in count(1):
        await talk.once(f"code{number}", issue_first if number == 1 else issue_again)
        step = talk.step_key(f"proof{number}")
        options = [] if fresh else [Choice("new", text("new_code"), ("new code", "resend"))]
        proof = await talk.ask(
            f"proof{number}", _question(fresh), read, options=options, expects="code"
        )
        if proof is True:
            return


def is_name_uncertain(said: Understood) -> bool:
    """Return whether the words taken for a name may mean something else."""
    return any(doubt.field == "person_name" for doubt in said.ambiguous)


def _note_name(talk: Talk, said: Understood) -> None:
    """Note the name given along with a code, marked if its words may mean something else."""
    if said.person_name:
        talk.notes["maybe_name" if is_name_uncertain(said) else "name"] = said.person_name


def _question(fresh: list[Say]) -> Callable[[], Say]:
    """Return what asks for the code: the newest message about it, if one was just sent."""
    return lambda: fresh[-1] if fresh else text("enter_code")


async def _account(talk: Talk) -> int | None:
    """Return the conversation's user id, which voids codes issued to a previous owner."""
    person = await person_of_conversation(talk.ctx, talk.conversation.id)
    return person.user_id if person else None


def _six(written: str) -> str:
    """Return the six digits of "481 920" or "code: 481920"; "" unless there are exactly six."""
    digits = "".join(c for c in written if c.isascii() and c.isdecimal())
    return digits if len(digits) == otp.CODE_DIGITS else ""
