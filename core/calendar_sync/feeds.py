"""Feeds: a shop's or a provider's appointments as a calendar that other programs subscribe to.

The address contains a random secret, shown once, of which only the hash is stored; deleting it
revokes access. Its content goes to Google, Apple or Microsoft, so it says who comes for what and
when, without phones or notes; in a discreet shop only the reference.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import icalendar
import sqlalchemy as sa

from core.bookings.agenda import AGENDA_STATES
from core.bookings.booking import Booking, list_bookings
from core.bookings.transitions import LIVE_STATES
from core.calendar_sync.external_calendars import CREATED_BY_PREFIX, own_uid_suffix
from core.catalog.loader import load_catalog
from core.db.context import Context
from core.db.pagination import Page, PageRequest, paginate
from core.db.rows import Rows
from core.db.tables import blocks, bookings, claims, feeds, providers, services, sessions, shops
from core.errors import InvalidValue, NotFound

LOOK_BACK, LOOK_AHEAD = timedelta(days=31), timedelta(days=400)
"""How far back and ahead a feed reaches."""

MAX_FEEDS = 20
"""Maximum number of feeds per shop."""

_PRODUCT = "-//Slotline//Calendar//EN"


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An entry of a feed; instants are aware UTC."""

    uid: str
    starts_at: datetime
    ends_at: datetime
    summary: str
    status: str
    sequence: int = 0
    description: str = ""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed's content."""

    name: str
    updated_at: datetime
    entries: tuple[FeedEntry, ...]

    @property
    def etag(self) -> str:
        """Return a tag that changes with any entry."""
        said = repr((self.name, self.entries)).encode()
        return f'"{sha256(said).hexdigest()[:32]}"'


@dataclass(frozen=True, slots=True)
class FeedAddress:
    """A feed without its secret; without a provider it is the whole shop's."""

    id: int
    provider_id: int | None
    created_at: datetime


_ADDRESSES = Rows(FeedAddress, sa.select(feeds.c.id, feeds.c.provider_id, feeds.c.created_at))


async def add_feed(ctx: Context, shop_id: int, provider_id: int | None) -> tuple[int, str]:
    """Create a feed for a provider or the whole shop; return its id and secret.

    Raise NotFound for an unknown shop or provider and InvalidValue beyond the limit.
    """
    known = await load_catalog(ctx, shop_id)
    if provider_id is not None:
        known.provider(provider_id)
    await ctx.lock_rows(shops, [shop_id])
    there = sa.select(sa.func.count()).where(feeds.c.shop_id == shop_id)
    if await ctx.scalar(there.select_from(feeds)) >= MAX_FEEDS:
        raise InvalidValue(field="provider_id", reason="count", most=MAX_FEEDS)
    secret = secrets.token_urlsafe(24)
    made = await ctx.insert(
        feeds,
        shop_id=shop_id,
        provider_id=provider_id,
        digest=_digest(secret),
        created_at=ctx.now,
    )
    return made, secret


async def revoke_feed(ctx: Context, shop_id: int, feed_id: int) -> None:
    """Delete a feed; raise NotFound for an unknown one."""
    await get_feed(ctx, shop_id, feed_id)
    await ctx.execute(feeds.delete().where(feeds.c.id == feed_id))


async def get_feed(ctx: Context, shop_id: int, feed_id: int) -> FeedAddress:
    """Return a feed without its secret; raise NotFound if unknown."""
    found = await ctx.fetch_first(
        _ADDRESSES.where(feeds.c.shop_id == shop_id, feeds.c.id == feed_id)
    )
    if found is None:
        raise NotFound(feed=feed_id)
    return found


async def list_feeds(
    ctx: Context, shop_id: int, asked: PageRequest, provider_ids: frozenset[int] | None
) -> Page[FeedAddress]:
    """Return a page of a shop's feeds, of all or some providers."""
    rows = _ADDRESSES.where(feeds.c.shop_id == shop_id)
    if provider_ids is not None:
        rows = rows.where(feeds.c.provider_id.in_(provider_ids))
    return await paginate(ctx, rows, [feeds.c.id], asked)


def _digest(secret: str) -> str:
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


# ------------------------------------------------------------------------------------ reading


