"""Importing upcoming bookings from what the shop used before.

They are kept as agreed: hours, notice and buffers do not bind them, other bookings do. Nobody is
notified, since nothing is new. Reminders go only to people who have written to us, as for any
booking; others have not consented.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.bookings.booking import list_bookings, log_events
from core.bookings.claims import expire_overdue_holds, insert_claims, overlapping_claims
from core.bookings.create import BookedFor, new_ref, sold_snapshot, time_columns
from core.bookings.reminders.schedule import schedule_reminders_in_bulk
from core.bookings.transitions import NEW, Actor
from core.catalog.entities import Catalog, Slot
from core.db.context import Context
from core.db.tables import bookings, calendars
from core.db.tables import customers as customers_table
from core.errors import Overlap
from core.importing import customers
from core.importing.csv_file import CsvFile, ImportFault, ImportPlan, RowReader
from core.localtime import ticks, zones
from core.scheduling.slot_finder import calendars_of
from core.values.field_types import DurationMinutes, LongText, MinorUnits, PersonName

REQUIRED_COLUMNS = ("service", "provider", "starts_at", "customer")
COLUMNS = (
    *REQUIRED_COLUMNS,
    "phone",
    "minutes",
    "price_minor",
    "attendee",
    "purpose",
    "note",
)
"""`starts_at` is ISO 8601, in the shop's zone if it has no offset."""

_FURTHEST = timedelta(days=2 * 366)


def plan_rows(sheet: CsvFile, known: Catalog, now: datetime) -> ImportPlan:
    """Return the bookings of a file; of two at the same time the later line is a fault."""
    made = ImportPlan(sheet)
    services = {one.name.casefold(): one for one in known.services}
    providers = {one.name.casefold(): one for one in known.providers}
    for line, cells in sheet.rows:
        row = RowReader(line, cells, made.faults)
        whom = customers.read_person(row, "customer", known.shop.country)
        service = services.get(cells["service"].casefold())
        provider = providers.get(cells["provider"].casefold())
        if service is None:
            row.add_fault("service", "no such service")
        elif service.sessions:
            row.add_fault("service", "given in sessions")
        if provider is None:
            row.add_fault("provider", "nobody is called so")
        offering = None
        if service is not None and provider is not None:
            offering = known.offerings.get((service.id, provider.id))
            if offering is None:
                row.add_fault("provider", "does not give this service")
        starts_at = _start(row, known.shop.timezone, now)
        minutes = row.read_integer("minutes", DurationMinutes)
        price = row.read_integer("price_minor", MinorUnits)
        texts = {
            "attendee": row.read_value("attendee", PersonName) if cells["attendee"] else "",
            "purpose": row.read_value("purpose", LongText),
            "note": row.read_value("note", LongText),
        }
        if not row.good or offering is None or starts_at is None:
            continue
        slot = Slot(
            known.shop.id,
            offering.service.id,
            offering.provider.id,
            starts_at,
            starts_at + timedelta(minutes=minutes or offering.minutes),
            offering.price_minor if price is None else price,
            known.shop.currency,
        )
        made.rows.append({"line": line, "slot": slot, "whom": whom, "texts": texts})
    made.faults += _overlaps(made, known)
    return made


def _start(row: RowReader, zone: str, now: datetime) -> datetime | None:
    try:
        given = datetime.fromisoformat(row.cells["starts_at"])
    except ValueError:
        row.add_fault("starts_at", "no time such as 2026-03-10 16:30")
        return None
    if given.tzinfo is None:
        local = given.replace(tzinfo=zones.load_zone(zone))
        at = local.astimezone(UTC)
        if at.astimezone(local.tzinfo).replace(tzinfo=None) != given:
            row.add_fault("starts_at", "no clock of the shop shows this time")
            return None
    else:
        try:
            at = given.astimezone(UTC)
        except OverflowError:
            row.add_fault("starts_at", "out of range")
            return None
    if at.timestamp() % ticks.TICK_SECONDS:
        row.add_fault("starts_at", "not in steps of five minutes")
    elif at <= now:
        row.add_fault("starts_at", "past")
    elif at > now + _FURTHEST:
        row.add_fault("starts_at", "more than two years ahead")
    return at if row.good else None


def _overlaps(made: ImportPlan, known: Catalog) -> list[ImportFault]:
    """Return a fault for each booking that begins before another on its calendar ends."""
    by_calendar: dict[int, list[tuple[datetime, datetime, int]]] = defaultdict(list)
    for row in made.rows:
        slot = row["slot"]
        for calendar in calendars_of(known, slot.service_id, slot.provider_id):
            by_calendar[calendar].append((slot.starts_at, slot.ends_at, row["line"]))
    found: dict[int, int] = {}
    for spans in by_calendar.values():
        last_end, last_line = datetime.min.replace(tzinfo=UTC), 0
        for start, end, line in sorted(spans):
            if start < last_end:
                found[max(line, last_line)] = min(line, last_line)
            if end > last_end:
                last_end, last_line = end, line
    return [
        ImportFault(line, "starts_at", f"at the time of line {other}")
        for line, other in found.items()
    ]


