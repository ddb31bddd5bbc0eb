"""core/catalog."""
