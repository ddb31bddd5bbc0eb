"""The simulator's phones, which imitate the real channels."""
