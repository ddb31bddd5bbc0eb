"""The engine, driven by small flows made for it: what a person sees, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest
import sqlalchemy as sa

from bot.dialogue.heard import Heard
from bot.dialogue.questions import MISSING
from bot.dialogue.talk import Talk
from bot.engine import turn
from bot.engine.receive import receive_incoming
from bot.flows import FLOWS
from bot.i18n.messages import MESSAGES, text
from core.clock import FixedClock
from core.db import tables
from core.db.runtime import Runtime
from core.errors import SlotTaken
from core.messaging import lines
from core.messaging.messages import Choice, Incoming, Json, Money
from core.shops import shops
from core.values.shop_changes import NewShop
from tests.support.chat import ChatHarness, ChatPerson

Flow = Callable[[Talk], Awaitable[None]]


class Stage:
    """One person in the middle of a flow of ours."""

    def __init__(self, runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
        self.runtime = runtime
        self.patch = monkeypatch
        self.town = ChatHarness(runtime)
        self.person: ChatPerson | None = None

    def words(self, **words: str) -> None:
        """Add texts of our own."""
        for key, english in words.items():
            self.patch.setitem(MESSAGES, f"t.{key}", english)

    async def play(self, flow: Flow) -> ChatPerson:
        """Let the next message come to `flow`, wherever the talk stood."""
        self.patch.setitem(FLOWS, "toy", flow)
        self.patch.setitem(FLOWS, "welcome", flow)
        async with self.runtime.transaction() as ctx:
            shop_id = await shops.add_shop(
                ctx,
                NewShop(
                    name="Toys",
                    timezone="Europe/Madrid",
                    country="ES",
                    currency="EUR",
                    language="en",
                ),
            )
            line_id = await lines.get_or_create_line(
                ctx, transport="terminal", channel="sms", address="+34915550100", shop_id=shop_id
            )
        self.person = ChatPerson(
            self.town, self.town.line_of_channel(line_id, shop_id), "+34600111222"
        )
        return self.person

    def deploy(self, flow: Flow) -> None:
        """Replace the flow, as a new release would."""
        self.patch.setitem(FLOWS, "welcome", flow)

    async def state(self) -> Json:
        """Return what the conversation's row keeps."""
        async with self.runtime.read_transaction() as ctx:
            return await ctx.scalar(sa.select(tables.conversations.c.state))


