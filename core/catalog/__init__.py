"""What a shop offers: services, providers, rooms, hours and rules, loaded once a version."""
