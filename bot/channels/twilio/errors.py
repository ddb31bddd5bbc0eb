"""Codes of Twilio's error dictionary: what helps, and in plain words what each means.

https://www.twilio.com/docs/api/errors has them all; here are those that sending a message ends
with, at once or by a later status. Trying again helps with a busy or broken provider, with our
account and with nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.i18n.messages import MESSAGES

OPTED_OUT = 21610

PROVIDER_DOWN_KEY = "why.away"
"""The text for a missing or invalid response."""

_NO_SUCH_NUMBER: Mapping[int, str] = {
    21201: "no number to send to",
    21211: "no valid number",
    21214: "cannot be reached",
    21217: "does not appear to be valid",
    21401: "no valid number",
    21407: "not of this kind",
    21421: "no valid number",
    30005: "unknown handset",
    63024: "no valid WhatsApp recipient",
}
_LANDLINE: Mapping[int, str] = {
    21614: "no mobile number",
    21635: "a landline",
    30006: "a landline, or a carrier that takes no SMS",
}
_NOT_ON_WHATSAPP: Mapping[int, str] = {63003: "no such recipient on the channel"}
_TEMPLATE: Mapping[int, str] = {
    21654: "a ContentSid is required",
    21655: "the ContentSid is invalid",
    21656: "the ContentVariables are invalid",
    21657: "the content template is invalid",
    21658: "a parameter of the content is too long",
    63005: "the channel did not accept the content",
    63013: "the message violates the channel's policy",
    63021: "invalid content",
    63027: "the template does not exist for a language",
    63028: "another number of parameters than the template's",
    63030: "an unsupported parameter for this type of message",
    63040: "the template was rejected",
    63041: "the template was paused",
    63042: "the template was disabled",
}
_TOO_LONG: Mapping[int, str] = {
    21605: "the body is too long",
    21617: "the concatenated body is too long",
    30019: "the content exceeds the carrier's size",
    30044: "too long for a trial account",
}
_OURS: Mapping[int, str] = {
    21203: "our account may not send there",
    21212: "our number is not valid",
    21213: "our number is required",
    21601: "our number cannot send SMS",
    21603: "our number is required",
    21606: "our number cannot send messages",
    21607: "our number is not verified",
    21615: "our number is not valid",
    21616: "our number matches several",
    21621: "our number cannot send pictures",
    21659: "our number is not a Twilio number of that country",
    21660: "our number is of another account",
    21661: "our number cannot send SMS",
    21701: "the messaging service does not exist",
    21702: "the messaging service is not available",
    21703: "the messaging service has no numbers",
    21704: "the messaging service has no numbers",
    21705: "the messaging service is not valid",
    21910: "SMS to WhatsApp or the other way round",
    63002: "no such channel",
    63007: "no channel with our address",
    63008: "the channel is misconfigured",
}
_UNREGISTERED: Mapping[int, str] = {
    30018: "the carrier wants senders registered",
    30024: "our number is not provisioned at the carrier",
    30032: "our toll-free number is not verified",
    30033: "our campaign is suspended",
    30034: "our number is not registered",
    30035: "our number is misconfigured",
    30040: "our sender id is not registered",
}
_COUNTRY: Mapping[int, str] = {
    21202: "a premium number",
    21408: "no permission for its country",
    21612: "no route from our number to theirs",
    30010: "dearer than allowed",
}
_TRIAL: Mapping[int, str] = {
    21219: "not verified, and ours is a trial account",
    21608: "not verified, and ours is a trial account",
    63015: "has not joined the sandbox",
}
_OWN_NUMBER: Mapping[int, str] = {
    21266: "our own number",
    30039: "a loop of messages",
    63031: "our own number",
}
_REQUEST: Mapping[int, str] = {
    21602: "nothing to send",
    21604: "nobody to send to",
    21609: "the address for its status is not valid",
    21618: "the body cannot be sent",
    21619: "nothing to send",
    21620: "the address of a picture is not valid",
    21623: "too many pictures",
    21624: "the validity period is not valid",
    21626: "the maximum price is not valid",
    63019: "a picture could not be fetched",
    63034: "a picture is too large",
    63035: "not allowed for this sender",
    63036: "not available for this phone",
}
_BLOCKED: Mapping[int, str] = {
    30004: "blocked",
    63014: "blocked by the person",
    63033: "blocked by us",
}
_FILTERED: Mapping[int, str] = {
    30007: "filtered by the carrier",
    30038: "a one-time code, filtered",
    30450: "delivery blocked",
    30453: "could not be delivered",
    30454: "blocked as suspected fraud",
}
_WHATSAPP_LIMITS: Mapping[int, str] = {
    63032: "WhatsApp limits this person",
    63049: "Meta chose not to deliver it",
}
_ACCOUNT: Mapping[int, str] = {
    10001: "the account is not active",
    20003: "the credentials are wrong",
    20005: "the account is not active",
    20006: "access denied",
    30002: "the account is suspended",
    63001: "the channel could not authenticate",
    63020: "the business account has an error",
    63022: "the certificate is not valid",
    63051: "the WhatsApp account is locked",
    63112: "Meta disabled the account",
}
_BUSY: Mapping[int, str] = {
    20429: "too many requests",
    21611: "our number's queue is full",
    30001: "the queue is full",
    30017: "the carrier is congested",
    30022: "over the campaign's rate",
    30023: "over the day's limit",
    30027: "over the day's limit",
    30036: "not delivered in time",
    63017: "over the channel's rate",
    63018: "over the channel's rate",
    63038: "over the day's limit",
}
_AWAY: Mapping[int, str] = {
    20500: "an internal error",
    20503: "unavailable",
    30410: "the carrier did not answer",
    63009: "the channel's provider failed",
    63010: "an internal error",
    63012: "the channel's provider failed",
    63023: "the channel failed",
}
_NETWORK: Mapping[int, str] = {30008: "unknown", 30009: "a segment is missing"}

_KINDS: tuple[tuple[str, bool, Mapping[int, str]], ...] = (
    ("why.no_such_number", True, _NO_SUCH_NUMBER),
    ("why.landline", True, _LANDLINE),
    ("why.not_on_whatsapp", True, _NOT_ON_WHATSAPP),
    ("why.opted_out", True, {OPTED_OUT: "opted out"}),
    ("why.off", True, {30003: "switched off, or out of reach"}),
    ("why.blocked", True, _BLOCKED),
    ("why.filtered", True, _FILTERED),
    ("why.window", True, {63016: "the 24 hours are over, and this is no template"}),
    ("why.whatsapp_limits", True, _WHATSAPP_LIMITS),
    ("why.template", True, _TEMPLATE),
    ("why.too_long", True, _TOO_LONG),
    ("why.request", True, _REQUEST),
    ("why.country", True, _COUNTRY),
    ("why.trial", True, _TRIAL),
    ("why.own_number", True, _OWN_NUMBER),
    ("why.ours", True, _OURS),
    ("why.unregistered", True, _UNREGISTERED),
    ("why.account", False, _ACCOUNT),
    ("why.busy", False, _BUSY),
    (PROVIDER_DOWN_KEY, False, _AWAY),
    ("why.network", False, _NETWORK),
)
"""The text that explains a kind of codes to staff, and whether trying again is pointless."""

TEMPLATE_ERRORS = frozenset(_TEMPLATE)
"""The template does not exist or rejects its values: as numbered text the message may go."""

PERMANENT_ERRORS = frozenset(code for _, permanent, codes in _KINDS if permanent for code in codes)
"""Trying again is pointless. All others, unknown ones too, may pass."""

UNREACHABLE_ERRORS = frozenset((*_NO_SUCH_NUMBER, *_LANDLINE, *_NOT_ON_WHATSAPP))
"""Permanent errors of the recipient: no message will ever arrive there."""

ERROR_KEYS: Mapping[int, str] = {code: key for key, _, codes in _KINDS for code in codes}
"""The text that explains to staff why a message was not delivered."""


def error_key(code: int | None) -> str:
    """Return the key of the text that explains a code; "" for an unknown one."""
    return ERROR_KEYS.get(code or 0, "")


def describe_error(code: int) -> str:
    """Return a code with its meaning for logs and records: "30003: the phone is off …"."""
    words = MESSAGES.get(error_key(code), "")
    assert isinstance(words, str)
    return f"{code}: {words}" if words else str(code)
