"""The loop guard: two robots that answer each other stop after a few messages.

An out-of-office answer comes back for each of ours, always the same or two in turn. Who repeats a
long message that often is not answered for a few minutes, and the shop is told once a day. Anything
else that they write is answered at once, so a person who repeats themselves is not punished.
"""

from __future__ import annotations

import re
from datetime import timedelta
from hashlib import blake2b

from bot.engine.turn_state import TurnState
from bot.i18n.messages import text
from core.messaging.messages import Json
from core.messaging.outbox.staff_alerts import Event, alert_staff, enqueue_for_admins

MIN_LENGTH = 12
"""Characters of a text that may be a robot's: options, names and codes are shorter."""

LONG = 60
"""Characters from which a text is the same also with other numbers in it."""

MAX_SAME = 4
"""Messages of one or two texts in turn that are answered."""

WINDOW = timedelta(minutes=10)
"""How long repeated messages count, and so for how long no answer comes at most."""

_DIGITS = re.compile(r"\d+")


async def is_looping(turn: TurnState) -> bool:
    """Return whether a message is one too many of the same; the first time tells the shop."""
    said = " ".join(turn.incoming.text.casefold().split())
    if turn.incoming.kind != "text" or len(said) < MIN_LENGTH:
        if turn.incoming.kind != "event":
            turn.heard_before = []
        return False
    # Times and numbers change from one automatic answer to the next, but are what a person means.
    same = _DIGITS.sub("0", said) if len(said) >= LONG else said
    mark = blake2b(same.encode(), digest_size=6).hexdigest()
    at = int(turn.received_at.timestamp())
    since = at - int(WINDOW.total_seconds())
    run: list[Json] = []
    kinds = {mark}
    for known, when in reversed(turn.heard_before):
        kinds.add(known)
        if when <= since or len(kinds) > 2:
            break
        run.insert(0, [known, when])
    known_text = any(known == mark for known, _ in run)
    if len(run) >= MAX_SAME and known_text:
        turn.heard_before = run
        await _tell_shop(turn)
        return True
    # Something new ends a run that is over; before, it may be the second of two in turn.
    turn.heard_before = [*([] if len(run) >= MAX_SAME else run), [mark, at]]
    return False


async def _tell_shop(turn: TurnState) -> None:
    here = turn.conversation
    alarm = text(
        "alert.loop", customer=here.name or here.address, words=turn.incoming.text.strip()[:100]
    )
    key = f"loop:{here.id}:{turn.ctx.now:%Y-%m-%d}"
    if here.shop_id is not None and await alert_staff(
        turn.ctx,
        alarm,
        Event(here.shop_id, "loop", conversation_id=here.id),
        unique_key=key,
    ):
        return
    await enqueue_for_admins(turn.ctx, alarm, kind="loop", conversation_id=here.id, unique_key=key)
