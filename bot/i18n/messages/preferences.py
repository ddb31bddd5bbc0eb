"""Texts of the notification settings."""

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    # --- notification settings -----------------------------------------------------------------
    "channel": "where we talk",
    "channel.email": "E-mail",
    "notify": "Reminders and news come here: {channel}. Quiet hours: {quiet}. What shall I change?",
    "notify.channel": "Where they come",
    "notify.hours": "Quiet hours",
    "notify.quiet": "{since}-{until}",
    "notify.never": "none, at any hour",
    "notify.as_shop": "as {shop}: {quiet}",
    "notify.which_channel": "Where shall they come? What cannot be told there comes elsewhere.",
    "notify.which_hours": "When shall I keep quiet? Pick one, or write hours such as 23-8.",
    "notify.email": "Add an e-mail address",
    "notify.which_email": "Which e-mail address?",
    "notify.email_wrong": "That is no e-mail address.",
    "notify.email_sent": "I sent a link to {email}. Open it, and I can write there too.",
    "notify.email_enough": "That address got enough mails for now. Try again in an hour.",
    "notify.channel_set": "Noted. Reminders and news come here: {channel}.",
    "notify.hours_set": "Noted. Quiet hours: {quiet}.",
    # --- staff flows ---------------------------------------------------------------------------
    "channel.telegram": "Telegram",
    "channel.whatsapp": "WhatsApp",
    "channel.sms": "SMS",
}
