"""bot/channels/twilio."""
