"""The simulator behind its page: personas, state and controls."""
