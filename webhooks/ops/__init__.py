"""webhooks/ops."""
