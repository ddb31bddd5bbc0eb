"""Availability: opening hours, the booking horizon, and the search for slots."""
