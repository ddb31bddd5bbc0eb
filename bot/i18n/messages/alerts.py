"""Texts of alerts and digests for staff."""

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    "alert.new": "New: {service} with {provider}, {when}, {customer} {phone}. Ref {ref}",
    "alert.approve": "To approve: {service} with {provider}, {when}, {customer} {phone}. Ref {ref}",
    "alert.same_phone": "{customer} proved {phone}, which you noted for {noted}. I show them "
    "nothing of it. If they are one person, merge the two on the customer's page.",
    "alert.moved": "Moved: {service} with {provider}, {customer}, from {was} to {when}. Ref {ref}",
    "alert.handed": "Now with {provider}: {service}, {customer}, {when}. Ref {ref}",
    "alert.taken": "No longer with you: {service}, {when}, {customer}. Ref {ref}",
    "alert.cancelled": "Called off: {service} with {provider}, {when}, {customer} {phone}. "
    "Ref {ref}",
    "alert.late": "{minutes} min late: {customer}, {service} with {provider}, {when}. Ref {ref}",
    "alert.human": "{customer} {phone} wants to talk to a person.",
    "alert.human_new": "{phone} wants to talk to a person.",
    "alert.stopped": "{customer} {phone} asked for no more messages. The booking {when} with "
    "{provider} stands: call? Ref {ref}",
    "alert.decided": "{state} by {by}: {service}, {when}, {customer}. Ref {ref}",
    "somebody": "the shop",
    "alert.codes": "Codes to sign in on the page: {used} of a day's {most} are sent. Somebody may "
    "be asking for codes to other people's phones.",
    "alert.webhook": "Telegram, bot of the {bot}: {problem}. See python -m bot doctor.",
    "alert.last_owner": "The number {phone} is said to be somebody else's now, and a shop has no "
    "other owner. Please look after it.",
    "alert.failed": "A message of {customer} could not be handled. Please get in touch.",
    "alert.unanswered": "No answer to two reminders: {customer} {phone}, {service} with "
    "{provider}, {when}: call? Ref {ref}",
    "alert.loop": (
        "{customer} seems to have an automatic reply: it keeps sending '{words}'. "
        "It gets no answer for a few minutes."
    ),
    "alert.undelivered": "A message to {customer} could not be delivered: {reason}",
    "why.off": "the phone is off or out of reach",
    "why.blocked": "the phone does not take our messages",
    "why.no_such_number": "there is no such number",
    "why.landline": "the number takes no text messages",
    "why.filtered": "the network took it for spam",
    "why.network": "the network does not say why",
    "why.unregistered": "our number is not registered with their network yet",
    "why.country": "our number cannot send to theirs",
    "why.ours": "our number cannot send messages",
    "why.opted_out": "they asked for no more messages",
    "why.window": "WhatsApp takes it only within a day of their last message",
    "why.not_on_whatsapp": "they are not on WhatsApp",
    "why.whatsapp_limits": "WhatsApp lets us write no more to them for now",
    "why.busy": "the provider was too busy",
    "why.away": "the provider could not be reached",
    "why.account": "our account with the provider is suspended",
    "why.trial": "a trial account may write only to numbers that are verified at Twilio",
    "why.own_number": "it is our own number",
    "why.template": "WhatsApp does not take its template",
    "why.too_long": "it is too long",
    "why.request": "the provider does not take it as it is",
    "why.unconfirmed": (
        "the provider took it, but its answer could not be read; it may have arrived and "
        "is not sent again"
    ),
    "approve": "Approve",
    "decline": "Decline",
    "hand_back": "Done, the bot may go on",
    "handed_back": "Thank you. The bot has the talk again.",
    "which_reason": "{booking}: why not? Your words go to the customer.",
    "no_reason": "give no reason",
    "already_decided": "{booking}: decided already. {state}.",
    "you_approved": "Approved: {booking}.",
    "you_declined": "Declined: {booking}.",
    "which_decision": (
        "{count} decision waits. Reply the number of the one you mean.",
        "{count} decisions wait. Reply the number of the one you mean.",
    ),
    "agenda": (
        "{shop}, {day}: {count} appointment.\n{lines:lines}",
        "{shop}, {day}: {count} appointments.\n{lines:lines}",
    ),
    "agenda.call": "{customer} {phone}: {service}, {when}",
    "agenda.calls": "{shop}: could not be reached, please call.\n{lines:lines}",
    "agenda.line": "{when:time} {provider}: {customer}, {service}",
    "agenda.coming": "{when:time} {provider}: {customer} (comes), {service}",
    "agenda.more": ("and {count} more", "and {count} more"),
}
