"""External calendars: our feeds out (`feeds`), their busy times in (`external_calendars`)."""
