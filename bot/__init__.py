"""How Slotline talks: the engine, the flows and the channels."""
