"""core/shops."""
