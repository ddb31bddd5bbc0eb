"""Conversations, prompts, and every message in and out."""

import sqlalchemy as sa

from core.db.tables.columns import Key, count, flag, json, key, metadata, one_of, ref, text, when

conversations = sa.Table(
    "conversations",
    metadata,
    key(),
    ref("line_id", "lines"),
    text("address"),  # theirs: E.164, whatsapp id, chat id
    ref("identity_id", "identities", null=True),
    ref("shop_id", "shops", null=True),  # the shop the talk is about
    text("language"),
    text("name"),  # what the channel calls them
    json("state"),  # the engine's: flows under way with their journals
    when("human_until", null=True),  # a person of the shop has the talk until then
    when("opted_out_at", null=True),
    when("consented_at", null=True),
    text("consent"),  # the wording or word that gave it
    when("last_in_at", null=True),  # opens WhatsApp's 24 hours
    count("misunderstood"),
    when("created_at"),
    when("unreachable_at", null=True),  # blocked, a landline; until they write again
    sa.UniqueConstraint("line_id", "address"),
    sa.Index(None, "identity_id"),
)

consents = sa.Table(
    "consents",  # every yes and no to our messages, as it came
    metadata,
    key(),
    ref("conversation_id", "conversations"),
    flag("given"),  # or taken back
    text("how"),  # "wrote", "asked", "start", "stop", "refused" by the network, "told" the shop
    text("wording"),  # what they wrote or said, or what was asked
    when("at"),
    sa.Index(None, "conversation_id", "id"),
)

prompts = sa.Table(
    "prompts",
    metadata,
    key(),
    ref("conversation_id", "conversations"),
    text("flow"),  # what an answer starts, for a prompt outside the talk (an approval)
    text("step"),  # run/scope/name in the journal
    text("digest"),  # of everything it showed
    json("say"),
    json("options", default="[]"),
    json("args"),
    sa.Column("base", sa.Integer()),  # the number before its first, given when first shown
    when("shown_at", null=True),
    when("closed_at", null=True),
    when("expires_at", null=True),
    when("created_at"),
    text("message_id"),  # of the message that shows it, where messages can be changed
    sa.Index(None, "conversation_id", "closed_at"),
)

inbox = sa.Table(
    "inbox",
    metadata,
    key(),
    ref("line_id", "lines"),
    text("event_id"),
    ref("conversation_id", "conversations"),
    ref("prompt_id", "prompts", null=True),  # the one shown last when it came
    json("incoming"),
    text("state"),
    count("attempts"),
    when("due_at"),
    when("received_at"),
    when("done_at", null=True),
    text("error"),
    one_of("state", "new", "done", "dead"),
    sa.UniqueConstraint("line_id", "event_id"),
    sa.Index(None, "done_at"),
    sa.Index(
        "ix_inbox_prompt",  # a prompt that is deleted is looked for here
        "prompt_id",
        sqlite_where=sa.text("prompt_id IS NOT NULL"),
        postgresql_where=sa.text("prompt_id IS NOT NULL"),
    ),
    sa.Index(
        "ix_inbox_unfinished",
        "conversation_id",
        "id",
        sqlite_where=sa.text("state = 'new'"),
        postgresql_where=sa.text("state = 'new'"),
    ),
)

contents = sa.Table(
    "contents",  # templates that a provider keeps for us: WhatsApp's lists, buttons, openers
    metadata,
    key(),
    text("account"),
    text("name"),
    text("sid"),  # its id there
    text("approval"),  # what WhatsApp thinks of it; empty where nobody need be asked
    when("created_at"),
    sa.UniqueConstraint("account", "name"),
)

misunderstood = sa.Table(
    "misunderstood",  # what people wrote that we made nothing of, without names and numbers
    metadata,
    key(),
    ref("shop_id", "shops", null=True),
    text("language"),
    text("expects"),  # what was asked
    text("text"),
    when("at"),
    sa.Index(None, "shop_id", "at"),
)

heartbeats = sa.Table(
    "heartbeats",  # who is at work: the worker says so every few seconds
    metadata,
    key(),
    sa.Column("name", sa.Text(), nullable=False, server_default="", unique=True),
    when("at"),
)

LANES = ("reply", "alert", "reminder")

outbox = sa.Table(
    "outbox",
    metadata,
    key(),
    ref("conversation_id", "conversations"),
    ref("shop_id", "shops", null=True),
    ref("booking_id", "bookings", null=True),
    ref("prompt_id", "prompts", null=True),
    text("lane"),
    text("kind"),
    json("say"),
    flag("secret"),
    sa.Column("unique_key", sa.Text(), unique=True),
    text("state"),
    when("due_at"),
    when("not_after", null=True),
    count("attempts"),
    text("lease"),
    when("leased_until", null=True),
    text("provider_id"),
    text("provider_status"),
    text("error"),
    text("body"),  # as sent; empty for secrets
    count("segments"),
    when("sent_at", null=True),
    when("created_at"),
    json("living"),  # the message that this one replaces or settles, and what is settled
    # The row that first said this, elsewhere, in vain. No reference: that one may be purged.
    sa.Column("instead_of", Key),
    text("alphabet"),  # what an SMS is priced by: "gsm7" or "ucs2"; empty on other channels
    one_of("lane", *LANES),
    one_of("state", "due", "sending", "sent", "failed", "dropped", "dead"),
    sa.Index(
        # With the id, for reminders are due together: without, each claim sorts all of an instant.
        "ix_outbox_due",
        "lane",
        "due_at",
        "id",
        sqlite_where=sa.text("state IN ('due', 'sending')"),
        postgresql_where=sa.text("state IN ('due', 'sending')"),
    ),
    sa.Index(
        # Is an earlier one of the same conversation and lane unfinished? The claim asks it of
        # every row; by the lane alone, that takes a second when many are due.
        "ix_outbox_unfinished",
        "conversation_id",
        "lane",
        "id",
        sqlite_where=sa.text("state IN ('due', 'sending')"),
        postgresql_where=sa.text("state IN ('due', 'sending')"),
    ),
    sa.Index(
        "ix_outbox_prompt",
        "prompt_id",
        sqlite_where=sa.text("prompt_id IS NOT NULL"),
        postgresql_where=sa.text("prompt_id IS NOT NULL"),
    ),
    sa.Index(
        "ix_outbox_instead",
        "instead_of",
        sqlite_where=sa.text("instead_of IS NOT NULL"),
        postgresql_where=sa.text("instead_of IS NOT NULL"),
    ),
    sa.Index(None, "conversation_id", "state"),
    sa.Index(None, "booking_id"),
    sa.Index(None, "provider_id"),
)
