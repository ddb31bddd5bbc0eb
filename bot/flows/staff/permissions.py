"""Who may do what at a shop's desk: one table, which the flows and the tests both read."""

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

_OWNER = frozenset({"owner"})
_FRONT = _OWNER | {"receptionist"}
_ALL = _FRONT | {"provider"}


@dataclass(frozen=True, slots=True)
class Right:
    """Who may give a command, and whether it needs a `recent` proof by SMS (`people.RECENT_FOR`).

    It does where it changes the day for others, or silences what somebody should hear of.
    """

    roles: frozenset[str]
    recent: bool


RIGHTS: Mapping[str, Right] = {
    # Providers see and change what is theirs: their own day, their own customers' visits.
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
    # What concerns others, or stands against the book, is for whoever keeps it.
    "decide": Right(_FRONT, recent=True),
    "propose": Right(_FRONT, recent=True),
    "squeeze": Right(_FRONT, recent=True),
    "everybody": Right(_FRONT, recent=False),
    "phones": Right(_FRONT, recent=False),
    # The shop itself is its owner's.
    "open": Right(_OWNER, recent=True),
    "pause": Right(_OWNER, recent=True),
    "resume": Right(_OWNER, recent=True),
}
"""Each command, and what it takes to give it. "everybody" is other people's calendars, "phones"
the customers' numbers."""

PERMISSIONS: Mapping[str, frozenset[str]] = {
    command: right.roles for command, right in RIGHTS.items()
}
"""Each command, and the roles that may give it."""


@dataclass(frozen=True, slots=True)
class StaffContext:
    """Somebody of a shop at work: who, where, and as what."""

    user_id: int
    name: str
    roles: frozenset[str]
    own_provider_ids: frozenset[int]
    catalog: Catalog
    bound: bool = False
    """Whether this chat is bound to the role, and has nothing else of that person's."""

    @property
    def shop_id(self) -> int:
        """The shop."""
        return self.catalog.shop.id

    @property
    def actor(self) -> Actor:
        """Whom the history names."""
        return Actor("staff", self.user_id, self.name)

    def can(self, command: str) -> bool:
        """Whether one of the roles allows it."""
        return bool(self.roles & PERMISSIONS[command])

    def require(self, command: str) -> None:
        """Raise NotAllowed unless one of the roles allows it."""
        if not self.can(command):
            raise NotAllowed(command=command)

    @property
    def visible_provider_ids(self) -> frozenset[int] | None:
        """The providers whose bookings are this person's business; None for everybody's."""
        return None if self.can("everybody") else self.own_provider_ids

    def ensure_visible(self, booking: Booking) -> Booking:
        """Return a booking that is this person's business; NotFound for any other."""
        mine = self.visible_provider_ids is None or booking.provider_id in self.visible_provider_ids
        if booking.shop_id != self.shop_id or not mine:
            raise NotFound(booking=booking.id)
        return booking

    @property
    def allowed_providers(self) -> list[Provider]:
        """The active providers this person may act for."""
        scope = self.visible_provider_ids
        return [p for p in self.catalog.providers if p.active and (scope is None or p.id in scope)]


async def require_staff(talk: Talk, command: str) -> StaffContext:
    """Return who stands at which shop's desk; asked again at every turn, for roles change.

    Whoever has not proved freshly enough that they are this member is asked for a staff code first.

    NotAllowed for who works at no shop of this line, or not in a role that allows the command.
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
    """Ask for a staff code unless the member's proof is fresh enough for a command."""
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
