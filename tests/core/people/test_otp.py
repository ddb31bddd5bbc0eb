"""One-time codes: what is sent, what is accepted, and what guessing gets nobody."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.auth import phone_login
from core.clock import FixedClock
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import auth_sessions, conversations, lines, shops
from core.db.tables import one_time_codes as table
from core.db.tables import outbox as outbox_table
from core.errors import CodeError, CodeExpired, CodeLimitReached, CodeTooSoon, CodeWrong, NotFound
from core.messaging.messages import Say
from core.messaging.outbox.claim import claim_due
from core.people import otp, otp_limits, otp_sms
from core.people.identities import get_or_create_user_by_phone, make_admin
from tests.support.people_rows import PeopleRows

PHONE, OTHER, ADMIN = "+34600000009", "+34600000008", "+34600000007"
MINUTE = timedelta(minutes=1)


class Desk:
    """Issues and checks codes, each in a transaction of its own, for one shop's conversations."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.shop = self.talk = 0

    async def open(self, **shop: Any) -> "Desk":
        async with self.runtime.transaction() as ctx:
            self.place = await PeopleRows.open_shop(ctx)
            self.shop, self.talk = self.place.shop, await self.place.open_conversation(PHONE)
            if shop:
                await ctx.execute(sa.update(shops).values(**shop))
        return self

    async def add_talk(self, address: str) -> int:
        async with self.runtime.transaction() as ctx:
            self.place.rows.ctx = ctx
            return await self.place.open_conversation(address)

    async def issue(self, phone: str = PHONE, **how: Any) -> str:
        facts: dict[str, Any] = {"purpose": "login", "conversation_id": self.talk}
        facts["shop_id"] = self.shop
        async with self.runtime.transaction() as ctx:
            return await otp.issue_code(ctx, phone, **(facts | how))

    async def refused(self, phone: str = PHONE, **how: Any) -> tuple[str, dict[str, object]]:
        """Return code and facts of the error that issuing raises."""
        with pytest.raises(CodeError) as caught:
            await self.issue(phone, **how)
        return caught.value.code, caught.value.params

    async def check(self, code: str, phone: str = PHONE, **how: Any) -> Any:
        """Return None, "dead", or how many tries are left."""
        facts: dict[str, Any] = {"purpose": "login", "conversation_id": self.talk}
        facts["shop_id"] = self.shop
        async with self.runtime.transaction() as ctx:
            wrong = await otp.verify_code(ctx, phone, code, **(facts | how))
        return said(wrong)

    def wait(self, by: timedelta) -> None:
        assert isinstance(self.runtime.clock, FixedClock)
        self.runtime.clock.advance(by)

    async def rows(self) -> list[Any]:
        async with self.runtime.read_transaction() as ctx:
            return list(await ctx.all(sa.select(table).order_by(table.c.id)))


def said(wrong: CodeWrong | CodeExpired | None) -> Any:
    match wrong:
        case CodeWrong():
            return wrong.params["left"]
        case CodeExpired():
            return "dead"
    return wrong


def another(code: str, n: int = 1) -> str:
    """A code that is not this one."""
    return f"{(int(code) + n) % 1_000_000:06d}"


@pytest.fixture
async def desk(runtime: Runtime) -> Desk:
    return await Desk(runtime).open()


# ------------------------------------------------------------------------------------ checking


async def test_the_right_code_is_good_once(desk: Desk) -> None:
    code = await desk.issue()
    assert len(code) == 6
    assert code.isdecimal()
    assert await desk.check(code) is None
    assert await desk.check(code) == "dead"


async def test_the_code_itself_is_nowhere_in_the_database(desk: Desk) -> None:
    code = await desk.issue()
    (row,) = await desk.rows()
    assert code not in str(dict(row._mapping) | {"id": 0, "digest": ""})
    assert len(row.digest) == 64


async def test_codes_come_from_the_runtimes_chance_and_keep_their_zeros(ctx: Context) -> None:
    await PeopleRows.open_shop(ctx)
    seen = set()
    for n in range(40):
        seen.add(
            await otp.issue_code(
                ctx,
                f"+346{n:02}000000",
                purpose="login",
                conversation_id=None,
                countries={"ES"},
            )
        )
    assert len(seen) == 40
    assert {len(code) for code in seen} == {6}
    assert min(seen) < "100000"


