"""core/localtime."""
