"""What a claimed outbox row says: rendered just before it is sent."""

from __future__ import annotations

from dataclasses import replace

from bot.channels.base import Channel
from bot.channels.twilio.templates import template_variables
from bot.dialogue.decisions import choices_of
from bot.i18n.messages import TRANSLATOR
from bot.i18n.translator import Translator
from bot.rendering.attachments import load_calendar_file
from bot.rendering.render import RenderedMessage, ShownPrompt, TemplateMessage, render_say
from core.db.runtime import Runtime
from core.messaging.messages import Say, decode_value
from core.messaging.outbox.claim import Outgoing


def render_outgoing(row: Outgoing, channel: Channel) -> RenderedMessage:
    """Render a claimed row in its conversation's language for its shop's country."""
    prompt = None
    if row.prompt_id:
        prompt = ShownPrompt(
            row.prompt_id,
            choices_of(row.decision, row.options),
            row.number_offset,
            row.layout,
        )
    locale = "_".join(filter(None, (row.language or "en", row.country)))
    wording = TRANSLATOR.with_overrides(row.message_overrides)
    rendered = render_say(
        _introduced(row, wording, locale),
        prompt,
        channel.capabilities,
        wording,
        locale,
        done=decode_value(row.edit_target.get("done", [])),
        above=bool(row.edit_target.get("in_place") and row.edit_target.get("above")),
    )
    if row.template:
        filled = template_variables(row.message, rendered.options, TRANSLATOR, locale)
        rendered = replace(rendered, template=TemplateMessage(row.template, filled))
    return rendered


async def attach_calendar(
    runtime: Runtime, row: Outgoing, rendered: RenderedMessage
) -> RenderedMessage:
    """Return the message with its booking's current calendar file."""
    assert row.booking_id is not None
    async with runtime.read_transaction() as ctx:
        file = await load_calendar_file(ctx, row.booking_id, row.language or "en")
    return replace(rendered, shape="document", document=file)


def _introduced(row: Outgoing, wording: Translator, locale: str) -> Say:
    """Return the message; the first to a phone that never wrote says who writes and how to stop."""
    if not row.is_first or row.channel not in {"sms", "whatsapp"}:
        return row.message
    say = row.message
    if row.shop_name not in wording.translate(say, locale):
        say = Say("first.named", {"shop": row.shop_name, "message": say})
    return Say("first", {"message": say})
