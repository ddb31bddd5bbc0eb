"""Imports of services, customers and bookings: all faults at once; all of a file or nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import (
    audit,
    bookings,
    claims,
    conversations,
    customers,
    identities,
    outbox,
    prompts,
    services,
    users,
)
from tests.support.statement_counter import count_statements
from tests.webhooks.api.harness import ApiHarness, status_and_code


def written(headings: str, *rows: Iterable[object]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([headings.split(), *rows])
    return out.getvalue()


async def bring(
    api: ApiHarness,
    what: str,
    file: str | bytes,
    *,
    dry_run: bool = False,
    who: str = "owner",
    more: str = "",
) -> httpx.Response:
    """Upload a file as a user."""
    at = f"/shops/{api.shop.shop_id}/imports?what={what}&dry_run={str(dry_run).lower()}{more}"
    return await api.request("POST", at, who, content=file, headers={"Content-Type": "text/csv"})


def faults(answer: httpx.Response) -> list[tuple[int, str, str]]:
    """Return the faults of a dry run."""
    return [(e["line"], e["field"], e["reason"]) for e in answer.json()["errors"]]


async def count(api: ApiHarness, table: sa.Table) -> int:
    return int(await api.fetch_scalar(sa.select(sa.func.count()).select_from(table)))


async def rows(api: ApiHarness, *columns: Any, **where: Any) -> list[tuple[Any, ...]]:
    """Return rows of the newest ids first ones last."""
    table = columns[0].table
    wanted = [table.c[name] == value for name, value in where.items()]
    async with api.runtime.read_transaction() as ctx:
        found = await ctx.all(sa.select(*columns).where(*wanted).order_by(table.c.id))
    return [tuple(row) for row in found]


SERVICES = written(
    "Name Minutes price_minor category synonyms providers active remark",
    ("Perm", 90, 6000, "Hair", "waves, curls", "Ana, Leo", "yes", "x"),
    ("Beard", 20, "", "Shaves", "", "Leo", "no", ""),
)


async def test_services_come_with_their_headings_and_who_gives_them(api: ApiHarness) -> None:
    looked = await bring(api, "services", SERVICES, dry_run=True)
    assert (looked.status_code, faults(looked), looked.json()["ignored"]) == (200, [], ["remark"])
    before = await count(api, services)
    made = await bring(api, "services", SERVICES)
    assert (made.status_code, made.json()["created"]) == (200, 2)
    shown = (await api.get(f"/shops/{api.shop.shop_id}/services", "owner")).json()["items"]
    new = [one for one in shown if one["name"] in {"Perm", "Beard"}]
    members = ("name", "minutes", "price_minor", "synonyms", "active")
    assert sorted([one[name] for name in members] for one in new) == [
        ["Beard", 20, None, [], False],
        ["Perm", 90, 6000, ["waves", "curls"], True],
    ]
    assert await count(api, services) == before + 2
    free = "?service={}&from=2026-03-10T00:00Z&to=2026-03-11T00:00Z"
    perm = next(one["id"] for one in new if one["name"] == "Perm")
    at = f"/shops/{api.shop.shop_id}/availability{free.format(perm)}"
    givers = {slot["provider_id"] for slot in (await api.get(at)).json()["slots"]}
    assert givers <= {api.shop.providers["Ana"], api.shop.providers["Leo"]} != set()
    again = await bring(api, "services", SERVICES, dry_run=True)
    assert faults(again) == [(2, "name", "there already"), (3, "name", "there already")]


async def test_every_fault_of_a_file_is_named_at_once(api: ApiHarness) -> None:
    file = written(
        "name minutes price_minor providers active",
        ("A", "ten", -1, "Nobody", "perhaps"),
        ("Perm", 90, "", "", ""),
        ("perm", 7, "", "", ""),
        ("Gel", "", "", "", ""),
    )
    looked = await bring(api, "services", file, dry_run=True)
    wanted = [
        (2, "active", "neither true nor false"),
        (2, "minutes", "not a whole number"),
        (2, "name", "length, least 2, most 100"),
        (2, "price_minor", "range, least 0, most 1000000000000"),
        (2, "providers", "nobody is called Nobody"),
        (4, "minutes", "step"),
        (4, "name", "as in line 3"),
        (5, "minutes", "missing"),
    ]
    assert faults(looked) == wanted
    refused = await bring(api, "services", file)
    assert status_and_code(refused) == (422, "invalid")
    errors = [(e["field"], e["reason"]) for e in refused.json()["errors"]]
    assert errors == [(f"{line}.{name}", reason) for line, name, reason in wanted]
    assert await rows(api, services.c.id, name="Perm") == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("file", "fault"),
    [
        (b"", (1, "", "empty")),
        (b"\xff\xfe", (1, "", "not UTF-8")),
        (b"name\nA\0na", (1, "", "not a text")),
        (b"phone\n1", (1, "name", "column missing")),
        (b"name,name\nAna,Ana", (1, "name", "column twice")),
        (b"name\nAna,Leo", (2, "", "more cells than headings")),
        (b"name\n" + b"Ana\n" * 10_001, (1, "", "more than 10000 rows")),
    ],
)
async def test_a_file_that_is_none_is_refused(
    api: ApiHarness, file: bytes, fault: tuple[int, str, str]
) -> None:
    assert faults(await bring(api, "customers", file, dry_run=True)) == [fault]
    assert status_and_code(await bring(api, "customers", file)) == (422, "invalid")


async def test_customers_the_shop_knows_stay_as_they_are(api: ApiHarness) -> None:
    await api.add_booked_customer()  # knows Marta, +34600111222
    file = "\ufeffName;Phone;E-mail;email;notes\r\nmarta;600 111 222;;;other\r\n"
    file += 'Hugo;;;hugo@example.org;"two\nlines"\r\nHugo;;;;\r\nLuz;\'+34 600 333 444;;;\r\n'
    looked = await bring(api, "customers", file, dry_run=True)
    assert (faults(looked), looked.json()["ignored"]) == ([], ["e-mail"])
    made = (await bring(api, "customers", file)).json()
    assert (made["rows"], made["created"], made["known"]) == (4, 2, 2)
    columns = (customers.c.name, customers.c.phone, customers.c.email, customers.c.notes)
    assert await rows(api, *columns) == [
        ("Marta", "+34600111222", "", ""),
        ("Hugo", "", "hugo@example.org", "two\nlines"),
        ("Luz", "+34600333444", "", ""),
    ]
    noted = await api.fetch_scalar(
        sa.select(audit.c.after).where(audit.c.action == "imports.import_csv")
    )
    assert (noted["created"], noted["known"]) == (2, 2)


BOOKINGS = "service provider starts_at customer phone minutes price_minor note"


async def test_bookings_to_come_take_their_time_and_nobody_is_written_to(api: ApiHarness) -> None:
    await api.add_booked_customer()
    file = written(
        BOOKINGS,
        ("Cut", "Ana", "2026-03-10 12:00", "Marta", "600111222", "", "", "by the window"),
        ("cut", "leo", "2026-03-10T12:00+01:00", "Hugo", "", 45, 9900, ""),
    )
    before = await count(api, outbox)
    assert (await bring(api, "bookings", file)).json()["created"] == 2
    b = bookings.c
    found = await rows(api, b.starts_at, b.ends_at, b.price_minor, b.note, b.state, origin="import")
    eleven = datetime(2026, 3, 10, 11, tzinfo=UTC)
    cut = (eleven, eleven + timedelta(minutes=30), 2500, "by the window", "confirmed")
    assert found == [cut, (eleven, eleven + timedelta(minutes=45), 9900, "", "confirmed")]
    assert await count(api, outbox) == before
    assert await rows(api, customers.c.name) == [("Marta",), ("Hugo",)]
    block = {"provider_id": api.shop.providers["Ana"], "starts_at": "2026-03-10T11:00Z"}
    at = f"/shops/{api.shop.shop_id}/blocks"
    taken = await api.post(at, "owner", **block, ends_at="2026-03-10T11:10Z")
    assert status_and_code(taken) == (409, "overlap")


async def test_bookings_that_cannot_be_are_named_by_line(api: ApiHarness) -> None:
    await api.add_booked_customer()  # Ana has a booking on the 10th, 10:00 to 10:30 in Madrid
    file = written(
        BOOKINGS,
        ("Cut", "Ana", "2026-03-10 10:15", "Marta", "", "", "", ""),
        ("Cut", "Ana", "2026-03-11 10:00", "Marta", "", "", "", ""),
        ("Cut", "Ana", "2026-03-11 10:25", "Marta", "", "", "", ""),
        ("Nails", "Eva", "2026-03-11 10:03", "M" * 101, "12", "", "", ""),
        ("Cut", "Ana", "2026-03-08 10:00", "Marta", "", "", "", ""),
        ("Cut", "Ana", "2026-03-29 02:30", "Marta", "", "", "", ""),
        ("Cut", "Ana", "tomorrow", "Marta", "", "", "", ""),
        ("Cut", "Ana", "2036-03-11 10:00", "Marta", "", "", "", ""),
    )
    wanted = [
        (2, "starts_at", "taken"),
        (4, "starts_at", "at the time of line 3"),
        (5, "customer", "length, least 1, most 100"),
        (5, "phone", "no phone of anybody's"),
        (5, "provider", "nobody is called so"),
        (5, "service", "no such service"),
        (5, "starts_at", "not in steps of five minutes"),
        (6, "starts_at", "past"),
        (7, "starts_at", "no clock of the shop shows this time"),
        (8, "starts_at", "no time such as 2026-03-10 16:30"),
        (9, "starts_at", "more than two years ahead"),
    ]
    assert faults(await bring(api, "bookings", file, dry_run=True)) == wanted
    before = [await count(api, table) for table in (bookings, claims, customers)]
    assert status_and_code(await bring(api, "bookings", file)) == (422, "invalid")
    assert [await count(api, table) for table in (bookings, claims, customers)] == before


def phone(number: int) -> str:
    return f"+34611{number:06}"


async def known(api: ApiHarness, count: int) -> None:
    """Add customers of the shop who have written to it by SMS."""
    now = api.clock.now()
    people = range(1, count + 1)

    async def add(ctx: Context, table: sa.Table, rows: list[dict[str, Any]]) -> None:
        await ctx.execute(table.insert(), [{"created_at": now, **row} for row in rows])

    async with api.runtime.transaction() as ctx:
        users_ = [{"id": 1000 + n, "name": f"Person {n}"} for n in people]
        await add(ctx, users, users_)
        proved = {"kind": "phone", "verified_at": now}
        await add(
            ctx,
            identities,
            [{"id": 1000 + n, "user_id": 1000 + n, "value": phone(n), **proved} for n in people],
        )
        talk = {"line_id": api.shop.line_id, "shop_id": api.shop.shop_id, "last_in_at": now}
        await add(
            ctx,
            conversations,
            [
                {"id": 1000 + n, "identity_id": 1000 + n, "address": phone(n), **talk}
                for n in people
            ],
        )
        theirs = {"shop_id": api.shop.shop_id}
        await add(
            ctx,
            customers,
            [
                {"user_id": 1000 + n, "name": f"Person {n}", "phone": phone(n), **theirs}
                for n in people
            ],
        )


async def reminders(api: ApiHarness, booking_id: int) -> list[tuple[Any, ...]]:
    """Return a booking's waiting messages: address, text, due time, question and its expiry."""
    o, p = outbox.c, prompts.c
    columns = (
        o.conversation_id,
        o.kind,
        o.queue,
        o.state,
        o.due_at,
        o.expires_at,
        o.message["key"],
    )
    asks = (p.decision, p.args["booking"].as_integer() == booking_id, p.expires_at, p.options)
    statement = sa.select(*columns, *asks).join_from(outbox, prompts, isouter=True)
    statement = statement.where(o.booking_id == booking_id, o.queue == "reminder").order_by(
        o.due_at
    )
    async with api.runtime.read_transaction() as ctx:
        return [tuple(row) for row in await ctx.all(statement)]


