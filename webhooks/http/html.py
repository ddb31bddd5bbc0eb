"""What all pages share: headers for private addresses, and the language to answer in."""

from __future__ import annotations

import re

from bot.i18n import translator

PRIVATE_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
"""For pages open to anyone with the address: not cached, not indexed, no referrer sent."""

_TAG = re.compile(
    r"\s*([a-zA-Z]{2,3})(?:-[a-zA-Z]{4})?(?:-([a-zA-Z]{2}))?(?:-[a-zA-Z0-9]+)*"
    r"\s*(?:;\s*q=([\d.]+))?\s*"
)


def negotiate_language(accepted: str, default: str = "") -> str:
    """Return the supported language to answer in: "es", "en_US".

    `accepted` is the Accept-Language header (RFC 9110 12.5.4). The language with the highest weight
    wins; its country decides the format of dates. `default` is used if none is supported.
    """
    liked: list[tuple[float, int, str]] = []
    for place, part in enumerate(accepted.split(",")[:20]):
        found = _TAG.fullmatch(part)
        if found and found[1].lower() in translator.supported_languages():
            weight = _weight(found[3])
            country = f"_{found[2].upper()}" if found[2] else ""
            if weight:
                liked.append((-weight, place, found[1].lower() + country))
    if liked:
        return min(liked)[2]
    spoken = default.replace("-", "_").partition("_")[0].lower() in translator.supported_languages()
    return default if spoken else translator.SOURCE_LANGUAGE


def _weight(text: str | None) -> float:
    try:
        return float(text or 1)
    except ValueError:
        return 0
