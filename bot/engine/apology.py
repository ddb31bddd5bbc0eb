"""What is said when a message was laid aside: an apology to its sender, an alert to the shop."""

from __future__ import annotations

from bot.i18n.messages import text
from core.db.context import Context
from core.messaging.conversations import StoredConversation
from core.messaging.outbox import enqueue
from core.messaging.outbox.staff_alerts import enqueue_for_admins, enqueue_for_staff


async def apologize(ctx: Context, stored: StoredConversation, inbox_id: int) -> None:
    """Apologize for an incoming that was laid aside, and alert the shop or else the admins."""
    shop_id = stored.line_shop_id or stored.shop_id
    await enqueue.enqueue(
        ctx, text("apology"), conversation_id=stored.id, kind="apology", shop_id=shop_id
    )
    alarm = text("alert.failed", customer=stored.name or stored.address)
    if shop_id is None or not await enqueue_for_staff(ctx, alarm, shop_id=shop_id, kind="failed"):
        await enqueue_for_admins(
            ctx,
            alarm,
            kind="failed",
            conversation_id=stored.id,
            unique_key=f"failed:{inbox_id}",
        )
