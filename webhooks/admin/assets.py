"""Static files of the admin pages, read once and served with a content hash."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import Response

from core.errors import NotFound

_ADMIN = Path(__file__).parent

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


_SHARED = ("icon.svg", "tokens.css")
"""Files shared with the public pages."""

asset_router = APIRouter()


@asset_router.get("/static/{tag}/{name}")
async def admin_asset(tag: str, name: str, request: Request) -> Response:  # noqa: ARG001 - the tag only tells versions apart
    """Serve a static file, cacheable for as long as its address stays the same."""
    known = _files()
    if name not in known:
        raise NotFound(file=name)
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'",
    }
    return Response(known[name], headers=headers, media_type=MEDIA_TYPES[Path(name).suffix])


@cache
def _files() -> dict[str, bytes]:
    """Read the static files once and add the generated grid classes of the day board."""
    folders = (_ADMIN / "static", _ADMIN.parent / "public" / "static")
    found = {
        path.name: path.read_bytes()
        for folder in folders
        for path in sorted(folder.iterdir())
        if path.suffix in MEDIA_TYPES and (folder == folders[0] or path.name in _SHARED)
    }
    # Style attributes would need a policy that allows any inline style; classes do not.
    spans = "".join(
        f".s{n}{{grid-row-start:{n + 1}}}.l{n}{{grid-row-end:span {n}}}"
        f".rows{n}{{grid-template-rows:repeat({n},var(--row))}}"
        for n in range(1, 301)
    )
    lanes = "".join(f".k{n}{{grid-column:{n + 1}}}.of{n}{{--of:{n}}}" for n in range(12))
    found["places.css"] = f".s0{{grid-row-start:1}}{spans}{lanes}".encode()
    return found


@cache
def asset_tag() -> str:
    """Return the hash of all static files, which addresses carry so that browsers reload them."""
    return sha256(b"".join(_files().values())).hexdigest()[:12]
