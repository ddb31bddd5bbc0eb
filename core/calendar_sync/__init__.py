"""core/calendar_sync."""
