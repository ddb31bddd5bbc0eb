"""Notification preferences: a person's channel and quiet hours."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import conversations, identities, lines, users
from core.errors import InvalidValue
from core.localtime.quiet_hours import QuietHours
from core.messaging.outbox.routing import CHANNEL_ORDER


@dataclass(frozen=True, slots=True)
class Preferences:
    """The preferred channel ("": where they write) and quiet hours (None: the shop's)."""

    channel: str
    quiet_hours: QuietHours | None


async def load_preferences(ctx: Context, user_id: int) -> Preferences:
    """Return a user's preferences."""
    columns = sa.select(users.c.channel, users.c.quiet_from, users.c.quiet_until)
    row = (await ctx.execute(columns.where(users.c.id == user_id))).one()
    own = None if row.quiet_from is None else (row.quiet_from, row.quiet_until)
    return Preferences(row.channel, own)


async def reachable_channels(ctx: Context, user_id: int, shop_id: int) -> list[str]:
    """Return the channels that reach a user for a shop, in the order of fallback."""
    rows = await ctx.all(
        sa.select(lines.c.channel)
        .distinct()
        .join_from(conversations, identities, identities.c.id == conversations.c.identity_id)
        .join(lines, lines.c.id == conversations.c.line_id)
        .where(
            identities.c.user_id == user_id,
            identities.c.released_at.is_(None),
            lines.c.active,
            ~lines.c.staff,
            (lines.c.shop_id == shop_id) | lines.c.shop_id.is_(None),
            conversations.c.opted_out_at.is_(None),
        )
    )
    found = {row.channel for row in rows}
    return [channel for channel in CHANNEL_ORDER if channel in found]


async def set_preferred_channel(ctx: Context, user_id: int, channel: str) -> None:
    """Set a user's preferred channel, "" for where they write; raise InvalidValue otherwise."""
    if channel and channel not in CHANNEL_ORDER:
        raise InvalidValue(field="channel", reason=f"one of {', '.join(CHANNEL_ORDER)}")
    await ctx.execute(sa.update(users).where(users.c.id == user_id).values(channel=channel))


PREFERABLE_CHANNELS = ("telegram", "whatsapp", "sms")
"""The channels a user may prefer."""


DAY_MINUTES = 24 * 60
"""Minutes of the local day."""


async def set_quiet_hours(ctx: Context, user_id: int, hours: tuple[int, int] | None) -> None:
    """Set a user's quiet hours, in minutes of the local day; None: the shop's."""
    since, until = hours or (None, None)
    if hours is not None and not (0 <= hours[0] < DAY_MINUTES and 0 <= hours[1] < DAY_MINUTES):
        raise InvalidValue(field="hours", reason="range", least=0, most=DAY_MINUTES - 1)
    await ctx.execute(
        sa.update(users).where(users.c.id == user_id).values(quiet_from=since, quiet_until=until)
    )
