"""Calendars elsewhere: our feeds out (`feeds`), busy times in (`external_calendars`)."""
