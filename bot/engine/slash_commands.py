"""What works anywhere in a talk: opting out, the menu, a person, questions to the shop."""

from __future__ import annotations

import re

from bot.engine import opt_out
from bot.engine.turn_state import Handling
from bot.i18n.messages import text
from core import signed_links
from core.bookings import booking as bookings_booking
from core.catalog import shop_search
from core.errors import NotFound

_SLASH = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@[A-Za-z0-9_]+)?(?:\s+(\S.*))?", re.DOTALL)


def slashed(h: Handling) -> tuple[str, str] | None:
    """Return the /command of a message and what follows it; None for any other message."""
    found = _SLASH.fullmatch(h.incoming.text.strip()) if h.incoming.kind == "text" else None
    return (found[1].lower(), found[2] or "") if found and h.conversation.taps else None


async def slash(h: Handling, command: str, rest: str) -> None:
    """Do what a /command asks for, whatever is under way; an unknown one gets help."""
    match command:
        case "start":
            await _start(h, rest)
        case "book":
            h.push("book")
        case "bookings":
            h.push("my_bookings")
        case "language":
            h.push("language", wanted=rest)
        case "settings":
            h.push("notify")
        case "menu":
            h.push("menu", under=bool(h.stack))
        case _:
            h.says.append(await opt_out.help_text(h))
            h.quiet = not h.stack


async def _start(h: Handling, link: str) -> None:
    """Begin anew; behind a link with the shop, booking or provider that it names."""
    kind, _, what = link.partition("_")
    h.clear()
    await opt_out.opt_in(h)
    try:
        match kind:
            case "shop":
                if h.conversation.line_shop_id is None:
                    h.set(shop_id=(await shop_search.shop_of_link(h.ctx, what)).id)
            case "booking":
                booking = await bookings_booking.get(
                    h.ctx, signed_links.booking_of(h.ctx.secret, what)
                )
                if h.conversation.line_shop_id in (None, booking.shop_id):
                    h.set(shop_id=booking.shop_id)
                    h.push("my_bookings", booking=booking.id)
                    return
            case "provider":
                shop_id, provider_id = await shop_search.provider_of_link(h.ctx, what)
                if h.conversation.line_shop_id in (None, shop_id):
                    h.set(shop_id=shop_id)
                    h.push("book")
                    h.stack[-1].notes["wish"] = {"provider": provider_id}
                    return
    except NotFound:
        h.says.append(text("bad_link"))
    h.push("welcome")
