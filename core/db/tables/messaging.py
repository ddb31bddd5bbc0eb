"""Conversations, prompts, and all incoming and outgoing messages."""

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
    text_column("address"),  # the person's: E.164, WhatsApp id, chat id
    fk_column("identity_id", "identities", null=True),
    fk_column("shop_id", "shops", null=True),  # the shop the conversation is about
    text_column("language"),
    text_column("name"),  # the name the channel gives
    json_column("state"),  # the engine's: active flows with their journals
    instant_column("human_until", null=True),  # handed off to a member until then
    instant_column("opted_out_at", null=True),
    instant_column("consented_at", null=True),
    text_column("consent"),  # the wording or word that gave consent
    instant_column("last_in_at", null=True),  # opens WhatsApp's 24-hour window
    int_column("unrecognized_count"),
    instant_column("created_at"),
    # blocked, or a landline; cleared when they write again
    instant_column("unreachable_at", null=True),
    sa.UniqueConstraint("line_id", "address"),
    sa.Index(None, "identity_id"),
)

consents = sa.Table(
    "consents",  # every consent and opt-out, in order
    metadata,
    id_column(),
    fk_column("conversation_id", "conversations"),
    bool_column("given"),  # false: withdrawn
    text_column(
        "how"
    ),  # "wrote", "asked", "start", "stop", "refused" by the network, "told" the shop
    text_column("wording"),  # what they wrote or said, or what they were asked
    instant_column("at"),
    sa.Index(None, "conversation_id", "id"),
)

prompts = sa.Table(
    "prompts",
    metadata,
    id_column(),
    fk_column("conversation_id", "conversations"),
    text_column("decision"),  # the kind of decision outside a flow; empty: a question of a flow
    text_column("step"),  # run/scope/name in the journal
    text_column("content_hash"),  # hash of everything shown
    json_column("message"),
    json_column("options", default="[]"),  # the values of a decision; otherwise what the bot shows
    json_column("args"),
    sa.Column(
        "number_offset", sa.Integer()
    ),  # the number before the first option's, set when first shown
    instant_column("shown_at", null=True),
    instant_column("closed_at", null=True),
    instant_column("expires_at", null=True),
    instant_column("created_at"),
    text_column("message_id"),  # of the message showing it, where messages can be edited
    sa.Index(None, "conversation_id", "closed_at"),
)

inbox = sa.Table(
    "inbox",
    metadata,
    id_column(),
    fk_column("line_id", "lines"),
    text_column("event_id"),
    # null: laid aside unread, and whose it was could not be read either
    fk_column("conversation_id", "conversations", null=True),
    fk_column("prompt_id", "prompts", null=True),  # the prompt shown last when it arrived
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
        "ix_inbox_prompt",  # deleting a prompt looks up its references here
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

whatsapp_templates = sa.Table(
    "whatsapp_templates",  # templates stored by a provider: WhatsApp's lists, buttons, openers
    metadata,
    id_column(),
    text_column("account"),
    text_column("name"),
    text_column("sid"),  # the provider's id
    text_column("approval"),  # WhatsApp's approval status; empty where none is needed
    instant_column("created_at"),
    sa.UniqueConstraint("account", "name"),
)

unrecognized_messages = sa.Table(
    "unrecognized_messages",  # texts that were not understood, without names and numbers
    metadata,
    id_column(),
    fk_column("shop_id", "shops", null=True),
    text_column("language"),
    text_column("expects"),  # what had been asked
    text_column("text"),
    instant_column("at"),
    sa.Index(None, "shop_id", "at"),
)

heartbeats = sa.Table(
    "heartbeats",  # the worker's sign of life every few seconds
    metadata,
    id_column(),
    sa.Column("name", sa.Text(), nullable=False, server_default="", unique=True),
    instant_column("at"),
)

QUEUES = ("reply", "alert", "reminder")

outbox = sa.Table(
    "outbox",
    metadata,
    id_column(),
    fk_column("conversation_id", "conversations"),
    fk_column("shop_id", "shops", null=True),
    fk_column("booking_id", "bookings", null=True),
    fk_column("prompt_id", "prompts", null=True),
    text_column("queue"),
    text_column("kind"),
    json_column("message"),
    bool_column("secret"),
    sa.Column("unique_key", sa.Text(), unique=True),
    text_column("state"),
    instant_column("due_at"),
    instant_column("expires_at", null=True),
    int_column("attempts"),
    text_column("lease"),
    instant_column("leased_until", null=True),
    text_column("provider_message_id"),
    text_column("provider_status"),
    text_column("error"),
    text_column("body"),  # as sent; empty if secret
    int_column("segments"),
    instant_column("sent_at", null=True),
    instant_column("created_at"),
    json_column("edit_target"),  # the message this one replaces or resolves, and what it resolves
    # The row that was first sent to another address and failed. No foreign key: it may be purged.
    sa.Column("fallback_of_id", IdType),
    text_column("sms_encoding"),  # "gsm7" or "ucs2", for its price; empty on other channels
    one_of_check("queue", *QUEUES),
    one_of_check("state", "due", "sending", "sent", "failed", "dropped", "dead"),
    sa.Index(
        # Includes the id because reminders are due together: otherwise each claim would sort all
        # rows of one instant.
        "ix_outbox_due",
        "queue",
        "due_at",
        "id",
        sqlite_where=sa.text("state IN ('due', 'sending')"),
        postgresql_where=sa.text("state IN ('due', 'sending')"),
    ),
    sa.Index(
        # For "is an earlier row of the same conversation and queue unfinished?", which the claim
        # asks of every row; by the queue alone it takes a second when many are due.
        "ix_outbox_unfinished",
        "conversation_id",
        "queue",
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
        "ix_outbox_fallback_of_id",
        "fallback_of_id",
        sqlite_where=sa.text("fallback_of_id IS NOT NULL"),
        postgresql_where=sa.text("fallback_of_id IS NOT NULL"),
    ),
    sa.Index(None, "conversation_id", "state"),
    sa.Index(None, "booking_id"),
    sa.Index(None, "provider_message_id"),
)