@pytest.mark.parametrize("written", ["{0}{1}{2} {3}{4}{5}", "{0}{1}{2}-{3}{4}{5}", "arabic"])
async def test_digits_are_read_as_people_type_them(desk: Desk, written: str) -> None:
    code = await desk.issue()
    if written == "arabic":
        typed = code.translate({ord("0") + n: ord("٠") + n for n in range(10)})
    else:
        typed = written.format(*code)
    assert await desk.check(typed) is None


async def test_five_wrong_tries_kill_it_even_for_the_right_digits(desk: Desk) -> None:
    code = await desk.issue()
    assert [await desk.check(another(code, n)) for n in range(1, 6)] == [4, 3, 2, 1, "dead"]
    assert await desk.check(code) == "dead"


async def test_the_fifth_try_may_still_be_the_right_one(desk: Desk) -> None:
    code = await desk.issue()
    assert [await desk.check(another(code, n)) for n in range(1, 5)] == [4, 3, 2, 1]
    assert await desk.check(code) is None


@pytest.mark.parametrize("seconds", [299, 300])
async def test_otp_expires_after_five_minutes(desk: Desk, seconds: int) -> None:
    code = await desk.issue()
    desk.wait(timedelta(seconds=seconds))
    assert await desk.check(code) == (None if seconds < 300 else "dead")


async def test_it_is_bound_to_phone_purpose_and_conversation(desk: Desk) -> None:
    other = await desk.add_talk(OTHER)
    code = await desk.issue()
    assert await desk.check(code, OTHER) == "dead"
    assert await desk.check(code, purpose="staff") == "dead"
    assert await desk.check(code, conversation_id=other) == "dead"
    assert await desk.check(code, conversation_id=None) == "dead"
    assert await desk.check(code, requester="ticket a") == "dead"
    assert await desk.check(code, account=7) == 4
    assert await desk.check(code, shop_id=None) == 3
    assert await desk.check(code) is None


@pytest.mark.parametrize("asked", otp.PURPOSES)
async def test_a_code_for_one_thing_opens_no_other(desk: Desk, asked: str) -> None:
    code = await desk.issue(purpose=asked)
    others = [purpose for purpose in otp.PURPOSES if purpose != asked]
    assert [await desk.check(code, purpose=other) for other in others] == ["dead"] * len(others)
    assert await desk.check(code, purpose=asked) is None


async def test_the_same_digits_elsewhere_have_another_digest(desk: Desk) -> None:
    async with desk.runtime.transaction() as ctx:
        made = {
            otp._digest(ctx, (phone, purpose, talk, requester, account, shop), "481920")
            for phone in (PHONE, OTHER)
            for purpose in otp.PURPOSES
            for talk in (None, 1, 2)
            for requester in ("", "ticket a", "ticket b")
            for account in (None, 1, 2)
            for shop in (None, 1, 2)
        }
        ctx.secret = b"another secret"
        made.add(otp._digest(ctx, (PHONE, "login", 1, "", 1, 1), "481920"))
    assert len(made) == 2 * 4 * 3 * 3 * 3 * 3 + 1


async def test_a_newer_code_kills_the_older_of_the_same_binding_only(desk: Desk) -> None:
    old = await desk.issue()
    desk.wait(MINUTE)
    elsewhere = await desk.issue(purpose="staff")
    desk.wait(MINUTE)
    new = await desk.issue()
    assert await desk.check(old) == 4  # a wrong try of the new one
    assert await desk.check(elsewhere, purpose="staff") is None
    assert await desk.check(new) is None


async def test_a_web_login_without_a_conversation_works_alike(desk: Desk) -> None:
    code = await desk.issue(conversation_id=None)
    assert await desk.check(code) == "dead"
    assert await desk.check(code, conversation_id=None) is None


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "9" * 10_000, "\u0000"])
async def test_malformed_otp_counts_as_wrong(desk: Desk, typed: str) -> None:
    await desk.issue()
    assert await desk.check(typed) == 4


# ------------------------------------------------------------------------------------ budgets


