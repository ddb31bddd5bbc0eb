"""Notices to customers, and messages between staff and customers."""

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    # --- between the shop and a customer -------------------------------------------------------
    "relay.to_customer": "{shop}: {words:text}",
    "relay.from_customer": "{customer} writes: {words:text}",
    "relay.answer": "Write back",
    "relay.somebody": "the customer",
    "proposal.accept": "Take it",
    "proposal.other": "Another time",
    "proposal.cancel": "Call it off",
    "proposal.moved": "Done: {booking}. {shop} knows.",
    "proposal.settled": "That changed meanwhile. It stands now: {booking}.",
    "tell.proposal": "{shop} asks: can your {service}, {was} with {by}, be {when} with {provider} "
    "instead? Both are kept for you until you answer.",
    "tell.behind": "{shop} is running {minutes} min late: {service} with {provider}, {when}. "
    "Sorry! Ref {ref}",
    # --- what the shop did, to the customer ----------------------------------------------------
    "tell.confirmed": "{shop} confirmed: {service} with {provider}, {when}, {address}. Ref {ref}",
    "tell.declined": "{shop} cannot take {service}, {when}. {reason}\nWrite me another day.",
    "tell.moved": "{shop} moved your booking: {service} with {provider}, now {when}. Ref {ref}",
    "tell.moved_terms": "{shop} moved your booking: {service} with {provider}, now {when}, "
    "{terms}. Ref {ref}",
    "tell.terms": "{shop} changed your booking, {service} with {provider}, {when}: it is "
    "now {terms}. Ref {ref}",
    "excuse": "We are sorry.",
    "tell.cancelled": "{shop} called off {service} with {provider}, {when}. {reason}\n"
    "Sorry! Write me another day.",
    "tell.expired": "{shop} did not confirm {service}, {when} in time. Write me another day.",
    # --- discreet: without service and provider --------------------------------------------------
    "tell.confirmed.discreet": "{shop} confirmed your appointment, {when}, {address}. Ref {ref}",
    "tell.declined.discreet": "{shop} cannot take your appointment, {when}. {reason}\n"
    "Write me another day.",
    "tell.moved.discreet": "{shop} moved your appointment: now {when}. Ref {ref}",
    "tell.moved_terms.discreet": "{shop} moved your appointment: now {when}, {terms}. Ref {ref}",
    "tell.terms.discreet": "{shop} changed your appointment, {when}: it is now {terms}. Ref {ref}",
    "tell.cancelled.discreet": "{shop} called off your appointment, {when}. {reason}\n"
    "Sorry! Write me another day.",
    "tell.expired.discreet": "{shop} did not confirm your appointment, {when} in time. Write me "
    "another day.",
    "tell.behind.discreet": "{shop} is running {minutes} min late: your appointment, {when}. "
    "Sorry! Ref {ref}",
    "tell.proposal.discreet": "{shop} asks: can your appointment, {was}, be {when} instead? Both "
    "are kept for you until you answer.",
    "tell.proposal.somebody": "{shop} asks: may somebody else see you at your appointment, {when}? "
    "Both are kept for you until you answer.",
}
