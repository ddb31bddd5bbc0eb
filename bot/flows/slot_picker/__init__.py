"""The question "when?": options, and how answers to them are read."""
