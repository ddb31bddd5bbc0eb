"""Pages as answers: a template, one style sheet, and headers that let nothing else in."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import jinja2
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from bot import wording

_HERE = Path(__file__).parent

_STYLE = (_HERE / "style.css").read_text("utf-8")

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals["style"] = Markup(_STYLE)  # noqa: S704 - our own file, hashed below

_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
"""For what opens to whoever has its address: kept nowhere, found by no search, told to nobody."""

_PAGE = PRIVATE | {
    # Our one style sheet stands in the page, named by its hash; nothing is ever loaded.
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Vary": "Accept-Language",
}

_TAG = re.compile(
    r"\s*([a-zA-Z]{2,3})(?:-[a-zA-Z]{4})?(?:-([a-zA-Z]{2}))?(?:-[a-zA-Z0-9]+)*"
    r"\s*(?:;\s*q=([\d.]+))?\s*"
)


def page(template: str, language: str, *, status: int = 200, **facts: object) -> HTMLResponse:
    """Return `templates/<template>` filled in with `facts`, which are escaped."""
    body = _TEMPLATES.get_template(template).render(lang=language.replace("_", "-"), **facts)
    return HTMLResponse(body, status, headers=_PAGE)


def language_of(accepted: str, otherwise: str = "") -> str:
    """Return the language to answer in, of those we speak: "es", "en_US".

    `accepted` is the Accept-Language header (RFC 9110 12.5.4); what it likes best wins, a country
    with it decides how dates are written. `otherwise` is what to speak when it names none of ours.
    """
    liked: list[tuple[float, int, str]] = []
    for place, part in enumerate(accepted.split(",")[:20]):
        found = _TAG.fullmatch(part)
        if found and found[1].lower() in wording.languages():
            weight = _weight(found[3])
            country = f"_{found[2].upper()}" if found[2] else ""
            if weight:
                liked.append((-weight, place, found[1].lower() + country))
    if liked:
        return min(liked)[2]
    spoken = otherwise.replace("-", "_").partition("_")[0].lower() in wording.languages()
    return otherwise if spoken else wording.SOURCE_LANGUAGE


def _weight(text: str | None) -> float:
    try:
        return float(text or 1)
    except ValueError:
        return 0
