"""What Telegram tells us: stored before it is acknowledged, once, answered politely whatever."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa

from bot.channels.telegram.updates import UPDATE_KINDS
from bot.inbound.telegram import TelegramReceiver
from core.db import tables
from core.db.runtime import Runtime
from core.messaging.lines import get_or_create_line
from core.messaging.signed_links import booking_token
from core.people.identities import make_admin
from tests.servers.telegram.bots import Bot
from tests.servers.telegram.people import Person
from tests.support import shops
from tests.support.telegram_chat import TelegramHarness, telegram_harness

HEADER = "X-Telegram-Bot-Api-Secret-Token"
WELCOME = ["< Welcome to Bella Hair.", "< What would you like?"]


@pytest.fixture
async def shop(runtime: Runtime) -> shops.BuiltShop:
    async with runtime.transaction() as ctx:
        return await shops.build_salon(ctx)


async def count(runtime: Runtime, table: sa.Table) -> int:
    async with runtime.read_transaction() as ctx:
        return int(await ctx.scalar(sa.select(sa.func.count()).select_from(table)))


async def post(chats: TelegramHarness, body: Any, secret: str | None = None) -> int:
    headers = {} if secret is None else {HEADER: secret}
    url = f"{chats.url}/webhooks/telegram/customer"
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, headers=headers, data=body) as answer,
    ):
        return answer.status


def secret_of(bot: Bot) -> str:
    assert bot.webhook is not None
    return bot.webhook.secret


# --- the way in ---------------------------------------------------------------------------------


async def test_the_webhook_is_set_with_a_secret_and_seen_to_be_set(
    runtime: Runtime, shop: shops.BuiltShop
) -> None:
    async with telegram_harness(runtime) as chats:
        hook = chats.bot.webhook
        assert hook is not None
        assert hook.url == f"{chats.url}/webhooks/telegram/customer"
        assert hook.allowed == ["message", "edited_message", "callback_query", "my_chat_member"]
        assert (len(hook.secret), hook.max_connections) == (64, 40)
        assert [name for name, _ in chats.bot.calls] == ["setWebhook", "getWebhookInfo"]


async def test_without_the_secret_nothing_gets_in(runtime: Runtime, shop: shops.BuiltShop) -> None:
    async with telegram_harness(runtime) as chats:
        marta = chats.telegram.person("Marta")
        right = secret_of(chats.bot)
        await marta.writes(chats.bot, "hi")
        await chats.wait_until_idle()
        assert await count(runtime, tables.inbox) == 1
        update = '{"update_id": 5, "message": {}}'
        for wrong in (None, "", right[:-1], right + "x", "ä"):
            assert await post(chats, update, wrong) == 403
        url = f"{chats.url}/webhooks/telegram/nobody"
        async with aiohttp.ClientSession() as session, session.post(url) as answer:
            assert answer.status == 404
        assert await count(runtime, tables.inbox) == 1


async def test_what_is_no_update_harms_nobody(runtime: Runtime, shop: shops.BuiltShop) -> None:
    async with telegram_harness(runtime) as chats:
        right = secret_of(chats.bot)
        bodies = ("not json", "[]", "{}", '{"update_id": 1}')
        odd = '{"update_id": 2, "message": {"message_id": "x"}}'
        assert [await post(chats, b, right) for b in (*bodies, odd)] == [200] * 5
        assert await post(chats, b"x" * 600_000, right) == 200
        # All are kept aside but an update of a kind we do not know.
        assert await count(runtime, tables.inbox) == 5


async def test_an_update_is_answered_only_after_it_is_stored(
    runtime: Runtime, shop: shops.BuiltShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with telegram_harness(runtime) as chats:
        marta = chats.telegram.person("Marta")
        broken = True
        take = TelegramReceiver.receive

        async def away(self: TelegramReceiver, *args: Any) -> None:
            if broken:
                raise sa.exc.OperationalError("the database is away", None, Exception())
            await take(self, *args)

        monkeypatch.setattr(TelegramReceiver, "receive", away)
        assert await marta.writes(chats.bot, "hi") == 503
        assert marta.screen(chats.bot) == ["> hi"]
        broken = False
        assert await chats.telegram.redeliver(chats.bot) == [200]
        await chats.wait_until_idle()
        assert marta.screen(chats.bot)[1:3] == WELCOME


async def test_an_update_delivered_again_is_one_turn(
    runtime: Runtime, shop: shops.BuiltShop
) -> None:
    async with telegram_harness(runtime) as chats:
        marta = chats.telegram.person("Marta")
        await chats.write(marta, "/start")
        again = chats.bot.update(message={})
        updates = [
            {**again, "update_id": again["update_id"], "message": _message(chats, marta, "hi")}
        ] * 20
        for update in updates:
            chats.telegram.later(chats.telegram.deliver(chats.bot, update))
        await chats.telegram.settled()
        await chats.wait_until_idle()
        assert await count(runtime, tables.inbox) == 2
        assert len([m for m in chats.bot.messages[marta.id] if m.mine]) == 2


def _message(chats: TelegramHarness, person: Person, text: str) -> dict[str, Any]:
    return chats.bot.add(person.chat, person.user, text=text).as_json()


async def test_polling_moves_its_offset_after_the_receipt(
    runtime: Runtime, shop: shops.BuiltShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.inbound.telegram.FIRST_WAIT_SECONDS", 0.01)
    failed = 0
    take = TelegramReceiver.receive

    async def away_once(self: TelegramReceiver, *args: Any) -> None:
        nonlocal failed
        if not failed:
            failed += 1
            raise sa.exc.OperationalError("the database is away", None, Exception())
        await take(self, *args)

    monkeypatch.setattr(TelegramReceiver, "receive", away_once)
    async with telegram_harness(runtime, webhook=False) as chats:
        assert [name for name, _ in chats.bot.calls][:2] == ["deleteWebhook", "getUpdates"]
        marta = chats.telegram.person("Marta")
        answer = await chats.write(marta, "hi")
        assert (failed, answer[1:3]) == (1, WELCOME)
        offsets = [int(given.get("offset", 0)) for given in chats.bot.called("getUpdates")]
        # Nothing was confirmed before it was stored: the failed one was asked for again.
        assert offsets[0] == offsets[1] == 0
        assert offsets[-1] > 0


async def test_polling_goes_on_after_another_poller_and_a_webhook(
    runtime: Runtime, shop: shops.BuiltShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.inbound.telegram.FIRST_WAIT_SECONDS", 0.01)
    async with telegram_harness(runtime, webhook=False) as chats:
        marta = chats.telegram.person("Marta")
        url = f"{chats.telegram.url}/bot{chats.bot.token}"
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{url}/getUpdates?timeout=0") as answer:
                assert answer.status == 200
            async with session.get(f"{url}/setWebhook?url=https://example.com") as answer:
                assert answer.status == 200
            while chats.bot.webhook is not None:  # noqa: ASYNC110 - until ours takes it away
                await asyncio.sleep(0.005)
        assert (await chats.write(marta, "hi"))[1:3] == WELCOME


async def test_the_webhook_is_set_however_long_telegram_is_away(
    runtime: Runtime, shop: shops.BuiltShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.inbound.telegram.FIRST_WAIT_SECONDS", 0.01)
    async with telegram_harness(runtime) as chats:
        intake = chats.app.telegram
        assert intake is not None
        bot = intake.bots["customer"]
        tries = 0
        set_webhook = bot.set_webhook

        async def away_twice(url: str, secret: str) -> None:
            nonlocal tries
            tries += 1
            if tries < 3:
                raise OSError("no route")
            await set_webhook(url, secret)

        monkeypatch.setattr(bot, "set_webhook", away_twice)
        chats.bot.webhook = None
        await intake._set_webhook(bot)
        assert (tries, chats.bot.webhook is not None) == (3, True)


# --- what people do -----------------------------------------------------------------------------


STICKER = {"file_id": "a", "file_unique_id": "b", "type": "regular", "width": 5, "height": 5,
           "is_animated": False, "is_video": False}  # fmt: skip
VOICE = {"file_id": "a", "file_unique_id": "b", "duration": 3, "mime_type": "audio/ogg"}
PHOTO = [{"file_id": "a", "file_unique_id": "b", "width": 5, "height": 5}]


@pytest.mark.parametrize("content", [{"sticker": STICKER}, {"voice": VOICE}, {"photo": PHOTO}])
async def test_what_cannot_be_read_is_said_so_and_the_question_asked_again(
    runtime: Runtime, shop: shops.BuiltShop, content: dict[str, Any]
) -> None:
    async with telegram_harness(runtime) as chats:
        marta = chats.telegram.person("Marta")
        await chats.write(marta, "/start")
        await marta.sends(chats.bot, **content)
        await chats.wait_until_idle()
        assert marta.screen(chats.bot)[-5:] == [
            "< I can read text only, sorry.",
            "< What would you like?",
            "  [Cut · 30 min · 25 €]",
            "  [Colour · 90 min · 60 €]",
            "  [Blow-dry · 30 min · 18 €]",
        ]


async def test_a_photo_with_words_is_read_by_its_words(
    runtime: Runtime, shop: shops.BuiltShop
) -> None:
    async with telegram_harness(runtime) as chats:
        marta = chats.telegram.person("Marta")
        await chats.write(marta, "/start")
        await marta.sends(chats.bot, photo=PHOTO, caption="Colour")
        await chats.wait_until_idle()
        assert marta.last(chats.bot).text.startswith("Bella Hair. Colour, 90 min, 60 €")


async def test_a_forwarded_message_is_read_as_their_own_but_no_contact_is(
    runtime: Runtime, shop: shops.BuiltShop
) -> None:
    origin = {"type": "hidden_user", "date": 1_773_046_800, "sender_user_name": "Leo"}
    async with telegram_harness(runtime) as chats:
        marta = chats.telegram.person("Marta", "+34600111222")
        await marta.writes(chats.bot, "a cut tomorrow at 10", forward_origin=origin)
        await chats.wait_until_idle()
        await chats.tap(marta, "Confirm")
        await marta.shares_contact(chats.bot, forward_origin=origin)
        await chats.wait_until_idle()
        assert marta.last(chats.bot).text.startswith("That is not your own number.")
        assert await count(runtime, tables.users) == 0


@pytest.mark.parametrize("whose", [42, 0])
async def test_somebody_elses_contact_proves_nothing(
    runtime: Runtime, shop: shops.BuiltShop, whose: int
) -> None:
    async with telegram_harness(runtime) as chats:
        marta = chats.telegram.person("Marta")
        await chats.write(marta, "a cut tomorrow at 10")
        await chats.tap(marta, "Confirm")
        await marta.shares_contact(chats.bot, "+34600999888", user_id=whose)
        await chats.wait_until_idle()
        assert marta.last(chats.bot).text.splitlines()[0] == (
            "That is not your own number. Please use the button below the text field, or write "
            "your number."
        )
        assert await count(runtime, tables.users) == 0


async def test_an_edited_message_is_not_read_twice(runtime: Runtime, shop: shops.BuiltShop) -> None:
    async with telegram_harness(runtime) as chats:
        marta = chats.telegram.person("Marta")
        await chats.write(marta, "/start")
        await marta.edits(chats.bot, "/stop")
        await chats.wait_until_idle()
        assert marta.last(chats.bot).text == (
            "I read messages as they were first sent. If you meant something else, write it "
            "again.\nWhat would you like?"
        )


async def test_in_a_group_a_command_is_shown_the_way_and_taps_change_nothing(
    runtime: Runtime, shop: shops.BuiltShop
) -> None:
    async with telegram_harness(runtime) as chats:
        marta, leo = chats.telegram.person("Marta"), chats.telegram.person("Leo")
        family = chats.telegram.group()
        await marta.writes_in(chats.bot, family, "hello everybody")
        await marta.writes_in(chats.bot, family, "/book@BellaHairBot")
        await chats.wait_until_idle()
        said = [m.text for m in chats.bot.messages[family.id] if m.mine]
        assert said == ["I make appointments in a private chat: https://t.me/BellaHairBot"]
        # Marta's own keyboard, brought into the group by a client of Leo's making.
        await chats.write(marta, "/start")
        keyboard = marta.last(chats.bot)
        copy = chats.bot.add(family.chat, text=keyboard.text, markup=keyboard.markup)
        for tapper in (leo, marta):
            query = await tapper.taps_data(chats.bot, _data(keyboard, 0), copy)
            await chats.wait_until_idle()
            assert chats.bot.answers[query]["text"] == "Please talk with me in a private chat."
        assert await count(runtime, tables.inbox) == 1
        assert keyboard.edits == 0


def _data(message: Any, row: int) -> str:
    return str(message.markup["inline_keyboard"][row][0]["callback_data"])


async def test_a_group_that_became_a_supergroup_is_found(
    runtime: Runtime, shop: shops.BuiltShop
) -> None:
    async with telegram_harness(runtime) as chats:
        marta, family = chats.telegram.person("Marta"), chats.telegram.group()
        grown = chats.telegram.group(supergroup=True)
        chats.bot.chats[grown.id] = grown.chat
        chats.bot.moved[family.id] = grown.id
        await marta.writes_in(chats.bot, family, "/start")
        await chats.wait_until_idle()
        assert [m.text for m in chats.bot.messages[grown.id]] == [
            "I make appointments in a private chat: https://t.me/BellaHairBot"
        ]


async def test_who_blocks_the_bot_is_left_alone_until_they_come_back(
    runtime: Runtime, shop: shops.BuiltShop
) -> None:
    async with telegram_harness(runtime) as chats:
        marta = chats.telegram.person("Marta")
        await chats.write(marta, "/start")
        await marta.blocks(chats.bot)
        await chats.wait_until_idle()
        assert await _talk(runtime, "unreachable_at") == chats.clock.now()
        assert len(chats.bot.messages[marta.id]) == 2
        chats.clock.advance(timedelta(hours=1))
        await marta.unblocks(chats.bot)
        await chats.wait_until_idle()
        assert await _talk(runtime, "unreachable_at") is None
        assert (await chats.write(marta, "/start"))[1:3] == WELCOME


async def test_stop_and_start_work_in_telegram(runtime: Runtime, shop: shops.BuiltShop) -> None:
    async with telegram_harness(runtime) as chats:
        marta = chats.telegram.person("Marta")
        await chats.write(marta, "/start")
        assert (await chats.write(marta, "/stop"))[1:] == [
            "< Bella Hair: you get no more messages. Reply START to get them again."
        ]
        assert await _talk(runtime, "opted_out_at") == chats.clock.now()
        assert (await chats.write(marta, "/start"))[1:4] == [
            "< Bella Hair: you get our messages again.",
            *WELCOME,
        ]
        assert await _talk(runtime, "opted_out_at") is None


async def _talk(runtime: Runtime, column: str) -> Any:
    async with runtime.read_transaction() as ctx:
        return await ctx.scalar(sa.select(tables.conversations.c[column]))


# --- links --------------------------------------------------------------------------------------


async def test_links_open_a_shop_a_provider_and_ones_own_booking(
    runtime: Runtime, shop: shops.BuiltShop
) -> None:
    async with runtime.transaction() as ctx:
        await shops.build_barber(ctx)
    async with telegram_harness(runtime) as chats:
        marta, leo = (chats.telegram.person(n, p) for n, p in
                      (("Marta", "+34600111222"), ("Leo", "+34600333444")))  # fmt: skip
        assert (await chats.write(marta, "/start shop_bella"))[1:3] == WELCOME
        await chats.write(marta, f"/start provider_{shop.providers['Leo']}")
        await chats.tap(marta, "Cut · 30 min · 25 €")
        assert marta.last(chats.bot).buttons[0] == ["11:00 am", "11:30 am"]
        await chats.tap(marta, "11:00 am")
        assert marta.last(chats.bot).text.startswith("Cut with Leo")
        await chats.tap(marta, "Confirm")
        await chats.share_contact(marta)
        async with runtime.read_transaction() as ctx:
            booking = await ctx.first(sa.select(tables.bookings))
        assert booking is not None
        link = f"/start booking_{booking_token(runtime.secret, booking.id)}"
        await chats.write(marta, link)
        assert "Cut with Leo" in marta.last(chats.bot).text
        await chats.write(leo, link)
        await chats.share_contact(leo)
        assert leo.last(chats.bot).text == (
            "You have no bookings to come. Write me a day or a service to book."
        )
        assert (await chats.write(leo, "/start booking_1-aaaaaaaaaa"))[1] == (
            "< That link leads to nothing any more."
        )


# --- the webhook is looked after ------------------------------------------------------------


async def ready(chats: TelegramHarness) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(f"{chats.url}/health/ready") as got:
        return got.status, (await got.json()).get("reason", "")


@pytest.mark.parametrize("change", ["url", "allowed", "gone"])
async def test_a_webhook_that_was_taken_over_is_put_right_and_admins_told_once(
    runtime: Runtime, shop: shops.BuiltShop, change: str
) -> None:
    async with runtime.transaction() as ctx:
        await get_or_create_line(ctx, transport="twilio", channel="sms", address="+15005550006")
        await make_admin(ctx, "+34600000099")
    async with telegram_harness(runtime) as chats:
        intake = chats.app.telegram
        assert intake is not None
        assert await intake.check_webhook("customer") == ""
        ours = chats.bot.webhook
        assert ours is not None
        url, words = ours.url, {
            "url": "its updates go to https://thief.example/hook",
            "allowed": "the kinds of updates differ: callback_query, edited_message, "
            "my_chat_member",
            "gone": "its updates go to nobody",
        }  # fmt: skip
        for _ in range(2):
            assert chats.bot.webhook is not None
            if change == "url":
                chats.bot.webhook.url = "https://thief.example/hook"
            elif change == "allowed":
                chats.bot.webhook.allowed = ["message"]
            else:
                chats.bot.webhook = None
            assert await intake.check_webhook("customer") == words[change]
            assert chats.bot.webhook is not None
            assert chats.bot.webhook.url == url
            assert set(chats.bot.webhook.allowed or ()) == set(UPDATE_KINDS)
        assert await ready(chats) == (200, "")
        async with runtime.read_transaction() as ctx:
            told = await ctx.all(
                sa.select(tables.outbox.c.message["key"].as_string().label("key")).where(
                    tables.outbox.c.kind == "webhook"
                )
            )
        assert [row.key for row in told] == ["alert.webhook"]


async def test_a_webhook_that_fails_is_said_by_readiness(
    runtime: Runtime, shop: shops.BuiltShop
) -> None:
    async with telegram_harness(runtime) as chats:
        intake = chats.app.telegram
        assert intake is not None
        hook = chats.bot.webhook
        assert hook is not None
        hook.last_error = "SSL error: certificate has expired"
        hook.last_error_date = int(runtime.clock.now().timestamp()) - 60
        assert await intake.check_webhook("customer") == ""  # nothing waits: it is over
        chats.bot.updates[7] = {"update_id": 7, "message": {}}
        problem = "1 updates wait, for Telegram says: SSL error: certificate has expired"
        assert await intake.check_webhook("customer") == problem
        assert await ready(chats) == (503, f"Telegram, customer bot: {problem}")
        chats.bot.updates.clear()
        assert await intake.check_webhook("customer") == ""
        assert await ready(chats) == (200, "")
