"""The sender: takes rows out of the outbox and hands them to the channels."""
