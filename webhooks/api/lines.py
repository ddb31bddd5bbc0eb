"""Lines: the numbers and senders by which people reach shops, set up by the admins."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from core.db.context import Context
from core.messaging import lines
from webhooks.api.dependencies import Caller, Paged
from webhooks.api.schemas import Id, In, Line, Listing, Out, PathId

router = APIRouter(prefix="/lines", tags=["lines"])

Shop = Annotated[Id | None, Field(description="Null: it serves every shop.")]
Staff = Annotated[bool, Field(description="Whether it is for the people of the shop.")]


class LineOut(Out):
    """Our end of a channel."""

    id: int
    shop_id: int | None = Field(description="Null: it serves every shop.")
    transport: str = Field(examples=["twilio"])
    channel: str = Field(examples=["sms"])
    address: str
    staff: bool = Field(description="Whether it is for the people of the shop.")
    active: bool


class LineIn(In):
    """A number or sender of the installation's Twilio account."""

    channel: Literal["sms", "whatsapp"]
    address: Line = Field(
        description="With its country's code; for SMS also a messaging service, MG….",
        examples=["+34915550100"],
    )
    shop_id: Shop = None
    staff: Staff = False


class LineChange(In):
    """What to change of a line; what is left out stays."""

    shop_id: Shop = None
    staff: Staff = False
    active: bool = Field(True, description="What is switched off neither hears nor says anything.")


async def _one(ctx: Context, line_id: int) -> LineOut:
    return LineOut.model_validate(await lines.line(ctx, line_id))


@router.get("")
async def list_all(call: Caller, asked: Paged) -> Listing[LineOut]:
    """List the ends of channels of the whole installation, also those switched off."""

    async def work(ctx: Context) -> Listing[LineOut]:
        return Listing.of((await lines.all_lines(ctx, asked)).map(LineOut.model_validate))

    return await call.read(work)


@router.post("", status_code=HTTPStatus.CREATED)
async def add(body: LineIn, call: Caller) -> LineOut:
    """Add a number or WhatsApp sender of the account in the settings, for a shop or for all.

    Twilio has to call our webhook for it, as the README says. Bots, the mailbox and the numbers in
    the settings are lines by themselves, and come back at the next start if they are removed.
    """
    settings = call.app.settings
    account = settings.twilio_account_sid if settings.twilio_auth_token else ""

    async def work(ctx: Context) -> LineOut:
        made = await lines.add(
            ctx,
            channel=body.channel,
            address=body.address,
            account=account,
            shop_id=body.shop_id,
            staff=body.staff,
        )
        return await _one(ctx, made)

    return await call.write(work)


@router.get("/{line_id}")
async def show(line_id: PathId, call: Caller) -> LineOut:
    """Show one line."""
    return await call.read(lambda ctx: _one(ctx, line_id))


@router.patch("/{line_id}")
async def change(line_id: PathId, body: LineChange, call: Caller) -> LineOut:
    """Give a line to a shop or to all, or switch it on or off.

    409 `line_in_use` where another shop, or the staff instead of customers, would come to see what
    people have written on it.
    """

    async def work(ctx: Context) -> LineOut:
        await lines.change(ctx, line_id, **body.given())
        return await _one(ctx, line_id)

    changed = await call.write(work, before=lambda ctx: _one(ctx, line_id))
    call.app.forget_lines()
    return changed


@router.delete("/{line_id}", status_code=HTTPStatus.NO_CONTENT)
async def remove(line_id: PathId, call: Caller) -> None:
    """Remove a line on which nobody has written; 409 `line_in_use` else: switch it off."""
    await call.write(lambda ctx: lines.remove(ctx, line_id), before=lambda ctx: _one(ctx, line_id))
    call.app.forget_lines()
