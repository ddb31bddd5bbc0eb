"""Texts of invitations and of chats bound to a member."""

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "role.owner": "owner",
    "role.receptionist": "receptionist",
    "role.provider": "provider",
    "invitation": "{shop} invites you to work there as {role}. Don't know them? Ignore this.",
    "invitation.accept": "Accept",
    "invitation.decline": "No, thanks",
    "invitation.ask": "Work at {shop} as {role}?",
    "invitation.which": "Which invitation?",
    "invitation.named": "{shop}, as {role}",
    "invitation.none": "There is no open invitation to you here.",
    "invitation.accepted": "You work at {shop} now, as {role}. Write desk to see what you can do.",
    "invitation.declined": "All right, nothing changes.",
    "invitation.share": "{shop} invites you to work there as {role}. Share your number with the "
    "button: it has to be the one they invited.",
    "invitation.other_phone": "That number is not the one this invitation is for.",
    "chat_bound": "{shop}: a {channel} account, {account}, acts for you there from now on. "
    "Not yours?",
    "chat_bound.end": "Not mine, end it",
    "chat_bound.ended": "Done. That account no longer acts for you at {shop}.",
    "chat_bound.over": "That account does not act for you any more.",
}
