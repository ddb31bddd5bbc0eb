"""Whole talks, word for word. `pytest --update` writes down what is said now: read the diff.

A transcript begins with `#` lines that say what it shows and `key: value` lines that set the
scene; then `>` is what the person sends and `<` what comes back. `+34… >` and `+34… <` are
other people, `...` lets time pass, `=` counts the messages and SMS segments of the person.
`{code}`, `{ref1}` and `{link}` stand for what chance made.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.rendering.render import RenderedMessage
from core.bookings import customer_actions, expiry, outcome_questions, reschedule_proposals
from core.bookings.blocks import add_session, block_time
from core.bookings.staff_actions import book_for_customer
from core.bookings.transitions import SYSTEM
from core.catalog import loader
from core.clock import FixedClock
from core.db.runtime import Runtime
from core.messaging.lines import Line, get_or_create_line
from core.messaging.messages import Incoming
from core.people.customers import add_customer
from core.people.identities import get_or_create_contact
from core.people.reach import note_reach
from core.people.verification import verify_identity
from core.scheduling import availability
from tests.support import shops
from tests.support.chat import ChatHarness
from tests.support.shops import BuiltShop

FOLDER = Path(__file__).parent
TRANSCRIPTS = sorted(path.stem for path in FOLDER.glob("*.txt"))
POSTGRESQL = tuple(
    "approval class_of_six discreet_news first_text_en hold_runs_out notifications"
    " one_sentence_shared_line owner_block owner_calls owner_day owner_proves owner_shop owner_sick"
    " person_after_hours returning_for_a_son running_late shared_line stop_in_mid_booking"
    " whatsapp_stale_taps whatsapp_without_a_phone wrong_codes wrong_number"
    " wrong_number_of_a_member".split()
)
"""Played on PostgreSQL, too: those that together send it every statement that any transcript sends.

