"""Invitations to work at a shop, answered in a talk; and taking back a chat that acts for oneself.

Whoever answers has proved the invited phone: by a code on the channels that are a phone, by their
own shared contact in Telegram. Nobody else is told more than that there is no such invitation.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.dialogue.talk import MISSING, Heard, Talk
from bot.flows.login import login
from bot.flows.staff.settings import welcome_member
from bot.i18n.messages import text
from core.catalog import loader
from core.errors import InvitationOver, NotAllowed, NotFound, PhoneInvalid
from core.messaging.messages import Choice, Json, Say
from core.people import invitations, pairing
from core.people.identities import change_user, person_of_conversation
from core.people.invitations import Invitation
from core.people.verification import verify_identity_without_conversation
from core.values.people_changes import UserChange
from core.values.phone_numbers import parse_phone


async def answer_invitation(talk: Talk) -> None:
    """Accept or decline an invitation that came as a message, or one that is asked for."""
    found = await _which(talk)
    if found is None:
        await talk.say(text("invitation.none"))
        return
    answer = talk.args.get("choice")
    if answer is None:
        asked = text("invitation.ask", shop=found.shop, role=_role(found))
        answer = await talk.decide("answer", asked, _ANSWERS)
    if answer == "accept":
        # Whose catalog says which line sends the code, and in which country's numbers.
        await login(
            talk.scope("login"), await loader.load_catalog(talk.ctx, found.shop_id), with_name=False
        )

    async def settle(_key: str) -> Json:
        person = await person_of_conversation(talk.ctx, talk.conversation.id)
        if answer == "decline" and (person is None or not person.is_verified):
            return "kept"
        if person is None:
            raise NotAllowed
        verb = (
            invitations.accept_invitation if answer == "accept" else invitations.decline_invitation
        )
        try:
            one = await verb(talk.ctx, found.id, person.user_id)
        except (NotFound, InvitationOver):
            return "over"
        if answer == "accept" and found.name and not person.name:
            await change_user(talk.ctx, person.user_id, UserChange(name=found.name))
        await invitations.record_answer(
            talk.ctx,
            one,
            str(answer),
            user_id=person.user_id,
            conversation_id=talk.conversation.id,
        )
        return str(answer)

    became = await talk.once("settled", settle)
    if became == "over":
        await talk.say(text("invitation.none"))
    elif became == "accept":
        talk.change_conversation(shop_id=found.shop_id)
        await talk.say(text("invitation.accepted", shop=found.shop, role=_role(found)))
    else:
        await talk.say(text("invitation.declined"))


_ANSWERS = tuple(
    Choice(one.value, text(one.label.key), one.keywords) for one in invitations.INVITATION_ANSWERS
)


async def _which(talk: Talk) -> Invitation | None:
    """Return the invitation that is meant, while it is open; of several to this phone, one."""
    open_ones = {one.id: one for one in await _here(talk)}
    asked = talk.args.get("invitation")
    if asked is not None or not open_ones:
        return open_ones.get(int(asked or 0))
    if len(open_ones) == 1:
        return next(iter(open_ones.values()))

    async def options() -> Sequence[Choice]:
        return [
            Choice(one.id, text("invitation.named", shop=one.shop, role=_role(one)))
            for one in open_ones.values()
        ]

    return open_ones.get(int(await talk.choose("which", text("invitation.which"), options)))


async def _here(talk: Talk) -> list[Invitation]:
    """Return the open invitations to whom this talk is with, of the shops on its line."""
    here = talk.conversation
    phones = [here.address] if here.address.startswith("+") else []
    person = await person_of_conversation(talk.ctx, here.id)
    if person is not None and person.is_verified:
        phones += await invitations.verified_phones(talk.ctx, person.user_id)
    found = await invitations.invitations_to_phones(talk.ctx, phones)
    return [one for one in found if here.line_shop_id in (None, one.shop_id)]


def _role(one: Invitation) -> Say:
    return text(f"role.{one.role}")


async def accept_by_link(talk: Talk) -> None:
    """Accept the invitation of a link by sharing one's own number, which has to be the invited one.

    The chat is bound to the role, as by a pairing code. It need not be an account of ours, and
    becomes none.
    """
    found = await invitations.invitation_by_code(talk.ctx, str(talk.args.get("rest", "")))
    if found is None:
        await talk.say(text("desk.pair_dead"))
        return
    country = (await loader.load_catalog(talk.ctx, found.shop_id)).shop.country

    async def read(heard: Heard) -> Json:
        if not heard.incoming.contact:
            return MISSING
        try:
            return parse_phone(heard.incoming.contact, country)
        except PhoneInvalid:
            heard.consumed = True
            talk.say_now(text("error.phone_invalid"))
            return MISSING

    share = text("invitation.share", shop=found.shop, role=_role(found))
    phone = await talk.ask("phone", share, read, expects="phone", layout="contact")
    if phone != found.phone:
        await talk.say(text("invitation.other_phone"))
        return

    async def settle(_key: str) -> Json:
        user_id = await verify_identity_without_conversation(
            talk.ctx, "phone", found.phone, name=found.name
        )
        one = await invitations.accept_invitation(talk.ctx, found.id, user_id)
        talk_id = talk.conversation.id
        await invitations.record_answer(
            talk.ctx, one, "accept", user_id=user_id, conversation_id=talk_id
        )
        await pairing.bind_conversation(talk.ctx, talk_id, one.shop_id, user_id)
        return True

    await talk.once("joined", settle)
    await welcome_member(talk, found.shop_id)


async def end_own_chat(talk: Talk) -> None:
    """End what acts for oneself at a shop: it takes no proof to have less done in one's name."""
    person = await person_of_conversation(talk.ctx, talk.conversation.id)
    if person is None:
        raise NotAllowed

    async def end(_key: str) -> Json:
        try:
            chat = await pairing.unbind_chat(
                talk.ctx,
                person.user_id,
                int(talk.args["chat"]),
                conversation_id=talk.conversation.id,
            )
        except NotFound:
            return ""
        return chat.shop

    shop = await talk.once("ended", end)
    if shop:
        await talk.say(text("chat_bound.ended", shop=shop))
    else:
        await talk.say(text("chat_bound.over"))
