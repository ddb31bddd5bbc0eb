"""A shop's catalog: services, providers, rooms and hours, cached per version."""
