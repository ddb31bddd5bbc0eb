"""Texts of e-mails and of the pages they link to."""

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "mail.verify.subject": "Verify your e-mail address",
    "mail.verify": "Open this link within a day to verify your address:\n{link}\n"
    "If you did not ask for it, do nothing.",
    "mail.known.subject": "You have an account already",
    "mail.known": "Somebody, perhaps you, wanted to open an account with this address. You have "
    "one: sign in, or ask for a new password.",
    "mail.new_password.subject": "Choose a new password",
    "mail.new_password": "Open this link within half an hour to choose a new password:\n{link}\n"
    "If you did not ask for it, do nothing.",
    "mail.changed.subject": "Your password was changed",
    "mail.changed": "Your password was changed, and other devices are signed out. If that was not "
    "you, ask for a new password at once.",
    "mail.subject": "{shop}: your appointment",
    "mail.subject_shop": "{shop}",
    "mail.booking": "Your booking, with map and calendar: {link}",
    "mail.foot": "Nobody reads answers to this address. No more mails of {shop}: {link}",
    "mail.prove": "{shop}: to get reminders and news by mail, open this link within a day: {link}\n"
    "If you did not ask for that, do nothing.",
    "mail.prove_title": "Messages by mail",
    "mail.prove_button": "Yes, write to me here",
    "mail.proved": "Done. We write here when nothing else reaches you, or first if you say so.",
    "mail.end_title": "No more mails",
    "mail.end_button": "Send me no more mails",
    "mail.ended": "Done. You get no more mails. Your bookings stand.",
    "account.verify": "Verify your e-mail address",
    "account.password": "Choose a new password",
    "account.new_password": "New password, 8 characters or more",
    "account.password_wrong": "Take 8 to 200 characters, and none of your last five passwords.",
    "account.button": "Go on",
    "account.done": "Done. You can sign in now.",
}
