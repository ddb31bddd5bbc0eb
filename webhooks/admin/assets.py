"""Templates filled in, the page's own files, and the headers that let nothing else in."""

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
"""Files of the other pages that this one has too."""

asset_router = APIRouter()


@asset_router.get("/static/{tag}/{name}")
async def admin_asset(tag: str, name: str, request: Request) -> Response:  # noqa: ARG001 - the tag only tells versions apart
    """Answer with one of the page's own files, kept as long as its address is the same."""
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
    """Read the page's files once; the places on the board are written here."""
    folders = (_ADMIN / "static", _ADMIN.parent / "public" / "static")
    found = {
        path.name: path.read_bytes()
        for folder in folders
        for path in sorted(folder.iterdir())
        if path.suffix in MEDIA_TYPES and (folder == folders[0] or path.name in _SHARED)
    }
    # A style attribute would need a policy that lets every style in; classes do not.
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
    """Return a hash of every static file, which addresses carry so that browsers reload them."""
    return sha256(b"".join(_files().values())).hexdigest()[:12]
