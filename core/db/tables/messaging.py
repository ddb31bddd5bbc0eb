"""Conversations, prompts, and every message in and out."""

import sqlalchemy as sa

from core.db.tables.columns import (
    IdType,
    bool_column,
    fk_column,
    id_column,
    instant_column,
    int_column,
    json_column,
    metadata,
    one_of_check,
    text_column,
)

conversations = sa.Table(
    "conversations",
    metadata,
    id_column(),
    fk_column("line_id", "lines"),
    text_column("address"),  # theirs: E.164, whatsapp id, chat id
    fk_column("identity_id", "identities", null=True),
    fk_column("shop_id", "shops", null=True),  # the shop the talk is about
    text_column("language"),
    text_column("name"),  # what the channel calls them
    json_column("state"),  # the engine's: flows under way with their journals
    instant_column("human_until", null=True),  # a person of the shop has the talk until then
    instant_column("opted_out_at", null=True),
    instant_column("consented_at", null=True),
    text_column("consent"),  # the wording or word that gave it
    instant_column("last_in_at", null=True),  # opens WhatsApp's 24 hours
    int_column("misunderstood"),
    instant_column("created_at"),
    instant_column("unreachable_at", null=True),  # blocked, a landline; until they write again
    sa.UniqueConstraint("line_id", "address"),
    sa.Index(None, "identity_id"),
)

consents = sa.Table(
    "consents",  # every yes and no to our messages, as it came
    metadata,
    id_column(),
    fk_column("conversation_id", "conversations"),
    bool_column("given"),  # or taken back
    text_column(
        "how"
    ),  # "wrote", "asked", "start", "stop", "refused" by the network, "told" the shop
    text_column("wording"),  # what they wrote or said, or what was asked
    instant_column("at"),
    sa.Index(None, "conversation_id", "id"),
)

prompts = sa.Table(
    "prompts",
    metadata,
    id_column(),
    fk_column("conversation_id", "conversations"),
    text_column("decision"),  # what is decided outside the talk; empty: asked within it
    text_column("step"),  # run/scope/name in the journal
    text_column("digest"),  # of everything it showed
    json_column("say"),
    json_column("options", default="[]"),  # of a decision its values, else what the bot shows
    json_column("args"),
    sa.Column("base", sa.Integer()),  # the number before its first, given when first shown
    instant_column("shown_at", null=True),
    instant_column("closed_at", null=True),
    instant_column("expires_at", null=True),
    instant_column("created_at"),
    text_column("message_id"),  # of the message that shows it, where messages can be changed
    sa.Index(None, "conversation_id", "closed_at"),
)

inbox = sa.Table(
    "inbox",
    metadata,
    id_column(),
    fk_column("line_id", "lines"),
    text_column("event_id"),
    fk_column("conversation_id", "conversations"),
    fk_column("prompt_id", "prompts", null=True),  # the one shown last when it came
    json_column("incoming"),
    text_column("state"),
    int_column("attempts"),
    instant_column("due_at"),
    instant_column("received_at"),
    instant_column("done_at", null=True),
    text_column("error"),
    one_of_check("state", "new", "done", "dead"),
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
    id_column(),
    text_column("account"),
    text_column("name"),
    text_column("sid"),  # its id there
    text_column("approval"),  # what WhatsApp thinks of it; empty where nobody need be asked
    instant_column("created_at"),
    sa.UniqueConstraint("account", "name"),
)

misunderstood = sa.Table(
    "misunderstood",  # what people wrote that we made nothing of, without names and numbers
    metadata,
    id_column(),
    fk_column("shop_id", "shops", null=True),
    text_column("language"),
    text_column("expects"),  # what was asked
    text_column("text"),
    instant_column("at"),
    sa.Index(None, "shop_id", "at"),
)

heartbeats = sa.Table(
    "heartbeats",  # who is at work: the worker says so every few seconds
    metadata,
    id_column(),
    sa.Column("name", sa.Text(), nullable=False, server_default="", unique=True),
    instant_column("at"),
)

LANES = ("reply", "alert", "reminder")

outbox = sa.Table(
    "outbox",
    metadata,
    id_column(),
    fk_column("conversation_id", "conversations"),
    fk_column("shop_id", "shops", null=True),
    fk_column("booking_id", "bookings", null=True),
    fk_column("prompt_id", "prompts", null=True),
    text_column("lane"),
    text_column("kind"),
    json_column("say"),
    bool_column("secret"),
    sa.Column("unique_key", sa.Text(), unique=True),
    text_column("state"),
    instant_column("due_at"),
    instant_column("not_after", null=True),
    int_column("attempts"),
    text_column("lease"),
    instant_column("leased_until", null=True),
    text_column("provider_id"),
    text_column("provider_status"),
    text_column("error"),
    text_column("body"),  # as sent; empty for secrets
    int_column("segments"),
    instant_column("sent_at", null=True),
    instant_column("created_at"),
    json_column("living"),  # the message that this one replaces or settles, and what is settled
    # The row that first said this, elsewhere, in vain. No reference: that one may be purged.
    sa.Column("instead_of", IdType),
    text_column("alphabet"),  # what an SMS is priced by: "gsm7" or "ucs2"; empty on other channels
    one_of_check("lane", *LANES),
    one_of_check("state", "due", "sending", "sent", "failed", "dropped", "dead"),
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
