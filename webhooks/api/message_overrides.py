"""A shop's own words for what it tells people: shown, tried, kept, and given up again."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from bot.i18n import overrides
from core.catalog.loader import catalog
from core.db.context import Context
from webhooks.api.dependencies import Caller
from webhooks.api.schemas import In, Out, PathId, Words

router = APIRouter(prefix="/shops/{shop_id}/wordings", tags=["wordings"])

Key = Annotated[str, Path(max_length=60, examples=["tell.confirmed"])]
Language = Annotated[str, Path(max_length=10, examples=["es"])]


class MessageOut(Out):
    """A message that a shop may word itself."""

    key: str = Field(examples=["tell.confirmed"])
    fields: list[str] = Field(description="What may stand in braces, such as {when}.")
    own: dict[str, str] = Field(description="The shop's words, by language.")


class Messages(Out):
    """Every message that a shop may word itself."""

    items: list[MessageOut]


class WordsIn(In):
    """Words with names in braces that are filled in."""

    text: Words = Field(examples=["See you {when:full} at {shop}!"])


class PreviewOut(Out):
    """How a message reads, filled in with a sample."""

    key: str
    language: str
    template: str
    text: str
    segments: int = Field(description="How many SMS it takes.")
    alphabet: str = Field(examples=["gsm7"])
    remarks: list[str] = Field(description="What is worth a thought.")
    usual: str = Field(description="The usual words.")
    own: bool = Field(description="Whether the shop has words of its own for it.")


@router.get("")
async def list_wordings(shop_id: PathId, call: Caller) -> Messages:
    """List the messages a shop may word itself, with the words it has of its own."""

    async def work(ctx: Context) -> Messages:
        own = await overrides.own(ctx, shop_id)
        return Messages(
            items=[
                MessageOut(
                    key=key, fields=sorted(overrides.fields(key)), own=dict(own.get(key, {}))
                )
                for key in overrides.KEYS
            ]
        )

    return await call.read(work)


@router.get("/{key}/{language}")
async def show_wording(shop_id: PathId, key: Key, language: Language, call: Caller) -> PreviewOut:
    """Show how a message reads now."""
    return await call.read(lambda ctx: _shown(ctx, shop_id, key, language))


@router.post("/{key}/{language}/preview")
async def preview_wording(
    shop_id: PathId, key: Key, language: Language, body: WordsIn, call: Caller
) -> PreviewOut:
    """Show how a message would read in these words, and keep nothing."""
    return await call.read(lambda ctx: _shown(ctx, shop_id, key, language, body.text))


@router.put("/{key}/{language}")
async def set_wording(
    shop_id: PathId, key: Key, language: Language, body: WordsIn, call: Caller
) -> PreviewOut:
    """Say a message in these words from now on."""

    async def work(ctx: Context) -> PreviewOut:
        await overrides.put(ctx, shop_id, key, language, body.text)
        return await _shown(ctx, shop_id, key, language)

    return await call.write(work, before=lambda ctx: _shown(ctx, shop_id, key, language))


@router.delete("/{key}/{language}", status_code=HTTPStatus.NO_CONTENT)
async def drop_wording(shop_id: PathId, key: Key, language: Language, call: Caller) -> None:
    """Say a message in the usual words again."""
    await call.write(
        lambda ctx: overrides.drop(ctx, shop_id, key, language),
        before=lambda ctx: _shown(ctx, shop_id, key, language),
    )


async def _shown(
    ctx: Context, shop_id: int, key: str, language: str, text: str | None = None
) -> PreviewOut:
    """Return how a message reads in these words, else in those it has."""
    await catalog(ctx, shop_id)
    own = (await overrides.own(ctx, shop_id)).get(key, {})
    usual = overrides.standard(key, language)
    words = text if text is not None else own.get(language, usual)
    seen = await overrides.look(ctx, shop_id, key, language, words)
    told = {name: getattr(seen, name) for name in seen.__slots__}
    return PreviewOut(**told, usual=usual, own=language in own)
