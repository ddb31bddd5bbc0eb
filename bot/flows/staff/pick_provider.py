"""Choice of the providers a command applies to: one's own, the one named, or ask."""

from __future__ import annotations

from collections.abc import Sequence

from bot.dialogue.talk import Talk
from bot.flows.staff import arguments
from bot.flows.staff.permissions import StaffContext
from bot.i18n.messages import text
from core.errors import NotAllowed
from core.messaging.messages import Choice, Json, Say


async def pick_providers(talk: Talk, desk: StaffContext, words: str) -> list[int]:
    """Return the ids of the providers meant; all of them for "everybody"."""
    mine = [provider.id for provider in desk.allowed_providers]
    if not mine:
        raise NotAllowed

    async def named(_key: str) -> Json:
        said = arguments.understand_words(talk, desk, words).provider if words else None
        if said is not None:
            return [said.id]
        return mine if len(mine) == 1 else None

    known = await talk.once("named", named)
    if known is None:

        async def options() -> Sequence[Choice]:
            listed = [
                Choice([p.id], text("person", provider=p.display_name), (p.name.casefold(),))
                for p in desk.allowed_providers
            ]
            return [*listed, Choice(mine, text("desk.everybody"), ("all", "everybody", "todos"))]

        known = await talk.choose("whose", text("desk.whose"), options)
    if not set(known) <= set(mine):
        # The member named another provider's calendar but may only access their own.
        raise NotAllowed
    return [int(one) for one in known]


def providers_label(desk: StaffContext, ids: Sequence[int]) -> Say:
    """Return the name of a single provider, else "everybody"."""
    if len(ids) == 1:
        return text("person", provider=desk.catalog.provider(ids[0]).display_name)
    return text("desk.everybody")
