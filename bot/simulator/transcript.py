"""The stored rows of one conversation, for inspection in the simulator."""

from __future__ import annotations

from bot.channels.simulator.channel import SIMULATOR_TRANSPORT
from core.db.context import Context
from core.demo.simulator_state import dump_conversation
from core.messaging.messages import Json


async def load_transcript(ctx: Context, conversation_id: int) -> Json:
    """Return the rows of a simulated conversation as JSON; raises NotFound for any other."""
    return await dump_conversation(ctx, conversation_id, transport=SIMULATOR_TRANSPORT)
