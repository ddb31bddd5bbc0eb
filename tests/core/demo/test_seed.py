"""The sample shops: there once, half full, and nothing in them that the rules would not allow."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.bookings.booking import list_bookings
from core.bookings.create import slot_of
from core.catalog.entities import BookingRules, Catalog
from core.catalog.loader import load_catalog
from core.catalog.shop_search import shop_by_keyword
from core.clock import FixedClock
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import booking_events, bookings, claims, customers, metadata, outbox
from core.demo import seed
from core.demo.sample_shops import parse_hours, parse_week
from core.localtime.opening_masks import Interval
from core.people.members import list_members
from core.scheduling import availability
from core.scheduling.asker import Asker
from core.scheduling.horizon import booking_horizon
from tests.core.scheduling.harness import open_scheduling_harness
from tests.support.runtimes import open_runtime

MADE = (
    "Made Bella Hair (BELLA), Smile Dental (SMILE) and Fade & Co (FADE):"
    " 839 bookings in the next 30 days."
)


@pytest.fixture
async def seeded(runtime: Runtime) -> Runtime:
    assert await seed.seed_sample_shops(runtime) == MADE
    return runtime


async def shop(ctx: Context, keyword: str) -> Catalog:
    found = await shop_by_keyword(ctx, keyword)
    assert found is not None
    return await load_catalog(ctx, found.id)


async def rows_in_all(runtime: Runtime) -> dict[str, int]:
    async with runtime.read_transaction() as ctx:
        return {
            name: await ctx.scalar(sa.select(sa.func.count()).select_from(table))
            for name, table in metadata.tables.items()
        }


async def test_seeding_twice_changes_nothing(seeded: Runtime) -> None:
    before = await rows_in_all(seeded)
    said = await seed.seed_sample_shops(seeded)
    assert said == (
        "The sample shops are there already:"
        " Bella Hair (BELLA), Smile Dental (SMILE) and Fade & Co (FADE)."
    )
    assert await rows_in_all(seeded) == before


async def test_a_shop_of_somebodys_own_is_left_alone(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        salon = await open_scheduling_harness(ctx)  # its keyword is BELLA
    await seed.seed_sample_shops(runtime)
    async with runtime.read_transaction() as ctx:
        mine = sa.select(sa.func.count()).where(bookings.c.shop_id == salon.shop_id)
        assert await ctx.scalar(mine) == 0


async def test_nobody_is_in_two_places_at_once(seeded: Runtime) -> None:
    one, other = bookings.alias(), bookings.alias()
    meets = sa.and_(
        one.c.customer_id == other.c.customer_id,
        one.c.id < other.c.id,
        one.c.starts_at < other.c.ends_at,
        other.c.starts_at < one.c.ends_at,
    )
    async with seeded.read_transaction() as ctx:
        twice = sa.select(sa.func.count()).select_from(one.join(other, meets))
        assert await ctx.scalar(twice) == 0


async def test_the_same_day_draws_the_same_bookings(migrated_sqlite: Path, tmp_path: Path) -> None:
    drawn = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        shutil.copy(migrated_sqlite, folder / "slotline.db")
        runtime = open_runtime(f"sqlite+aiosqlite:///{folder / 'slotline.db'}", folder)
        await seed.seed_sample_shops(runtime)
        async with runtime.read_transaction() as ctx:
            rows = await ctx.all(sa.select(bookings.c.starts_at, bookings.c.snapshot))
            drawn.append([tuple(row) for row in rows])
        await runtime.close()
    assert drawn[0] == drawn[1]


async def test_calendars_are_half_full_for_thirty_days(seeded: Runtime) -> None:
    async with seeded.read_transaction() as ctx:
        for keyword in ("BELLA", "SMILE", "FADE"):
            found = await shop(ctx, keyword)
            span = booking_horizon(found, int(ctx.now.timestamp()))
            for provider in found.providers:
                taken = await ctx.all(
                    sa.select(claims.c.busy_from, claims.c.busy_until).where(
                        claims.c.calendar_id == provider.calendar_id
                    )
                )
                if not provider.available:
                    assert taken == []
                    continue
                days = {row.busy_from.date() for row in taken}
                assert max(days) - min(days) >= timedelta(days=25)
                minutes = sum((row.busy_until - row.busy_from).seconds // 60 for row in taken)
                # The frame reaches a day back and two past the horizon.
                opened = span.open_mask(provider.id).bit_count() * 5 * 30 / 33
                assert 0.4 < minutes / opened < 0.6, (provider.name, minutes / opened)


async def test_every_booking_could_be_made_again_where_it_is(seeded: Runtime) -> None:
    async with seeded.read_transaction() as ctx:
        made = await list_bookings(ctx, bookings.c.id % 9 == 0)
        assert len(made) > 80
        for booking in made:
            found = await load_catalog(ctx, booking.shop_id)
            await availability.ensure_available(
                ctx, found, slot_of(booking), asker=Asker(booking.id)
            )


async def test_every_booking_has_a_customer_a_history_and_its_time(seeded: Runtime) -> None:
    async with seeded.read_transaction() as ctx:
        all_ = await ctx.scalar(sa.select(sa.func.count()).select_from(bookings))
        assert all_ == 839
        timed = sa.select(sa.func.count(claims.c.booking_id.distinct()))
        seated = sa.select(sa.func.count()).where(bookings.c.session_id.is_not(None))
        assert await ctx.scalar(timed) + await ctx.scalar(seated) == all_
        begun = sa.select(sa.func.count(booking_events.c.booking_id.distinct()))
        assert await ctx.scalar(begun) == all_
        known = sa.select(sa.func.count()).select_from(
            bookings.join(customers, customers.c.id == bookings.c.customer_id)
        )
        assert await ctx.scalar(known) == all_
        one = (await list_bookings(ctx, bookings.c.session_id.is_(None)))[0]
        assert (one.snapshot["customer"], one.snapshot["shop"]) == (one.customer_name, "Bella Hair")
        # Nobody real is told of what nobody booked.
        assert await ctx.scalar(sa.select(sa.func.count()).select_from(outbox)) == 0


async def test_sample_salon(seeded: Runtime) -> None:
    async with seeded.read_transaction() as ctx:
        found = await shop(ctx, "bella")
        assert (found.shop.timezone, found.shop.currency) == ("Europe/Madrid", "EUR")
        assert (found.shop.address, found.shop.answers["parking"]) == (
            "Calle Mayor 8",
            "Yes, Plaza Sol.",
        )
        assert [heading.name for heading in found.categories] == ["Cuts", "Colour", "Care"]
        assert [
            (service.name, service.minutes, service.price_minor)
            for service in found.bookable_services()
        ][:2] == [("Cut", 30, 2500), ("Cut and finish", 60, 3800)]
        assert [provider.display_name for provider in found.providers] == ["Ana", "Leo", "Carmen"]
        assert found.shop_hours.exceptions[date(2026, 12, 25)] == ()
        assert found.shop_hours.exceptions[date(2026, 12, 24)] == (Interval(600, 840),)
        # From today on, the next of each.
        assert found.shop_hours.exceptions[date(2027, 1, 6)] == ()
        team = await list_members(ctx, found.shop.id)
        assert [(one.role, one.name, one.phone) for one in team] == [
            ("owner", "Isabel", "+34600000011"),
            ("provider", "Ana", "+34600000012"),
            ("provider", "Leo", "+34600000013"),
            ("provider", "Carmen", "+34600000014"),
        ]


async def test_sample_dentist(seeded: Runtime) -> None:
    async with seeded.read_transaction() as ctx:
        found = await shop(ctx, "smile")
        assert found.shop.timezone == "Asia/Kolkata"
        assert found.shop.emergency_phone == "+912055501999"
        assert found.shop.discreet
        assert found.shop.rules == BookingRules(
            gap_before_minutes=15,
            gap_after_minutes=15,
            notice_minutes=120,
            needs_approval=True,
            cutoff_minutes=1440,
        )
        consultation = found.bookable_services()[0]
        assert [
            (offering.provider.display_name, offering.price_minor)
            for offering in found.offerings_of(consultation.id)
        ] == [("Dr Asha Rao", 80000), ("Dr Vikram Mehta", 70000)]
        rao = found.providers[0]
        assert (rao.degree, rao.experience) == ("BDS, MDS (Endodontics)", "14 years")
        assert found.providers[2].available is False
        team = await list_members(ctx, found.shop.id)
        assert [one.role for one in team] == [
            "owner",
            "receptionist",
            "provider",
            "provider",
            "provider",
        ]
        # The owner is one of the doctors: one person, two roles.
        assert len({one.user_id for one in team}) == 4


async def test_sample_barber_has_a_session_of_six(seeded: Runtime) -> None:
    async with seeded.read_transaction() as ctx:
        found = await shop(ctx, "fade")
        assert found.shop.timezone == "America/New_York"
        course = next(service for service in found.services if service.sessions)
        places = await availability.find_slots(
            ctx, found, course.id, start=ctx.now, end=ctx.now + timedelta(days=40)
        )
        # Sundays at nine, also after the clocks have changed in Europe.
        assert [place.starts_at.isoformat()[5:16] for place in places] == [
            "03-15T13:00",
            "03-22T13:00",
            "03-29T13:00",
            "04-05T13:00",
        ]
        left = [place.seats_left for place in places]
        assert all(seats is not None and 1 <= seats <= 5 for seats in left)
        assert found.provider_hours[found.providers[0].id].weekly[4] == (Interval(720, 1470),)


async def test_seeding_works_on_any_day_of_the_year(migrated_sqlite: Path, tmp_path: Path) -> None:
    for n, now in enumerate(("2027-12-31T23:59Z", "2028-02-29T12:00Z", "2026-11-21T08:00Z")):
        folder = tmp_path / str(n)
        folder.mkdir()
        shutil.copy(migrated_sqlite, folder / "slotline.db")
        url = f"sqlite+aiosqlite:///{folder / 'slotline.db'}"
        runtime = open_runtime(url, folder, FixedClock.at(now))
        said = await seed.seed_sample_shops(runtime)
        assert said.startswith("Made ")
        assert 600 < int(said.split(": ")[1].split()[0]) < 1000
        await runtime.close()


def test_hours_are_read_as_they_are_written() -> None:
    assert parse_hours("10:00-14:00 22:30-25:30") == (Interval(600, 840), Interval(1350, 1530))
    assert parse_week(mon="9:00-12:00", sat_sun="10:00-11:00") == {
        0: (Interval(540, 720),),
        5: (Interval(600, 660),),
        6: (Interval(600, 660),),
    }
