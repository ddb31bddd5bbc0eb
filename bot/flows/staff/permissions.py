"""Permissions of staff commands: one table that the flows and the tests both read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.dialogue.talk import Talk
from bot.flows.staff.staff_code import require_proof
from bot.i18n.messages import text
from core.bookings.booking import Booking
from core.bookings.transitions import Actor
from core.catalog import loader
from core.catalog.entities import Catalog, Provider
from core.errors import NotAllowed, NotFound
from core.messaging.messages import Choice
from core.people.members import staff_of_conversation
from core.values.phone_visibility import PHONE_ROLES

_OWNER = frozenset({"owner"})
_FRONT = _OWNER | {"receptionist"}
_ALL = _FRONT | {"provider"}


@dataclass(frozen=True, slots=True)
class Right:
    """The roles that may give a command, and whether it needs a recent staff proof.

    It does if it changes the day for others or silences alerts.
    """

    roles: frozenset[str]
    recent: bool


RIGHTS: Mapping[str, Right] = {
    # Providers see and change only what is theirs: their own day and their own bookings.
    "today": Right(_ALL, recent=False),
    "tomorrow": Right(_ALL, recent=False),
    "week": Right(_ALL, recent=False),
    "day": Right(_ALL, recent=False),
    "next": Right(_ALL, recent=False),
    "picture": Right(_ALL, recent=False),
    "arrived": Right(_ALL, recent=False),
    "done": Right(_ALL, recent=False),
    "noshow": Right(_ALL, recent=True),
    "undo": Right(_ALL, recent=True),
    "late": Right(_ALL, recent=True),
    "block": Right(_ALL, recent=True),
    "sick": Right(_ALL, recent=True),
    "unblock": Right(_ALL, recent=True),
    "walkin": Right(_ALL, recent=True),
    "message": Right(_ALL, recent=True),
    "mute": Right(_ALL, recent=True),
    "unmute": Right(_ALL, recent=False),
    "alerts": Right(_ALL, recent=True),
    "switch": Right(_ALL, recent=False),
    "desk": Right(_ALL, recent=False),
    # Commands that affect others or override the rules are for front-desk roles.
    "decide": Right(_FRONT, recent=True),
    "propose": Right(_FRONT, recent=True),
    "squeeze": Right(_FRONT, recent=True),
    "everybody": Right(_FRONT, recent=False),
    "phones": Right(frozenset(PHONE_ROLES), recent=False),
    # Settings of the whole shop are for the owner.
    "open": Right(_OWNER, recent=True),
    "pause": Right(_OWNER, recent=True),
    "resume": Right(_OWNER, recent=True),
}
"""The right needed for each command.

"everybody" stands for access to other providers' calendars, "phones" for customers' phone numbers.
"""

PERMISSIONS: Mapping[str, frozenset[str]] = {
    command: right.roles for command, right in RIGHTS.items()
}
"""The roles that may give each command."""


@dataclass(frozen=True, slots=True)
class StaffContext:
    """The member at work: user, shop and roles."""

    user_id: int
    name: str
    roles: frozenset[str]
    own_provider_ids: frozenset[int]
    catalog: Catalog
    bound: bool = False
    """Whether the chat is bound to the role only, without access to the member's account."""

    @property
    def shop_id(self) -> int:
        """The id of the shop."""
        return self.catalog.shop.id

    @property
    def actor(self) -> Actor:
        """The actor recorded in the history."""
        return Actor("staff", self.user_id, self.name)

    def can(self, command: str) -> bool:
        """Return whether one of the member's roles allows the command."""
        return bool(self.roles & PERMISSIONS[command])

    def require(self, command: str) -> None:
        """Raise NotAllowed unless one of the member's roles allows the command."""
        if not self.can(command):
            raise NotAllowed(command=command)

    @property
    def visible_provider_ids(self) -> frozenset[int] | None:
        """The providers whose bookings the member may see; None for all."""
        return None if self.can("everybody") else self.own_provider_ids

    def ensure_visible(self, booking: Booking) -> Booking:
        """Return the booking; raises NotFound if the member may not see it."""
        mine = self.visible_provider_ids is None or booking.provider_id in self.visible_provider_ids
        if booking.shop_id != self.shop_id or not mine:
            raise NotFound(booking=booking.id)
        return booking

    @property
    def allowed_providers(self) -> list[Provider]:
        """The active providers the member may act for."""
        scope = self.visible_provider_ids
        return [p for p in self.catalog.providers if p.active and (scope is None or p.id in scope)]


async def require_staff(talk: Talk, command: str) -> StaffContext:
    """Return the member, checking the permission at every turn because roles may change.

    Asks for a staff code first if the member's proof is too old. Raises NotAllowed for somebody who
    works at no shop of this line or in no role that allows the command.
    """
    staff = await staff_of_conversation(talk.ctx, talk.conversation.id)
    roles = [r for r in staff.roles if talk.conversation.line_shop_id in (None, r.shop_id)]
    if not roles:
        raise NotAllowed(command=command)
    shop_id = await _which_shop(talk, sorted({role.shop_id for role in roles}), command)
    here = [role for role in roles if role.shop_id == shop_id]
    catalog = await loader.load_catalog(talk.ctx, shop_id)
    own = frozenset(role.provider_id for role in here if role.provider_id is not None)
    who = here[0]
    roles_here = frozenset(role.role for role in here)
    desk = StaffContext(who.user_id, who.name, roles_here, own, catalog, who.bound)
    desk.require(command)
    await prove(talk, desk, command)
    return desk


async def prove(talk: Talk, desk: StaffContext, command: str, *, scope: str = "staff") -> None:
    """Ask for a staff code unless the member's proof is recent enough for the command."""
    recent = RIGHTS[command].recent
    await require_proof(talk.scope(scope), desk.user_id, desk.shop_id, command, recent=recent)


async def _which_shop(talk: Talk, shops: Sequence[int], command: str) -> int:
    known = talk.conversation.shop_id
    if command != "switch":
        if known in shops:
            return int(known or 0)
        if len(shops) == 1:
            return shops[0]

    async def options() -> Sequence[Choice]:
        found = [(await loader.load_catalog(talk.ctx, shop_id)).shop for shop_id in shops]
        return [Choice(s.id, text("desk.shop", shop=s.name), (s.name.casefold(),)) for s in found]

    chosen = int(await talk.choose("shop", text("desk.which_shop"), options))
    talk.change_conversation(shop_id=chosen)
    return chosen