async def test_who_wrote_to_the_shop_is_reminded_as_of_any_other_booking(api: ApiHarness) -> None:
    await known(api, 2)
    file = written(
        BOOKINGS,
        ("Cut", "Ana", "2026-03-12 12:00", "Person 1", phone(1), "", "", ""),
        ("Cut", "Leo", "2026-03-09 17:00", "Person 2", phone(2), "", "", ""),
        ("Cut", "Leo", "2026-03-12 12:00", "Hugo", phone(3), "", "", ""),
    )
    assert (await bring(api, "bookings", file)).json()["created"] == 3
    brought = [row[0] for row in await rows(api, bookings.c.id)]
    found = [await reminders(api, one) for one in brought]
    nine = datetime(2026, 3, 12, 9, tzinfo=UTC)  # two hours before noon in Madrid
    before, start = nine - timedelta(hours=22), nine + timedelta(hours=2)
    assert [[row[:6] for row in one] for one in found] == [
        [
            (1001, "reminder", "reminder", "due", before, nine),
            (1001, "reminder", "reminder", "due", nine, start),
        ],
        # Made today at ten for today at five: the day before is over.
        [
            (
                1002,
                "reminder",
                "reminder",
                "due",
                datetime(2026, 3, 9, 14, tzinfo=UTC),
                datetime(2026, 3, 9, 16, tzinfo=UTC),
            )
        ],
        [],  # never wrote to us
    ]
    # Word for word what a booking at the desk brings about.
    ids = dict(await rows(api, customers.c.name, customers.c.id))
    desk = await api.post(
        f"/shops/{api.shop.shop_id}/bookings",
        "owner",
        service_id=api.shop.services["Cut"],
        provider_id=api.shop.providers["Ana"],
        starts_at="2026-03-12T12:00:00Z",
        customer_id=ids["Person 1"],
    )
    assert desk.status_code == 201, desk.text
    hour = timedelta(hours=1)
    later = [
        (*row[:4], row[4] + hour, row[5] + hour, row[6], row[7], row[8], row[9] + hour, row[10])
        for row in found[0]
    ]
    assert await reminders(api, desk.json()["id"]) == later


