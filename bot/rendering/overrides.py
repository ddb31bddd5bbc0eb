"""A shop's own wording of messages: which may be changed, validation and preview.

Names in braces are filled in, as in `bot/i18n/messages/`; each message defines which it offers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.i18n.messages import TRANSLATOR
from bot.i18n.translator import parse_template, placeholder_names, supported_languages
from bot.rendering import sms_segments
from core.catalog import loader, message_overrides
from core.catalog.entities import Shop
from core.db.context import Context
from core.errors import InvalidValue, NotFound
from core.messaging.messages import Say, When

OVERRIDABLE_KEYS = (
    "welcome",
    "booked",
    "booked_first_for",
    "booked_again",
    "booked_for",
    "requested",
    "moved",
    "move_requested",
    "cancelled",
    "reminder",
    "reminder.sure",
    "followup",
    "tell.confirmed",
    "tell.declined",
    "tell.moved",
    "tell.cancelled",
    "tell.expired",
    "tell.confirmed.discreet",
    "tell.declined.discreet",
    "tell.moved.discreet",
    "tell.cancelled.discreet",
    "tell.expired.discreet",
)
"""Messages a shop may reword: those that inform, not those that ask or answer."""

MAX_LENGTH = 1000
"""Maximum characters of a template."""

ADVISED_SEGMENTS = 2
"""SMS segments above which a remark is made."""

_FORMS = {"", "day", "time", "long", "full", "zone", "text", "b"}
"""Formats allowed after a colon (`bot/i18n/messages/`)."""

_MORE = {"reminder": {"when"}, "reminder.sure": {"when"}}
_WHEN = {"when", "at", "booking"}


@dataclass(frozen=True, slots=True)
class OverridePreview:
    """A preview of a message filled with a sample; `remarks` are warnings.

    `segments` counts the SMS segments and `alphabet` is "gsm7" or "ucs2"; a single character
    outside GSM-7 halves what fits.
    """

    key: str
    language: str
    template: str
    text: str
    segments: int
    sms_encoding: str
    remarks: tuple[str, ...]


def default_template(key: str, language: str) -> str:
    """Return the default wording of a message; raises NotFound if it cannot be reworded."""
    if key not in OVERRIDABLE_KEYS:
        raise NotFound(key=key)
    return TRANSLATOR.find_template(key, language)


def template_fields(key: str) -> frozenset[str]:
    """Return the placeholder names a message offers."""
    return placeholder_names(default_template(key, "en")) | _MORE.get(key, set())


def validate_template(key: str, language: str, template: str) -> str:
    """Return the validated wording of a message.

    Raises NotFound for a message that cannot be reworded, and InvalidValue (`field`, `reason`,
    `name`) for an unknown language, an empty or too long text, a malformed or unknown placeholder,
    or a required one that is missing.
    """
    known = template_fields(key)
    if language not in supported_languages():
        raise InvalidValue(field="language", reason="unknown", name=language)
    template = "\n".join(" ".join(line.split()) for line in template.strip().splitlines())
    if not 1 <= len(template) <= MAX_LENGTH:
        raise InvalidValue(field="text", reason="length", least=1, most=MAX_LENGTH)
    try:
        parts = [(name, form) for _, name, form in parse_template(template) if name]
    except ValueError:
        raise InvalidValue(field="text", reason="braces") from None
    used = {name for name, _ in parts}
    if any(form not in _FORMS for _, form in parts):
        raise InvalidValue(field="text", reason="form")
    if unknown := sorted(used - known):
        raise InvalidValue(field="text", reason="placeholder", name=unknown[0])
    if known & _WHEN and not used & _WHEN:
        raise InvalidValue(field="text", reason="missing", name="when")
    return template


def explain_error(error: InvalidValue, key: str) -> str:
    """Describe in a sentence what is wrong with a wording."""
    named = ", ".join(f"{{{name}}}" for name in sorted(template_fields(key)))
    match error.params["reason"]:
        case "unknown":
            return (
                f"there is no language {error.params['name']}: {', '.join(supported_languages())}"
            )
        case "length":
            return f"words have 1 to {MAX_LENGTH} characters"
        case "braces":
            return f"a brace is open, or closed without one; names stand in braces: {named}"
        case "form":
            forms = ", ".join(sorted(form for form in _FORMS if form))
            return f"behind the colon of a name stands one of: {forms}"
        case "placeholder":
            return f"this message knows no {{{error.params['name']}}}, but {named}"
        case _:
            return "it has to say when: {when}"


def preview_template(
    shop: Shop, key: str, language: str, template: str, at: When
) -> OverridePreview:
    """Return a preview of a wording with a sample at `at`.

    Raises the errors of `validate_template`.
    """
    template = validate_template(key, language, template)
    sample = _sample(shop, key, at)
    own = TRANSLATOR.with_overrides({key: {language: template}})
    locale = f"{language}_{shop.country}"
    text = own.translate(sample, locale, gsm=True)
    written = sms_segments.to_gsm(text)
    count, usual = (
        sms_segments.count_segments(written),
        sms_segments.to_gsm(TRANSLATOR.translate(sample, locale, gsm=True)),
    )
    remarks = []
    if count > ADVISED_SEGMENTS:
        remarks.append(
            f"{count} SMS for each message; the usual words take "
            f"{sms_segments.count_segments(usual)}"
        )
    if not sms_segments.is_gsm(written):
        odd = sorted({c for c in written if not sms_segments.is_gsm(c)})
        remarks.append(f"outside SMS's alphabet: {' '.join(odd[:10])}")
    left_out = sorted(
        placeholder_names(default_template(key, language)) - placeholder_names(template)
    )
    if left_out:
        remarks.append(f"left out: {', '.join(left_out)}")
    return OverridePreview(
        key, language, template, text, count, sms_segments.sms_encoding(written), tuple(remarks)
    )


async def preview_override(
    ctx: Context, shop_id: int, key: str, language: str, template: str
) -> OverridePreview:
    """Return a preview of a wording for a shop without storing it."""
    shop = (await loader.load_catalog(ctx, shop_id)).shop
    return preview_template(shop, key, language, template, _tomorrow(ctx, shop))


async def set_override(
    ctx: Context, shop_id: int, key: str, language: str, template: str
) -> OverridePreview:
    """Store a shop's wording and return its preview; raises the errors of validation."""
    seen = await preview_override(ctx, shop_id, key, language, template)
    await message_overrides.set_override(ctx, shop_id, key, language, seen.template)
    return seen


