"""The booking core: time, shops, people, bookings and messages, without any channel or HTTP."""
