"""bot/flows/slot_picker."""
