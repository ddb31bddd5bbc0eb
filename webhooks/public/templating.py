"""Rendering of the public pages: a template, an inline style sheet and strict headers."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import jinja2
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from webhooks.http.html import PRIVATE_HEADERS

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

_PAGE = PRIVATE_HEADERS | {
    # The style sheet is inline, allowed by its hash; nothing else is loaded.
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Vary": "Accept-Language",
}


def render_page(
    template: str, language: str, *, status: int = 200, **facts: object
) -> HTMLResponse:
    """Return `templates/<template>` filled in with `facts`, which are escaped."""
    body = _TEMPLATES.get_template(template).render(lang=language.replace("_", "-"), **facts)
    return HTMLResponse(body, status, headers=_PAGE)