async def open_feed(ctx: Context, secret: str) -> Feed:
    """Return the feed a secret opens; raise NotFound for an unknown secret."""
    row = await ctx.first(
        sa.select(
            feeds.c.shop_id,
            feeds.c.provider_id,
            shops.c.name,
            shops.c.discreet,
            providers.c.name.label("provider"),
        )
        .join(shops, shops.c.id == feeds.c.shop_id)
        .outerjoin(providers, providers.c.id == feeds.c.provider_id)
        .where(feeds.c.digest == _digest(secret))
    )
    if row is None:
        raise NotFound
    shop_id, provider_id = row.shop_id, row.provider_id
    start, end = ctx.now - LOOK_BACK, ctx.now + LOOK_AHEAD
    wanted = [
        bookings.c.shop_id == shop_id,
        bookings.c.session_id.is_(None),
        bookings.c.starts_at.between(start, end),
        bookings.c.state.in_(AGENDA_STATES),
    ]
    if provider_id is not None:
        wanted.append(bookings.c.provider_id == provider_id)
    found = await list_bookings(ctx, *wanted)
    own = own_uid_suffix(ctx.settings, shop_id)
    entries = [
        _of_booking(one, own, discreet=row.discreet, whole=provider_id is None) for one in found
    ]
    entries += await _sessions(ctx, shop_id, provider_id, start, end, own)
    entries += await _blocks(ctx, shop_id, provider_id, start, end, own)
    name = " – ".join(filter(None, (row.name, row.provider)))
    return Feed(name, ctx.now, tuple(sorted(entries, key=lambda one: (one.starts_at, one.uid))))


def _of_booking(one: Booking, own: str, *, discreet: bool, whole: bool) -> FeedEntry:
    who = one.attendee or one.customer_name
    parts = [str(one.snapshot.get("service", "")), who]
    if whole:
        parts.append(str(one.snapshot.get("provider", "")))
    return FeedEntry(
        f"{one.id}-{one.ref}{own}",
        one.starts_at,
        one.ends_at,
        one.ref if discreet else " – ".join(filter(None, parts)),
        "TENTATIVE" if one.state == "pending" else "CONFIRMED",
        one.sequence,
        "" if discreet else one.ref,
    )


async def _sessions(
    ctx: Context, shop_id: int, provider_id: int | None, start: datetime, end: datetime, own: str
) -> list[FeedEntry]:
    taken = (
        sa.select(sa.func.count())
        .where(bookings.c.session_id == sessions.c.id, bookings.c.state.in_(LIVE_STATES))
        .correlate(sessions)
        .scalar_subquery()
    )
    rows = (
        sa.select(sessions, services.c.name, taken.label("taken"))
        .join(services, services.c.id == sessions.c.service_id)
        .where(
            sessions.c.shop_id == shop_id,
            sessions.c.starts_at.between(start, end),
            sessions.c.cancelled_at.is_(None),
        )
    )
    if provider_id is not None:
        rows = rows.where(sessions.c.provider_id == provider_id)
    return [
        FeedEntry(
            f"session-{row.id}{own}",
            row.starts_at,
            row.ends_at,
            f"{row.name} ({row.taken}/{row.capacity})",
            "CONFIRMED",
        )
        for row in await ctx.all(rows)
    ]


async def _blocks(
    ctx: Context, shop_id: int, provider_id: int | None, start: datetime, end: datetime, own: str
) -> list[FeedEntry]:
    """Return the shop's own blocks; external calendars already have theirs."""
    since = sa.func.min(claims.c.busy_from)
    until = sa.func.max(claims.c.busy_until)
    rows = (
        sa.select(
            blocks.c.id,
            blocks.c.reason,
            sa.type_coerce(since, claims.c.busy_from.type).label("starts_at"),
            sa.type_coerce(until, claims.c.busy_from.type).label("ends_at"),
        )
        .join(claims, claims.c.block_id == blocks.c.id)
        .where(
            blocks.c.shop_id == shop_id,
            blocks.c.created_by.not_like(f"{CREATED_BY_PREFIX}%"),
            claims.c.busy_from.between(start, end),
        )
        .group_by(blocks.c.id, blocks.c.reason)
    )
    if provider_id is not None:
        theirs = sa.select(providers.c.calendar_id).where(providers.c.id == provider_id)
        rows = rows.where(blocks.c.calendar_id == theirs.scalar_subquery())
    return [
        FeedEntry(
            f"block-{row.id}{own}", row.starts_at, row.ends_at, row.reason or "×", "CONFIRMED"
        )
        for row in await ctx.all(rows)
    ]


def feed_ics(feed: Feed) -> bytes:
    """Return a feed as an iCalendar file (RFC 5545); slow, so keep it off the event loop."""
    calendar = icalendar.Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", _PRODUCT)
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", feed.name)
    calendar.add("refresh-interval", timedelta(minutes=15), {"VALUE": "DURATION"})
    for one in feed.entries:
        event = icalendar.Event()
        event.add("uid", one.uid)
        event.add("sequence", one.sequence)
        event.add("dtstamp", feed.updated_at)
        # In UTC: clients convert it to their zone, and no VTIMEZONE is needed.
        event.add("dtstart", one.starts_at)
        event.add("dtend", one.ends_at)
        event.add("status", one.status)
        event.add("summary", one.summary)
        if one.description:
            event.add("description", one.description)
        calendar.add_component(event)
    return bytes(calendar.to_ical())