async def remove_override(ctx: Context, shop_id: int, key: str, language: str) -> None:
    """Restore the default wording; raises NotFound for a message that cannot be reworded."""
    default_template(key, language)
    await message_overrides.set_override(ctx, shop_id, key, language, None)


async def load_overrides(ctx: Context, shop_id: int) -> Mapping[str, Mapping[str, str]]:
    """Return a shop's own message_overrides: key → language → template."""
    return (await loader.load_catalog(ctx, shop_id)).shop.message_overrides


def _tomorrow(ctx: Context, shop: Shop) -> When:
    return When((ctx.now + timedelta(days=1)).replace(minute=0, second=0), shop.timezone)


def _sample(shop: Shop, key: str, at: When) -> Say:
    """Return a message about a sample booking."""
    what = {"service": "Cut and colour", "provider": "Ana Maria"}
    place = Say("reminder.at", {"when": at, "address": shop.address})
    facts: dict[str, object] = what | {
        "shop": shop.name,
        "address": shop.address,
        "name": "Marta",
        "attendee": "Hugo",
        "when": at,
        "was": at,
        "ref": "K7Q-3MD",
        "reason": "Ana is ill",
        "link": "https://book.example/b/1f4-abcdefghij",
        "what": Say("reminder.what", what),
        "at": place,
        "booking": Say("booking.line", what | {"when": at}),
    }
    return Say(key, {name: facts[name] for name in template_fields(key)})
