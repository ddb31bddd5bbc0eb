"""Reminders to customers (`schedule`) and digests to the shop's people (`staff_digest`)."""
