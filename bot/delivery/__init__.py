"""Delivery: claims outbox rows and hands them to the channels."""
