"""Receiving of updates by polling or webhook; they are stored before they are acknowledged."""
