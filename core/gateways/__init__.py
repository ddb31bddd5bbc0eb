"""Gateways: what is outside of us, behind small protocols."""