test_postgresql.py holds the two lists to that.
"""
SHOPS = {"salon": shops.build_salon, "clinic": shops.build_clinic, "barber": shops.build_barber}
OWNER = "+34600000001"


@pytest.mark.usefixtures("only_database_awaits")
@pytest.mark.parametrize(
    ("database_url", "name"),
    [*(("sqlite", name) for name in TRANSCRIPTS), *(("postgresql", name) for name in POSTGRESQL)],
    indirect=["database_url"],
)
async def test_conversation_transcript(
    name: str, runtime: Runtime, moved: list[str], pytestconfig: pytest.Config
) -> None:
    path = FOLDER / f"{name}.txt"
    written = path.read_text()
    said = await Scene(runtime).play(written)
    if pytestconfig.getoption("update"):
        path.write_text(said)
    assert said == written
    assert moved == []


class Scene:
    """One transcript as it is played."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        assert isinstance(runtime.clock, FixedClock)
        self.clock = runtime.clock
        self.town = ChatHarness(runtime)
        self.me = "+34600111222"
        self.place: BuiltShop | None = None
        self.counted = [0, 0, 0]
        self.codes: dict[str, str] = {}
        self.references: dict[str, str] = {}
        self.shared: Line | None = None
        self.buttons: dict[str, list[tuple[str, str]]] = {}

    async def play(self, script: str) -> str:
        """Do what the script says; return it with the answers as they are."""
        out: list[str] = []
        for line in script.splitlines():
            if line.startswith("#") or not line.strip():
                out.append(line)
            elif line.startswith(("<", "=")) or " < " in line[:20]:
                continue
            elif line.startswith("> ") or line == ">":
                out.append(line)
                out += await self.send(self.me, line[2:])
            elif " > " in line[:20]:
                address, _, text = line.partition(" > ")
                out.append(line)
                out += await self.send(address, text)
            elif line.startswith("..."):
                out.append(line)
                out += await self.wait(line[3:].strip())
            else:
                out.append(line)
                await self.set(*(part.strip() for part in line.split(":", 1)))
        if self.counted[0]:
            sent, received, segments = self.counted
            out.append(f"= {sent} sent, {received} received, {segments} segments")
        return "\n".join(out) + "\n"

    async def set(self, key: str, value: str) -> None:
        """Set the scene."""
        match key:
            case "now":
                self.clock.move_to(value)
            case "from":
                self.me = value
            case "shop":
                name, *rules = value.split()
                given: dict[str, object] = {}
                for rule in rules:
                    rule_name, _, number = rule.partition("=")
                    given[rule_name] = number == "yes" or (
                        int(number) if number.isdecimal() else number
                    )
                async with self.runtime.transaction() as ctx:
                    self.place = await SHOPS[name](ctx, **given)
            case "line":
                assert value == "shared"
                async with self.runtime.transaction() as ctx:
                    line_id = await get_or_create_line(
                        ctx, transport="terminal", channel="sms", address="+34915550199"
                    )
                self.shared = self.town.line_of_channel(line_id, None)
            case "channel":
                assert self.place
                async with self.runtime.transaction() as ctx:
                    line_id = await get_or_create_line(
                        ctx,
                        transport="terminal",
                        channel=value,
                        address="+14155238886",
                        shop_id=self.place.shop_id,
                    )
                self.shared = self.town.line_of_channel(line_id, self.place.shop_id, channel=value)
            case "staff" | "unproved":
                phone, role, name = value.split(" ", 2)
                assert self.place
                add = shops.proved_member if key == "staff" else shops.add_staff
                async with self.runtime.transaction() as ctx:
                    await add(ctx, self.place, phone, role, name)
            case "provider":
                phone, name = value.split(" ", 1)
                assert self.place
                async with self.runtime.transaction() as ctx:
                    await shops.proved_member(
                        ctx, self.place, phone, "provider", name, self.place.providers[name]
                    )
            case "busy":
                await self.busy(*value.split())
            case "class":
                await self.session(*value.split())
            case "known":
                name, _, phone = value.rpartition(" ")
                await self.known(name or "Marta", phone)
            case "by phone":
                await self.by_phone(*value.split())
            case "booked":
                await self.booked(*value.split())
            case _:
                message = f"a transcript knows no {key!r}"
                raise ValueError(message)

    def instant(self, day: str, at: str, zone: str) -> datetime:
        """Return a wall time of the shop as an instant."""
        return datetime.fromisoformat(f"{day}T{at}").replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)

    async def busy(self, provider: str, day: str, at: str, until: str) -> None:
        """Take time from a provider's calendar."""
        assert self.place
        async with self.runtime.transaction() as ctx:
            known = await loader.load_catalog(ctx, self.place.shop_id)
            calendar = known.provider(self.place.providers[provider]).calendar_id
            zone = known.shop.timezone
            await block_time(
                ctx,
                shop_id=self.place.shop_id,
                calendar_id=calendar,
                start=self.instant(day, at, zone),
                end=self.instant(day, until, zone),
                reason="",
                actor=SYSTEM,
            )

    async def session(self, service: str, provider: str, day: str, at: str, seats: str) -> None:
        """Put a class on a provider's calendar."""
        assert self.place
        owner = self.place
        async with self.runtime.transaction() as ctx:
            known = await loader.load_catalog(ctx, owner.shop_id)
            await add_session(
                ctx,
                shop_id=owner.shop_id,
                service_id=next(i for n, i in owner.services.items() if n.startswith(service)),
                provider_id=owner.providers[provider],
                starts_at=self.instant(day, at, known.shop.timezone),
                capacity=int(seats),
                actor=SYSTEM,
            )

    async def known(self, name: str, phone: str) -> int:
        """Let somebody have proved their phone before."""
        assert self.place
        line = self.town.line_of_channel(self.place.line_id, self.place.shop_id)
        async with self.runtime.transaction() as ctx:
            contact = await get_or_create_contact(ctx, line, phone)
            return await verify_identity(
                ctx, "phone", phone, name=name, conversation_id=contact.conversation_id
            )

    async def booked(self, service: str, provider: str, day: str, at: str) -> None:
        """Let the person have a booking."""
        assert self.place
        user_id = await self.known("Marta", self.me)
        async with self.runtime.transaction() as ctx:
            known = await loader.load_catalog(ctx, self.place.shop_id)
            start = self.instant(day, at, known.shop.timezone)
            free = await availability.find_slots(
                ctx,
                known,
                self.place.services[service],
                provider_id=self.place.providers[provider],
                start=start,
                end=start + timedelta(minutes=1),
            )
            line = self.town.line_of_channel(self.place.line_id, self.place.shop_id)
            contact = await get_or_create_contact(ctx, line, self.me)
            held = await customer_actions.hold_slot(
                ctx,
                free[0],
                conversation_id=contact.conversation_id,
                key=f"scene {day} {at}",
                origin="sms",
            )
            await customer_actions.book_hold(
                ctx, held.id, user_id=user_id, name="Marta", key=f"b {day} {at}"
            )
        await self.town.deliver_due()

    async def by_phone(self, service: str, provider: str, day: str, at: str, name: str) -> None:
        """Let staff book for somebody who never wrote, and agreed to that booking's messages."""
        assert self.place
        place = self.place
        async with self.runtime.transaction() as ctx:
            known = await loader.load_catalog(ctx, place.shop_id)
            start = self.instant(day, at, known.shop.timezone)
            slot = availability.staff_slot(
                known, place.services[service], place.providers[provider], start
            )
            customer = await add_customer(ctx, place.shop_id, name, self.me)
            await note_reach(ctx, place.shop_id, customer, wording="on the phone")
            await book_for_customer(
                ctx, slot, actor=SYSTEM, customer_id=customer, key=f"p {day} {at}", origin="phone"
            )

    async def wait(self, time: str) -> list[str]:
        """Let time pass: "10 min", "2 h", "1 d"; what expires does."""
        number, unit = time.split()
        self.clock.advance(int(number) * {"s": 1, "min": 60, "h": 3600, "d": 86400}[unit] * SECOND)
        async with self.runtime.transaction() as ctx:
            await expiry.expire_overdue(ctx)
            await reschedule_proposals.expire_proposals(ctx)
            await outcome_questions.ask_outcomes(ctx)
        return self.lines(await self.delivered())

    async def send(self, address: str, text: str) -> list[str]:
        """Let somebody send a text; return the lines of all that is sent then."""
        assert self.place
        before = len(self.town.memory.sent)
        line = self.town.line_of_channel(self.place.line_id, self.place.shop_id)
        if address == self.me and self.shared:
            line = self.shared
        await self.town.send_text(line, address, self.incoming(address, text))
        if address == self.me:
            self.counted[0] += 1
        return self.lines(self.town.memory.sent[before:])

    def incoming(self, address: str, text: str) -> Incoming:
        """Return what a line of the script says somebody did."""
        if text == "[photo]":
            return Incoming("media", media=("image/jpeg",))
        if text == "[location]":
            return Incoming("location", text="40.4168,-3.7038")
        if text.startswith("["):
            words = text.strip("[]")
            known = dict(self.buttons[address])  # of several that read the same, the newest
            if words not in known:
                message = f"nothing reads {words!r}: {', '.join(known)}"
                raise LookupError(message)
            return Incoming("tap", words, known[words])
        # {code} is the code as it stands on the phone; a transcript need not know it.
        code = self.codes.get(address) or next(reversed(self.codes.values()), "000000")
        return Incoming(text=text.replace("{code}", code))

    async def delivered(self) -> list[object]:
        """Deliver what is due."""
        return list(await self.town.deliver_due())

    def lines(self, sent: list) -> list[str]:  # type: ignore[type-arg]
        """Write messages down, the person's own first."""
        out: list[str] = []
        for row, rendered in sorted(sent, key=lambda pair: pair[0].address != self.me):
            mine = row.address == self.me
            if mine:
                self.counted[1] += 1
                self.counted[2] += rendered.segments
            for word in rendered.text.replace(":", " ").replace(".", " ").split():
                if len(word) == 6 and word.isdecimal():
                    self.codes[row.address] = word
            prefix = "< " if mine else f"{row.address} < "
            written = [*self.plain(rendered.text).splitlines(), *self.apart(row.address, rendered)]
            out += [(prefix + line).rstrip() for line in written]
        return out

    def apart(self, address: str, rendered: RenderedMessage) -> list[str]:
        """Write down the options that are apart from a text, and keep them for a tap."""
        known = self.buttons.setdefault(address, [])
        if rendered.shape == "buttons":
            known += [(option.label, option.payload) for option in rendered.options]
            return [" ".join(f"[{option.label}]" for option in rendered.options)]
        pairs = zip(rendered.items, rendered.options, strict=False)
        known += [(item.title, option.payload) for item, option in pairs]
        second = (f" | {item.description}" if item.description else "" for item in rendered.items)
        return [f"[{i.title}{more}]" for i, more in zip(rendered.items, second, strict=True)]

    def plain(self, text: str) -> str:
        """Put names for what chance made: the code, the references in their order, the links."""
        for reference in re.findall(r"Ref ([A-Z0-9]{3}-[A-Z0-9]{3})", text):
            self.references.setdefault(reference, f"{{ref{len(self.references) + 1}}}")
        for reference, name in self.references.items():
            text = text.replace(reference, name)
        text = re.sub(r"\b\d{6}\b", "{code}", text)
        return re.sub(r"http://127\.0\.0\.1:8000/b/\w+-\w+", "{link}", text)


SECOND = timedelta(seconds=1)
