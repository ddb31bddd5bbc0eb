"""The channels, each of which sends through one transport and knows nothing of flows."""
