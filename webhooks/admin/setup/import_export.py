"""Files brought along – looked at first, then imported – and files to take away."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from core import importing
from core.errors import NotAllowed, NotFound
from core.importing.csv_file import parse_csv
from webhooks.admin.form_fields import api_errors, form_errors
from webhooks.admin.handler_calls import CallRefused
from webhooks.admin.templating import PAGE_HEADERS, redirect_saved, render_shop_page
from webhooks.admin.visitor import ShopVisitor, Visitor
from webhooks.api import imports as imports_api

router = APIRouter(prefix="/files")

IMPORT_KINDS: dict[importing.ImportKind, tuple[str, str, str]] = {
    "services": ("Services", "service", "services"),
    "customers": ("Customers", "customer", "customers"),
    "bookings": ("Bookings", "booking", "bookings"),
}
"""What can be brought along: its name, and one and several of it."""

IMPORT_NOTES: dict[importing.ImportKind, str] = {
    "services": "A heading that is not there yet is made. A name that is there already is a fault.",
    "customers": "Whom the shop knows by the same name and phone stays as they are.",
    "bookings": "Those to come. They stand as they were agreed, whatever the hours, but not at a "
    "time that is taken. Nobody is told of them now; who has written to you is reminded in time.",
}

COLUMN_HELP = {
    "name": "A name of up to 100 letters",
    "minutes": "How long it takes, in steps of five; of a booking, where it differs",
    "price_minor": "The price in cents: 2500 is 25.00. Empty: on request, or the usual",
    "category": "The heading it stands under",
    "description": "In words for customers",
    "preparation": "What customers do before they come",
    "synonyms": "Other words for it, with commas between",
    "providers": "Who gives it, by their names here, with commas between",
    "position": "A number by which they are put in order",
    "active": "yes or no; empty: yes",
    "phone": "With its country, or as it is dialled in the shop's",
    "email": "An address",
    "notes": "Only the shop reads them",
    "service": "Its name, as it stands here",
    "provider": "Their name, as it stands here",
    "starts_at": "As 2026-03-10 16:30, by the shop's clocks",
    "customer": "The name of who booked",
    "attendee": "Who comes, if it is somebody else",
    "purpose": "Why they come",
    "note": "Only the shop reads it",
}
"""What stands in each column."""

CSV_EXAMPLES: dict[importing.ImportKind, str] = {
    "services": "name,minutes,price_minor,providers\nBeard,20,1500,Leo",
    "customers": "name,phone,notes\nMarta,+34 600 111 222,Sits left",
    "bookings": "service,provider,starts_at,customer,phone\n"
    "Cut,Ana,2026-03-10 16:30,Marta,+34 600 111 222",
}

IMPORT_ERROR_MESSAGES = (
    (r"length, least (\d+), most (\d+)", "Write {} to {} letters."),
    (r"length, least \d+", "It is too short."),
    (r"range, least (-?\d+), most (-?\d+)", "It has to be between {} and {}."),
    (r"step.*", "Minutes come in steps of five."),
    (r"not UTF-8", "The file is not in UTF-8. In a spreadsheet save it as “CSV UTF-8”."),
    (r"column missing", "This column is missing."),
    (r"column twice", "This column is there twice."),
    (r"empty", "There is nothing in it."),
    (r"as in line (\d+)", "It stands in line {} already."),
    (r"there already", "The shop has one of this name already."),
    (r"taken", "This time is taken here already."),
    (r"past", "This time is past."),
)
"""What the API names as a fault, as a person would say it; others read well as they are."""

MAX_SHOWN_ERRORS, MAX_SHOWN_ROWS = 200, 5
"""How many faults and rows a page shows; more help nobody."""


@router.get("")
async def show_import_export(
    visit: ShopVisitor, what: str = "services", created: str = "", known: str = ""
) -> Response:
    """Show what can be brought along and taken away."""
    counts = (int(created), int(known)) if _counts(created, known) else None
    return _page(visit, _kind(what), counts=counts)


@router.get("/{name}.csv")
async def download_csv_template(visit: ShopVisitor, name: str) -> Response:
    """Hand out a file with the headings and nothing below them."""
    _check(visit)
    kind = _kind(name)
    if kind != name:
        raise NotFound(file=name)
    # The byte order mark tells spreadsheets that the file is UTF-8.
    words = f"\ufeff{','.join(importing.IMPORTERS[kind].COLUMNS)}\r\n"
    disposition = f'attachment; filename="{kind}-to-fill-in.csv"'
    return Response(
        words, 200, PAGE_HEADERS | {"Content-Disposition": disposition}, "text/csv; charset=utf-8"
    )


@router.post("")
async def import_csv_file(visit: ShopVisitor) -> Response:
    """Look at a file and name every fault; or bring along all that is in it."""
    kind = _kind(visit.form["what"])
    file = visit.form.files.get("file") or visit.form.untrimmed("text").encode()
    if not file.strip():
        wrong = {"file": "Choose a file, or paste its lines below."}
        return _page(visit, kind, **form_errors(wrong))
    home = f"/shops/{visit.catalog.shop.id}"
    problem = ""
    try:
        if visit.form["import"]:
            made = await visit.call(imports_api.import_csv, file=file, what=kind, dry_run=False)
            counts = f"created={made.created}&known={made.known}"
            return redirect_saved(f"/admin{home}/setup/files?what={kind}&{counts}")
    except CallRefused as refusal:
        api_errors(refusal)  # what no other file would mend is said on a page of its own
        problem = "Nothing was imported. What is in the way is named below."
    try:
        seen = await visit.call(imports_api.import_csv, file=file, what=kind, dry_run=True)
    except CallRefused as refusal:
        return _page(visit, kind, **api_errors(refusal) | {"errors": {}})
    shown = seen.errors[:MAX_SHOWN_ERRORS]
    faults = [one.model_dump() | {"words": _fault(one.reason)} for one in shown]
    text = "" if any(one.reason == "not UTF-8" for one in shown) else file.decode("utf-8-sig")
    rows = [] if faults else await asyncio.to_thread(_first_rows, kind, file)
    said: dict[str, Any] = {"status": 422, "problem": problem} if problem else {}
    return _page(visit, kind, seen=seen, faults=faults, rows=rows, text=text, **said)


def _check(visit: Visitor) -> None:
    """Raise NotAllowed for whoever the API would refuse each file."""
    if not visit.can_configure:
        raise NotAllowed(user=visit.api_request.principal.user_id)


def _kind(what: str) -> importing.ImportKind:
    return next((kind for kind in IMPORT_KINDS if kind == what), "services")


def _counts(*numbers: str) -> bool:
    return all(one.isascii() and one.isdecimal() and len(one) < 9 for one in numbers)


def _fault(reason: str) -> str:
    """Return a fault in words."""
    for pattern, plain in IMPORT_ERROR_MESSAGES:
        if found := re.fullmatch(pattern, reason):
            return plain.format(*found.groups())
    return f"{reason[:1].upper()}{reason[1:]}."


def _first_rows(kind: importing.ImportKind, file: bytes) -> list[Sequence[str]]:
    """Return headings and the first rows of a file without faults, as they were understood."""
    columns = importing.IMPORTERS[kind]
    found = parse_csv(file, columns.REQUIRED_COLUMNS, columns.COLUMNS).rows[:MAX_SHOWN_ROWS]
    used = [name for name in columns.COLUMNS if any(cells[name] for _, cells in found)]
    return [used, *([cells[name] for name in used] for _, cells in found)] if found else []


def _page(visit: Visitor, kind: importing.ImportKind, *, seen: Any = None, **said: Any) -> Response:
    _check(visit)
    columns = importing.IMPORTERS[kind]
    facts: dict[str, Any] = {"faults": [], "rows": [], "text": "", "counts": None}
    return render_shop_page(
        visit,
        "files.html",
        place="setup",
        kind=kind,
        kinds=IMPORT_KINDS,
        note=IMPORT_NOTES[kind],
        columns=[
            (name, COLUMN_HELP.get(name, ""), name in columns.REQUIRED_COLUMNS)
            for name in columns.COLUMNS
        ],
        example=CSV_EXAMPLES[kind],
        seen=seen,
        **facts | said,
    )
