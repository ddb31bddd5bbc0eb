"""Who is alerted, and by which way: the selects by themselves, and what the database reads."""

from typing import Any

import pytest
import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import identities, lines, members, shops, users
from core.messaging.outbox.alert_recipients import (
    ADMIN_RECIPIENTS,
    STAFF_RECIPIENTS,
    AlertRecipient,
    admin_recipients,
    staff_recipients,
)
from tests.support.people_rows import PeopleRows
from tests.support.query_plans import query_plan
from tests.support.row_factory import DAY

OWNER, DESK, ANA, ADMIN = "+34600000001", "+34600000002", "+34600000003", "+34600000004"


def event_at(shop_id: int, **other: Any) -> dict[str, Any]:
    names = "provider_id", "conversation_id", "booking_id", "skip_user_id"
    return {"shop_id": shop_id} | dict.fromkeys(names) | other


async def told(ctx: Context, place: PeopleRows, **other: Any) -> list[str]:
    found = await staff_recipients(ctx, **event_at(place.shop, **other))
    return [person.address for person in found]


async def test_owner_and_desk_are_alerted_once_a_provider_only_of_their_own(ctx: Context) -> None:
    place = await PeopleRows.open_shop(ctx)
    owner = await place.add_member(OWNER, "owner")
    await place.add_member(DESK, "receptionist")
    await place.rows.add(members, user_id=owner, role="provider", provider_id=None)
    assert await told(ctx, place) == [OWNER, DESK]
    assert await told(ctx, place, skip_user_id=owner) == [DESK]
    assert await told(ctx, place, provider_only=True) == []


async def test_a_recipient_comes_with_all_that_is_needed_to_write(ctx: Context) -> None:
    place = await PeopleRows.open_shop(ctx)
    owner = await place.add_member(OWNER, "owner")
    identity = await ctx.scalar(sa.select(identities.c.id).where(identities.c.user_id == owner))
    new = AlertRecipient(owner, True, place.line, "sms", identity, OWNER, None, None)
    assert await staff_recipients(ctx, **event_at(place.shop)) == [new]
    talk = await place.open_conversation(OWNER, opted_out_at=DAY)
    known = AlertRecipient(owner, True, place.line, "sms", identity, OWNER, talk, DAY)
    assert await staff_recipients(ctx, **event_at(place.shop)) == [known]


async def test_the_way_asked_for_then_a_staff_line_then_sms(ctx: Context) -> None:
    place = await PeopleRows.open_shop(ctx)
    owner = await place.add_member(OWNER, "owner")
    assert [p.line_id for p in await staff_recipients(ctx, **event_at(place.shop))] == [place.line]
    staff = await place.rows.add(lines, transport="twilio", address="+34910000001", staff=True)
    assert [p.line_id for p in await staff_recipients(ctx, **event_at(place.shop))] == [staff]
    wished = {"transport": "twilio", "channel": "whatsapp", "address": "+34910000002"}
    whatsapp = await place.rows.add(lines, **wished)
    assert [p.line_id for p in await staff_recipients(ctx, **event_at(place.shop))] == [staff]
    await ctx.execute(sa.update(users).where(users.c.id == owner).values(channel="whatsapp"))
    assert [p.line_id for p in await staff_recipients(ctx, **event_at(place.shop))] == [whatsapp]


async def test_admins_are_alerted_on_lines_of_all_shops_only(ctx: Context) -> None:
    place = await PeopleRows.open_shop(ctx)
    admin = await place.add_person(ADMIN)
    await ctx.execute(sa.update(users).where(users.c.id == admin).values(admin=True))
    talk = await place.open_conversation(ADMIN)
    assert await admin_recipients(ctx, talk) == []
    values = {"transport": "twilio", "address": "+34910000001", "shop_id": None}
    shared = await place.rows.add(lines, **values)
    (found,) = await admin_recipients(ctx, talk)
    assert (found.user_id, found.line_id, found.conversation_id) == (admin, shared, None)


# ---------------------------------------------------------------------------------- the plans


async def many_shops(ctx: Context) -> dict[str, Any]:
    """Add two thousand shops of one owner and line each; return an event at one of them."""
    place = await PeopleRows.open_shop(ctx)
    await place.add_member(OWNER, "owner")
    talk = await place.open_conversation(OWNER)
    count = range(2000)
    first = {name: await _next_id(ctx, table) for name, table in TABLES.items()}
    like = (await ctx.execute(sa.select(shops).where(shops.c.id == place.shop))).mappings().one()
    rows: dict[str, list[dict[str, Any]]] = {
        "shops": [{**like, "id": first["shops"] + n, "keyword": f"MANY{n}"} for n in count],
        "users": [{"id": first["users"] + n, "created_at": DAY} for n in count],
        "lines": [
            {
                "shop_id": first["shops"] + n,
                "transport": "twilio",
                "channel": "sms",
                "address": f"+3491100{n:04}",
                "created_at": DAY,
            }
            for n in count
        ],
        "identities": [
            {
                "user_id": first["users"] + n,
                "kind": "phone",
                "value": f"+3461100{n:04}",
                "created_at": DAY,
            }
            for n in count
        ],
        "members": [
            {
                "shop_id": first["shops"] + n,
                "user_id": first["users"] + n,
                "role": "owner",
                "created_at": DAY,
            }
            for n in count
        ],
    }
    for name, values in rows.items():
        await ctx.execute(sa.insert(TABLES[name]), values)
    if ctx.is_postgresql:
        await ctx.execute(sa.text("ANALYZE"))
    return event_at(place.shop, conversation_id=talk, skip_user_id=0, provider_only=False)


TABLES = {t.name: t for t in (shops, users, lines, identities, members)}


async def _next_id(ctx: Context, table: sa.Table) -> int:
    return int(await ctx.scalar(sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0)))) + 1


FILLED = set(TABLES) | {"here", "front", "theirs"}


@pytest.mark.parametrize("guard", [True, False])
async def test_an_alert_reads_the_rows_of_its_shop_not_all_of_them(
    ctx: Context, *, guard: bool
) -> None:
    event = await many_shops(ctx)
    if not guard:
        await ctx.execute(sa.text("DROP INDEX ix_lines_shop_id"))
    staff = await query_plan(ctx, STAFF_RECIPIENTS.statement, event)
    talk = {"conversation_id": event["conversation_id"]}
    admins = await query_plan(ctx, ADMIN_RECIPIENTS.statement, talk)
    scanned = {"lines"} if not guard else set()
    assert staff.scanned & FILLED == scanned, staff.steps
    assert admins.scanned & FILLED == scanned, admins.steps
