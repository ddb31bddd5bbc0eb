"""core/bookings."""
