"""A shop's own words for what it tells people: shown, tried, kept, and given up again."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from bot.rendering import overrides
from core.catalog.loader import load_catalog
from core.db.context import Context
from webhooks.api.dependencies import AuthorizedRequest
from webhooks.api.schemas import LongText, PathRowId, RequestModel, ResponseModel

router = APIRouter(prefix="/shops/{shop_id}/message-overrides", tags=["message-overrides"])

MessageKey = Annotated[str, Path(max_length=60, examples=["tell.confirmed"])]
LanguageTag = Annotated[str, Path(max_length=10, examples=["es"])]


class OverridableMessageOut(ResponseModel):
    """A message that a shop may word itself."""

    key: str = Field(examples=["tell.confirmed"])
    fields: list[str] = Field(description="What may stand in braces, such as {when}.")
    own: dict[str, str] = Field(description="The shop's words, by language.")


class OverridableMessagesOut(ResponseModel):
    """Every message that a shop may word itself."""

    items: list[OverridableMessageOut]


class MessageTextIn(RequestModel):
    """Words with names in braces that are filled in."""

    text: LongText = Field(examples=["See you {when:full} at {shop}!"])


class MessagePreviewOut(ResponseModel):
    """How a message reads, filled in with a sample."""

    key: str
    language: str
    template: str
    text: str
    segments: int = Field(description="How many SMS it takes.")
    sms_encoding: str = Field(examples=["gsm7"])
    remarks: list[str] = Field(description="What is worth a thought.")
    usual: str = Field(description="The usual words.")
    own: bool = Field(description="Whether the shop has words of its own for it.")


@router.get("")
async def list_message_overrides(
    shop_id: PathRowId, call: AuthorizedRequest
) -> OverridableMessagesOut:
    """List the messages a shop may word itself, with the words it has of its own."""

    async def work(ctx: Context) -> OverridableMessagesOut:
        own = await overrides.load_overrides(ctx, shop_id)
        return OverridableMessagesOut(
            items=[
                OverridableMessageOut(
                    key=key,
                    fields=sorted(overrides.template_fields(key)),
                    own=dict(own.get(key, {})),
                )
                for key in overrides.OVERRIDABLE_KEYS
            ]
        )

    return await call.run_read(work)


@router.get("/{key}/{language}")
async def show_message_override(
    shop_id: PathRowId, key: MessageKey, language: LanguageTag, call: AuthorizedRequest
) -> MessagePreviewOut:
    """Show how a message reads now."""
    return await call.run_read(lambda ctx: _shown(ctx, shop_id, key, language))


@router.post("/{key}/{language}/preview")
async def preview_message_override(
    shop_id: PathRowId,
    key: MessageKey,
    language: LanguageTag,
    body: MessageTextIn,
    call: AuthorizedRequest,
) -> MessagePreviewOut:
    """Show how a message would read in these words, and keep nothing."""
    return await call.run_read(lambda ctx: _shown(ctx, shop_id, key, language, body.text))


@router.put("/{key}/{language}")
async def set_message_override(
    shop_id: PathRowId,
    key: MessageKey,
    language: LanguageTag,
    body: MessageTextIn,
    call: AuthorizedRequest,
) -> MessagePreviewOut:
    """Say a message in these words from now on."""

    async def work(ctx: Context) -> MessagePreviewOut:
        await overrides.set_override(ctx, shop_id, key, language, body.text)
        return await _shown(ctx, shop_id, key, language)

    return await call.run_write(work, before=lambda ctx: _shown(ctx, shop_id, key, language))


@router.delete("/{key}/{language}", status_code=HTTPStatus.NO_CONTENT)
async def remove_message_override(
    shop_id: PathRowId, key: MessageKey, language: LanguageTag, call: AuthorizedRequest
) -> None:
    """Say a message in the usual words again."""
    await call.run_write(
        lambda ctx: overrides.remove_override(ctx, shop_id, key, language),
        before=lambda ctx: _shown(ctx, shop_id, key, language),
    )


async def _shown(
    ctx: Context, shop_id: int, key: str, language: str, text: str | None = None
) -> MessagePreviewOut:
    """Return how a message reads in these words, else in those it has."""
    await load_catalog(ctx, shop_id)
    own = (await overrides.load_overrides(ctx, shop_id)).get(key, {})
    usual = overrides.default_template(key, language)
    words = text if text is not None else own.get(language, usual)
    seen = await overrides.preview_override(ctx, shop_id, key, language, words)
    told = {name: getattr(seen, name) for name in seen.__slots__}
    return MessagePreviewOut(**told, usual=usual, own=language in own)
