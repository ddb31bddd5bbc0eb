"""webhooks/http."""
