"""All that is stored of one talk, for whoever wants to see what stands behind it."""

from __future__ import annotations

from bot.channels.simulator.channel import SIMULATOR_TRANSPORT
from core.db.context import Context
from core.demo.simulator_state import dump_conversation
from core.messaging.messages import Json


async def load_transcript(ctx: Context, conversation_id: int) -> Json:
    """Return the rows of a talk on a simulated line as JSON data; NotFound for any other."""
    return await dump_conversation(ctx, conversation_id, transport=SIMULATOR_TRANSPORT)
