"""Delivery: claims outbox rows, renders them and hands them to the channels."""
