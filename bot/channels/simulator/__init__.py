"""The simulator's phones, which look like the real channels."""
