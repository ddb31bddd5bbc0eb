"""bot/channels/simulator."""