async def test_the_next_code_may_be_sent_after_a_minute(desk: Desk) -> None:
    other = await desk.add_talk(OTHER)
    await desk.issue()
    desk.wait(timedelta(seconds=45))
    assert await desk.refused() == ("code_too_soon", {"seconds": 15})
    # Who else asks for that phone, or for something else, neither waits for us nor makes us wait.
    await desk.issue(conversation_id=other)
    await desk.issue(purpose="staff")
    await desk.issue(purpose="sign-in", conversation_id=None, requester="ticket a")
    assert await desk.refused() == ("code_too_soon", {"seconds": 15})
    desk.wait(timedelta(seconds=15))
    await desk.issue()


async def test_five_codes_an_hour_for_a_phone(desk: Desk) -> None:
    talks = [await desk.add_talk(f"+3460000010{n}") for n in range(6)]
    for talk in talks[:5]:
        await desk.issue(conversation_id=talk)
        desk.wait(MINUTE)
    assert await desk.refused(conversation_id=talks[5]) == ("code_budget", {"of": "phone"})
    desk.wait(55 * MINUTE)
    await desk.issue(conversation_id=talks[5])


async def test_five_codes_an_hour_for_a_conversation(desk: Desk) -> None:
    for n in range(5):
        await desk.issue(f"+3461000000{n}")
    assert await desk.refused("+34620000000") == ("code_budget", {"of": "conversation"})
    desk.wait(60 * MINUTE)
    await desk.issue("+34620000000")


async def test_fifty_codes_an_hour_for_a_range_of_numbers(desk: Desk) -> None:
    for n in range(50):
        await desk.issue(f"+346000001{n:02}", conversation_id=None)
    assert await desk.refused("+34600000199", conversation_id=None) == (
        "code_budget",
        {"of": "prefix"},
    )
    await desk.issue("+34610000000", conversation_id=None)


async def test_a_shop_has_so_many_codes_a_day(runtime: Runtime) -> None:
    desk = await Desk(runtime).open(codes_per_day=2)
    for n in range(2):
        await desk.issue(f"+346{n}0000000", conversation_id=None)
    assert await desk.refused("+34690000000") == ("code_budget", {"of": "shop"})
    await desk.issue("+34690000000", shop_id=None)
    desk.wait(timedelta(days=1))
    await desk.issue("+34690000000")


async def test_codes_go_to_the_countries_the_shop_names(runtime: Runtime) -> None:
    desk = await Desk(runtime).open()
    assert await desk.refused("+351912345678") == ("country_not_allowed", {"country": "PT"})
    await Desk(runtime).issue("+351912345678", conversation_id=None, countries={"PT"}, shop_id=None)
    async with runtime.transaction() as ctx:
        await ctx.execute(sa.update(shops).values(code_countries="ES, PT"))
    desk.wait(MINUTE)
    await desk.issue("+351912345678")
    assert await desk.refused("+33612345678") == ("country_not_allowed", {"country": "FR"})


async def test_without_a_shop_every_shops_country_gets_codes(desk: Desk) -> None:
    await desk.add_talk(OTHER)
    async with desk.runtime.transaction() as ctx:
        desk.place.rows.ctx = ctx
        await desk.place.rows.add(shops, country="IN")
    await desk.issue("+919876543210", shop_id=None)
    assert await desk.refused("+351912345678", shop_id=None) == (
        "country_not_allowed",
        {"country": "PT"},
    )


async def test_a_known_phone_gets_the_same_answers_as_an_unknown_one(runtime: Runtime) -> None:
    desk = await Desk(runtime).open()
    answers = []
    for known in (True, False):
        phone = PHONE if known else OTHER
        talk = await desk.add_talk(f"+3460000011{known:d}")
        if known:
            async with runtime.transaction() as ctx:
                desk.place.rows.ctx = ctx
                await desk.place.add_person(phone)
        seen: list[Any] = [len(await desk.issue(phone, conversation_id=talk))]
        seen.append(await desk.refused(phone, conversation_id=talk))
        seen += [await desk.check("x", phone, conversation_id=talk) for _ in range(6)]
        answers.append(seen)
    expected = [6, ("code_too_soon", {"seconds": 60}), 4, 3, 2, 1, "dead", "dead"]
    assert answers == [expected, expected]


