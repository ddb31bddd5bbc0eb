"""Rows by plain statements, for tests that ask what the schema itself holds.

Not for tests of verbs: those make what they need by the verbs.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.db import tables
from core.db.context import Context

DAY = datetime(2026, 3, 10, tzinfo=UTC)
"""Midnight, the day after the one tests stand at; the first claim is taken at 9:00."""

FULL = {
    "audit": {"shop_id", "user_id"},
    "calendars": {"shop_id"},
    "claims": {"booking_id"},
    "conversations": {"identity_id", "shop_id"},
    "customers": {"user_id"},
    "bookings": {"session_id", "customer_id", "conversation_id", "visit_id", "series_id"},
    "date_exceptions": {"provider_id"},
    "feeds": {"provider_id"},
    "hours": {"provider_id"},
    "identities": {"user_id"},
    "inbox": {"prompt_id"},
    "invitations": {"provider_id", "invited_by", "accepted_by"},
    "lines": {"shop_id"},
    "members": {"provider_id"},
    "one_time_codes": {"conversation_id", "shop_id"},
    "unrecognized_messages": {"shop_id"},
    "outbox": {"shop_id", "booking_id", "prompt_id"},
    "providers": {"user_id"},
    "reaches": {"noted_by"},
    "services": {"category_id"},
    "staff_proofs": {"conversation_id"},
    "untold": {"settled_by"},
}
"""References that may be NULL and are made all the same."""


@dataclass
class RowFactory:
    """Adds valid rows; whatever a row refers to is the newest of its table, made if need be."""

    ctx: Context
    newest: dict[str, int] = field(default_factory=dict)
    count: int = 0

    async def add(self, table: sa.Table, **values: Any) -> int:
        """Insert a row of `table`, `values` before what a row has by default; return its id.

        The few tables without an id return 0.
        """
        self.count += 1
        row = _defaults(table.name, self.count) | values
        for column, target in _references(table).items():
            if column not in row:
                if target not in self.newest:
                    await self.add(tables.metadata.tables[target])
                row[column] = self.newest[target]
        statement = table.insert().values(row)
        if "id" not in table.c:
            await self.ctx.execute(statement)
            return 0
        self.newest[table.name] = await self.ctx.scalar(statement.returning(table.c.id))
        return self.newest[table.name]

    async def add_to_every_table(self) -> None:
        """Insert one row into every table there is."""
        for table in tables.metadata.sorted_tables:
            if table.name not in self.newest:
                await self.add(table)


def _references(table: sa.Table) -> dict[str, str]:
    """Name the columns of `table` that a row fills with a reference, and what they refer to."""
    found = {}
    # A set comes in any order; rows are to be made, and numbered, in the same one each time.
    for constraint in sorted(table.foreign_key_constraints, key=lambda one: tuple(one.column_keys)):
        # Of (shop_id, x_id) the second says whom; shop_id has a reference of its own.
        column = constraint.columns.values()[-1]
        if not column.nullable or column.name in FULL.get(table.name, ()):
            found[column.name] = constraint.referred_table.name
    return found


def _defaults(table: str, n: int) -> dict[str, Any]:
    start, end = DAY + timedelta(hours=9 + n), DAY + timedelta(hours=9 + n, minutes=30)
    made = {"created_at": DAY - timedelta(days=1)}
    rows: dict[str, dict[str, Any]] = {
        "shops": made
        | {
            "name": "Bella Hair",
            "keyword": f"BELLA{n}",
            "type": "salon",
            "city": "Madrid",
            "address": "Calle Mayor 8",
            "timezone": "Europe/Madrid",
            "country": "ES",
            "currency": "EUR",
            "language": "es",
            "answers": {"parking": "Plaza Sol"},
        },
        "users": made | {"name": "Marta", "language": "es"},
        "calendars": {"kind": "provider"},
        "lines": made
        | {"transport": "terminal", "channel": "sms", "address": f"+3491{n:07}", "account": "demo"},
        "identities": made | {"kind": "phone", "value": f"+3461{n:07}", "verified_at": DAY},
        "customers": made | {"name": "Marta", "phone": f"+3461{n:07}"},
        "categories": {"name": "Hair"},
        "services": {"name": "Cut", "minutes": 30, "price_minor": 2500, "synonyms": ["trim"]},
        "providers": {"name": "Ana", "title": "Stylist"},
        "hours": {"weekday": 0, "opens": 540, "closes": 1200},
        "date_exceptions": {"day": date(2026, 3, 19), "reason": "San José"},
        "feeds": made | {"digest": f"d{n}"},
        "external_calendars": made | {"url": "https://example.org/a.ics", "due_at": DAY},
        "time_off": {"starts_at": start, "ends_at": end},
        "members": made | {"role": "owner"},
        "staff_proofs": {"verified_at": DAY},
        "invitations": made
        | {"role": "owner", "phone": f"+3462{n:07}", "name": "Marta", "expires_at": DAY},
        "member_chats": made | {"name": "Marta on Telegram"},
        "conversations": made | {"address": f"+3461{n:07}", "language": "es"},
        "consents": {"given": True, "how": "wrote", "wording": "hi", "at": DAY},
        "whatsapp_templates": made
        | {"account": "demo", "name": f"list.{n}.1", "sid": f"HX{n:032}"},
        "heartbeats": {"name": f"worker {n}", "at": DAY},
        "unrecognized_messages": {"language": "es", "text": "eh?", "at": DAY},
        "prompts": made | {"options": [{"label": "Yes"}]},
        "inbox": {"event_id": f"event-{n}", "state": "new", "due_at": DAY, "received_at": DAY},
        "one_time_codes": made | {"phone": f"+3461{n:07}", "expires_at": DAY, "digest": "d"},
        "visits": made,
        "series": made | {"rule": "FREQ=WEEKLY"},
        "sessions": {"starts_at": start, "ends_at": end, "capacity": 6},
        "bookings": made
        | {
            "ref": f"AAA-{n}",
            "state": "confirmed",
            "starts_at": start,
            "ends_at": end,
            "local_date": start.date(),
            "local_time": f"{start:%H:%M}",
            "timezone": "Europe/Madrid",
            "price_minor": 2500,
            "currency": "EUR",
            "updated_at": DAY,
            "idempotency_key": f"key-{n}",
        },
        "booking_events": {"at": DAY, "action": "book", "to_state": "confirmed"},
        "blocks": made | {"reason": "lunch"},
        "claims": {"busy_from": start, "busy_until": end},
        "seats": {"seat": n},
        "passwords": made | {"digest": "d"},
        "auth_sessions": made | {"kind": "token", "used_at": DAY, "expires_at": DAY},
        "lockouts": {"subject": f"s{n}", "tries": 1, "last_at": DAY},
        "retention_marks": {"name": f"cut {n}", "until": DAY},
        "idempotency_keys": made | {"caller": "user:1", "key": f"key-{n}", "status": 201},
        "audit": {"at": DAY, "action": "shops.change_shop", "after": {"name": "Bella Hair"}},
        "reaches": made
        | {
            "channel": "sms",
            "address": f"+3461{n:07}",
            "purpose": "bookings",
            "basis": "booking",
            "wording": "on the phone",
        },
        "untold": made | {"kind": "moved", "reason": "unreachable"},
        "outbox": made | {"queue": "reply", "state": "due", "due_at": DAY},
    }
    return rows.get(table, {})
