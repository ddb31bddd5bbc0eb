"""Lines: the numbers and senders by which people reach shops, set up by the admins."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter
from pydantic import Field

from core.db.context import Context
from core.messaging import lines
from core.values.line_changes import LineChange, NewLine
from webhooks.api.dependencies import AuthorizedRequest, PageQuery
from webhooks.api.schemas import PageResponse, PathRowId, ResponseModel

router = APIRouter(prefix="/lines", tags=["lines"])


class LineOut(ResponseModel):
    """Our end of a channel."""

    id: int
    shop_id: int | None = Field(description="Null: it serves every shop.")
    transport: str = Field(examples=["twilio"])
    channel: str = Field(examples=["sms"])
    address: str
    staff: bool = Field(description="Whether it is for the people of the shop.")
    active: bool


async def _one(ctx: Context, line_id: int) -> LineOut:
    return LineOut.model_validate(await lines.get_line(ctx, line_id))


@router.get("")
async def list_lines(call: AuthorizedRequest, asked: PageQuery) -> PageResponse[LineOut]:
    """List the ends of channels of the whole installation, also those switched off."""

    async def work(ctx: Context) -> PageResponse[LineOut]:
        return PageResponse.from_page(
            (await lines.list_lines(ctx, asked)).map(LineOut.model_validate)
        )

    return await call.run_read(work)


@router.post("", status_code=HTTPStatus.CREATED)
async def add_line(body: NewLine, call: AuthorizedRequest) -> LineOut:
    """Add a number or WhatsApp sender of the account in the settings, for a shop or for all.

    Twilio has to call our webhook for it, as the README says. Bots, the mailbox and the numbers in
    the settings are lines by themselves, and come back at the next start if they are removed.
    """
    settings = call.app.settings
    account = settings.twilio_account_sid if settings.twilio_auth_token else ""

    async def work(ctx: Context) -> LineOut:
        made = await lines.add_twilio_line(ctx, body, account=account)
        return await _one(ctx, made)

    return await call.run_write(work)


@router.get("/{line_id}")
async def show_line(line_id: PathRowId, call: AuthorizedRequest) -> LineOut:
    """Show one line."""
    return await call.run_read(lambda ctx: _one(ctx, line_id))


@router.patch("/{line_id}")
async def change_line(line_id: PathRowId, body: LineChange, call: AuthorizedRequest) -> LineOut:
    """Give a line to a shop or to all, or switch it on or off.

    409 `line_in_use` where another shop, or the staff instead of customers, would come to see what
    people have written on it.
    """

    async def work(ctx: Context) -> LineOut:
        await lines.change_line(ctx, line_id, body)
        return await _one(ctx, line_id)

    changed = await call.run_write(work, before=lambda ctx: _one(ctx, line_id))
    call.app.invalidate_lines()
    return changed


@router.delete("/{line_id}", status_code=HTTPStatus.NO_CONTENT)
async def remove_line(line_id: PathRowId, call: AuthorizedRequest) -> None:
    """Remove a line on which nobody has written; 409 `line_in_use` else: switch it off."""
    await call.run_write(
        lambda ctx: lines.remove_line(ctx, line_id), before=lambda ctx: _one(ctx, line_id)
    )
    call.app.invalidate_lines()