async def test_a_hundred_wrong_tries_and_no_code_is_right_for_a_day(desk: Desk) -> None:
    answers = []
    for _ in range(20):
        await desk.issue()
        answers += [await desk.check("") for _ in range(5)]
        desk.wait(13 * MINUTE)
    assert answers == [4, 3, 2, 1, "dead"] * 20
    assert await desk.refused() == ("code_budget", {"of": "cool-down"})
    desk.wait(timedelta(days=1) - 14 * MINUTE)
    assert await desk.refused() == ("code_budget", {"of": "cool-down"})
    desk.wait(MINUTE)
    code = await desk.issue()
    assert await desk.check(code) is None


async def test_in_the_cool_down_a_code_sent_before_is_dead_too(desk: Desk) -> None:
    for _ in range(19):
        await desk.issue()
        for _ in range(5):
            await desk.check("")
        desk.wait(16 * MINUTE)
    code = await desk.issue()
    desk.wait(MINUTE)
    await desk.issue(purpose="staff")
    answers = [await desk.check("", purpose="staff") for _ in range(4)]
    assert answers == [4, 3, 2, 1]
    assert await desk.check(another(code)) == "dead"  # the hundredth
    assert await desk.check(code) == "dead"
    evaluated = sum(row.tries for row in await desk.rows())
    assert evaluated == 100


# ------------------------------------------------------------------------------------ outsiders


async def test_strangers_wrong_tries_shut_out_strangers_only(desk: Desk) -> None:
    talks = [await desk.add_talk(f"+3460000013{n}") for n in range(6)]
    for talk in talks[:5]:
        await desk.issue(conversation_id=talk)
        for _ in range(5):
            await desk.check("", conversation_id=talk)
        desk.wait(13 * MINUTE)
    assert await desk.refused(conversation_id=talks[5]) == ("code_budget", {"of": "cool-down"})
    assert await desk.check(await desk.issue()) is None


