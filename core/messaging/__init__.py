"""core/messaging."""
