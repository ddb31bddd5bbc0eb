"""Questions outside a talk: a prompt of its own, whose answer starts a flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from core.context import Context
from core.messages import Choice, Json, Say, encode
from core.models import prompts
from core.outbox.addressing import Booked, home_of
from core.outbox.posting import Lane, post, tell


async def ask(
    ctx: Context,
    say: Say,
    *,
    options: Sequence[Choice],
    flow: str,
    args: Mapping[str, Json],
    kind: str,
    booking: Booked | None = None,
    discreetly: Say | None = None,
    conversation_id: int | None = None,
    shop_id: int | None = None,
    expires_at: datetime | None = None,
    lane: Lane = "alert",
) -> int | None:
    """Ask the customer of a booking, or a conversation; return the outbox row's id.

    The answer starts `flow` with `args` and the `choice`, until `expires_at`. What the same flow
    asked there before about the same booking is asked no more. None when there is no way to reach
    them: then nobody is asked. The shop of a booking may say it `discreetly`, as in `tell`.
    """
    if booking is not None:
        where = await ctx.first(home_of(booking))
        conversation_id = None if where is None else where.id
        if where is not None and where.discreet and discreetly is not None:
            say = discreetly
    if conversation_id is None:
        return None
    if "booking" in args:
        await ctx.execute(
            sa.update(prompts)
            .where(
                prompts.c.conversation_id == conversation_id,
                prompts.c.closed_at.is_(None),
                prompts.c.flow == flow,
                prompts.c.args["booking"].as_integer() == args["booking"],
            )
            .values(closed_at=ctx.now)
        )
    prompt_id = await ctx.insert(
        prompts,
        conversation_id=conversation_id,
        flow=flow,
        step="",
        digest=Say("", {"say": say, "options": tuple(options)}).digest(),
        say=encode(say),
        options=[encode(option) for option in options],
        args=dict(args),
        expires_at=expires_at,
        created_at=ctx.now,
    )
    if booking is not None:
        return await tell(
            ctx,
            say,
            booking=booking,
            kind=kind,
            lane=lane,
            prompt_id=prompt_id,
            not_after=expires_at,
        )
    return await post(
        ctx,
        say,
        conversation_id=conversation_id,
        lane=lane,
        kind=kind,
        shop_id=shop_id,
        prompt_id=prompt_id,
        not_after=expires_at,
    )


async def home(ctx: Context, booking: Booked) -> int | None:
    """Return the conversation on which the customer of a booking is told things, if any."""
    where = await ctx.first(home_of(booking))
    return None if where is None else int(where.id)


async def reachable(ctx: Context, booking: Booked) -> bool:
    """Whether the customer of a booking can be told things, as far as we know."""
    where = await ctx.first(home_of(booking))
    return where is not None and where.opted_out_at is None and not where.unreachable
