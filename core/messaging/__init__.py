"""Messages in and out: inbox, conversations, prompts, lines and the outbox."""
