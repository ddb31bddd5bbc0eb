"""Measured figures, beside others on the same work; run by make bench."""
