"""Services, customers and bookings to come, brought along as CSV: all of a file or nothing."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from core import importing
from core.catalog.loader import load_catalog
from core.db.context import Context
from core.errors import InvalidValue
from core.importing.csv_file import MAX_FAULTS, MAX_ROWS, ImportFault, ImportPlan
from webhooks.api.dependencies import AuthorizedRequest
from webhooks.api.schemas import PathRowId, ResponseModel

router = APIRouter(tags=["imports"])

_CSV = {
    "requestBody": {
        "required": True,
        "description": f"CSV in UTF-8 with headings, at most {MAX_ROWS} rows and 4 MB.",
        "content": {
            "text/csv": {
                "schema": {"type": "string"},
                "example": "name,phone\nMarta,+34 600 111 222\n",
            }
        },
    }
}


class ImportErrorOut(ResponseModel):
    """What is wrong with a line; the headings are line 1."""

    line: int
    field: str = Field(description="The column; empty: the whole line.")
    reason: str


class ImportOut(ResponseModel):
    """What a file comes to."""

    dry_run: bool
    rows: int
    created: int = Field(description="How many were added; of a dry run none.")
    known: int = Field(description="How many were there already and stay as they are.")
    ignored: list[str] = Field(description="Columns nobody reads.")
    faults: int = Field(description="How many there are.")
    errors: list[ImportErrorOut] = Field(
        description=f"Every fault by line, the first {MAX_FAULTS}."
    )


@router.post("/shops/{shop_id}/imports", openapi_extra=_CSV)
async def import_csv(
    shop_id: PathRowId,
    call: AuthorizedRequest,
    what: Annotated[importing.ImportKind, Query(description="What the file holds.")],
    dry_run: Annotated[bool, Query(description="Look only, and name every fault.")] = True,  # noqa: FBT002 - a query's
    remind: Annotated[  # noqa: FBT002 - a query's
        bool, Query(description="Remind customers of the bookings, by the shop's rules.")
    ] = True,
) -> ImportOut:
    """Bring services, customers or bookings to come along from a CSV file.

    Columns of services: name, minutes, price_minor, category, description, preparation, synonyms,
    providers, position, active. Of customers: name, phone, email, notes. Of bookings: service,
    provider, starts_at, customer, phone, minutes, price_minor, attendee, purpose, note; nobody is
    told of them now, and who has written to the shop before is reminded in time, unless `remind` is
    false. All rows of a file are added or, if one is wrong, none: then 422 names every fault, as
    `line.column`.
    """
    file = await call.operation.read_body()
    known = await call.run_read(partial(load_catalog, shop_id=shop_id))
    now = call.app.runtime.clock.now()
    plan = await asyncio.to_thread(importing.read_file, what, file, known, now)
    if dry_run:
        wrong = await call.run_read(
            partial(importing.find_faults, what=what, plan=plan, known=known)
        )
        return _said(plan, wrong, dry_run=True)

    async def work(ctx: Context) -> ImportOut:
        await importing.lock_affected(ctx, what, plan, known)
        wrong = await importing.find_faults(ctx, what, plan, known)
        if (await load_catalog(ctx, shop_id)).version != known.version:
            wrong = [*wrong, ImportFault(1, "", "the shop changed meanwhile; try again")]
        if wrong:
            named = [f"{one.line}.{one.field}".rstrip(".") for one in wrong[:MAX_FAULTS]]
            pairs = zip(named, wrong, strict=False)
            raise InvalidValue(
                all=[InvalidValue(field=name, reason=one.reason) for name, one in pairs]
            )
        count = await importing.write_rows(ctx, what, plan, known, call.staff_actor, remind=remind)
        return _said(plan, wrong, created=count.created, known=count.known)

    return await call.run_write(work)


def _said(
    plan: ImportPlan,
    wrong: importing.Faults,
    *,
    dry_run: bool = False,
    created: int = 0,
    known: int = 0,
) -> ImportOut:
    return ImportOut(
        dry_run=dry_run,
        rows=len(plan.file.rows),
        created=created,
        known=known,
        ignored=plan.file.ignored_columns,
        faults=len(wrong),
        errors=[ImportErrorOut.model_validate(one) for one in wrong[:MAX_FAULTS]],
    )
