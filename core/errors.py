"""Error classes with parameters; the wording for people is in `bot.i18n.messages`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence


class SlotlineError(Exception):
    """Something a person or a program asked for that cannot be done as asked.

    `params` are facts for the wording; the class's docstring is its plain description.
    """

    code: ClassVar[str] = "error"

    def __init__(self, **params: object) -> None:
        """Store the parameters."""
        super().__init__((self.__doc__ or "").split("\n")[0])
        self.params = params

    def __str__(self) -> str:
        """Return the description with the parameters, for logs."""
        facts = ", ".join(f"{k}={v!r}" for k, v in self.params.items() if k != "alternatives")
        return f"{self.args[0]} ({facts})" if facts else str(self.args[0])


class NotFound(SlotlineError):
    """There is no such thing, or it is not this person's to see."""

    code = "not_found"


class NotAllowed(SlotlineError):
    """This person may not do that."""

    code = "not_allowed"


class InvalidValue(SlotlineError):
    """A value is not of the form it has to be (`field`, `reason`)."""

    code = "invalid"


class LastOwner(SlotlineError):
    """The shop has no other owner: make somebody else one first."""

    code = "last_owner"


class InvitationOver(SlotlineError):
    """The invitation was answered or taken back, or it is too old: ask the shop for a new one."""

    code = "invitation_over"


# --- bookings -------------------------------------------------------------------------------


class BookingError(SlotlineError):
    """A booking cannot be made or changed as asked."""

    code = "booking_error"


class SlotTaken(BookingError):
    """Someone booked this time first."""

    code = "slot_taken"

    def __init__(self, *, alternatives: Sequence[Any] = (), **params: object) -> None:
        """Store the parameters and the nearest alternatives (`core.catalog.entities.Slot`)."""
        super().__init__(**params)
        self.alternatives = tuple(alternatives)


class NotOffered(SlotTaken):
    """This start is not on offer: closed, too soon, too far ahead, or no longer given."""

    code = "not_offered"


class NothingFree(BookingError):
    """Nothing is free in all the time that can be booked (`shop`)."""

    code = "nothing_free"


class OfferChanged(BookingError):
    """Price or length changed since it was shown (`was`, `now`)."""

    code = "offer_changed"


class TermsDiffer(BookingError):
    """There it is another length or price than agreed (`agreed`, `new`): say which it shall be."""

    code = "terms_differ"


class ReasonNeeded(BookingError):
    """The visit is over: what is changed now is a correction and needs its reason."""

    code = "reason_needed"


class AlreadyBooked(BookingError):
    """This person has a booking at that time already (`ref`); `confirm` makes another."""

    code = "already_booked"


class TooManyHolds(BookingError):
    """Too many unconfirmed holds at this shop just now; try again in a few minutes."""

    code = "too_many_holds"


class TooManyOpenBookings(BookingError):
    """This customer has as many open bookings as the shop allows (`limit`)."""

    code = "too_many_open"


class InvalidTransition(BookingError):
    """The booking is not in a state that allows this (`state`, `action`)."""

    code = "wrong_state"


class CutoffPassed(BookingError):
    """The shop's deadline for moving and cancelling has passed (`minutes`)."""

    code = "too_late"


class CustomerBlocked(BookingError):
    """The shop takes no bookings from this customer."""

    code = "customer_blocked"


class NotVerified(BookingError):
    """Only somebody who proved a phone or another identity books."""

    code = "not_verified"


class KeyReused(BookingError):
    """The idempotency key was used before with other content."""

    code = "key_reused"


class ShopPaused(BookingError):
    """The shop takes no new bookings for now."""

    code = "shop_paused"


class Overlap(BookingError):
    """The time is taken by something else on this calendar."""

    code = "overlap"


class OptOutStands(SlotlineError):
    """They said themselves that they want no messages here; only they can take it back."""

    code = "opt_out_stands"


class LineInUse(SlotlineError):
    """People have written on this line; it can be switched off, not removed or given to another."""

    code = "line_in_use"


# --- people ---------------------------------------------------------------------------------


class CodeError(SlotlineError):
    """A one-time code cannot be sent or is not accepted."""

    code = "code_error"


class CodeWrong(CodeError):
    """The code is not the right one (`left`: tries that remain)."""

    code = "code_wrong"


class CodeExpired(CodeError):
    """The code has expired, was used, or was tried too often; a new one is needed."""

    code = "code_dead"


class CodeTooSoon(CodeError):
    """A code was sent a moment ago (`seconds` until the next may be)."""

    code = "code_too_soon"


class CodeLimitReached(CodeError):
    """No more codes for now: the budget of this phone, person, prefix or shop is used up."""

    code = "code_budget"


class CodeUnsendable(CodeError):
    """The shop has no line that could send a code to a phone."""

    code = "code_unsendable"


class StaffUnproved(CodeError):
    """A member has not proved that it is they who write, and no code can be sent to ask for it."""

    code = "staff_unproved"


class PhoneInvalid(CodeError):
    """This is not a phone number that can get a message (`phone`)."""

    code = "phone_invalid"


class CountryNotAllowed(CodeError):
    """Codes are not sent to phones of this country (`country`)."""

    code = "country_not_allowed"


# --- accounts -------------------------------------------------------------------------------


class SignInFailed(SlotlineError):
    """E-mail and password do not belong together (`left`: tries before a pause)."""

    code = "sign_in_failed"


class SignInLocked(SlotlineError):
    """Too many wrong passwords; the next try is allowed after a while (`seconds`)."""

    code = "sign_in_locked"


class NotSignedIn(SlotlineError):
    """Nobody is signed in by this token: it is wrong, too old, or was ended."""

    code = "not_signed_in"


class EmailUnverified(SlotlineError):
    """The e-mail address has yet to be verified by the link we sent."""

    code = "email_unverified"


class LinkExpired(SlotlineError):
    """The link has expired or was used; a new one is needed."""

    code = "link_dead"


# --- delivery and start-up --------------------------------------------------------------------


class DeliveryFailed(SlotlineError):
    """A message could not be handed to the provider (`reason`).

    `permanent` says that trying again is pointless; `retry_after` is in seconds.
    """

    code = "delivery_failed"

    def __init__(
        self, *, permanent: bool = False, retry_after: float | None = None, **params: object
    ) -> None:
        """Store the parameters."""
        super().__init__(**params)
        self.permanent = permanent
        self.retry_after = retry_after


class NotReady(SlotlineError):
    """The installation is not fit to start (`reason`)."""

    code = "not_ready"
