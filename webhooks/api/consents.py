"""Whether customers want our messages: on which channel, since when, in which words."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from core.db.context import Context
from core.errors import NotFound
from core.messaging.conversations import ShopConversation
from core.people import search
from core.people.consent import record_reported_consent
from webhooks.api.dependencies import AuthorizedRequest
from webhooks.api.schemas import LongText, PathRowId, RequestModel, ResponseModel

router = APIRouter(prefix="/shops/{shop_id}/customers/{customer_id}/consents", tags=["consents"])

ConsentSource = Annotated[
    str,
    Field(
        description="`wrote` to us first, `asked` by a link, `start` or `stop` by their word,"
        " `refused` by the network, `told` the shop.",
        examples=["stop"],
    ),
]


class ConsentEventOut(ResponseModel):
    """A yes or no to our messages."""

    agreed: bool = Field(description="Yes, they want them.")
    how: ConsentSource
    wording: str = Field(description="What they wrote or said, or what was asked.")
    at: datetime


class ConsentOut(ResponseModel):
    """Whether somebody wants our messages in one conversation."""

    conversation_id: int
    channel: str = Field(examples=["sms"])
    address: str
    state: Literal["agreed", "opted_out", "unasked"]
    since: datetime | None = Field(description="When they agreed or opted out.")
    how: ConsentSource
    wording: str = Field(examples=["STOP"])
    theirs: bool = Field(
        description="They opted out by themselves: only they can take it back, by START."
    )
    history: list[ConsentEventOut] = Field(description="Each yes and no, the newest first.")

    @classmethod
    def from_conversation(
        cls, conversation: ShopConversation, events: list[search.ConsentEvent]
    ) -> ConsentOut:
        """Return a conversation and what was said in it as an answer."""
        out = conversation.opted_out_at is not None
        since = conversation.opted_out_at if out else conversation.consented_at
        last = next((one for one in events if one.agreed is not out), None) if since else None
        return cls(
            conversation_id=conversation.id,
            channel=conversation.channel,
            address=conversation.address,
            state="opted_out" if out else "agreed" if since else "unasked",
            since=since,
            how=last.how if last else "",
            wording=last.wording if last else "",
            theirs=out and not (last and last.how == "told"),
            history=[ConsentEventOut.model_validate(one) for one in events],
        )


class ConsentsOut(ResponseModel):
    """Of each conversation the shop has with a customer, the last heard from first."""

    items: list[ConsentOut]


class ConsentIn(RequestModel):
    """What a customer told the shop."""

    agreed: bool = Field(description="False: they want no messages here. True: they do after all.")
    wording: Annotated[LongText, Field(max_length=300, examples=["asked us at the desk"])] = ""


async def _all(ctx: Context, shop_id: int, customer_id: int) -> ConsentsOut:
    found = await search.customer_consents(ctx, shop_id, customer_id)
    return ConsentsOut(items=[ConsentOut.from_conversation(talk, said) for talk, said in found])


async def _one(ctx: Context, shop_id: int, customer_id: int, conversation_id: int) -> ConsentOut:
    for found in (await _all(ctx, shop_id, customer_id)).items:
        if found.conversation_id == conversation_id:
            return found
    raise NotFound(conversation=conversation_id)


@router.get("")
async def list_consents(
    shop_id: PathRowId, customer_id: PathRowId, call: AuthorizedRequest
) -> ConsentsOut:
    """Show on which channels a customer wants our messages, and how that came about."""
    return await call.run_read(lambda ctx: _all(ctx, shop_id, customer_id))


@router.put("/{conversation_id}")
async def record_consent(
    shop_id: PathRowId,
    customer_id: PathRowId,
    conversation_id: PathRowId,
    body: ConsentIn,
    call: AuthorizedRequest,
) -> ConsentOut:
    """Write down that a customer told you they want no messages in a conversation, or do after all.

    Where they opted out by themselves, a yes is 409 `opt_out_stands`: they have to write START.
    Answers to what they write are sent all the same.
    """

    async def read(ctx: Context) -> ConsentOut:
        return await _one(ctx, shop_id, customer_id, conversation_id)

    async def work(ctx: Context) -> ConsentOut:
        await record_reported_consent(ctx, conversation_id, given=body.agreed, wording=body.wording)
        return await read(ctx)

    return await call.run_write(work, before=read)
