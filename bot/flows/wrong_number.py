"""The flow for a wrong number reported from a member's phone, which is verified by a code."""

from __future__ import annotations

from bot.dialogue.talk import Talk
from bot.flows.enter_code import Wanted, enter_code
from bot.i18n.messages import text
from core.catalog import loader
from core.errors import NotFound
from core.messaging.messages import Json
from core.messaging.outbox.staff_alerts import enqueue_for_admins
from core.people import otp, staff_proofs
from core.people.verification import detach_identity


async def wrong_number(talk: Talk) -> None:
    """Detach a member's phone after a code.

    A shop's last owner is kept, and the admins are alerted.
    """
    held = await staff_proofs.duties(talk.ctx, talk.conversation.id)
    if held is None:
        raise NotFound(conversation=talk.conversation.id)
    shop_id = talk.conversation.shop_id
    shop = (await loader.load_catalog(talk.ctx, shop_id)).shop.name if shop_id else otp.NAMELESS
    await enter_code(talk, Wanted("wrong-number", talk.conversation.address, shop_id, shop))

    async def end(key: str) -> Json:
        now = await staff_proofs.duties(talk.ctx, talk.conversation.id)
        if now is not None and now.last_owner:
            await enqueue_for_admins(
                talk.ctx,
                text("alert.last_owner", phone=talk.conversation.address),
                kind="last_owner",
                conversation_id=talk.conversation.id,
                unique_key=f"last owner:{key}",
            )
            return False
        await detach_identity(talk.ctx, talk.conversation.id)
        return True

    if await talk.once("ended", end):
        await talk.say(text("detached"))
    else:
        await talk.say(text("last_owner"))
