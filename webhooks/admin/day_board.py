"""Layout of the day board: a column per provider, with the position of each visit.

Everything is counted in ticks of five minutes since the board begins, in elapsed time: on the day
the clocks change an hour is missing from the board, or stands on it twice, as in life.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from bot.i18n import formats
from core.bookings import agenda
from core.bookings.blocks import ListedSession, list_blocks, list_sessions
from core.bookings.booking import Booking
from core.catalog.entities import Catalog, Provider
from core.db.context import Context
from core.db.pagination import MAX_PAGE_SIZE, PageRequest
from core.localtime import zones
from core.localtime.ticks import TICK_SECONDS, TickWindow
from core.messaging.messages import When
from core.scheduling.horizon import provider_open_mask

_HOUR = 3600 // TICK_SECONDS
_USUAL = (9, 18)
"""Hours that a board shows of a day on which nothing is open and nobody comes."""


@dataclass(frozen=True, slots=True)
class BoardCard:
    """A visit, or a session with all its bookings; cards side by side have different lanes."""

    at: int
    ticks: int
    lane: int
    alone: bool
    visits: tuple[Booking, ...]

    @property
    def first(self) -> Booking:
        """Return the visit, or the first booking of the session."""
        return self.visits[0]


@dataclass(frozen=True, slots=True)
class UnbookableSpan:
    """A span of a column that cannot be booked: closed, time off or blocked."""

    at: int
    ticks: int
    words: str = ""
    block_id: int | None = None


@dataclass(frozen=True, slots=True)
class ProviderColumn:
    """A provider's day."""

    provider: Provider
    cards: tuple[BoardCard, ...]
    shades: tuple[UnbookableSpan, ...]
    lanes: int

    @property
    def count(self) -> int:
        """Return the number of bookings."""
        return sum(len(card.visits) for card in self.cards)


@dataclass(frozen=True, slots=True)
class DayBoard:
    """A day's board; `now` is the tick of the present, if it is on the board."""

    day: date
    zone: str
    begins: int
    ticks: int
    hours: tuple[tuple[int, str], ...]
    columns: tuple[ProviderColumn, ...]
    now: int | None
    time: datetime
    waiting: int = field(default=0)

    @property
    def count(self) -> int:
        """Return the number of bookings."""
        return sum(column.count for column in self.columns)


async def load_day_board(
    ctx: Context, catalog: Catalog, day: date, provider_ids: Collection[int] | None
) -> DayBoard:
    """Return a shop's board of a day, of all or some providers."""
    zone = catalog.shop.timezone
    begins, ends = zones.day_bounds(day, zone)
    start, end = datetime.fromtimestamp(begins, UTC), datetime.fromtimestamp(ends, UTC)
    found = await agenda.load_agenda(ctx, catalog.shop.id, start, end, provider_ids=provider_ids)
    blocks = await list_blocks(
        ctx, catalog.shop.id, PageRequest(MAX_PAGE_SIZE), provider_ids=provider_ids
    )
    empty = await _empty(ctx, catalog, found, start, end)
    busy = {one.provider_id for one in found}
    people = [
        one
        for one in catalog.providers
        if (one.active or one.id in busy) and (provider_ids is None or one.id in provider_ids)
    ]
    whole = TickWindow.between(start, end)
    masks = {one.id: provider_open_mask(catalog, one.id, whole) for one in people}
    first, last = _reach(list(masks.values()), [*found, *empty], begins, whole.tick_count)
    window = TickWindow(whole.first_tick + first, last - first)
    columns = []
    for one in people:
        mine = [visit for visit in found if visit.provider_id == one.id]
        cards = _cards(mine, window)
        closed = [
            UnbookableSpan(at, ticks)
            for at, ticks in _gaps(masks[one.id] >> first, window.tick_count)
        ]
        taken = [
            UnbookableSpan(*span, block.reason or "Blocked", block.id)
            for block in blocks.items
            if block.provider_id == one.id
            and (span := _span(block.starts_at, block.ends_at, window))
        ]
        taken += [
            UnbookableSpan(*span, _words(catalog, one_class))
            for one_class in empty
            if one_class.provider_id == one.id
            and (span := _span(one_class.starts_at, one_class.ends_at, window))
        ]
        lanes = max((card.lane + 1 for card in cards), default=1)
        columns.append(ProviderColumn(one, tuple(cards), (*closed, *taken), lanes))
    now = int(ctx.now.timestamp())
    inside = window.start_s <= now < window.end_s
    return DayBoard(
        day,
        zone,
        window.start_s,
        window.tick_count,
        tuple(_hours(window, zone)),
        tuple(columns),
        (now - window.start_s) // TICK_SECONDS if inside else None,
        ctx.now,
        sum(one.state == "pending" for one in found),
    )


