"""Choosing the service of a booking, by category where there are many."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from bot.dialogue.heard import Heard
from bot.dialogue.questions import MISSING
from bot.dialogue.talk import Talk
from bot.flows import labels
from bot.flows.slot_criteria import SlotCriteria
from bot.i18n.messages import text
from bot.nlu.types import Understood
from core.catalog.entities import Catalog, Service
from core.messaging.messages import Choice, Json, Say

_PAGE = 8


async def pick_service(talk: Talk, catalog: Catalog) -> int:
    """Return the id of the service named, the only one, or the one chosen."""
    services = catalog.bookable_services()
    provider = talk.notes.get("wish", {}).get("provider")
    if provider is not None:
        # If a provider was requested, offer only that provider's services.
        theirs = [s for s in services if (s.id, provider) in catalog.offerings]
        services = tuple(theirs) or services
    if len(services) == 1:
        return services[0].id
    _narrow(talk, services)

    async def read(heard: Heard) -> Json:
        said = heard.understood
        if said is None or (_asks(said) and heard.step == talk.step_key("service")):
            return MISSING
        last = talk.notes.get("last") or {}
        if said.service is None and "service" in last:
            return last["service"] if any(s.id == last["service"] for s in services) else MISSING
        may = () if said.service is None else (said.service.id, *said.service.alternatives)
        meant = [s.id for s in services if s.id in may]
        if len(meant) == 1:
            return meant[0]
        # The service has to be asked for; the other details apply to whichever is chosen.
        talk.notes["services"] = meant
        wished = SlotCriteria.from_json(talk.notes.get("wished", {})).refined_by(said)
        if wished != SlotCriteria():
            talk.notes["wished"] = wished.to_json()
            heard.consumed |= (
                heard.step == talk.step_key("service") and not talk.flow_run.settled_says
            )
        return MISSING

    tops = [s for s in services if s.parent_id is None or not _has(services, s.parent_id)]
    grouped = {
        category: list(members) for category, members in groupby(tops, key=lambda s: s.category_id)
    }
    if len(tops) > _PAGE and len(grouped) > 1:
        return await _by_category(talk, catalog, services, read)
    return await _one_of(talk, catalog, "service", services, read)


def _asks(said: Understood) -> bool:
    return any(act.startswith("ask_") for act in said.acts)


def _narrow(talk: Talk, services: Sequence[Service]) -> None:
    """Offer only the services that a message names, if it names several."""
    said = talk.heard.understood if talk.heard else None
    if said is None or _asks(said):
        return
    if said.service is not None:
        may = (said.service.id, *said.service.alternatives)
        meant = [s for s in services if s.id in may]
        talk.notes["services"] = [s.id for s in meant]
        # "Cut and colour" are two; "colour" may be one of several that are called so.
        words = [set(s.name.casefold().split()) for s in meant]
        talk.notes["several"] = len(words) > 1 and not set.intersection(*words)


async def _by_category(
    talk: Talk, catalog: Catalog, services: Sequence[Service], read: object
) -> int:
    """Ask for the category first if there are many services; a named service skips it."""
    names = {category.id: category.name for category in catalog.categories}

    async def options() -> Sequence[Choice]:
        seen = dict.fromkeys(s.category_id for s in services if s.category_id is not None)
        listed = [
            Choice({"category": c}, text("category", category=names[c]), (names[c].casefold(),))
            for c in seen
        ]
        # Services without a category are listed next to the categories.
        alone = [s for s in services if s.category_id is None]
        return listed + [
            Choice({"service": s.id}, labels.service_label(catalog, s), (s.name.casefold(),))
            for s in alone
        ]

    async def named(heard: Heard) -> Json:
        found = await read(heard)  # type: ignore[operator]
        return MISSING if found is MISSING else {"service": found}

    value = await talk.choose("category", _which(catalog), options, read=named, recheck=False)
    if "service" in value:
        return int(value["service"])
    inside = [s for s in services if s.category_id == value["category"]]
    return await _one_of(talk, catalog, "service", inside, read)


async def _one_of(
    talk: Talk, catalog: Catalog, name: str, services: Sequence[Service], read: object
) -> int:
    async def options() -> Sequence[Choice]:
        maybe = talk.notes.get("services") or [s.id for s in services]
        refused = talk.notes.get("not_services", ())
        left = [s for s in services if s.id in maybe and s.id not in refused]
        return [
            Choice(s.id, labels.service_label(catalog, s), (s.name.casefold(),))
            for s in left or services
        ]

    several = bool(talk.notes.get("several"))
    value = await talk.choose(
        name,
        text("which_first") if several else _which(catalog),
        options,
        read=read,  # type: ignore[arg-type]
        expects="service",
        layout="list",
    )
    return int(value)


def _which(catalog: Catalog) -> Say:
    return text("which_service", shop=catalog.shop.name)


def _has(services: Sequence[Service], service_id: int) -> bool:
    return any(s.id == service_id for s in services)
