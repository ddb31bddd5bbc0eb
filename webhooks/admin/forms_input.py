"""Who is in front of the page, what they sent, and the API asked in their name."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qs

from fastapi import Request
from starlette.formparsers import MultiPartException, MultiPartParser

from webhooks.api.auth_guard import has_auth_cookie
from webhooks.api.middleware import MAX_IMPORT_BYTES
from webhooks.http.problems import HttpRefusal
from webhooks.http.request_middleware import BodyTooLarge, read_body

MAX_FORM_BYTES = 64 * 1024
"""Bytes; the longest form is a shop's settings with all its texts."""

MAX_UPLOAD_BYTES = MAX_IMPORT_BYTES + MAX_FORM_BYTES
"""Bytes of a form with a file in it."""

UPLOAD_PATH_SUFFIX = "/setup/files"
"""How the address of the one page ends whose form takes files: others are not read that far."""


@dataclass(frozen=True, slots=True)
class SubmittedForm:
    """What was typed; everything is text, and nothing is lost when it comes back with errors."""

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        """Return a field without blanks around it; "" when it did not come."""
        return self.untrimmed(name).strip()

    def untrimmed(self, name: str) -> str:
        """Return a field as it was typed: a password's blanks are its own."""
        found = self.values.get(name, ())
        return found[0] if found else ""

    def all_values(self, name: str) -> list[str]:
        """Return all values of a field that comes several times."""
        return [value.strip() for value in self.values.get(name, ())]

    def __contains__(self, name: object) -> bool:
        return name in self.values


async def read_form(request: Request) -> SubmittedForm:
    """Read a form of our own."""
    if request.method != "POST":
        return SubmittedForm()
    if not hasattr(request.state, "form"):
        request.state.form = await _read(request)
    form: SubmittedForm = request.state.form
    return form


async def _read(request: Request) -> SubmittedForm:
    given = request.headers.get("content-type", "").startswith("multipart/form-data")
    takes = given and has_auth_cookie(request) and request.url.path.endswith(UPLOAD_PATH_SUFFIX)
    try:
        sent = await read_body(request, MAX_UPLOAD_BYTES if takes else MAX_FORM_BYTES)
        if given:
            return await _with_files(request, sent)
        return SubmittedForm(parse_qs(sent.decode(), keep_blank_values=True, max_num_fields=2000))
    except BodyTooLarge:
        most = "That is more than a form of ours holds."
        raise HttpRefusal(HTTPStatus(413), "too_large", most) from None
    except (ValueError, MultiPartException):
        return SubmittedForm()


async def _with_files(request: Request, sent: bytes) -> SubmittedForm:
    """Read a form with a file in it; ValueError and MultiPartException for what is none."""

    async def whole() -> AsyncGenerator[bytes, None]:
        yield sent

    parser = MultiPartParser(
        request.headers, whole(), max_files=1, max_fields=20, max_part_size=MAX_UPLOAD_BYTES
    )
    found = await parser.parse()
    try:
        values: dict[str, list[str]] = {}
        files: dict[str, bytes] = {}
        for name, value in found.multi_items():
            if isinstance(value, str):
                values.setdefault(name, []).append(value)
            else:
                files[name] = await value.read()
        return SubmittedForm(values, files)
    finally:
        await found.close()
