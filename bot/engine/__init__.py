"""bot/engine."""
