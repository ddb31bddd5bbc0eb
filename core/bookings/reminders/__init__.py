"""Reminders to customers (`schedule`) and digests to staff (`staff_digest`)."""
