"""The interface between flows and the engine: talk, journal, prompts and decisions."""
