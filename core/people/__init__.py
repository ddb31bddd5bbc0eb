"""People: how they are reached, what they proved, and who they are to a shop.

`phones` reads numbers, `identities` says who is at the other end of a conversation, `proving` is
how that comes about and ends, `shops` knows who is a customer and who works where, `consent`
what people said to being written to.
"""

from core.people.consent import note_consent, told_consent
from core.people.identities import (
    FRESH_FOR,
    Contact,
    Line,
    Person,
    change_user,
    contact,
    make_admin,
    user_of_phone,
    whoami,
)
from core.people.phones import country_of, phone
from core.people.proving import belongs_to, detach, prove, prove_apart, talk_closed
from core.people.shops import (
    CHANNELS,
    ROLES,
    Member,
    Role,
    Staff,
    add_customer,
    add_member,
    block,
    change_customer,
    customer,
    is_member,
    leave,
    members,
    merge_customers,
    remove_member,
    roles,
    set_alerts,
    set_quiet,
    staff,
)
from core.people.wishes import Wishes, channels, set_channel, wishes

__all__ = [
    "CHANNELS",
    "FRESH_FOR",
    "ROLES",
    "Contact",
    "Line",
    "Member",
    "Person",
    "Role",
    "Staff",
    "Wishes",
    "add_customer",
    "add_member",
    "belongs_to",
    "block",
    "change_customer",
    "change_user",
    "channels",
    "contact",
    "country_of",
    "customer",
    "detach",
    "is_member",
    "leave",
    "make_admin",
    "members",
    "merge_customers",
    "note_consent",
    "phone",
    "prove",
    "prove_apart",
    "remove_member",
    "roles",
    "set_alerts",
    "set_channel",
    "set_quiet",
    "staff",
    "talk_closed",
    "told_consent",
    "user_of_phone",
    "whoami",
    "wishes",
]
