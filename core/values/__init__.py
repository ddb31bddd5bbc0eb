"""core/values."""
