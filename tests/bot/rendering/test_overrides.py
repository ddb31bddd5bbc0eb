"""A shop's own words: what goes out by them, what is refused, how they read before."""

from __future__ import annotations

from typing import Any

import pytest

from bot.i18n.messages import MESSAGES, TRANSLATOR
from bot.i18n.translator import supported_languages
from bot.rendering import overrides
from core.db.runtime import Runtime
from core.errors import InvalidValue, NotFound
from core.messaging.messages import Say
from core.people.identities import get_or_create_contact
from core.people.verification import verify_identity
from tests.support import shops
from tests.support.chat import ChatHarness, ChatPerson
from tests.support.shops import BuiltShop

PHONE = "+34600111222"


@pytest.fixture
async def place(runtime: Runtime) -> BuiltShop:
    async with runtime.transaction() as ctx:
        return await shops.build_salon(ctx)


async def _put(runtime: Runtime, place: BuiltShop, *words: str) -> overrides.OverridePreview:
    return await runtime.run(lambda ctx: overrides.set_override(ctx, place.shop_id, *words))


async def test_message_override_applies_to_its_language_only(
    runtime: Runtime, place: BuiltShop
) -> None:
    await _put(runtime, place, "welcome", "es", "Hola, somos {shop}.")
    town = ChatHarness(runtime)
    line = town.line_of_channel(place.line_id, place.shop_id)
    assert (await ChatPerson(town, line, PHONE).say("hola")).startswith("Hola, somos Bella Hair.")
    other = ChatPerson(town, line, "+34600111333")
    assert (await other.say("hello")).startswith("Welcome to Bella Hair.")
    await runtime.run(lambda ctx: overrides.remove_override(ctx, place.shop_id, "welcome", "es"))
    third = ChatPerson(town, line, "+34600111444")
    assert not (await third.say("hola")).startswith("Hola, somos")


async def test_booking_confirmation_uses_the_message_override(
    runtime: Runtime, place: BuiltShop
) -> None:
    await _put(runtime, place, "booked_again", "en", "See you {when:full}! {provider} waits. {ref}")
    town = ChatHarness(runtime)
    line = town.line_of_channel(place.line_id, place.shop_id)
    async with runtime.transaction() as ctx:
        contact = await get_or_create_contact(ctx, line, PHONE)
        await verify_identity(
            ctx, "phone", PHONE, name="Marta", conversation_id=contact.conversation_id
        )
    marta = ChatPerson(town, line, PHONE)
    said = await marta.say("cut tomorrow at 10 with Ana")
    if "See you" not in said:
        said = await marta.say("1")
    assert said.startswith("See you Tuesday 10 March 10:00 am! Ana waits. ")


async def test_a_preview_fills_in_counts_and_keeps_nothing(
    runtime: Runtime, place: BuiltShop
) -> None:
    template = "{shop}: {what}, {at}. ¿Vienes, guapa? ✂"
    seen = await runtime.run(
        lambda ctx: overrides.preview_override(ctx, place.shop_id, "reminder", "es", template)
    )
    assert seen == overrides.OverridePreview(
        "reminder",
        "es",
        template,
        "Bella Hair: Cut and colour con Ana Maria, mar 10 mar 10:00, Calle Mayor 8. "
        "¿Vienes, guapa? ✂",
        2,
        "ucs2",
        ("outside SMS's alphabet: ✂", "left out: ref"),
    )
    async with runtime.read_transaction() as ctx:
        assert await overrides.load_overrides(ctx, place.shop_id) == {}


async def test_long_message_override_is_stored_with_a_warning(
    runtime: Runtime, place: BuiltShop
) -> None:
    long = "{shop}: {what}, {at}. Ref {ref}. " + "Come in time, please. " * 15
    seen = await _put(runtime, place, "reminder", "en", long)
    assert seen.remarks == ("3 SMS for each message; the usual words take 1",)
    async with runtime.read_transaction() as ctx:
        assert await overrides.load_overrides(ctx, place.shop_id) == {
            "reminder": {"en": long.strip()}
        }


@pytest.mark.parametrize(
    ("language", "template", "reason"),
    [
        ("en", "{shop} {when} {code}", "placeholder"),
        ("en", "{shop.__class__} {when}", "braces"),
        ("en", "{shop!r} {when}", "braces"),
        ("en", "{0} {when}", "braces"),
        ("en", "{shop", "braces"),
        ("en", "Come to {shop}", "missing"),
        ("en", "{when:nonsense}", "form"),
        ("en", "", "length"),
        ("en", " \n ", "length"),
        ("en", "x" * 1001, "length"),
        ("de", "{when}", "unknown"),
    ],
)
async def test_what_cannot_be_filled_in_is_refused(
    runtime: Runtime, place: BuiltShop, language: str, template: str, reason: str
) -> None:
    with pytest.raises(InvalidValue) as refused:
        await _put(runtime, place, "tell.confirmed", language, template)
    assert refused.value.params["reason"] == reason
    async with runtime.read_transaction() as ctx:
        assert await overrides.load_overrides(ctx, place.shop_id) == {}


@pytest.mark.parametrize("key", ["opted_out", "help", "code_message", "nonsense"])
async def test_what_the_law_or_a_code_is_in_is_not_worded_anew(
    runtime: Runtime, place: BuiltShop, key: str
) -> None:
    with pytest.raises(NotFound):
        await _put(runtime, place, key, "en", "{shop}")


async def test_the_usual_words_pass_their_own_check(runtime: Runtime, place: BuiltShop) -> None:
    async with runtime.transaction() as ctx:
        for key in overrides.OVERRIDABLE_KEYS:
            assert isinstance(MESSAGES[key], str)
            for language in supported_languages():
                usual = overrides.default_template(key, language)
                seen = await overrides.preview_override(ctx, place.shop_id, key, language, usual)
                assert not any("left out" in remark for remark in seen.remarks), key


def test_words_that_ask_for_what_is_no_more_give_way_to_the_usual() -> None:
    """They were checked once; a later version may tell other facts."""
    own: dict[str, Any] = {"welcome": {"en": "Hi from {shop} in {city}"}}
    said = TRANSLATOR.with_overrides(own).translate(Say("welcome", {"shop": "Bella"}), "en_ES")
    assert said == "Welcome to Bella."
    said = TRANSLATOR.with_overrides(own).translate(
        Say("welcome", {"shop": "{city}", "city": "*Rome*"}), "en"
    )
    assert said == "Hi from {city} in *Rome*"