async def test_without_the_guard_strangers_wrong_tries_shut_out_everybody(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(otp_limits, "WRONG_OF_STRANGERS", otp_limits.MAX_WRONG_PER_DAY)
    monkeypatch.setattr(otp_limits, "PER_PHONE_DAY", 100)
    for n in range(20):
        talk = await desk.add_talk(f"+346000014{n:02}")
        await desk.issue(conversation_id=talk)
        for _ in range(5):
            await desk.check("", conversation_id=talk)
        desk.wait(13 * MINUTE)
    assert await desk.refused() == ("code_budget", {"of": "cool-down"})


async def _used_up(desk: Desk) -> None:
    """Let others ask for as many codes as they get: for our phone, and for its range."""
    for n in range(5):
        await desk.issue(conversation_id=await desk.add_talk(f"+3460000015{n}"))
    for n in range(45):
        await desk.issue(f"+346000002{n:02}", conversation_id=None)
    others = await desk.add_talk("+34600000159")
    assert await desk.refused(conversation_id=others) == ("code_budget", {"of": "phone"})


async def test_codes_asked_for_by_others_leave_room_for_ones_own_talk(desk: Desk) -> None:
    await _used_up(desk)
    assert await desk.check(await desk.issue()) is None


async def test_without_the_room_of_its_own_a_talk_gets_none(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = otp_limits.CodesUsed.check

    def as_a_stranger(self: otp_limits.CodesUsed, ctx: Context, **how: bool) -> None:
        real(self, ctx, **how | {"trusted": False})

    monkeypatch.setattr(otp_limits.CodesUsed, "check", as_a_stranger)
    await _used_up(desk)
    assert await desk.refused() == ("code_budget", {"of": "phone"})


async def ask(desk: Desk, phone: str, address: str) -> None:
    async with desk.runtime.transaction() as ctx:
        await phone_login.send_login_code(ctx, phone, requester=f"ticket {phone}", address=address)


async def sms(desk: Desk) -> dict[str, int]:
    """Return how many messages each phone was sent."""
    async with desk.runtime.read_transaction() as ctx:
        found = await ctx.all(
            sa.select(conversations.c.address, sa.func.count().label("sent"))
            .join_from(outbox_table, conversations)
            .group_by(conversations.c.address)
        )
    return {row.address: row.sent for row in found}


@pytest.fixture
async def page(desk: Desk) -> Desk:
    """The same with a line of the installation's own, a day of ten codes, and an admin."""
    await allow(desk, 10)
    async with desk.runtime.transaction() as ctx:
        desk.place.rows.ctx = ctx
        values = {"transport": "twilio", "address": "+34910000001", "shop_id": None}
        await desk.place.rows.add(lines, **values)
        await make_admin(ctx, ADMIN)
    return desk


async def allow(desk: Desk, a_day: int) -> None:
    settings = desk.runtime.settings
    desk.runtime.settings = settings.model_copy(update={"sign_in_codes_per_day": a_day})


async def test_three_hundred_strangers_phones_get_ten_codes_and_the_admins_an_alarm(
    page: Desk,
) -> None:
    for n in range(310):
        await ask(page, f"+346{n:03}00000", f"203.0.{n // 200}.{n % 200}")
    sent = await sms(page)
    assert sent.pop(ADMIN) == 1
    assert sent == {f"+346{n:03}00000": 1 for n in range(10)}
    # Who runs the house comes in all the same.
    await ask(page, ADMIN, "198.51.100.7")
    assert (await sms(page))[ADMIN] == 2


async def test_without_the_budget_they_get_three_hundred(
    page: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(otp_limits.CodesUsed, "check", lambda *_, **__: None)
    for n in range(310):
        await ask(page, f"+346{n:03}00000", f"203.0.{n // 200}.{n % 200}")
    assert len(await sms(page)) - 1 == 310


@pytest.mark.parametrize(
    ("addresses", "sent"),
    [
        ([f"2001:db8:0:7::{n:x}" for n in range(15)], 10),
        ([f"2001:db8:0:{n:x}::1" for n in range(15)], 15),
        ([f"203.0.113.{n}" for n in range(15)], 15),
        (["203.0.113.7", "::ffff:203.0.113.7"] * 8, 10),
        ([""] * 15, 15),
    ],
)
async def test_a_network_may_ask_for_ten_codes_an_hour(
    page: Desk, addresses: list[str], sent: int
) -> None:
    await allow(page, 99)
    for n, address in enumerate(addresses):
        await ask(page, f"+346{n:03}00000", address)
    assert len(await sms(page)) == sent


async def _sign_in_wanted(page: Desk, n: int, address: str) -> str:
    how: dict[str, Any] = {"purpose": "sign-in", "conversation_id": None, "shop_id": None}
    return await page.issue(ADMIN, **how, requester=f"ticket {n}", address=address)


async def test_a_network_one_signed_in_from_has_room_of_its_own(page: Desk) -> None:
    async with page.runtime.transaction() as ctx:
        user = await get_or_create_user_by_phone(ctx, ADMIN)
        page.place.rows.ctx = ctx
        facts = {"kind": "cookie", "used_at": ctx.now, "expires_at": ctx.now}
        await page.place.rows.add(auth_sessions, user_id=user, address="2001:db8::5", **facts)
    for n in range(5):
        await _sign_in_wanted(page, n, f"203.0.113.{n}")
    with pytest.raises(CodeLimitReached):
        await _sign_in_wanted(page, 6, "2001:db8:0:1::77")
    assert len(await _sign_in_wanted(page, 7, "2001:db8::77")) == 6


async def test_customers_requests_for_a_members_phone_leave_their_sign_in_alone(
    page: Desk,
) -> None:
    for n in range(5):
        await page.issue(ADMIN, conversation_id=await page.add_talk(f"+3460000016{n}"))
    assert len(await _sign_in_wanted(page, 1, "203.0.113.9")) == 6


# ------------------------------------------------------------------------------------ at once

Check = Callable[[Desk, str], Awaitable[Any]]


async def read_then_write(desk: Desk, code: str) -> Any:
    """The obvious way to check: look at the row, decide, then write. The control of the race."""
    async with desk.runtime.read_transaction() as ctx:
        row = (await ctx.all(sa.select(table)))[0]
        right = row.digest == otp._digest(
            ctx, (PHONE, "login", desk.talk, "", None, desk.shop), code
        )
    if row.tries >= 5 or row.used_at is not None:
        return "dead"
    async with desk.runtime.transaction() as ctx:
        changes = {"tries": row.tries + 1} | ({"used_at": ctx.now} if right else {})
        await ctx.execute(sa.update(table).values(changes))
    return None if right else 4 - row.tries


async def fifty(desk: Desk, code: str, check: Check) -> list[Any]:
    return await asyncio.gather(*(check(desk, code) for _ in range(50)))


async def test_fifty_wrong_codes_at_once_have_five_tries_between_them(desk: Desk) -> None:
    code = await desk.issue()
    answers = await fifty(desk, another(code), Desk.check)
    assert sorted(answers, key=str) == [1, 2, 3, 4, *["dead"] * 46]
    assert [row.tries for row in await desk.rows()] == [5]
    assert await desk.check(code) == "dead"


async def test_fifty_right_codes_at_once_succeed_once(desk: Desk) -> None:
    code = await desk.issue()
    answers = await fifty(desk, code, Desk.check)
    assert answers.count(None) == 1
    assert answers.count("dead") == 49


async def test_otp_races_go_wrong_without_the_guard(desk: Desk) -> None:
    code = await desk.issue()
    assert len([a for a in await fifty(desk, another(code), read_then_write) if a != "dead"]) > 5
    desk.wait(MINUTE)
    async with desk.runtime.transaction() as ctx:
        await ctx.execute(sa.delete(table))
    code = await desk.issue()
    assert (await fifty(desk, code, read_then_write)).count(None) > 1


async def test_twenty_requests_of_others_at_once_send_five_codes(desk: Desk) -> None:
    talks = [await desk.add_talk(f"+346000012{n:02}") for n in range(20)]
    answers = await asyncio.gather(
        *(desk.issue(conversation_id=talk) for talk in talks), return_exceptions=True
    )
    assert len([a for a in answers if isinstance(a, str)]) == 5
    assert len([a for a in answers if isinstance(a, CodeLimitReached)]) == 15


async def test_twenty_requests_of_one_talk_at_once_send_one_code(desk: Desk) -> None:
    answers = await asyncio.gather(*(desk.issue() for _ in range(20)), return_exceptions=True)
    assert len([a for a in answers if isinstance(a, str)]) == 1
    assert len([a for a in answers if isinstance(a, CodeTooSoon)]) == 19


# ------------------------------------------------------------------------------------ cost, sending


async def test_otp_takes_few_statements(desk: Desk) -> None:
    seen: list[str] = []
    sa.event.listen(
        desk.runtime.engine.sync_engine, "before_cursor_execute", lambda *args: seen.append(args[2])
    )
    lock = 1 if desk.runtime.engine.dialect.name == "postgresql" else 0

    def count() -> int:
        done = [sql for sql in seen if not sql.startswith("BEGIN")]
        seen.clear()
        return len(done) - lock

    code = await desk.issue()
    assert count() == 3
    await desk.check(another(code))
    assert count() == 2
    await desk.check(code)
    assert count() == 2


async def test_a_code_for_a_talk_without_a_phone_goes_out_by_sms(ctx: Context) -> None:
    place = await PeopleRows.open_shop(ctx)
    await otp_sms.send_code(ctx, OTHER, "481920", purpose="login", shop_id=place.shop)
    (row,) = await claim_due(ctx)
    assert (row.line_address, row.address, row.kind, row.secret, row.message) == (
        "+34910000000",
        OTHER,
        "code",
        True,
        Say("code_sent.login", {"code": "481920", "shop": "Bella Hair"}, secret=True),
    )


async def test_a_simulated_talk_sends_no_real_code(ctx: Context) -> None:
    place = await PeopleRows.open_shop(ctx)
    await place.rows.add(lines, transport="simulator", channel="telegram", address="bot")
    talk = await place.open_conversation("5550001", line_id=place.rows.newest["lines"])
    with pytest.raises(NotFound):
        await otp_sms.send_code(
            ctx, OTHER, "481920", purpose="login", shop_id=place.shop, conversation_id=talk
        )
    await place.rows.add(lines, transport="simulator", address="+34910000009")
    await otp_sms.send_code(
        ctx, OTHER, "481920", purpose="login", shop_id=place.shop, conversation_id=talk
    )
    (row,) = await claim_due(ctx)
    assert (row.transport, row.address) == ("simulator", OTHER)