async def test_of_a_file_nobody_is_reminded_if_that_is_asked(api: ApiHarness) -> None:
    await known(api, 1)
    file = written(BOOKINGS, ("Cut", "Ana", "2026-03-12 12:00", "Person 1", phone(1), *[""] * 3))
    assert (await bring(api, "bookings", file, more="&remind=false")).json()["created"] == 1
    assert await count(api, outbox) == 0


async def test_reminding_many_takes_as_few_statements_as_reminding_some(api: ApiHarness) -> None:
    await known(api, 220)
    start = datetime(2026, 3, 12, tzinfo=UTC)
    made = [
        ("Cut", "Ana", (start + timedelta(minutes=30 * n)).isoformat(), f"Person {n}", phone(n))
        for n in range(1, 221)
    ]
    sent = []
    for part in (made[:1], made[1:20], made[20:]):
        with count_statements(api.runtime) as counted:
            file = written(BOOKINGS, *((*row, "", "", "") for row in part))
            assert (await bring(api, "bookings", file)).status_code == 200
        sent.append(len(counted))
    assert await count(api, outbox) > 400
    assert sent[1] == sent[2]  # the first request of somebody asks more


def five_thousand(*, fault: bool) -> str:
    """A booking every half hour for Ana and Leo; the last one at the time of the first, or not."""
    start = datetime(2026, 3, 10, tzinfo=UTC)
    made = [
        (
            "Cut",
            name,
            (start + timedelta(minutes=30 * n)).isoformat(),
            f"Person {n}",
            "",
            "",
            "",
            "",
        )
        for n in range(2_500)
        for name in ("Ana", "Leo")
    ]
    if fault:
        made[-1] = made[0]
    return written(BOOKINGS, *made)


async def test_five_thousand_rows_are_all_there_or_none(api: ApiHarness) -> None:
    refused = await bring(api, "bookings", five_thousand(fault=True))
    assert [e["field"] for e in refused.json()["errors"]] == ["5001.starts_at"]
    assert await count(api, bookings) == 0
    with count_statements(api.runtime) as sent:
        made = await bring(api, "bookings", five_thousand(fault=False))
    assert (made.status_code, made.json()["created"]) == (200, 5_000)
    counts = [await count(api, table) for table in (bookings, claims, customers)]
    assert counts == [5_000, 5_000, 2_500]
    # Batches of so many rows; one statement a row would be 15,000.
    assert len(sent) < 100
