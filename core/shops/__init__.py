"""Set-up of a shop by its owner: the shop itself, services, providers, rooms."""