def _calendars(plan: ImportPlan, known: Catalog) -> dict[int, list[dict[str, Any]]]:
    """Return the rows that claim time on each calendar, by start."""
    rows: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in sorted(plan.rows, key=lambda row: row["slot"].starts_at):
        slot = row["slot"]
        for calendar in calendars_of(known, slot.service_id, slot.provider_id):
            rows[calendar].append(row)
    return rows


async def lock_affected(ctx: Context, plan: ImportPlan, known: Catalog) -> None:
    """Lock the calendars the bookings claim, then the shop: the usual lock order."""
    taken = _calendars(plan, known)
    await ctx.lock_rows(calendars, taken.keys())
    await customers.lock_affected(ctx, plan, known)
    if taken:
        await expire_overdue_holds(ctx, list(taken))


async def find_conflicts(ctx: Context, plan: ImportPlan, known: Catalog) -> list[ImportFault]:
    """Return a fault for each booking whose time is taken."""
    found: set[int] = set()
    for calendar, rows in _calendars(plan, known).items():
        last = max(row["slot"].ends_at for row in rows)
        there = await overlapping_claims(ctx, calendar, rows[0]["slot"].starts_at, last)
        at = 0
        for row in rows:
            while at < len(there) and there[at].busy_until <= row["slot"].starts_at:
                at += 1
            if at < len(there) and there[at].busy_from < row["slot"].ends_at:
                found.add(row["line"])
    return [ImportFault(line, "starts_at", "taken") for line in sorted(found)]


async def write_rows(
    ctx: Context, plan: ImportPlan, known: Catalog, actor: Actor, *, remind: bool = True
) -> int:
    """Insert the bookings, confirmed, with their customers, claims, history and reminders."""
    if not plan.rows:
        return 0
    people = await _people(ctx, plan, known)
    refs = await _refs(ctx, len(plan.rows))
    values = [
        {
            "shop_id": known.shop.id,
            "ref": ref,
            "state": "confirmed",
            **time_columns(known, row["slot"]),
            "customer_id": whom.customer_id,
            "snapshot": sold_snapshot(known, row["slot"], whom),
            "origin": "import",
            "created_by": str(actor),
            "created_at": ctx.now,
            "updated_at": ctx.now,
            **row["texts"],
        }
        for ref, row in zip(refs, plan.rows, strict=True)
        for whom in (people[customers.person_key(**row["whom"])],)
    ]
    # Matched by reference, not by order: SQLite would have to insert one by one to keep it.
    made = await ctx.execute(bookings.insert().returning(bookings.c.id, bookings.c.ref), values)
    by_ref = {row.ref: row.id for row in made}
    ids = [by_ref[ref] for ref in refs]
    claims = []
    for booking_id, row in zip(ids, plan.rows, strict=True):
        slot = row["slot"]
        rules = known.offering(slot.service_id, slot.provider_id).rules
        claims += [
            {
                "shop_id": known.shop.id,
                "calendar_id": calendar,
                "booking_id": booking_id,
                "busy_from": slot.starts_at,
                "busy_until": slot.ends_at,
                "gap_before": rules.gap_before_minutes,
                "gap_after": rules.gap_after_minutes,
            }
            for calendar in calendars_of(known, slot.service_id, slot.provider_id)
        ]
    if not await insert_claims(ctx, claims):
        # Only a writer without the lock can cause this: the whole import is rolled back.
        raise Overlap
    await log_events(
        ctx,
        [
            {
                "shop_id": known.shop.id,
                "booking_id": booking_id,
                "at": ctx.now,
                "action": "book_for",
                "from_state": NEW,
                "to_state": "confirmed",
                "actor": str(actor),
                "details": {"imported": True},
            }
            for booking_id in ids
        ],
    )
    if remind:
        theirs = customers_table.c.user_id.is_not(None)
        made_now = await list_bookings(ctx, bookings.c.id.in_(ids), theirs)
        await schedule_reminders_in_bulk(ctx, made_now, known)
    return len(ids)


async def _people(
    ctx: Context, plan: ImportPlan, known: Catalog
) -> dict[customers.PersonKey, BookedFor]:
    """Return who the bookings are for, adding new customers."""
    named = {customers.person_key(**row["whom"]): row["whom"] for row in plan.rows}
    there = await customers.find_existing(
        ctx, known.shop.id, (one["phone"] for one in named.values())
    )
    new = {key: one for key, one in named.items() if key not in there}
    there |= await customers.add_customers(ctx, known.shop.id, new)
    return {key: BookedFor(there[key], one["name"], one["phone"]) for key, one in named.items()}


async def _refs(ctx: Context, count: int) -> list[str]:
    """Return `count` unused references."""
    found: dict[str, None] = {}
    while len(found) < count:
        drawn = {new_ref(ctx.random): None for _ in range(count - len(found))}
        taken = await ctx.all(sa.select(bookings.c.ref).where(bookings.c.ref.in_(drawn)))
        there = {row.ref for row in taken}
        found |= {ref: None for ref in drawn if ref not in there}
    return list(found)
