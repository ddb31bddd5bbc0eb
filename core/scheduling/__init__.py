"""What is free: opening hours, the booking horizon, and the search for slots."""