async def _empty(
    ctx: Context, known: Catalog, found: Sequence[Booking], start: datetime, end: datetime
) -> list[ListedSession]:
    """Return the sessions between two instants without bookings; they take time, too."""
    if not any(service.sessions for service in known.services):
        return []
    taken = {one.session_id for one in found}
    planned = await list_sessions(ctx, known.shop.id, PageRequest(MAX_PAGE_SIZE), start=start)
    return [
        one
        for one in planned.items
        if one.starts_at < end and one.cancelled_at is None and one.id not in taken
    ]


def _words(known: Catalog, planned: ListedSession) -> str:
    begins = formats.format_moment(When(planned.starts_at, known.shop.timezone), "time", "en")
    return f"{begins} {known.service(planned.service_id).name}, nobody yet"


def _reach(
    masks: Sequence[int], visits: Sequence[Booking | ListedSession], begins: int, ticks: int
) -> tuple[int, int]:
    """Return the first and last tick of a board: the whole hours that contain everything."""
    edges = [
        n for mask in masks if mask for n in ((mask & -mask).bit_length() - 1, mask.bit_length())
    ]
    for visit in visits:
        edges.append((int(visit.starts_at.timestamp()) - begins) // TICK_SECONDS)
        edges.append(-((begins - int(visit.ends_at.timestamp())) // TICK_SECONDS))
    if not edges:
        edges = [hour * _HOUR for hour in _USUAL]
    first = max(0, min(edges)) // _HOUR * _HOUR
    last = min(ticks, -(-max(edges) // _HOUR) * _HOUR)
    return first, max(last, first + _HOUR)


def _gaps(mask: int, ticks: int) -> Iterator[tuple[int, int]]:
    """Yield each run of zeros as (first tick, length)."""
    at = None
    for tick in range(ticks + 1):
        closed = tick < ticks and not mask >> tick & 1
        if closed and at is None:
            at = tick
        elif not closed and at is not None:
            yield at, tick - at
            at = None


def _span(start: datetime, end: datetime, window: TickWindow) -> tuple[int, int] | None:
    """Return a span's first tick and length within a window; None if outside."""
    first = max(0, (int(start.timestamp()) - window.start_s) // TICK_SECONDS)
    last = min(window.tick_count, -((window.start_s - int(end.timestamp())) // TICK_SECONDS))
    return (first, last - first) if first < last else None


def _cards(visits: Sequence[Booking], window: TickWindow) -> list[BoardCard]:
    """Lay out visits without overlap: each in the first free lane."""
    groups: dict[object, list[Booking]] = {}
    for visit in visits:
        groups.setdefault(
            (visit.session_id and ("class", visit.session_id)) or visit.id, []
        ).append(visit)
    free_from: list[int] = []
    cards = []
    for group in groups.values():
        span = _span(group[0].starts_at, group[0].ends_at, window)
        if span is None:
            continue
        at, ticks = span
        lane = next((n for n, until in enumerate(free_from) if until <= at), len(free_from))
        free_from[lane : lane + 1] = [at + ticks]
        cards.append(BoardCard(at, ticks, min(lane, 11), True, tuple(group)))
    return [
        replace(card, alone=not any(other is not card and _meet(card, other) for other in cards))
        for card in cards
    ]


def _meet(one: BoardCard, other: BoardCard) -> bool:
    return one.at < other.at + other.ticks and other.at < one.at + one.ticks


def _hours(window: TickWindow, zone: str) -> Iterator[tuple[int, str]]:
    """Yield the tick and the label of each full hour of the local clock."""
    for tick in range(window.tick_count):
        local = zones.to_local(window.start_s + tick * TICK_SECONDS, zone)
        if local.minute == 0:
            yield tick, f"{local.hour % 12 or 12} {'am' if local.hour < 12 else 'pm'}"


@dataclass(frozen=True, slots=True)
class WeekDaySummary:
    """A day of a week at a glance."""

    day: date
    visits: tuple[Booking, ...]
    open: bool


async def load_week(
    ctx: Context, catalog: Catalog, monday: date, provider_ids: Collection[int] | None
) -> list[WeekDaySummary]:
    """Return the seven days from `monday` with their visits."""
    zone = catalog.shop.timezone
    dates = [monday + timedelta(days=n) for n in range(7)]
    bounds = [zones.day_bounds(day, zone) for day in dates]
    start = datetime.fromtimestamp(bounds[0][0], UTC)
    end = datetime.fromtimestamp(bounds[-1][1], UTC)
    found = await agenda.load_agenda(ctx, catalog.shop.id, start, end, provider_ids=provider_ids)
    made = []
    for day, (begins, ends) in zip(dates, bounds, strict=True):
        mine = tuple(v for v in found if begins <= int(v.starts_at.timestamp()) < ends)
        hours = catalog.shop_hours.exceptions.get(day, catalog.shop_hours.weekly[day.weekday()])
        made.append(WeekDaySummary(day, mine, bool(hours)))
    return made
