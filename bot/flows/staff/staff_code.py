"""The staff code, by which a member proves their identity before a command is carried out."""

from __future__ import annotations

from bot.dialogue.talk import Talk
from bot.flows.enter_code import Wanted, enter_code, writes_from
from core.catalog import loader
from core.errors import StaffUnproved
from core.people import otp_sms
from core.people.staff_proofs import note_staff_proof, staff_phone, staff_proof


async def require_proof(
    talk: Talk, user_id: int, shop_id: int, order: str, *, recent: bool
) -> None:
    """Return if the member's proof is recent enough; else ask for a staff code first.

    The command is carried out once the code is entered. Raises StaffUnproved if no code can be
    sent; the chat must then be paired instead.
    """
    proof = await staff_proof(talk.ctx, talk.conversation.id, user_id, shop_id)
    if proof.holds(talk.ctx.now, recent=recent):
        return
    phone = await staff_phone(talk.ctx, user_id)
    here = {"shop_id": shop_id, "conversation_id": talk.conversation.id}
    if not phone or not (writes_from(talk, phone) or await otp_sms.delivery_line(talk.ctx, **here)):
        raise StaffUnproved
    shop = (await loader.load_catalog(talk.ctx, shop_id)).shop
    wanted = Wanted("staff", phone, shop_id, shop.name, order=order)
    await enter_code(talk, wanted)
    await note_staff_proof(talk.ctx, talk.conversation.id, user_id)
    # The code leaves no journal entry, so earlier answers remain valid.
    talk.renew()
