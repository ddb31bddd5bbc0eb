"""The conversation side of Slotline: engine, flows, channels and delivery."""
