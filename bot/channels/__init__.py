"""The ends of the channels that we send through; each knows one transport and nothing of flows."""