@pytest.fixture
def stage(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Set the stage with a few texts."""
    made = Stage(runtime, monkeypatch)
    made.words(
        colour="Which colour?", red="Red", blue="Blue", size="Which size?", small="Small",
        large="Large", done="{colour} {size}", more="Another?", sum="{price}: sure?",
        got="Got {what}.", bye="Bye.", gift="A gift?", went="{what} went.",
    )  # fmt: skip
    return made


def of(*names: str) -> Callable[[], Awaitable[Sequence[Choice]]]:
    """Options by the names of their texts."""

    async def options() -> Sequence[Choice]:
        return [Choice(name, text(f"t.{name}"), (name,)) for name in names]

    return options


async def colour_and_size(talk: Talk) -> None:
    colour = await talk.choose(
        "colour", text("t.colour"), of("red", "blue"), read=named("red", "blue")
    )
    size = await talk.choose(
        "size", text("t.size"), of("small", "large"), read=named("small", "large")
    )
    await talk.say(text("t.done", colour=colour, size=size))


def named(*names: str) -> Callable[[Heard], Awaitable[Json]]:
    """Find one of the names in a message."""

    async def read(heard: Heard) -> Json:
        found = [name for name in names if name in heard.text.casefold().split()]
        return found[0] if len(found) == 1 else MISSING

    return read


COLOUR = "Which colour?\n1 Red\n2 Blue"
SIZE = "Which size?\n1 Small\n2 Large"


async def test_a_flow_asks_step_by_step_and_ends(stage: Stage) -> None:
    me = await stage.play(colour_and_size)
    assert await me.say("xyzzy") == COLOUR
    assert await me.say("1") == SIZE
    assert await me.say("large") == "red large"
    assert (await stage.state())["stack"] == []


async def test_free_text_fills_two_answers(stage: Stage) -> None:
    me = await stage.play(colour_and_size)
    assert await me.say("xyzzy") == COLOUR
    assert await me.say("blue and large please") == "blue large"


async def test_what_is_not_understood_is_asked_again_and_a_person_offered_at_the_third(
    stage: Stage,
) -> None:
    me = await stage.play(colour_and_size)
    await me.say("xyzzy")
    assert await me.say("qwerty asdf") == f"Sorry, I did not get that.\n{COLOUR}"
    assert await me.say("qwerty asdf") == f"Sorry, I did not get that.\n{COLOUR}"
    assert await me.say("qwerty asdf") == (
        "Sorry, I still do not get it. Reply PERSON to talk to somebody, or 0 for the menu.\n"
        + COLOUR
    )
    assert await me.say("2") == SIZE
    assert await me.say("qwerty asdf") == f"Sorry, I did not get that.\n{SIZE}"


async def test_a_number_that_is_answered_already_does_nothing(stage: Stage) -> None:
    me = await stage.play(colour_and_size)
    await me.say("xyzzy")
    first = await receive_incoming(stage.runtime, me.line, me.address, "a", Incoming(text="1"))
    await receive_incoming(stage.runtime, me.line, me.address, "b", Incoming(text="1"))
    assert await turn.run_pending_turns(stage.runtime, first.conversation_id) == 2
    sent = [rendered.text for _, rendered in await stage.town.deliver_due()]
    assert sent == [SIZE, f"That question is settled already, so I did nothing.\n{SIZE}"]


async def test_two_workers_at_once_handle_each_message_once_and_in_order(stage: Stage) -> None:
    me = await stage.play(colour_and_size)
    await me.say("xyzzy")
    one = await receive_incoming(stage.runtime, me.line, me.address, "a", Incoming(text="red"))
    await receive_incoming(stage.runtime, me.line, me.address, "b", Incoming(text="small"))
    handled = await asyncio.gather(
        *(turn.run_pending_turns(stage.runtime, one.conversation_id) for _ in range(4))
    )
    assert sum(handled) == 2
    sent = [rendered.text for _, rendered in await stage.town.deliver_due()]
    assert sent == [SIZE, "red small"]


async def test_flow_loop_names_its_rounds(stage: Stage) -> None:
    async def shopping(talk: Talk) -> None:
        got = []
        for number in range(10):
            round_ = talk.scope(f"round{number}")
            got.append(await round_.choose("colour", text("t.colour"), of("red", "blue")))
            if not await round_.confirm("more", text("t.more")):
                break
        await talk.say(text("t.got", what=" ".join(got)))

    me = await stage.play(shopping)
    assert await me.say("xyzzy") == COLOUR
    assert await me.say("1") == "Another?\n1 Yes\n2 No"
    assert await me.say("yes") == COLOUR
    assert await me.say("2") == "Another?\n1 Yes\n2 No"
    assert await me.say("no") == "Got red blue."


async def test_a_question_put_over_and_over_keeps_no_more_than_what_came_of_it(
    stage: Stage,
) -> None:
    async def counting(talk: Talk) -> None:
        size = await talk.choose("size", text("t.size"), of("small", "large"))
        rounds = talk.scope("rounds")
        got: list[str] = rounds.compacted("from", [])
        for number in range(3):
            got = [*got, await rounds.choose(str(number), text("t.colour"), of("red", "blue"))]
            if got[-1] == "blue":
                await talk.say(text("t.done", colour=" ".join(got), size=size))
                return
        rounds.compact("from", got)

    me = await stage.play(counting)
    await me.say("xyzzy")
    await me.say("2")
    kept = []
    for _ in range(7):
        assert await me.say("1") == COLOUR
        kept.append(len((await stage.state())["stack"][0]["journal"]["entries"]))
    assert kept == [2, 3, 2, 3, 4, 2, 3]
    # What was answered before stands, and "back" takes back what came after.
    assert await me.say("back") == COLOUR
    assert await me.say("2") == "red red red red red red blue large"


async def test_a_sub_flow_called_twice_is_asked_twice(stage: Stage) -> None:
    async def colour(talk: Talk) -> str:
        return str(await talk.choose("colour", text("t.colour"), of("red", "blue")))

    async def two(talk: Talk) -> None:
        first = await colour(talk.scope("first"))
        second = await colour(talk.scope("second"))
        await talk.say(text("t.done", colour=first, size=second))

    me = await stage.play(two)
    assert await me.say("xyzzy") == COLOUR
    assert await me.say("1") == COLOUR
    assert await me.say("2") == "red blue"


async def test_the_same_name_twice_in_one_scope_is_an_error_told_with_an_apology(
    stage: Stage,
) -> None:
    async def twice(talk: Talk) -> None:
        await talk.confirm("sure", text("t.more"))
        await talk.confirm("sure", text("t.more"))

    me = await stage.play(twice)
    assert await me.say("xyzzy") == "Another?\n1 Yes\n2 No"
    assert await me.say("yes") == ""
    clock = stage.runtime.clock
    assert isinstance(clock, FixedClock)
    apology = "Sorry, something went wrong on our side with your message. The shop has been told."
    for answer in ("", apology):
        clock.advance(turn.RETRY_DELAY)
        await turn.run_pending_turns(stage.runtime, 1)
        assert "".join(r.text for _, r in await stage.town.deliver_due()) == answer


async def test_a_branch_that_changes_asks_only_what_is_new(stage: Stage) -> None:
    async def branching(talk: Talk) -> None:
        colour = await talk.choose("colour", text("t.colour"), of("red", "blue"))
        if colour == "red":
            gift = await talk.confirm("gift", text("t.gift"))
            await talk.choose("size", text("t.size"), of("small", "large"))
            await talk.say(text("t.got", what=f"{colour} {gift}"))
        else:
            await talk.choose("size", text("t.size"), of("small", "large"))
            await talk.say(text("t.got", what=colour))

    me = await stage.play(branching)
    await me.say("xyzzy")
    assert await me.say("red") == "A gift?\n1 Yes\n2 No"
    assert await me.say("back") == COLOUR
    assert await me.say("blue") == SIZE
    assert await me.say("back") == COLOUR
    assert await me.say("red") == "A gift?\n1 Yes\n2 No"
    assert await me.say("yes") == SIZE
    assert await me.say("1") == "Got red True."


async def test_back_steps_back_but_never_across_an_effect(stage: Stage) -> None:
    done: list[str] = []

    async def effect(talk: Talk) -> None:
        colour = await talk.choose("colour", text("t.colour"), of("red", "blue"))

        async def do(key: str) -> Json:
            done.append(key)
            return colour

        await talk.once("bought", do)
        await talk.choose("size", text("t.size"), of("small", "large"))
        await talk.confirm("gift", text("t.gift"))
        await talk.say(text("t.bye"))

    me = await stage.play(effect)
    await me.say("xyzzy")
    assert await me.say("1") == SIZE
    assert await me.say("1") == "A gift?\n1 Yes\n2 No"
    assert await me.say("back") == SIZE
    assert await me.say("back") == f"I cannot go back past that. Reply 0 for the menu.\n{SIZE}"
    await me.say("1")
    assert await me.say("yes") == "Bye."
    assert len(done) == 1


async def test_a_slot_taken_twice_in_a_row_is_offered_anew_each_time(stage: Stage) -> None:
    free = ["red", "blue", "small"]
    taken = iter(("red", "blue"))
    keys = []

    async def taking(talk: Talk) -> None:
        colour = await talk.choose("colour", text("t.colour"), of(*free), recheck=False)

        async def take(key: str) -> Json:
            keys.append(key)
            if next(taken, None) == colour:
                free.remove(colour)
                raise SlotTaken
            return colour

        try:
            got = await talk.once("taken", take)
        except SlotTaken:
            talk.retry(after=None, say=text("t.went", what=colour))
        await talk.say(text("t.got", what=got))

    me = await stage.play(taking)
    await me.say("xyzzy")
    assert await me.say("1") == "red went.\nWhich colour?\n1 Blue\n2 Small"
    assert await me.say("1") == "blue went.\nWhich colour?\n1 Small"
    assert await me.say("1") == "Got small."
    assert len(set(keys)) == 3


async def test_a_yes_counts_only_for_what_was_shown(stage: Stage) -> None:
    price = [2500]

    async def paying(talk: Talk) -> None:
        if await talk.confirm("sure", text("t.sum", price=Money(price[0], "EUR"))):
            await talk.choose("size", text("t.size"), of("small", "large"))
            await talk.say(text("t.bye"))

    me = await stage.play(paying)
    assert await me.say("xyzzy") == "25 EUR: sure?\n1 Yes\n2 No"
    price[0] = 3000
    changed = "Something changed since I asked, so please look again."
    assert await me.say("yes") == f"{changed}\n30 EUR: sure?\n1 Yes\n2 No"
    assert await me.say("1") == SIZE
    price[0] = 3500
    assert await me.say("1") == "35 EUR: sure?\n1 Yes\n2 No"


@pytest.mark.parametrize("where", ["before", "at", "after"])
async def test_a_release_adds_a_step_and_the_talk_goes_on(stage: Stage, where: str) -> None:
    async def grown(talk: Talk) -> None:
        if where == "before":
            await talk.confirm("gift", text("t.gift"))
        colour = await talk.choose("colour", text("t.colour"), of("red", "blue"))
        if where == "at":
            await talk.confirm("gift", text("t.gift"))
        size = await talk.choose("size", text("t.size"), of("small", "large"))
        if where == "after":
            await talk.confirm("gift", text("t.gift"))
        await talk.say(text("t.done", colour=colour, size=size))

    gift = "A gift?\n1 Yes\n2 No"
    me = await stage.play(colour_and_size)
    await me.say("xyzzy")
    assert await me.say("2") == SIZE
    stage.deploy(grown)
    if where == "after":
        assert await me.say("1") == gift
        assert await me.say("yes") == "blue small"
        return
    # The answer was to a question that is not the next one any more: it is not taken for another.
    assert (await me.say("1")).endswith(gift)
    assert await me.say("yes") == SIZE
    assert await me.say("1") == "blue small"


@pytest.mark.parametrize("gone", ["colour", "size"])
async def test_a_release_takes_a_step_away_and_the_talk_goes_on(stage: Stage, gone: str) -> None:
    async def shrunk(talk: Talk) -> None:
        if gone != "colour":
            await talk.choose("colour", text("t.colour"), of("red", "blue"))
        if gone != "size":
            await talk.choose("size", text("t.size"), of("small", "large"))
        await talk.say(text("t.bye"))

    me = await stage.play(colour_and_size)
    await me.say("xyzzy")
    await me.say("2")
    stage.deploy(shrunk)
    assert await me.say("1") == "Bye."


async def test_a_flow_that_is_gone_is_asked_no_more(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = await stage.play(colour_and_size)
    monkeypatch.setitem(FLOWS, "toy", colour_and_size)
    await me.say("xyzzy")
    async with stage.runtime.transaction() as ctx:
        c = tables.conversations
        state = await ctx.scalar(sa.select(c.c.state))
        state["stack"][0]["flow"] = "of an older release"
        await ctx.execute(sa.update(c).values(state=state))
    assert await me.say("xyzzy") == COLOUR


async def test_an_option_that_is_gone_is_said_to_be(stage: Stage) -> None:
    offered = ["red", "blue"]

    async def fading(talk: Talk) -> None:
        colour = await talk.choose("colour", text("t.colour"), of(*offered))
        await talk.say(text("t.got", what=colour))

    me = await stage.play(fading)
    assert await me.say("xyzzy") == COLOUR
    offered.remove("red")
    assert await me.say("1") == "That is not on offer any more.\nWhich colour?\n1 Blue"


async def test_left_alone_for_a_day_it_asks_whether_to_go_on(stage: Stage) -> None:
    me = await stage.play(colour_and_size)
    await me.say("xyzzy")
    await me.say("1")
    clock = stage.runtime.clock
    assert isinstance(clock, FixedClock)
    clock.advance(turn.IDLE_TIMEOUT)
    resumed = "We were in the middle of something. Go on or start over?\n1 Go on\n2 Start over"
    assert await me.say("hmm") == resumed
    assert await me.say("1") == SIZE
    clock.advance(turn.IDLE_TIMEOUT)
    assert await me.say("hmm") == resumed
    assert await me.say("2") == COLOUR


async def test_a_failing_flow_does_not_hold_up_another_talk(stage: Stage) -> None:
    async def failing(talk: Talk) -> None:
        if talk.conversation.address.endswith("666"):
            message = "this flow is broken"
            raise RuntimeError(message)
        await talk.say(text("t.bye"))

    me = await stage.play(failing)
    assert await stage.town.send_text(me.line, "+34600000666", "hi there") == []
    assert await me.say("xyzzy") == "Bye."
