"""Answers to questions about a shop, from its fields and its stored short answers."""

from __future__ import annotations

from bot.flows import labels, opening_hours
from bot.i18n.messages import text
from bot.nlu.types import Understood
from core.catalog.entities import Catalog, Service
from core.messaging.messages import Say

FAQ_TOPICS = {
    "ask_parking": "parking",
    "ask_payment": "payment",
    "ask_preparation": "preparation",
}
"""Acts answered from the shop's stored answers, with their topics."""


def find_answers(catalog: Catalog, said: Understood, about: int | None = None) -> list[Say]:
    """Return an answer to each question in a message, in order.

    `about` is the id of the service under discussion, for questions that name none.
    """
    service = said.service.id if said.service else about
    found = [_answer(catalog, act, service) for act in dict.fromkeys(said.acts)]
    return [say for say in found if say is not None]


def _answer(catalog: Catalog, act: str, service_id: int | None) -> Say | None:
    shop = catalog.shop
    if act in FAQ_TOPICS:
        return _kept(catalog, FAQ_TOPICS[act], service_id)
    match act:
        case "ask_hours":
            return opening_hours.weekly_hours(catalog)
        case "ask_address":
            if not shop.address:
                return answer_unknown(catalog)
            if shop.directions:
                return text("address_how", address=shop.address, directions=shop.directions)
            return text("address", address=shop.address)
        case "ask_phone":
            return text("phone", phone=shop.phone) if shop.phone else answer_unknown(catalog)
        case "ask_price" | "ask_duration":
            return _prices(catalog, service_id)
        case "ask_who":
            names = tuple(p.display_name for p in catalog.providers if p.active)
            return text("who", people=names)
        case "emergency":
            if shop.emergency_phone:
                return text("emergency", phone=shop.emergency_phone)
            return None
    return None


def _kept(catalog: Catalog, topic: str, service_id: int | None) -> Say:
    if topic == "preparation":
        services = catalog.bookable_services()
        meant = _one_of(services, service_id)
        said_of = {service.preparation for service in meant if service.preparation}
        if len(said_of) == 1:
            return text("answer", answer=said_of.pop())
    kept = catalog.shop.answers.get(topic)
    return text("answer", answer=str(kept)) if kept else answer_unknown(catalog)


def _one_of(services: tuple[Service, ...], service_id: int | None) -> tuple[Service, ...]:
    """Return the given service, or all services if it is not among them."""
    return tuple(s for s in services if s.id == service_id) or services


def _prices(catalog: Catalog, service_id: int | None) -> Say:
    services = _one_of(catalog.bookable_services(), service_id)
    return text("prices", services=tuple(labels.service_label(catalog, s) for s in services[:8]))


def answer_unknown(catalog: Catalog) -> Say:
    """Return that the bot does not know, and whom to ask."""
    if catalog.shop.phone:
        return text("unknown_call", phone=catalog.shop.phone)
    return text("unknown")
