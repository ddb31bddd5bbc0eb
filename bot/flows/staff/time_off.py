"""Flows for time off and special opening hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from bot.dialogue.heard import Heard
from bot.dialogue.questions import MISSING
from bot.dialogue.talk import Talk
from bot.flows.staff import arguments, conflicts, pick_provider
from bot.flows.staff.arguments import DayRange, HourRange
from bot.flows.staff.permissions import StaffContext, require_staff
from bot.i18n.messages import text
from core.bookings import agenda, staff_actions
from core.catalog import loader
from core.localtime import zones
from core.localtime.opening_masks import Interval
from core.messaging.messages import Choice, Json, Say, When
from core.scheduling import opening_hours

_STEP = 5
_LONGEST = timedelta(days=400)


async def block_time(talk: Talk) -> None:
    """Block time off and show the conflicting bookings with an alternative for each."""
    command = str(talk.args["command"])
    desk = await require_staff(talk, command)
    rest = str(talk.args.get("rest", ""))
    ids = await pick_provider.pick_providers(talk, desk, rest)
    bounds = await _when(talk, desk, rest, today=command == "sick")
    taken = [(_at(start), _at(end)) for start, end in bounds]

    async def off(_key: str) -> Json:
        made = []
        for provider_id in ids:
            for start, end in taken:
                made.append(
                    await opening_hours.add_time_off(
                        talk.ctx, desk.shop_id, provider_id, start, end, command
                    )
                )
        return made

    await talk.once("off", off)
    # Reload the catalog so that alternatives avoid the time just blocked.
    desk = replace(desk, catalog=await loader.load_catalog(talk.ctx, desk.shop_id))
    hits = await _hits(talk, desk, ids, taken)
    if talk.notes.get("said") is None:
        talk.notes["said"] = True
        what = text(
            "desk.blocked", who=pick_provider.providers_label(desk, ids), span=_span(desk, taken)
        )
        nobody = text("desk.blocked_free", blocked=what)
        talk.say_now(text("desk.blocked_hits", blocked=what, count=len(hits)) if hits else nobody)
    await conflicts.decide_conflicts(talk, desk, hits)


async def _hits(
    talk: Talk, desk: StaffContext, ids: Sequence[int], taken: Sequence[tuple[datetime, datetime]]
) -> list[int]:
    async def find(_key: str) -> Json:
        found = []
        for start, end in taken:
            those = await agenda.load_agenda(
                talk.ctx,
                desk.shop_id,
                max(start, talk.ctx.now),
                end,
                provider_ids=ids,
                states=agenda.UPCOMING_STATES,
            )
            found += [one.id for one in those if one.ends_at > talk.ctx.now]
        return list(dict.fromkeys(found))

    return list(await talk.once("hits", find))


async def _when(talk: Talk, desk: StaffContext, words: str, *, today: bool) -> list[list[int]]:
    """Return spans in epoch seconds from the words, else ask; a sick day is a whole day."""

    def of(said_words: str, *, bare: bool) -> Json:
        clock, left = arguments.parse_hours(said_words)
        said = arguments.understand_words(talk, desk, left)
        named = arguments.named_days(said)
        if clock is None and named is None and not bare:
            return MISSING
        this = arguments.local_today(talk, desk)
        found = arguments.local_spans(desk, named or DayRange(this, this), clock)
        whole = [(s, e) for s, e in found if e > talk.ctx.now and timedelta() < e - s <= _LONGEST]
        return [[int(s.timestamp()), int(e.timestamp())] for s, e in whole] or MISSING

    async def read(heard: Heard) -> Json:
        return of(heard.text, bare=False) if heard.step == talk.step_key("when") else MISSING

    async def known(_key: str) -> Json:
        found = of(words, bare=today)
        return None if found is MISSING else found

    given = await talk.once("given", known)
    if given is not None:
        return list(given)
    zone = desk.catalog.shop.timezone
    this = arguments.local_today(talk, desk)
    options = [
        Choice(
            [[int(s.timestamp()), int(e.timestamp())]],
            text("desk.whole_day", day=this + timedelta(days=n)),
        )
        for n in (0, 1)
        for s, e in [arguments.day_bounds(this + timedelta(days=n), zone)]
    ]
    return list(
        await talk.ask("when", text("desk.block_when"), read, options=options, expects="when")
    )


def _span(desk: StaffContext, taken: Sequence[tuple[datetime, datetime]]) -> Say:
    zone = desk.catalog.shop.timezone
    start, end = taken[0][0], taken[-1][1]
    first, last = (
        zones.to_local(int(start.timestamp()), zone),
        zones.to_local(int(end.timestamp()) - 1, zone),
    )
    if (first.hour, first.minute, last.hour, last.minute) == (0, 0, 23, 59):
        if first.date() == last.date():
            return text("desk.span_day", day=first.date())
        return text("desk.span_days", first=first.date(), last=last.date())
    since, until = When(start, zone), When(end, zone)
    if first.date() == last.date():
        return text("desk.span_hours", since=since, until=until)
    return text("desk.span_long", since=since, until=until)


async def cancel_time_off(talk: Talk) -> None:
    """Remove the most recent time off after confirmation."""
    desk = await require_staff(talk, "unblock")
    scope = [provider.id for provider in desk.allowed_providers]

    async def newest(_key: str) -> Json:
        found = await opening_hours.latest_time_off(talk.ctx, desk.shop_id, scope)
        if found is None:
            return None
        return [found[0], found[1], int(found[2].timestamp()), int(found[3].timestamp())]

    found = await talk.once("newest", newest)
    if found is None:
        await talk.say(text("desk.no_block"))
        return
    what = text(
        "desk.blocked",
        who=pick_provider.providers_label(desk, [found[1]]),
        span=_span(desk, [(_at(found[2]), _at(found[3]))]),
    )
    if not await talk.confirm("sure", text("desk.unblock_sure", blocked=what)):
        await talk.say(text("desk.nothing_done"))
        return

    async def back(_key: str) -> Json:
        await staff_actions.cancel_time_off(talk.ctx, desk.shop_id, found[0], actor=desk.actor)
        return True

    await talk.once("back", back)
    await talk.say(text("desk.unblocked"))


async def add_special_hours(talk: Talk) -> None:
    """Add special opening hours on a date, for one provider if one is named."""
    desk = await require_staff(talk, "open")
    rest = str(talk.args.get("rest", ""))

    def of(words: str) -> Json:
        clock, left = arguments.parse_hours(words)
        said = arguments.understand_words(talk, desk, left)
        named = arguments.named_days(said)
        if clock is None or clock.since % _STEP or clock.until % _STEP:
            return MISSING
        this = named.first if named else arguments.local_today(talk, desk)
        who = said.provider.id if said.provider else None
        return [this.isoformat(), clock.since, clock.until, who]

    async def read(heard: Heard) -> Json:
        return of(heard.text) if heard.step == talk.step_key("when") else MISSING

    async def known(_key: str) -> Json:
        found = of(rest)
        return None if found is MISSING else found

    given = await talk.once("given", known)
    if given is None:
        given = await talk.ask("when", text("desk.open_when"), read, expects="when")
    this, hours, who = date.fromisoformat(given[0]), HourRange(given[1], given[2]), given[3]

    async def put(_key: str) -> Json:
        usual = desk.catalog.shop_hours
        if who is not None:
            usual = desk.catalog.provider_hours.get(who, usual)
        before = usual.exceptions.get(this, usual.weekly[this.weekday()])
        intervals = _joined([*before, Interval(hours.since, hours.until)])
        await opening_hours.set_date_exception(
            talk.ctx, desk.shop_id, this, intervals, provider_id=who, reason="open"
        )
        return True

    await talk.once("put", put)
    zone = desk.catalog.shop.timezone
    since = When(arguments.local_instant(this, hours.since, zone), zone)
    until = When(arguments.local_instant(this, hours.until, zone), zone)
    await talk.say(text("desk.opened", span=text("desk.span_hours", since=since, until=until)))


def _joined(intervals: Sequence[Interval]) -> list[Interval]:
    """Merge overlapping and adjacent intervals."""
    joined: list[Interval] = []
    for one in sorted(intervals, key=lambda interval: interval.opens):
        if joined and one.opens <= joined[-1].closes:
            joined[-1] = Interval(joined[-1].opens, max(joined[-1].closes, one.closes))
        else:
            joined.append(one)
    return joined


def _at(epoch_s: int) -> datetime:
    return datetime.fromtimestamp(epoch_s, UTC)
