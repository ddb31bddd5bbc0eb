"""The staff code: before an order is carried out, its giver proves to be who may give it."""

from __future__ import annotations

from bot.dialogue.talk import Talk
from bot.flows.enter_code import Wanted, enter_code, writes_from
from core.catalog import loader
from core.errors import StaffUnproved
from core.people import otp
from core.people.staff_proofs import note_staff_proof, staff_phone, staff_proof


async def require_proof(
    talk: Talk, user_id: int, shop_id: int, order: str, *, recent: bool
) -> None:
    """Go on when a member's proof is fresh enough for an order; else ask for a staff code.

    The order waits for the code and is carried out after it. StaffUnproved where no code can be
    sent: there the chat is paired instead.
    """
    proof = await staff_proof(talk.ctx, talk.conversation.id, user_id, shop_id)
    if proof.holds(talk.ctx.now, recent=recent):
        return
    phone = await staff_phone(talk.ctx, user_id)
    here = {"shop_id": shop_id, "conversation_id": talk.conversation.id}
    if not phone or not (writes_from(talk, phone) or await otp.delivery_line(talk.ctx, **here)):
        raise StaffUnproved
    shop = (await loader.load_catalog(talk.ctx, shop_id)).shop
    wanted = Wanted("staff", phone, shop_id, shop.name, order=order)
    await enter_code(talk, wanted)
    await note_staff_proof(talk.ctx, talk.conversation.id, user_id)
    # The code leaves no step behind: answers that were given before it hold as they did.
    talk.renew()
