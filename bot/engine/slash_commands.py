"""Slash commands of customers, such as /start and /book."""

from __future__ import annotations

import re

from bot.engine import opt_out
from bot.engine.turn_state import TurnState
from bot.i18n.messages import text
from core.bookings.booking import load_booking
from core.catalog import shop_search
from core.errors import NotFound
from core.messaging import signed_links

_SLASH = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@[A-Za-z0-9_]+)?(?:\s+(\S.*))?", re.DOTALL)


def parse_slash_command(turn: TurnState) -> tuple[str, str] | None:
    """Return a message's slash command and its argument; None for any other message."""
    found = _SLASH.fullmatch(turn.incoming.text.strip()) if turn.incoming.kind == "text" else None
    return (
        (found[1].lower(), found[2] or "")
        if found and turn.conversation.has_editable_buttons
        else None
    )


async def run_slash_command(turn: TurnState, command: str, rest: str) -> None:
    """Run a slash command regardless of the current flow; an unknown one shows the help."""
    match command:
        case "start":
            await _start(turn, rest)
        case "book":
            turn.begin_flow("book")
        case "bookings":
            turn.begin_flow("my_bookings")
        case "language":
            turn.begin_flow("language", wanted=rest)
        case "settings":
            turn.begin_flow("notify")
        case "menu":
            turn.begin_flow("menu", under=bool(turn.stack))
        case _:
            turn.says.append(await opt_out.help_text(turn))
            turn.stay_quiet = not turn.stack


async def _start(turn: TurnState, link: str) -> None:
    """Restart the conversation, with the shop, booking or provider named by a start link."""
    kind, _, what = link.partition("_")
    turn.end_all_flows()
    await opt_out.opt_in(turn)
    try:
        match kind:
            case "shop":
                if turn.conversation.line_shop_id is None:
                    turn.change_conversation(
                        shop_id=(await shop_search.shop_from_link(turn.ctx, what)).id
                    )
            case "booking":
                booking = await load_booking(
                    turn.ctx, signed_links.booking_id_from_token(turn.ctx.secret, what)
                )
                if turn.conversation.line_shop_id in (None, booking.shop_id):
                    turn.change_conversation(shop_id=booking.shop_id)
                    turn.begin_flow("my_bookings", booking=booking.id)
                    return
            case "provider":
                shop_id, provider_id = await shop_search.provider_from_link(turn.ctx, what)
                if turn.conversation.line_shop_id in (None, shop_id):
                    turn.change_conversation(shop_id=shop_id)
                    turn.begin_flow("book")
                    turn.stack[-1].notes["wish"] = {"provider": provider_id}
                    return
    except NotFound:
        turn.says.append(text("bad_link"))
    turn.begin_flow("welcome")
