"""Changes to a shop by its owner: the shop itself, services, providers, rooms."""
