"""bot/observability."""
